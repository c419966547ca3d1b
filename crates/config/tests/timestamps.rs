//! RFC 3339: which texts are points in time, and which.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use gatepost_config::{TimestampError, parse_timestamp};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn seconds(text: &str) -> u64 {
    let wall = parse_timestamp(text).unwrap();
    assert_eq!(wall, Duration::from_secs(wall.as_secs()), "{text}");
    wall.as_secs()
}

#[test]
fn the_examples_of_the_rfc_are_read() {
    // RFC 3339 5.8; the last one is of 1937, before Unix time.
    assert_eq!(seconds("1985-04-12T23:20:50.52Z"), 482_196_050);
    assert_eq!(seconds("1996-12-19T16:39:57-08:00"), 851_042_397);
    assert_eq!(seconds("1996-12-20T00:39:57Z"), 851_042_397);
    assert_eq!(seconds("1990-12-31T23:59:60Z"), 662_687_999);
    assert_eq!(seconds("1990-12-31T15:59:60-08:00"), 662_687_999);
    assert_eq!(
        parse_timestamp("1937-01-01T12:00:27.87+00:20"),
        Err(TimestampError::OutOfRange)
    );
}

#[test]
fn the_calendar_is_ours() {
    for (text, expected) in [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-03-01T00:00:00Z", 5_097_600),
        ("1972-02-29T00:00:00Z", 68_169_600),
        ("2000-02-29T12:00:00Z", 951_825_600),
        ("2000-03-01T00:00:00Z", 951_868_800),
        ("2026-07-01T08:30:00Z", 1_782_894_600),
        ("2038-01-19T03:14:08Z", 2_147_483_648),
        ("2100-03-01T00:00:00Z", 4_107_542_400),
        ("2400-02-29T00:00:00Z", 13_574_563_200),
        ("9999-12-31T23:59:59Z", 253_402_300_799),
    ] {
        assert_eq!(seconds(text), expected, "{text}");
    }
}

#[test]
fn letters_may_be_small_and_fractions_are_cut() {
    let whole = seconds("2026-07-01T08:30:00Z");
    for text in [
        "2026-07-01t08:30:00z",
        "2026-07-01T08:30:00.0Z",
        "2026-07-01T08:30:00.999999999999999999999999Z",
        "2026-07-01T10:30:00.5+02:00",
        "2026-07-01T08:30:00-00:00",
        "2026-07-02T08:29:00+23:59",
        "2026-06-30T08:31:00-23:59",
    ] {
        assert_eq!(seconds(text), whole, "{text}");
    }
}

#[test]
fn any_other_form_is_refused() {
    for text in [
        "",
        "1782894600",
        "2026-07-01",
        "2026-07-01T08:30Z",
        "2026-07-01T08:30:00",
        "2026-07-01 08:30:00Z",
        "2026-07-01_08:30:00Z",
        "2026-07-01T08:30:00 Z",
        " 2026-07-01T08:30:00Z",
        "2026-07-01T08:30:00Z ",
        "2026-07-01T08:30:00ZZ",
        "2026-07-01T08:30:00.Z",
        "2026-07-01T08:30:00,5Z",
        "2026-07-01T08:30:00.5",
        "2026-07-01T08:30:00+0200",
        "2026-07-01T08:30:00+02",
        "2026-07-01T08:30:00+2:00",
        "2026-07-01T08:30:00\u{2212}02:00",
        "2026-7-1T08:30:00Z",
        "26-07-01T08:30:00Z",
        "+2026-07-01T08:30:00Z",
        "12026-07-01T08:30:00Z",
        "20260701T083000Z",
        "2026-W27-3T08:30:00Z",
        "2026-07-01T8:30:00Z",
        "2026-07-01T-8:30:00Z",
        "٢٠٢٦-07-01T08:30:00Z",
        "Wed, 01 Jul 2026 08:30:00 GMT",
    ] {
        assert_eq!(parse_timestamp(text), Err(TimestampError::Form), "{text:?}");
    }
}

#[test]
fn a_day_or_time_that_does_not_exist_is_refused() {
    for text in [
        "2026-00-01T00:00:00Z",
        "2026-13-01T00:00:00Z",
        "2026-01-00T00:00:00Z",
        "2026-01-32T00:00:00Z",
        "2026-04-31T00:00:00Z",
        "2026-02-29T00:00:00Z",
        "2100-02-29T00:00:00Z",
        "2024-02-30T00:00:00Z",
        "2026-07-01T24:00:00Z",
        "2026-07-01T00:60:00Z",
        "2026-07-01T00:00:61Z",
        "2026-07-01T00:00:00+24:00",
        "2026-07-01T00:00:00+00:60",
        // A leap second ends a day of UTC.
        "2026-07-01T00:00:60Z",
        "2026-12-31T23:59:60+01:00",
    ] {
        assert_eq!(
            parse_timestamp(text),
            Err(TimestampError::NoSuchTime),
            "{text}"
        );
    }
}

#[test]
fn years_outside_of_1970_to_9999_are_refused_as_written_and_in_utc() {
    for text in [
        "0000-01-01T00:00:00Z",
        "1969-12-31T23:59:59Z",
        "1969-12-31T23:59:59-00:01",
        "1970-01-01T00:59:59+01:00",
        "9999-12-31T23:59:59-00:01",
    ] {
        assert_eq!(
            parse_timestamp(text),
            Err(TimestampError::OutOfRange),
            "{text}"
        );
    }
    assert_eq!(seconds("1970-01-01T01:00:00+01:00"), 0);
}
