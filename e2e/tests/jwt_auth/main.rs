//! Tokens in a real Envoy with two workers: who gets in, who does not and why, and
//! what happens when the issuer's server of keys does not do as it should.

mod attacks;
mod binding;
mod claims;
mod faults;
mod flood;
mod gate;
mod places;
mod protocols;
mod redirect;
mod reload;
mod revocation;
mod rotation;
mod shipped;
mod workings;
