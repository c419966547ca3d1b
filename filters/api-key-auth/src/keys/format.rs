//! How the body of a feed becomes keys that all workers share.

use std::fmt;

use gatepost_remote::{Format, Meta, Step};

use super::document::Parser;
use super::{DecodeError, DocumentError, KeySet};

/// Documents of keys.
#[derive(Clone, Copy, Debug)]
pub(crate) struct KeyFormat {
    /// Whether this filter has the secret of HMAC.
    pub(crate) accepts_hmac: bool,
}

/// A body that is being read.
pub(crate) struct Parse(Parser);

/// Why there are no keys.
#[derive(Debug)]
pub(crate) enum KeysError {
    Body(DocumentError),
    Compiled(DecodeError),
}

impl Format for KeyFormat {
    type Document = KeySet;
    type Parse = Parse;
    type Error = KeysError;

    fn id(&self) -> Vec<u8> {
        // 1: the layout of the compiled form.
        format!("api-keys/1/{}", self.accepts_hmac).into_bytes()
    }

    fn begin(&self, body: Vec<u8>, _: &Meta<'_>) -> Result<Parse, KeysError> {
        Ok(Parse(Parser::new(body, self.accepts_hmac)))
    }

    fn step(&self, Parse(parser): &mut Parse) -> Step<KeysError> {
        match parser.step() {
            Ok(None) => Step::More,
            Ok(Some(compiled)) => Step::Done(compiled),
            Err(error) => Step::Failed(KeysError::Body(error)),
        }
    }

    fn load(&self, compiled: &[u8]) -> Result<KeySet, KeysError> {
        KeySet::decode(compiled).map_err(KeysError::Compiled)
    }
}

impl fmt::Display for KeysError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Body(error) => error.fmt(f),
            Self::Compiled(error) => error.fmt(f),
        }
    }
}
