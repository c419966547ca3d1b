//! Pieces of JSON text (RFC 8259), which is known to be well-formed. What is not
//! ends where the text does.

use std::borrow::Cow;
use std::str::Chars;

/// How long the string is that starts here, quotes included.
pub(super) fn string_len(text: &[u8]) -> usize {
    let mut len: usize = 1;
    while let Some(byte) = text.get(len) {
        len = len.saturating_add(match byte {
            b'"' => return len.saturating_add(1),
            b'\\' => 2,
            _ => 1,
        });
    }
    text.len()
}

/// How long the number is that starts here.
pub(super) fn number_len(text: &[u8]) -> usize {
    let in_number = |byte: &&u8| matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E');
    text.iter().take_while(in_number).count()
}

/// How long `true`, `false` or `null` is.
pub(super) fn word_len(text: &[u8]) -> usize {
    text.iter()
        .take_while(|byte| byte.is_ascii_lowercase())
        .count()
}

/// How long the value is that starts here.
pub(super) fn value_len(text: &[u8]) -> usize {
    let mut len: usize = 0;
    let mut depth: usize = 0;
    while let Some(rest @ [byte, ..]) = text.get(len..) {
        let step = match byte {
            b'"' => string_len(rest),
            b'-' | b'0'..=b'9' => number_len(rest),
            b'a'..=b'z' => word_len(rest),
            _ => 1,
        };
        len = len.saturating_add(step);
        match byte {
            b'{' | b'[' => depth = depth.saturating_add(1),
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            break;
        }
    }
    len.min(text.len())
}

/// The double that a number is; `None` when it needs more than the 15 digits
/// that every double keeps, or an exponent beyond 22. Within them both factors
/// are exact, so one operation rounds once, as it should (Clinger 1990).
pub(super) fn double(number: &str) -> Option<f64> {
    let (size, is_negative) = match number.strip_prefix('-') {
        Some(size) => (size, true),
        None => (number, false),
    };
    let (digits, exponent) = size.split_once(['e', 'E']).unwrap_or((size, "0"));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let fraction = fraction.trim_end_matches('0');
    let mut mantissa: u64 = 0;
    for digit in whole.bytes().chain(fraction.bytes()) {
        let digit = digit.checked_sub(b'0')?;
        mantissa = mantissa.checked_mul(10)?.checked_add(digit.into())?;
    }
    let shift = i32::try_from(fraction.len()).ok()?;
    let exponent = match mantissa {
        0 => 0,
        _ => exponent.parse::<i32>().ok()?.checked_sub(shift)?,
    };
    if mantissa > LARGEST_MANTISSA || exponent.unsigned_abs() > LARGEST_EXPONENT {
        return None;
    }
    let power = (0..exponent.unsigned_abs()).fold(1.0, |power, _| power * 10.0);
    let mantissa = mantissa as f64;
    let double = if exponent < 0 {
        mantissa / power
    } else {
        mantissa * power
    };
    Some(if is_negative { -double } else { double })
}

/// 2^53: up to here doubles hold every integer.
const LARGEST_MANTISSA: u64 = 1 << 53;
/// 10^22 is the largest power of ten that a double holds.
const LARGEST_EXPONENT: u32 = 22;

/// What a string says, which is given with its quotes; `None` when it holds half
/// of a surrogate pair. Copies only where something is escaped.
pub(super) fn unescape(string: &str) -> Option<Cow<'_, str>> {
    let inner = string.strip_prefix('"')?.strip_suffix('"')?;
    let Some((plain, _)) = inner.split_once('\\') else {
        return Some(Cow::Borrowed(inner));
    };
    let mut text = String::with_capacity(inner.len());
    text.push_str(plain);
    let mut rest = inner.get(plain.len()..)?.chars();
    while let Some(character) = rest.next() {
        text.push(match character {
            '\\' => match rest.next()? {
                'b' => '\u{8}',
                'f' => '\u{c}',
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                'u' => unicode(&mut rest)?,
                other => other,
            },
            other => other,
        });
    }
    Some(Cow::Owned(text))
}

/// The character of `\uXXXX` or, in two of them, of a surrogate pair; `rest`
/// stands behind the first `\u`.
fn unicode(rest: &mut Chars<'_>) -> Option<char> {
    let first = hex(rest)?;
    if !(0xd800..0xdc00).contains(&first) {
        return char::from_u32(first.into());
    }
    if (rest.next(), rest.next()) != (Some('\\'), Some('u')) {
        return None;
    }
    char::decode_utf16([first, hex(rest)?]).next()?.ok()
}

fn hex(rest: &mut Chars<'_>) -> Option<u16> {
    let mut number: u16 = 0;
    for _ in 0..4 {
        let digit = u16::try_from(rest.next()?.to_digit(16)?).ok()?;
        number = number << 4 | digit;
    }
    Some(number)
}
