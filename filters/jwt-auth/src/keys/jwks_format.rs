//! How the body of a key server becomes a key set that all workers share.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::Rc;

use gatepost_jose::{Dropped, Jwk, KeySet, KeySetError, KeySetFormError, KeySetLimits};
use gatepost_remote::{Format, Meta, Step};

/// A JWK set (RFC 7517 5).
#[derive(Clone, Debug, Default)]
pub(super) struct JwksFormat {
    left_out: Rc<LeftOut>,
}

/// The keys of the last set that this worker read, and could not use.
#[derive(Debug, Default)]
struct LeftOut {
    keys: RefCell<Vec<Dropped>>,
    are_news: Cell<bool>,
}

/// Why there is no key set. The server is at fault.
#[derive(Debug)]
pub(super) enum JwksError {
    Body(KeySetError),
    /// No key of it can be used; the first, if there is any, for this reason.
    NoUsableKey(Option<Dropped>),
    Compiled(KeySetFormError),
}

/// The most keys: each is checked, which takes a worker's time.
const MOST_KEYS: usize = 64;

impl JwksFormat {
    /// Tells of the keys that are left out, once as long as they are the same: many a
    /// server publishes some that are for encryption.
    pub(super) fn tell_left_out(&self, mut tell: impl FnMut(&Dropped)) {
        if self.left_out.are_news.take() {
            self.left_out.keys.borrow().iter().for_each(&mut tell);
        }
    }

    fn leave_out(&self, keys: Vec<Dropped>) {
        let known = self.left_out.keys.replace(keys);
        self.left_out
            .are_news
            .set(known != *self.left_out.keys.borrow());
    }
}

impl Format for JwksFormat {
    type Document = KeySet;
    type Parse = Vec<u8>;
    type Error = JwksError;

    fn id(&self) -> Vec<u8> {
        // 1: the layout of `KeySet::encode`.
        b"jwks/1".to_vec()
    }

    fn begin(&self, body: Vec<u8>, _: &Meta<'_>) -> Result<Vec<u8>, JwksError> {
        Ok(body)
    }

    /// In one piece: a set of keys is small, or refused.
    fn step(&self, body: &mut Vec<u8>) -> Step<JwksError> {
        let limits = KeySetLimits {
            max_keys: MOST_KEYS,
            ..KeySetLimits::default()
        };
        match KeySet::parse(body, &limits) {
            // A secret that is published is none.
            Ok((keys, dropped)) if keys.keys().all(Jwk::is_secret) => {
                Step::Failed(JwksError::NoUsableKey(dropped.into_iter().next()))
            }
            Ok((keys, dropped)) => {
                self.leave_out(dropped);
                Step::Done(keys.encode())
            }
            Err(error) => Step::Failed(JwksError::Body(error)),
        }
    }

    fn load(&self, compiled: &[u8]) -> Result<KeySet, JwksError> {
        KeySet::decode(compiled).map_err(JwksError::Compiled)
    }
}

impl fmt::Display for JwksError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Body(error) => error.fmt(f),
            Self::NoUsableKey(None) => f.write_str("expected at least one public key"),
            Self::NoUsableKey(Some(dropped)) => {
                write!(f, "expected a public key that can be used: {dropped}")
            }
            Self::Compiled(error) => error.fmt(f),
        }
    }
}
