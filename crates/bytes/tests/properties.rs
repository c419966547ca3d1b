//! What holds of all bytes: the standard library's answers.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use gatepost_bytes::{equal, find};
use proptest::prelude::*;

proptest! {
    #[test]
    fn bytes_are_equal_where_slices_are(
        one in prop::collection::vec(any::<u8>(), 0..40),
        place in 0_usize..40,
        bit in 0_u8..8,
        cut in 0_usize..40,
    ) {
        prop_assert!(equal(&one, &one.clone()));
        let mut other = one.clone();
        if let Some(byte) = other.get_mut(place) {
            *byte ^= 1 << bit;
            prop_assert!(!equal(&one, &other));
        }
        let start = one.get(..cut).unwrap_or(&one);
        prop_assert_eq!(equal(&one, start), one.as_slice() == start);
    }

    #[test]
    fn a_byte_is_found_where_the_first_is(
        text in prop::collection::vec(0..4_u8, 0..100),
        byte in 0..5_u8,
    ) {
        let expected = text.iter().position(|one| *one == byte);
        prop_assert_eq!(find(&text, byte), expected);
    }
}
