//! Which token a request needs: one provider's, any of several, all of several.

use gatepost_jose::ClaimsPolicy;

/// The tokens that a rule wants.
#[derive(Debug)]
pub(crate) struct Wanted {
    pub(crate) requirement: Requirement,
    /// Where they stand, each set of places once; by
    /// [`Plan::places`](crate::plan::Plan::places).
    pub(crate) places: Box<[usize]>,
    /// Whether several may be needed.
    pub(crate) are_several: bool,
}

/// What a rule requires.
#[derive(Debug)]
pub(crate) enum Requirement {
    /// A token of this provider.
    Provider(Leaf),
    /// Any of these will do; in document order.
    Any(Box<[Self]>),
    /// All of these.
    All(Box<[Self]>),
}

/// A provider, as one rule requires it.
#[derive(Debug)]
pub(crate) struct Leaf {
    /// Its place among the providers.
    pub(crate) provider: usize,
    /// Takes the place of the provider's own where the rule names audiences.
    pub(crate) policy: Option<ClaimsPolicy>,
}

impl Requirement {
    /// Every provider of which it asks for a token.
    pub(crate) fn leaves(&self) -> Vec<&Leaf> {
        match self {
            Self::Provider(leaf) => vec![leaf],
            Self::Any(parts) | Self::All(parts) => {
                parts.iter().flat_map(|part| part.leaves()).collect()
            }
        }
    }

    /// Whether it may ask for more than one token.
    pub(crate) fn wants_several(&self) -> bool {
        match self {
            Self::Provider(_) => false,
            Self::Any(parts) => parts.iter().any(Self::wants_several),
            Self::All(_) => true,
        }
    }
}
