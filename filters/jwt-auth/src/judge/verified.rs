//! A token that is known to be good.

use std::rc::Rc;

use gatepost_filter::ForwardedCredential;
use gatepost_jose::{KeyId, TokenClaims};

use crate::memory::Kept;
use crate::output::Rendered;
use crate::provider::Provider;

/// A token whose signature is good, and who signed it.
pub(crate) struct Verified {
    pub(crate) claims: TokenClaims,
    pub(super) kid: Option<Box<str>>,
    /// Which key signed it.
    pub(crate) key: KeyId,
    pub(crate) rendered: Rendered,
    /// What is kept of it for the next run on its request.
    pub(crate) kept: Box<[u8]>,
}

/// A good token, and the provider that it is one of.
#[derive(Clone)]
pub(crate) struct Good {
    pub(crate) provider: usize,
    pub(crate) verified: Rc<Verified>,
    /// As it stands in the request, if the upstream is to have it.
    pub(crate) forwarded: Option<ForwardedCredential>,
}

impl Verified {
    /// What an earlier run on the same request kept, to be judged again.
    pub(crate) fn recalled(kept: Kept, provider: &Provider) -> Self {
        Self {
            rendered: provider.output.render(kept.claims.value(), &kept.payload),
            claims: kept.claims,
            kid: kept.kid,
            key: kept.key,
            kept: Box::default(),
        }
    }

    /// What it takes in the cache, in bytes: the token, its claims (whose tree takes
    /// some four times their text) and the headers made of them.
    pub(super) fn size(&self, token: usize) -> usize {
        token
            .saturating_mul(4)
            .saturating_add(self.kept.len())
            .saturating_add(self.rendered.size())
            .saturating_add(256)
    }
}
