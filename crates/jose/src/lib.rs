//! JSON Web Signatures (RFC 7515), keys (RFC 7517) and token claims (RFC 7519),
//! read strictly.
//!
//! [`verify`] does all of it, and [`verify_jws`] all that a signature needs. The
//! steps: [`Token`] reads the compact serialisation, [`TokenClaims`] what it says,
//! and [`ClaimsPolicy`] judges that before any key is asked for.
//!
//! [`Algorithm`] is what a token's `alg` may name. A [`KeySet`] is what an issuer
//! publishes, without the keys that are of no use; it gives the few [`Jwk`]s that
//! a token may have been signed with, and whoever implements [`VerifySignature`]
//! says whether it was: [`RustVerifier`] here, or a proxy that does it faster and
//! is asked for [`known_answers`] first. [`Discovery`] is how an issuer says where
//! its keys are.
//!
//! Nothing here knows a proxy, a clock or a random number, and nothing shows a
//! secret, a token or a key.

mod algorithm;
mod base64url;
mod claims_error;
mod claims_policy;
mod der;
mod digest;
mod discovery;
mod hash;
mod header;
mod jwk;
mod key_error;
mod key_id;
mod key_set;
mod key_set_form;
mod known_answer;
mod known_headers;
mod material;
mod modulus;
mod numeric_date;
mod roca;
mod rsa_encoding;
mod rsa_key;
mod signature;
mod spiffe_id;
mod token;
mod token_claims;
mod token_error;
mod verify;

pub use algorithm::{Algorithm, AlgorithmSet};
pub use claims_error::{ClaimsError, ProfileError};
pub use claims_policy::{Audiences, ClaimsPolicy, Profile};
pub use der::ecdsa_signature_to_der;
pub use digest::{digests_equal, hmac_sha256, sha256};
pub use discovery::{
    Discovery, DiscoveryError, DiscoveryKind, DiscoveryLimits, JwksUri, UrlError, https_authority,
};
pub use header::Header;
pub use jwk::{Jwk, KeyUse};
pub use key_error::KeyError;
pub use key_id::KeyId;
pub use key_set::{Candidates, Dropped, KeySet, KeySetError, KeySetLimits, NoCandidate};
pub use key_set_form::KeySetFormError;
pub use known_answer::{KnownAnswer, known_answers};
pub use known_headers::KnownHeaders;
pub use signature::{RustVerifier, SignatureError, VerifySignature};
pub use spiffe_id::{SpiffeId, SpiffeIdError};
pub use token::{Segment, Token, TokenLimits};
pub use token_claims::TokenClaims;
pub use token_error::{CritError, TokenError};
pub use verify::{JwsError, TokenPolicy, Verified, VerifyError, verify, verify_jws};
