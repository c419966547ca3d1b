//! A token that is known to be good.

use std::rc::Rc;

use gatepost_filter::{ForwardedCredential, Services};
use gatepost_jose::{Algorithm, KeyId, TokenClaims};

use crate::memory::{Kept, encode};
use crate::output::Rendered;
use crate::provider::Provider;

/// A token whose signature is good, and who signed it.
pub(crate) struct Verified {
    pub(crate) claims: TokenClaims,
    pub(super) kid: Option<Box<str>>,
    /// Which key signed it.
    pub(crate) key: KeyId,
    pub(super) algorithm: Algorithm,
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
    /// Whether it comes from an earlier run on the request, and is kept already.
    pub(crate) is_recalled: bool,
}

impl Verified {
    /// What an earlier run on the same request kept, to be judged again; nothing if
    /// no key is the one that is named.
    pub(crate) fn recalled(
        kept: Kept,
        provider: &Provider,
        services: &dyn Services,
    ) -> Option<Self> {
        let number = kept.provider;
        let key = provider
            .keys
            .with(services, |keys| kept.signer.key(keys.ok()))?;
        Some(Self {
            rendered: provider.output.render(kept.claims.value(), &kept.payload),
            kept: encode(
                number,
                (kept.algorithm, kept.signer),
                kept.kid.as_deref(),
                &kept.payload,
            ),
            claims: kept.claims,
            kid: kept.kid,
            key,
            algorithm: kept.algorithm,
        })
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
