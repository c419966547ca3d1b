//! Where bytes are found.
#![allow(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use gatepost_bytes::{Word, find, find_word};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn is_sought(byte: u8) -> bool {
    byte == b'"' || byte < 0x20
}

fn sought(text: &[u8]) -> Option<usize> {
    find_word(text, |word| word.equal(b'"').or(word.below(0x20)))
}

#[test]
fn each_byte_is_found_wherever_it_stands() {
    for length in 1..=26 {
        for place in 0..length {
            for byte in 0..=u8::MAX {
                let mut text = vec![b'~'; length];
                text[place] = byte;
                let expected = is_sought(byte).then_some(place);
                assert_eq!(sought(&text), expected, "{byte} at {place} of {length}");
                assert_eq!(
                    find(&text, byte),
                    text.iter().position(|one| *one == byte),
                    "{byte} at {place} of {length}"
                );
            }
        }
    }
    assert_eq!(sought(b""), None);
    assert_eq!(find(b"", 0), None);
}

#[test]
fn the_first_of_two_is_found_whatever_they_are() {
    for first in 0..=u8::MAX {
        for second in 0..=u8::MAX {
            for start in [0, 3, 6, 7, 8] {
                let mut text = *b"abcdefghijk";
                text[start..start + 2].copy_from_slice(&[first, second]);
                let expected = text.iter().position(|byte| is_sought(*byte));
                assert_eq!(sought(&text), expected, "{first} {second} at {start}");
            }
        }
    }
}

#[test]
fn below_goes_up_to_128() {
    for limit in 0..=128 {
        for byte in 0..=u8::MAX {
            let word = Word::new([0xff, 0xff, byte, 0xff, 0xff, 0xff, 0xff, 0xff]);
            let expected = (byte < limit).then_some(2);
            assert_eq!(word.below(limit).first(), expected, "{byte} {limit}");
        }
    }
}

#[test]
fn at_least_goes_from_1_to_128() {
    for limit in 1..=128 {
        for byte in 0..=u8::MAX {
            let word = Word::new([0, 0, byte, 0, 0, 0, 0, 0]);
            let expected = (byte >= limit).then_some(2);
            assert_eq!(word.at_least(limit).first(), expected, "{byte} {limit}");
        }
    }
}
