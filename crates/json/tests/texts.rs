//! What is JSON, what is not, and where.
#![allow(clippy::unwrap_used, clippy::panic)]

use gatepost_json::{Expected, JsonError, Limits, Number, Value, parse};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn read(text: &str) -> Result<Value, JsonError> {
    parse(text.as_bytes(), Limits::of_bytes(1 << 20))
}

fn string(text: &str) -> Value {
    Value::String(text.to_owned())
}

fn integer(number: i128) -> Value {
    Value::Number(Number::integer(number))
}

fn refused(text: &str, expected: Expected, offset: usize) {
    assert_eq!(read(text), Err(JsonError { expected, offset }), "{text}");
}

#[test]
fn every_kind_of_value_is_read() {
    let text = " \t\r\n{\"null\" : null, \"truth\":[true,false] ,\"n\":-1.5e1,\"s\":\"\",\"\":{},\"a\":[ ]} ";
    let member = |name: &str, value| (name.to_owned(), value);
    assert_eq!(
        read(text).unwrap(),
        Value::Object(vec![
            member("null", Value::Null),
            member(
                "truth",
                Value::Array(vec![Value::Bool(true), Value::Bool(false)])
            ),
            member("n", integer(-15)),
            member("s", string("")),
            member("", Value::Object(vec![])),
            member("a", Value::Array(vec![])),
        ])
    );
}

#[test]
fn accessors_give_what_is_there_and_nothing_else() {
    let value = read(r#"{"a":[1,"x",true]}"#).unwrap();
    let elements = value.member("a").unwrap().as_array().unwrap();
    let [number, text, truth] = elements else {
        panic!("{elements:?}");
    };
    assert_eq!(number.as_number(), Some(Number::integer(1)));
    assert_eq!(text.as_str(), Some("x"));
    assert_eq!(truth.as_bool(), Some(true));
    assert_eq!(value.as_object().unwrap().len(), 1);
    assert_eq!(value.member("b"), None);
    assert_eq!(number.member("a"), None);
    assert_eq!(
        (
            text.as_number(),
            truth.as_str(),
            value.as_bool(),
            number.as_array()
        ),
        (None, None, None, None)
    );
    assert_eq!(number.as_object(), None);
}

#[test]
fn what_is_no_json_is_refused_with_what_was_expected_and_where() {
    for (text, expected, offset) in [
        ("", Expected::Value, 0),
        ("  ", Expected::Value, 2),
        ("tru", Expected::Value, 0),
        ("True", Expected::Value, 0),
        ("nul", Expected::Value, 0),
        ("NaN", Expected::Value, 0),
        ("Infinity", Expected::Value, 0),
        ("-Infinity", Expected::Number, 0),
        ("'a'", Expected::Value, 0),
        ("[1,]", Expected::Value, 3),
        ("[,1]", Expected::Value, 1),
        ("[1 2]", Expected::CommaOrEnd, 3),
        ("[1}", Expected::CommaOrEnd, 2),
        ("[1", Expected::CommaOrEnd, 2),
        ("[", Expected::Value, 1),
        ("{", Expected::Name, 1),
        ("{a:1}", Expected::Name, 1),
        ("{'a':1}", Expected::Name, 1),
        ("{1:1}", Expected::Name, 1),
        (r#"{"a":1,}"#, Expected::Name, 7),
        (r#"{"a"}"#, Expected::Colon, 4),
        (r#"{"a":}"#, Expected::Value, 5),
        (r#"{"a":1]"#, Expected::CommaOrEnd, 6),
        ("{} {}", Expected::End, 3),
        ("1/**/", Expected::End, 1),
        ("null\0", Expected::End, 4),
        ("\u{feff}{}", Expected::Value, 0),
        ("\u{a0}1", Expected::Value, 0),
        ("\u{b}1", Expected::Value, 0),
        (r#"""#, Expected::Quote, 1),
        (r#""a"#, Expected::Quote, 2),
        ("\"a\nb\"", Expected::NoControlCharacter, 2),
        ("\"\0\"", Expected::NoControlCharacter, 1),
        (r#""\"#, Expected::Escape, 1),
        (r#""\x41""#, Expected::Escape, 1),
        (r#""\U0041""#, Expected::Escape, 1),
        (r#""\u004""#, Expected::Escape, 1),
        (r#""\u+041""#, Expected::Escape, 1),
        (r#""\u00é0""#, Expected::Escape, 1),
    ] {
        refused(text, expected, offset);
    }
}

#[test]
fn text_that_is_not_utf_8_is_refused_wherever_it_stands() {
    for (text, offset) in [
        (&b"\xff"[..], 0),
        (b"{\"a\":\"\xc0\x80\"}", 6),
        (b"\"\xed\xa0\x80\"", 1),
        (b"1 \xe2\x82", 2),
        (b"\xff\xfe1\0", 0),
    ] {
        let error = parse(text, Limits::of_bytes(100)).unwrap_err();
        assert_eq!((error.expected, error.offset), (Expected::Utf8, offset));
    }
}

#[test]
fn escapes_stand_for_their_characters() {
    for (text, expected) in [
        (r#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{c}\n\r\t"),
        (r#""a\u0000b""#, "a\0b"),
        (r#""\u00E9\u20ac""#, "é€"),
        (r#""x\ud83D\uDE00y""#, "x😀y"),
        ("\"\u{7f}é😀\u{2028}\"", "\u{7f}é😀\u{2028}"),
    ] {
        assert_eq!(read(text), Ok(string(expected)), "{text}");
    }
}

#[test]
fn a_lone_surrogate_is_refused() {
    for text in [
        r#""\ud83d""#,
        r#""\ude00""#,
        r#""\ud83dx""#,
        r#""\ud83d\n""#,
        r#""\ud83d\u0041""#,
        r#""\ud83d\ud83d""#,
        r#""\ude00\ud83d""#,
    ] {
        refused(text, Expected::SurrogatePair, 1);
    }
    refused(r#""\ud83d\u00""#, Expected::Escape, 1);
}

#[test]
fn members_of_one_name_are_refused_at_every_depth() {
    for (text, offset) in [
        (r#"{"a":1,"a":1}"#, 0),
        (r#"{"alg":"none","\u0061lg":"RS256"}"#, 0),
        (r#"{"a\/":1,"a/":1}"#, 0),
        (r#"{"😀":1,"\ud83d\ude00":2}"#, 0),
        (r#"{"":1,"":2}"#, 0),
        (r#"{"b":1,"c":[{"a":1,"x":2,"a":3}]}"#, 12),
        (r#"[{"a":{"a":{"a":1,"a":2}}}]"#, 11),
    ] {
        refused(text, Expected::UniqueNames, offset);
    }
    // Other names, whatever a lenient reader makes of them.
    for text in [
        r#"{"a":1,"A":1}"#,
        r#"{"a":1,"a ":1}"#,
        r#"{"a":1,"a\u0000":1}"#,
        "{\"\u{e9}\":1,\"e\u{301}\":1}",
        r#"{"a":{"a":1},"b":{"a":1}}"#,
    ] {
        assert!(read(text).is_ok(), "{text}");
    }
}

#[test]
fn one_name_twice_is_found_among_thousands() {
    // The names share a long start, so that each comparison costs something.
    let start = "x".repeat(40);
    for (count, again) in [(15, 0), (16, 7), (17, 16), (18, 0), (10_000, 4_711)] {
        let members: Vec<String> = (0..count)
            .map(|index| format!("\"{start}{index}\":0"))
            .collect();
        let members = members.join(",");
        assert!(read(&format!("{{{members}}}")).is_ok(), "{count}");
        let text = format!("{{{members},\"{start}{again}\":0}}");
        if again < count {
            refused(&text, Expected::UniqueNames, 0);
        }
    }
}

#[test]
fn numbers_are_exact() {
    for (text, expected) in [
        ("0", 0),
        ("-0", 0),
        ("9007199254740993", 9_007_199_254_740_993),
        ("9223372036854775808", 9_223_372_036_854_775_808),
        ("-170141183460469231731687303715884105728", i128::MIN),
        ("1E3", 1000),
        ("1e+3", 1000),
        ("10e-1", 1),
        ("2.00", 2),
    ] {
        assert_eq!(read(text), Ok(integer(expected)), "{text}");
    }
    for (text, expected) in [
        ("0.5", "0.5"),
        ("-12.50e-3", "-0.0125"),
        ("0.1234567890123456789", "0.1234567890123456789"),
        ("1e23", "100000000000000000000000"),
        ("1e-324", &format!("0.{}1", "0".repeat(323))),
        ("9e-325", "0"),
        ("1e-400", "0"),
        ("-1e-400", "0"),
        ("1e39", &format!("1{}", "0".repeat(39))),
        (
            "-1.7976931348623157e308",
            &format!("-17976931348623157{}", "0".repeat(292)),
        ),
    ] {
        assert_eq!(read(text).unwrap().write(), expected, "{text}");
    }
}

#[test]
fn a_number_is_no_larger_than_a_double_may_be() {
    for (text, is_read) in [
        ("1.797693134862315807e308", true),
        ("-1797693134862315807e290", true),
        ("1.797693134862315808e308", false),
        ("1797693134862315808000e287", false),
        ("1e308", true),
        ("1e309", false),
    ] {
        assert_eq!(read(text).is_ok(), is_read, "{text}");
        let double: f64 = text.parse().unwrap();
        assert_eq!(double.is_finite(), is_read, "{text}");
    }
}

#[test]
fn a_double_is_the_number_that_was_written_or_none() {
    for (double, written) in [
        (0.0, "0"),
        (-0.0, "0"),
        (3.0, "3"),
        (-0.1, "-0.1"),
        (1.5e-21, "0.0000000000000000000015"),
        (123_456_789_012.345, "123456789012.345"),
        (9_007_199_254_740_992.0, "9007199254740992"),
    ] {
        assert_eq!(Number::float(double).unwrap().to_string(), written);
    }
    for double in [
        f64::NAN,
        f64::INFINITY,
        f64::NEG_INFINITY,
        0.1 + 0.2,
        9_007_199_254_740_994.0,
        1e300,
        1e-23,
        5e-324,
    ] {
        assert_eq!(Number::float(double), None, "{double}");
    }
}

#[test]
fn a_power_of_ten_times_a_number_is_its_integer_part() {
    for (text, power, expected) in [
        ("1.5", 0, Some(1)),
        ("-1.5", 0, Some(-1)),
        ("1.5", 1, Some(15)),
        ("-0.0000000019", 9, Some(-1)),
        ("1e-300", 9, Some(0)),
        ("7", 2, Some(700)),
        ("1e39", 0, None),
        ("1e38", 1, None),
        ("1.5", 200, None),
        ("1e300", 9, None),
    ] {
        let number = read(text).unwrap().as_number().unwrap();
        assert_eq!(number.times_power_of_ten(power), expected, "{text}");
    }
}

#[test]
fn a_number_out_of_range_or_grammar_is_refused() {
    for text in [
        "1e400", "-1e400", "1e309", "00", "01", "-01", "-", "+1", ".5", "1.", "1.e1", "1e", "1e+",
        "1-1", "--1", "0x10", "1_000", "1e1.5", "1.2.3", "1ee1",
    ] {
        let error = read(text).unwrap_err();
        let expected = match text {
            "+1" | ".5" => Expected::Value,
            "0x10" | "1_000" => Expected::End,
            _ => Expected::Number,
        };
        assert_eq!(error.expected, expected, "{text}");
    }
    let long = "9".repeat(400);
    refused(&long, Expected::Number, 0);
}

#[test]
fn no_more_digits_count_than_a_double_could_tell_apart() {
    let zeros = "0".repeat(1000);
    for (text, written) in [
        ("1.000000000000000005".to_owned(), "1.000000000000000005"),
        (
            "0.0000000000000000000001234567890123456789".to_owned(),
            "0.0000000000000000000001234567890123456789",
        ),
        (
            "-9007199254740993000000000000000000000000".to_owned(),
            "-9007199254740993000000000000000000000000",
        ),
        (
            "9007199254740993.000000000000000000000000".to_owned(),
            "9007199254740993",
        ),
        (format!("0.{zeros}5e1001"), "5"),
        (format!("5{zeros}e-1000"), "5"),
        (format!("-0.{zeros}e{}", "9".repeat(40)), "0"),
        (format!("1e-{zeros}{}", "9".repeat(40)), "0"),
    ] {
        assert_eq!(read(&text).unwrap().write(), written, "{text}");
    }
    for text in [
        "1.0000000000000000005",
        "-12345678901234567891e1",
        "2.4703282292062327208e-324",
        "170141183460469231731687303715884105729",
        &format!("0.{zeros}10000000000000000001"),
        &format!("1e{zeros}{}", "9".repeat(40)),
    ] {
        refused(text, Expected::Number, 0);
    }
}

/// Each lies so near the middle between two doubles that its last digits decide.
/// Such numbers take a reader a thousand times as long as others.
#[cfg(not(target_arch = "wasm32"))]
#[allow(clippy::disallowed_methods)]
#[test]
fn numbers_that_are_hard_to_round_are_no_work() {
    let near_the_middle = |digits: usize| {
        let exact = "2.4703282292062327208299439634110864618253906";
        format!("{}e-324", exact.get(..digits).unwrap())
    };
    for number in [
        near_the_middle(21),
        near_the_middle(45),
        format!("9007199254740993.{}1", "0".repeat(700)),
        format!("9007199254740993{}e-700", "0".repeat(700)),
        "9007199254740993000000000.0".to_owned(),
        "-9007199254740993.00e-290".to_owned(),
    ] {
        let count = (16 * 1024) / (number.len() + 1);
        let text = format!("[{}]", vec![number.as_str(); count].join(","));
        let start = std::time::Instant::now();
        let is_read = read(&text).is_ok();
        assert!(start.elapsed().as_millis() < 50, "{number}");
        let has_many = number.starts_with("2.47") || number.ends_with("01");
        assert_eq!(is_read, !has_many, "{number}");
    }
}

#[test]
fn depth_and_length_are_limited_to_the_last_level_and_byte() {
    let nested = |depth: usize| [vec!["["; depth], vec!["]"; depth]].concat().concat();
    assert!(read(&nested(32)).is_ok());
    refused(&nested(33), Expected::AtMostDeep(32), 32);
    refused(&"[".repeat(1 << 20), Expected::AtMostDeep(32), 32);
    refused(&"{\"\":".repeat(100_000), Expected::AtMostDeep(32), 128);
    let limits = |max_bytes, max_depth| Limits {
        max_bytes,
        max_depth,
    };
    assert!(parse(b"1", limits(1, 0)).is_ok());
    assert!(parse(b"[]", limits(2, 0)).is_err());
    assert!(parse(b"[{}]", limits(4, 2)).is_ok());
    assert!(parse(nested(255).as_bytes(), limits(510, u8::MAX)).is_ok());
    assert!(parse(nested(256).as_bytes(), limits(512, u8::MAX)).is_err());
    assert_eq!(
        parse(b"\xff\xff", limits(1, 0)),
        Err(JsonError {
            expected: Expected::AtMostBytes(1),
            offset: 1
        })
    );
    assert!(parse(b"", limits(0, 0)).is_err());
}

#[test]
fn what_is_written_is_read_as_the_same_value() {
    for text in [
        r#"{"a":[1,-2.5,true,false,null,"\"\\é😀\u0001"],"":{},"b":[]}"#,
        "[9007199254740993,170141183460469231731687303715884105727]",
    ] {
        assert_eq!(read(text).unwrap().write(), text);
    }
    for text in ["1e308", "-1e-308", "0.1", "1e23", "5e-324"] {
        let value = read(text).unwrap();
        assert_eq!(read(&value.write()), Ok(value), "{text}");
    }
}

#[test]
fn an_error_says_what_was_expected_and_shows_nothing() {
    for (text, report) in [
        (r#"{"secret" 1}"#, "expected `:` at byte 10"),
        (
            r#"{"secret":1,"secret":2}"#,
            "expected an object whose member names differ at byte 0",
        ),
        ("secret", "expected a JSON value at byte 0"),
    ] {
        assert_eq!(read(text).unwrap_err().to_string(), report);
    }
}
