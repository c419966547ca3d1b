//! Lists that a server publishes, in a real Envoy with two workers: what goes wrong
//! at the source, what requests are answered meanwhile, and how it heals.

mod aging;
mod content;
mod faults;
mod gate;
mod reload;
mod shipped;
mod waiting;
