//! The header map and the names that are looked for in it, against a model that
//! takes no short cut.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::arithmetic_side_effects)]

use gatepost_http_match::{HeaderNames, Headers, owned_spelling};
use proptest::prelude::*;

type Model = Vec<(Vec<u8>, Vec<u8>)>;

/// Few letters, so that names meet in some spelling; lengths on both sides of eight
/// and of 64, where the short cuts begin and end.
const NAMES: &str = "[aA_-]{1,2}|:[aA]|[bB_-]{7,9}|c{62}[cC_-]{1,4}";

fn names() -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec(NAMES, 0..6)
}

fn model() -> impl Strategy<Value = Model> {
    let header = (NAMES, "[a-c]{0,3}");
    prop::collection::vec(header, 0..8).prop_map(|headers| {
        let bytes = |(name, value): (String, String)| (name.into_bytes(), value.into_bytes());
        headers.into_iter().map(bytes).collect()
    })
}

fn folded(name: &[u8]) -> Vec<u8> {
    let underscores = |byte: u8| if byte == b'_' { b'-' } else { byte };
    name.to_ascii_lowercase()
        .into_iter()
        .map(underscores)
        .collect()
}

fn is_same(one: &[u8], other: &str) -> bool {
    one.eq_ignore_ascii_case(other.as_bytes())
}

fn contents(headers: &Headers) -> Model {
    headers
        .iter()
        .map(|(name, value)| (name.to_vec(), value.to_vec()))
        .collect()
}

proptest! {
    #[test]
    fn all_values_of_a_name_are_found_and_no_others(model in model(), name in NAMES) {
        let headers = Headers::new(model.clone());
        let expected: Vec<&[u8]> = model
            .iter()
            .filter(|(known, _)| is_same(known, &name))
            .map(|(_, value)| value.as_slice())
            .collect();
        prop_assert_eq!(headers.all(&name).collect::<Vec<_>>(), expected.clone());
        prop_assert_eq!(headers.first(&name), expected.first().copied());
        prop_assert_eq!(headers.single(&name).is_err(), expected.len() > 1);
    }

    #[test]
    fn a_header_that_is_set_stands_once(model in model(), name in NAMES) {
        let mut headers = Headers::new(model.clone());
        let was_there = headers.set(&name, b"new");
        let place = model.iter().position(|(known, _)| is_same(known, &name));
        prop_assert_eq!(was_there, place.is_some());
        let mut expected = model;
        match place.and_then(|place| expected.get_mut(place)) {
            Some((_, value)) => *value = b"new".to_vec(),
            None => expected.push((name.clone().into_bytes(), b"new".to_vec())),
        }
        let mut index = 0_usize;
        expected.retain(|(known, _)| {
            let is_first = Some(index) == place.or(Some(usize::MAX));
            index = index.saturating_add(1);
            is_first || place.is_none() || !is_same(known, &name)
        });
        prop_assert_eq!(contents(&headers), expected);
    }

    #[test]
    fn what_is_owned_goes_in_every_spelling_and_pseudo_headers_stay(
        model in model(),
        owned in names(),
    ) {
        let set = HeaderNames::new(&owned);
        let mut headers = Headers::new(model.clone());
        let mut removed: Vec<Vec<u8>> = Vec::new();
        let spelled: Model = headers
            .spelled(&set)
            .map(|(name, value)| (name.to_vec(), value.to_vec()))
            .collect();
        headers.remove_spelled(&set, |name| removed.push(name.to_vec()));
        let goes = |name: &[u8]| {
            let is_spelled = owned.iter().any(|own| folded(own.as_bytes()) == folded(name));
            is_spelled && !name.starts_with(b":")
        };
        let expected: Vec<Vec<u8>> = model
            .iter()
            .filter(|(name, _)| goes(name))
            .map(|(name, _)| name.clone())
            .collect();
        prop_assert_eq!(removed, expected);
        let goers = model.iter().filter(|(name, _)| goes(name)).cloned();
        prop_assert_eq!(spelled, goers.collect::<Model>());
        let mut left = model;
        left.retain(|(name, _)| !goes(name));
        prop_assert_eq!(contents(&headers), left);
    }

    #[test]
    fn names_contain_what_one_of_them_is_a_spelling_of(owned in names(), others in names()) {
        let set = HeaderNames::new(&owned);
        prop_assert_eq!(set.is_empty(), owned.is_empty());
        for name in owned.iter().chain(&others).map(|name| name.as_bytes()) {
            let spells = |own: &String| folded(own.as_bytes()) == folded(name);
            prop_assert_eq!(set.contain(name), owned.iter().any(spells));
            for other in &others {
                let expected = folded(name) == folded(other.as_bytes());
                prop_assert_eq!(owned_spelling(name, other.as_bytes()), expected);
            }
        }
    }
}
