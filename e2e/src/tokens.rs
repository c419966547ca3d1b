//! Tokens of a test: who issues them, the keys that sign them, and the text that
//! anyone can write by hand.

mod compact;
mod issuer;
mod key;
mod samples;

pub use self::compact::{decoded, encoded, unsigned, with_signature};
pub use self::issuer::Issuer;
pub use self::key::SigningKey;
pub use self::samples::{Sample, samples};
