//! A document that arrives as a `google.protobuf.Struct`.
//!
//! Envoy's `PluginConfig.configuration` takes a string or a struct. Its comments
//! promise that a struct is passed on as JSON; Envoy 1.36.2 and 1.40.0 pass it on
//! in protobuf's wire format. Here it becomes the JSON that was meant.

use gatepost_json::push_json_string;

/// The deepest nesting, as for JSON.
const DEEPEST: usize = 128;

/// The document as JSON text: `bytes` as they are, unless they are a struct in
/// wire format.
///
/// The two cannot be mistaken for each other: a struct starts with a byte that
/// JSON text can only start with as white space, and every length in it must
/// come out to the byte.
#[must_use]
pub fn as_json(bytes: Vec<u8>) -> Vec<u8> {
    let is_struct = bytes.first() == Some(&LENGTH_DELIMITED_1);
    if !is_struct {
        return bytes;
    }
    let mut json = String::with_capacity(bytes.len());
    match object(&bytes, &mut json, 0) {
        Some(()) => json.into_bytes(),
        None => bytes,
    }
}

const LENGTH_DELIMITED_1: u8 = 1 << 3 | 2;
const LENGTH_DELIMITED_2: u8 = 2 << 3 | 2;

/// `Struct { map<string, Value> fields = 1 }`.
fn object(mut bytes: &[u8], json: &mut String, depth: usize) -> Option<()> {
    if depth > DEEPEST {
        return None;
    }
    json.push('{');
    let mut is_first = true;
    while let Some((&LENGTH_DELIMITED_1, rest)) = bytes.split_first() {
        let (entry, rest) = delimited(rest)?;
        bytes = rest;
        if !is_first {
            json.push(',');
        }
        is_first = false;
        let (name, content) = member(entry)?;
        text(name, json)?;
        json.push(':');
        value(content, json, depth)?;
    }
    json.push('}');
    bytes.is_empty().then_some(())
}

/// A map's entry: `string key = 1; Value value = 2`. Either may be left out when
/// it is empty, and they may come in any order.
fn member(mut entry: &[u8]) -> Option<(&[u8], &[u8])> {
    let (mut name, mut content): (&[u8], &[u8]) = (&[], &[]);
    while let Some((tag, rest)) = entry.split_first() {
        let (part, rest) = delimited(rest)?;
        match *tag {
            LENGTH_DELIMITED_1 => name = part,
            LENGTH_DELIMITED_2 => content = part,
            _ => return None,
        }
        entry = rest;
    }
    Some((name, content))
}

/// `Value { oneof { NullValue 1; double 2; string 3; bool 4; Struct 5; ListValue
/// 6 } }`.
fn value(bytes: &[u8], json: &mut String, depth: usize) -> Option<()> {
    let deeper = depth.checked_add(1)?;
    let Some((tag, rest)) = bytes.split_first() else {
        json.push_str("null");
        return Some(());
    };
    match tag {
        0x08 => {
            let (_, rest) = varint(rest)?;
            json.push_str("null");
            rest.is_empty().then_some(())
        }
        0x11 => number(f64::from_le_bytes(rest.try_into().ok()?), json),
        0x1a => text(whole(rest)?, json),
        0x20 => {
            let (truth, rest) = varint(rest)?;
            json.push_str(if truth == 0 { "false" } else { "true" });
            rest.is_empty().then_some(())
        }
        0x2a => object(whole(rest)?, json, deeper),
        0x32 => list(whole(rest)?, json, deeper),
        _ => None,
    }
}

/// `ListValue { repeated Value values = 1 }`.
fn list(mut bytes: &[u8], json: &mut String, depth: usize) -> Option<()> {
    if depth > DEEPEST {
        return None;
    }
    json.push('[');
    let mut is_first = true;
    while let Some((&LENGTH_DELIMITED_1, rest)) = bytes.split_first() {
        let (element, rest) = delimited(rest)?;
        bytes = rest;
        if !is_first {
            json.push(',');
        }
        is_first = false;
        value(element, json, depth)?;
    }
    json.push(']');
    bytes.is_empty().then_some(())
}

/// A double in decimal digits, if 15 of them are enough, as for every number that
/// people write. The standard library's printer would do others too, at twenty
/// times the code; they become a number that the reader refuses where it stands.
fn number(number: f64, json: &mut String) -> Option<()> {
    // JSON has no word for the others.
    if !number.is_finite() {
        return None;
    }
    let mut power = 1.0;
    for exponent in 0..=22 {
        let digits = (number * power).round();
        if digits.abs() > LARGEST_EXACT {
            break;
        }
        // Both are exact, and so a reader that divides them gets the same double.
        if digits / power == number {
            // Exact: the digits are whole and within range.
            #[allow(clippy::cast_possible_truncation)]
            let digits = digits as i64;
            json.push_str(&digits.to_string());
            if exponent > 0 {
                json.push_str(&format!("e-{exponent}"));
            }
            return Some(());
        }
        power *= 10.0;
    }
    json.push_str("1e999");
    Some(())
}

/// 2^53: up to here doubles hold every integer.
const LARGEST_EXACT: f64 = 9_007_199_254_740_992.0;

fn text(bytes: &[u8], json: &mut String) -> Option<()> {
    push_json_string(json, str::from_utf8(bytes).ok()?);
    Some(())
}

/// A length, and that many bytes; the rest behind them.
fn delimited(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = varint(bytes)?;
    rest.split_at_checked(usize::try_from(length).ok()?)
}

/// A length, and exactly that many bytes.
fn whole(bytes: &[u8]) -> Option<&[u8]> {
    let (part, rest) = delimited(bytes)?;
    rest.is_empty().then_some(part)
}

fn varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut value: u64 = 0;
    for (index, byte) in bytes.iter().enumerate().take(10) {
        let shift = u32::try_from(index.checked_mul(7)?).ok()?;
        value |= u64::from(byte & 0x7f).checked_shl(shift)?;
        if byte & 0x80 == 0 {
            return Some((value, bytes.get(index.checked_add(1)?..)?));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `tag`, the length of the parts together, the parts.
    fn field(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
        let body = parts.concat();
        let mut length = body.len();
        let mut bytes = vec![tag];
        while length >= 0x80 {
            bytes.push(u8::try_from(length & 0x7f).unwrap() | 0x80);
            length >>= 7;
        }
        bytes.push(u8::try_from(length).unwrap());
        bytes.extend(body);
        bytes
    }

    fn entry(name: &str, value: &[u8]) -> Vec<u8> {
        field(
            0x0a,
            &[&field(0x0a, &[name.as_bytes()]), &field(0x12, &[value])],
        )
    }

    fn string(text: &str) -> Vec<u8> {
        field(0x1a, &[text.as_bytes()])
    }

    fn json(bytes: Vec<u8>) -> String {
        String::from_utf8(as_json(bytes)).unwrap()
    }

    #[test]
    fn a_struct_becomes_the_json_that_was_meant() {
        let float = |number: f64| [&[0x11][..], &number.to_le_bytes()].concat();
        let list = field(
            0x32,
            &[
                &field(0x0a, &[&string("a\"\n\u{e9}")]),
                &field(0x0a, &[&float(3.0)]),
            ],
        );
        let bytes = [
            entry("list", &list),
            entry("half", &float(0.5)),
            entry("yes", &[0x20, 1]),
            entry("no", &[0x20, 0]),
            entry("none", &[0x08, 0]),
            entry(
                "inner",
                &field(0x2a, &[&entry("x", &string(&"y".repeat(200)))]),
            ),
            entry("empty", &field(0x2a, &[])),
        ]
        .concat();
        let inner = "y".repeat(200);
        assert_eq!(
            json(bytes),
            format!(
                r#"{{"list":["a\"\u000aé",3],"half":5e-1,"yes":true,"no":false,"none":null,"inner":{{"x":"{inner}"}},"empty":{{}}}}"#
            )
        );
    }

    #[test]
    fn a_number_of_15_digits_is_passed_on_exactly() {
        let printed = |number: f64| {
            let mut json = String::new();
            super::number(number, &mut json).map(|()| json)
        };
        for (number, expected) in [
            (0.0, "0"),
            (-0.0, "0"),
            (403.0, "403"),
            (-12.0, "-12"),
            (0.5, "5e-1"),
            (-1.25, "-125e-2"),
            (9_007_199_254_740_992.0, "9007199254740992"),
            (0.1, "1e-1"),
            (123.456, "123456e-3"),
            (1e-22, "1e-22"),
            (1.0 / 3.0, "3333333333333333e-16"),
            // More than 15 digits, or out of range.
            (0.1 + 0.2, "1e999"),
            (1e22, "1e999"),
            (5e-324, "1e999"),
        ] {
            assert_eq!(printed(number).unwrap(), expected, "{number}");
        }
        assert_eq!(printed(f64::INFINITY), None);
    }

    #[test]
    fn text_stays_text_even_behind_a_line_feed() {
        for text in [
            "{}",
            " {\"a\":1}",
            "\n{\"a\": 1}",
            "\n{\n  \"a\": 1\n}",
            "",
            "\n",
            "\nx",
        ] {
            assert_eq!(json(text.as_bytes().to_vec()), text);
        }
    }

    #[test]
    fn what_does_not_come_out_to_the_byte_is_left_as_it_is() {
        let whole = entry("name", &string("value"));
        for length in 1..whole.len() {
            assert_eq!(as_json(whole[..length].to_vec()), &whole[..length]);
        }
        let nan = entry("n", &[&[0x11][..], &f64::NAN.to_le_bytes()].concat());
        assert_eq!(as_json(nan.clone()), nan);
        let bad_text = entry("n", &field(0x1a, &[b"\xff"]));
        assert_eq!(as_json(bad_text.clone()), bad_text);
    }

    #[test]
    fn nesting_is_bounded() {
        let mut value = string("x");
        for _ in 0..300 {
            value = field(0x32, &[&field(0x0a, &[&value])]);
        }
        let bytes = entry("deep", &value);
        assert_eq!(as_json(bytes.clone()), bytes);
    }
}
