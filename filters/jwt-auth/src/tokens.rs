//! The tokens of a request, found where providers say that they stand.

use gatepost_filter::{Credential, CredentialSources, Malformed};
use gatepost_http_match::RequestView;

use crate::config::SeveralTokens;
use crate::reason::{self, Row};
use crate::requirement::Wanted;

/// A token and the set of places in which it stands, by
/// [`Plan::places`](crate::plan::Plan::places).
pub(crate) type Found<'a> = (usize, Credential<'a>);

/// Every token in the places where a rule looks for some.
///
/// # Errors
/// A place holds what is no token, or there are more tokens than may be.
pub(crate) fn find_tokens<'a>(
    wanted: &Wanted,
    places: &'a [CredentialSources],
    several: SeveralTokens,
    view: &'a RequestView,
) -> Result<Vec<Found<'a>>, Row> {
    let mut found: Vec<Found<'a>> = Vec::new();
    for number in &wanted.places {
        let Some(sources) = places.get(*number) else {
            continue;
        };
        sources
            .find_each(view, &mut |token| found.push((*number, token)))
            .map_err(|_: Malformed| reason::CREDENTIAL_MALFORMED)?;
    }
    if several == SeveralTokens::Refuse && has_several(&found, wanted.are_several) {
        return Err(reason::SEVERAL_TOKENS);
    }
    Ok(found)
}

/// Whether there are several tokens where one is enough, or several in one set of
/// places. A token that stands in a place of two sets counts once, in whatever
/// scheme they look for it.
fn has_several(found: &[Found<'_>], are_wanted: bool) -> bool {
    let Some(((_, first), others)) = found.split_first() else {
        return false;
    };
    // The tokens of a set stand together.
    let is_of_one_set = |pair: &[Found<'_>]| matches!(pair, [(one, _), (other, _)] if one == other);
    found.windows(2).any(is_of_one_set)
        || (!are_wanted && others.iter().any(|(_, token)| token != first))
}
