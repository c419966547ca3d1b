//! Feeds of lines: what is an entry, and what fails the whole body.
#![allow(clippy::unwrap_used, clippy::panic, clippy::arithmetic_side_effects)]

use gatepost_config::TimestampError;
use gatepost_ip_set::feed::{FeedError, FeedList, FeedParser, IfEmpty, LineError, Progress};
use gatepost_ip_set::{AddressError, CidrError};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn finish(mut parser: FeedParser, entries: usize) -> Result<FeedList, FeedError> {
    loop {
        match parser.step(entries) {
            Progress::More => {}
            Progress::Done(list) => return Ok(list),
            Progress::Failed(error) => return Err(error),
        }
    }
}

fn parse(body: impl AsRef<[u8]>) -> Result<FeedList, FeedError> {
    let parser = || FeedParser::new(body.as_ref().to_vec(), true, IfEmpty::Fail);
    let result = finish(parser(), 1000);
    for entries in [0, 1, 2, 3, 7] {
        assert_eq!(finish(parser(), entries), result, "{entries} a step");
    }
    result
}

fn printed(body: impl AsRef<[u8]>) -> Vec<String> {
    let list = parse(body).unwrap();
    list.iter()
        .map(|(cidr, expires)| match expires {
            None => cidr.to_string(),
            Some(wall) => format!("{cidr} {}", wall.as_secs()),
        })
        .collect()
}

/// The line that fails, and what is wrong with it.
fn line_error(body: impl AsRef<[u8]>) -> (usize, LineError) {
    match parse(body) {
        Err(FeedError::Line { line, error, .. }) => (line, error),
        other => panic!("{other:?}"),
    }
}

#[test]
fn one_entry_a_line() {
    assert_eq!(
        printed("203.0.113.0/24\n198.51.100.7\n2001:db8::/32\n::1\n::ffff:10.0.0.0/104\n"),
        [
            "10.0.0.0/8",
            "198.51.100.7/32",
            "203.0.113.0/24",
            "::1/128",
            "2001:db8::/32"
        ]
    );
}

#[test]
fn comments_blank_lines_and_white_space_say_nothing() {
    let body = "# a list; of\n; two\r\n\n   \t \r\n\t10.0.0.0/8 \t# with a comment; twice\r\n\
                10.1.0.0/16;SBL1\n10.2.0.0/16#x\n # é 10.3.0.0/16\n#\n;";
    assert_eq!(printed(body), ["10.0.0.0/8", "10.1.0.0/16", "10.2.0.0/16"]);
}

#[test]
fn a_byte_order_mark_stands_at_the_start_or_nowhere() {
    assert_eq!(printed("\u{feff}10.0.0.1\n"), ["10.0.0.1/32"]);
    assert_eq!(printed("\u{feff}# x\n10.0.0.1\n"), ["10.0.0.1/32"]);
    for body in ["\u{feff}\u{feff}10.0.0.1\n", " \u{feff}10.0.0.1\n"] {
        assert_eq!(line_error(body).0, 1);
    }
    assert_eq!(line_error("10.0.0.1\n\u{feff}10.0.0.2\n").0, 2);
}

#[test]
fn host_bits_are_cleared_and_counted() {
    let list = parse("10.1.2.3/8\n10.0.0.0/8\n2001:db8::1/32\n192.0.2.1\n").unwrap();
    assert_eq!((list.len(), list.masked()), (3, 2));
    assert_eq!(
        printed("10.1.2.3/8\n2001:db8::1/32"),
        ["10.0.0.0/8", "2001:db8::/32"]
    );
}

#[test]
fn an_entry_may_expire() {
    assert_eq!(
        printed(
            "10.0.0.1 expires=2026-07-01T08:30:00Z\n\
             10.0.0.2\texpires=2026-07-01t10:30:00.9+02:00 # soon\r\n\
             10.0.0.3\t  expires=1970-01-01T00:00:00Z;old\n10.0.0.4\n"
        ),
        [
            "10.0.0.1/32 1782894600",
            "10.0.0.2/32 1782894600",
            "10.0.0.3/32 0",
            "10.0.0.4/32"
        ]
    );
}

#[test]
fn of_duplicates_the_one_that_lasts_longest_counts() {
    let early = "10.0.0.0/8 expires=2026-01-01T00:00:00Z\n";
    let late = "10.9.9.9/8 expires=2027-01-01T00:00:00Z\n";
    let never = "10.0.0.0/8\n";
    for body in [[early, late], [late, early]] {
        assert_eq!(printed(body.concat()), ["10.0.0.0/8 1798761600"]);
    }
    for body in [[early, never, late], [never, late, early]] {
        assert_eq!(printed(body.concat()), ["10.0.0.0/8"]);
    }
}

#[test]
fn what_follows_an_entry_is_an_expiry_or_a_comment() {
    for line in [
        "10.0.0.1 10.0.0.2",
        "10.0.0.1,10.0.0.2",
        "10.0.0.1 expires",
        "10.0.0.1 Expires=2026-07-01T08:30:00Z",
        "10.0.0.1 expires = 2026-07-01T08:30:00Z",
        "10.0.0.1 expires=2026-07-01T08:30:00Z x",
        "10.0.0.1 expires=2026-07-01T08:30:00Z expires=2026-07-01T08:30:00Z",
        "10.0.0.1 // x",
        "10.0.0.1 \r x",
        "10.0.0.1\u{a0}# x",
        "10.0.0.1\r\r",
        "10.0.0.1\u{b}",
        "expires=2026-07-01T08:30:00Z",
    ] {
        let (at, error) = line_error(format!("::1\n{line}\n::2\n"));
        assert_eq!(at, 2, "{line}");
        assert!(
            matches!(error, LineError::BehindEntry | LineError::Cidr(_)),
            "{line}: {error}"
        );
    }
}

#[test]
fn an_expiry_is_an_rfc_3339_timestamp() {
    for (expires, error) in [
        ("", TimestampError::Form),
        ("1782894600", TimestampError::Form),
        ("\"2026-07-01T08:30:00Z\"", TimestampError::Form),
        ("2026-02-30T00:00:00Z", TimestampError::NoSuchTime),
        ("1969-01-01T00:00:00Z", TimestampError::OutOfRange),
    ] {
        assert_eq!(
            line_error(format!("10.0.0.1 expires={expires}\n")),
            (1, LineError::Expires(error)),
            "{expires}"
        );
    }
}

#[test]
fn any_other_line_fails_the_whole_body() {
    let address = |error| LineError::Cidr(CidrError::Address(error));
    for (line, error) in [
        ("10.0.0/8", address(AddressError::NotAnAddress)),
        ("010.0.0.1", address(AddressError::NotAnAddress)),
        ("fe80::1%eth0", address(AddressError::Zone)),
        ("/8", address(AddressError::Empty)),
        ("example.com", address(AddressError::NotAnAddress)),
        ("10.0.0.1-10.0.0.9", address(AddressError::NotAnAddress)),
        (
            "10.0.0.0/33",
            LineError::Cidr(CidrError::PrefixLen { longest: 32 }),
        ),
        (
            "10.0.0.0/ 8",
            LineError::Cidr(CidrError::PrefixLen { longest: 32 }),
        ),
        (
            "::ffff:10.0.0.0/8",
            LineError::Cidr(CidrError::MappedPrefixLen),
        ),
        ("10.0.0.1\0", LineError::NotText),
    ] {
        let body = format!("# one\r\n10.0.0.0/8\n{line}\n10.0.0.1\n");
        assert_eq!(line_error(body), (3, error), "{line:?}");
    }
}

#[test]
fn other_documents_fail_at_their_first_line() {
    for body in [
        "<!DOCTYPE html>\n<html><body>503</body></html>\n",
        "<html>",
        "[\"10.0.0.0/8\"]\n",
        "{\"cidrs\": [\"10.0.0.0/8\"]}",
        "%PDF-1.7\n",
        "\u{1f}\u{8b}\u{8}\0\0",
    ] {
        assert_eq!(line_error(body).0, 1, "{body:?}");
    }
    assert_eq!(line_error(b"\xff\xfe1\x000\x00").1, LineError::NotText);
}

#[test]
fn what_is_not_text_fails_in_comments_too() {
    for comment in [
        &b"\xff"[..],
        b"x\0",
        b"\xe2\x82",
        b"\xe2\x82\n",
        b"\xc0\x80",
        b"\xed\xa0\x80",
    ] {
        let body = [b"10.0.0.1 # ", comment, b"\n"].concat();
        assert_eq!(line_error(body), (1, LineError::NotText), "{comment:?}");
    }
    assert_eq!(line_error(b"10.0.0.1 # \xe2\x82"), (1, LineError::NotText));
    // Characters are not taken apart where a step ends.
    for pad in 0..70 {
        let comment = format!("{}{}", "-".repeat(pad), "€😀é".repeat(40));
        assert_eq!(printed(format!("10.0.0.1 #{comment}\n")), ["10.0.0.1/32"]);
    }
}

#[test]
fn a_carriage_return_alone_does_not_hide_what_follows() {
    assert_eq!(
        line_error("10.0.0.1 # one\r10.0.0.2\r"),
        (1, LineError::CarriageReturn)
    );
    assert_eq!(line_error("# x\r"), (1, LineError::CarriageReturn));
    assert_eq!(line_error("# x\r\r\n"), (1, LineError::CarriageReturn));
    assert_eq!(line_error("10.0.0.1\r10.0.0.2\n").0, 1);
    assert_eq!(line_error("10.0.0.1\r").0, 1);
    for pad in 0..70 {
        let body = format!("#{}\r\n10.0.0.1\r\n", "-".repeat(pad));
        assert_eq!(printed(body), ["10.0.0.1/32"]);
    }
}

#[test]
fn a_line_is_bounded_and_its_comment_is_not() {
    let most = FeedParser::MAX_LINE_BYTES;
    let padded = |len: usize| format!("{:>len$}", "10.0.0.1");
    for end in ["", "\n", "#", "# x\n"] {
        assert_eq!(printed(padded(most) + end), ["10.0.0.1/32"]);
        assert_eq!(
            line_error(padded(most + 1) + end),
            (1, LineError::TooLong),
            "{end:?}"
        );
    }
    assert_eq!(
        printed(format!("10.0.0.1 #{}", "-".repeat(100_000))),
        ["10.0.0.1/32"]
    );
}

#[test]
fn a_body_of_unknown_length_ends_with_a_line_feed() {
    let parse = |body: &str| {
        let parser = FeedParser::new(body.as_bytes().to_vec(), false, IfEmpty::Accept);
        finish(parser, 100).map(|list| list.len())
    };
    for body in [
        "10.1.2.3",
        "10.1.2.3\n10.1.2.",
        "10.1.2.3\n10.1.2.4 # x",
        "10.1.2.3\n# x",
        "10.1.2.3\n ",
        "10.1.2.3\r",
        "<html>",
        "",
    ] {
        assert_eq!(parse(body), Err(FeedError::Truncated), "{body:?}");
    }
    assert_eq!(parse("10.1.2.3\n10.1.2.4\n"), Ok(2));
    assert_eq!(parse("10.1.2.3\r\n"), Ok(1));
    assert_eq!(parse("\n"), Ok(0));
    assert_eq!(printed("10.1.2.3"), ["10.1.2.3/32"]);
}

#[test]
fn a_body_without_an_entry_fails_unless_it_may() {
    for body in ["", "\n", "# nothing today\n", "\u{feff}", " ", ";"] {
        assert_eq!(parse(body), Err(FeedError::Empty), "{body:?}");
        let parser = FeedParser::new(body.as_bytes().to_vec(), true, IfEmpty::Accept);
        assert_eq!(finish(parser, 1), Ok(FeedList::default()), "{body:?}");
    }
}

#[test]
fn a_step_is_bounded() {
    // Lines of usual length count as one each, entries to merge as a half.
    let line = "10.0.0.1 # sixty-four bytes of line make up what is usual...\n";
    assert_eq!(steps(&line.repeat(1000), 10), 100 + 50);
    // Short ones do, too.
    assert_eq!(steps(&"\n".repeat(1000), 10), 100);
    // Of others, steps are as many as their bytes are worth.
    assert_eq!(steps(&format!("#{}", "-".repeat(64_000)), 10), 101);
    let long = steps(&format!("{}\n", " ".repeat(500)).repeat(1000), 10);
    assert!((500..800).contains(&long), "{long}");
}

/// How many steps leave work for another one.
fn steps(body: &str, entries: usize) -> usize {
    let mut parser = FeedParser::new(body.as_bytes().to_vec(), true, IfEmpty::Accept);
    let mut steps = 0;
    while let Progress::More = parser.step(entries) {
        steps += 1;
    }
    steps
}

#[test]
fn entries_are_bounded() {
    let line = "1.1.1.1\n";
    let most = line.repeat(FeedList::MAX_ENTRIES);
    let parse = |body: String| {
        let parser = FeedParser::new(body.into_bytes(), true, IfEmpty::Fail);
        finish(parser, 100_000)
    };
    let list = parse(most.clone()).unwrap();
    assert_eq!(list.len(), 1);
    assert!(list.heap_bytes() < 100, "{}", list.heap_bytes());
    assert_eq!(parse(most + line), Err(FeedError::TooManyEntries));
}

#[test]
fn after_the_end_there_is_no_other_answer() {
    for body in ["10.0.0.1\n", "x"] {
        let mut parser = FeedParser::new(body.as_bytes().to_vec(), true, IfEmpty::Fail);
        while let Progress::More = parser.step(1) {}
        for _ in 0..2 {
            let Progress::Failed(error) = parser.step(1) else {
                panic!("{body}");
            };
            assert_eq!(error, FeedError::Ended);
        }
    }
}

#[test]
fn an_error_tells_where_what_and_shows_little() {
    let report = |body: &str| parse(body).unwrap_err().to_string();
    assert_eq!(
        report("10.0.0.0/8\n\n10.1.0.0/77\n"),
        "line 3: expected a prefix length from 0 to 32, without sign or leading zero, found \"10.1.0.0/77\""
    );
    assert_eq!(
        report("10.0.0.1 expires=soon\n"),
        "line 1: expected an RFC 3339 timestamp such as 2026-07-01T08:30:00Z or 2026-07-01T10:30:00+02:00, found \"10.0.0.1 expires=soon\""
    );
    let shown = report(&format!("\u{1b}[31m\"{}\n", "é".repeat(200)));
    assert!(shown.contains(r#""\u{1b}[31m\"éé"#), "{shown}");
    assert!(shown.ends_with("é\" and more"), "{shown}");
    assert!(shown.chars().count() < 300, "{shown}");
}
