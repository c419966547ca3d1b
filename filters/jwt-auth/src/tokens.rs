//! The tokens of a request, found where providers say that they stand.

use gatepost_filter::{Credential, CredentialSources, Malformed};
use gatepost_http_match::RequestView;

use crate::config::SeveralTokens;
use crate::provider::Provider;
use crate::reason::{self, Row};
use crate::requirement::Requirement;

/// The tokens in one set of places, by [`Plan::places`](crate::plan::Plan::places).
pub(crate) type Found<'a> = Vec<(usize, Vec<Credential<'a>>)>;

/// Every token in the places of the providers that `requirement` names.
///
/// # Errors
/// A place holds what is no token, or there are more tokens than may be.
pub(crate) fn find_tokens<'a>(
    requirement: &Requirement,
    providers: &[Provider],
    places: &'a [CredentialSources],
    several: SeveralTokens,
    view: &'a RequestView,
) -> Result<Found<'a>, Row> {
    let mut found: Found<'a> = Vec::new();
    for leaf in requirement.leaves() {
        let Some(number) = providers.get(leaf.provider).map(|provider| provider.places) else {
            continue;
        };
        if found.iter().any(|(known, _)| *known == number) {
            continue;
        }
        let Some(sources) = places.get(number) else {
            continue;
        };
        let tokens = sources
            .find(view)
            .map_err(|_: Malformed| reason::CREDENTIAL_MALFORMED)?;
        found.push((number, tokens));
    }
    if several == SeveralTokens::Refuse && has_several(&found, requirement.wants_several()) {
        return Err(reason::SEVERAL_TOKENS);
    }
    Ok(found)
}

/// Whether there are several tokens where one is enough, or several in one set of
/// places. A token that stands in a place of two sets counts once, in whatever
/// scheme they look for it.
fn has_several(found: &Found<'_>, wants_several: bool) -> bool {
    if found.iter().any(|(_, tokens)| tokens.len() > 1) {
        return true;
    }
    if wants_several {
        return false;
    }
    let mut tokens = found.iter().flat_map(|(_, tokens)| tokens);
    let Some(first) = tokens.next() else {
        return false;
    };
    tokens.any(|token| token != first)
}
