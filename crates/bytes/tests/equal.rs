//! Which bytes are the same.
#![allow(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use gatepost_bytes::{equal, equal_ignoring_case};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

#[test]
fn a_byte_that_differs_is_seen_wherever_it_stands() {
    for length in 0..=72 {
        let text: Vec<u8> = (0..length).map(|place| b'a' + place % 26).collect();
        assert!(equal(&text, &text), "{length}");
        for place in 0..text.len() {
            for bit in 0..8 {
                let mut other = text.clone();
                other[place] ^= 1 << bit;
                assert!(!equal(&text, &other), "{bit} of {place} of {length}");
                let is_case = bit == 5;
                assert_eq!(equal_ignoring_case(&text, &other), is_case, "{place}");
            }
        }
    }
}

#[test]
fn a_part_is_not_the_whole() {
    let text = [b'a'; 72];
    for length in 0..text.len() {
        let (part, longer) = (&text[..length], &text[..=length]);
        assert!(!equal(part, longer) && !equal(longer, part), "{length}");
    }
}
