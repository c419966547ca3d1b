//! One input, taken apart: knobs first, then the bytes that are judged.

/// The first byte, as a choice, and the rest. Nothing is the choice 0. Seeds are
/// text, so choices are made to be typed: `0` is 0.
pub(crate) fn knob(data: &[u8]) -> (u8, &[u8]) {
    match data.split_first() {
        Some((knob, rest)) => (knob.wrapping_sub(b'0'), rest),
        None => (0, data),
    }
}

/// The lines of a text that need not be one.
pub(crate) fn lines(data: &[u8]) -> Vec<&[u8]> {
    data.split(|byte| *byte == b'\n').collect()
}
