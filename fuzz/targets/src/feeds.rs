//! List feeds, their compiled form, and their times.

use std::time::Duration;

use gatepost_config::parse_timestamp;
use gatepost_ip_set::Cidr;
use gatepost_ip_set::feed::{
    FeedError, FeedList, FeedParser, FeedTable, IfEmpty, Progress, parse_json,
};
use serde_json::Value;

use crate::addresses::edges;
use crate::split::knob;

/// A body of lines: where steps end does not count; the list, printed, reads the
/// same; its bytes and its table say what it says.
pub fn feed_text(data: &[u8]) {
    let (how, body) = knob(data);
    let is_whole = how & 1 == 1;
    let at_once = parse(body, is_whole, usize::MAX);
    for entries in [1, 3] {
        assert_eq!(parse(body, is_whole, entries), at_once, "{entries} a step");
    }
    match at_once {
        Ok(list) => {
            assert!(std::str::from_utf8(body).is_ok() && !body.contains(&0));
            assert!(is_whole || body.ends_with(b"\n"));
            check(&list);
        }
        Err(error) => {
            let report = error.to_string();
            assert!(!report.contains('\n') && report.len() < 2000, "{report}");
        }
    }
}

/// A JSON body: what is read is what another reader finds in it; the list as
/// lines is the same list.
pub fn feed_json(data: &[u8]) {
    let Ok(list) = parse_json(data, IfEmpty::Accept) else {
        return;
    };
    let document: Value = serde_json::from_slice(data).expect("what we read is JSON");
    let elements = document.get("cidrs").unwrap_or(&document);
    let elements = elements.as_array().expect("an array");
    let mut masked = 0;
    for element in elements {
        let text = element.get("cidr").unwrap_or(element);
        let entry = Cidr::parse_masking(text.as_str().expect("a string")).expect("a CIDR");
        masked += u32::from(entry.had_host_bits);
        let expires = element.get("expires").map(|expires| {
            parse_timestamp(expires.as_str().expect("a string")).expect("a timestamp")
        });
        let (_, latest) = list
            .iter()
            .find(|(cidr, _)| *cidr == entry.cidr)
            .expect("every element is in the list");
        assert!(latest.is_none() || expires.is_some_and(|at| Some(at) <= latest));
    }
    assert_eq!(list.masked(), masked);
    assert!(list.len() <= elements.len());
    assert_eq!(list.is_empty(), elements.is_empty());
    check(&list);
}

/// Compiled bytes from anywhere: what is read gives the same bytes again.
pub fn feed_table_decode(data: &[u8]) {
    if let Ok(list) = FeedList::decode(data) {
        assert_eq!(list.encode(), data);
        assert!(list.iter().is_sorted_by(|(one, _), (other, _)| one < other));
        check(&list);
    }
}

/// A timestamp: it prints and reads back.
pub fn rfc3339(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let Ok(wall) = parse_timestamp(text) else {
        return;
    };
    assert!(text.is_ascii() && text.len() >= 20, "{text}");
    assert_eq!(wall.subsec_nanos(), 0);
    let printed = print(wall);
    assert_eq!(parse_timestamp(&printed), Ok(wall), "{text} {printed}");
    // In UTC the text begins with what is printed; a leap second does not.
    if text.ends_with(['Z', 'z']) && !text.contains(":60") {
        let start = text.get(..19).expect("ASCII").to_ascii_uppercase();
        assert_eq!(format!("{start}Z"), printed);
    }
}

fn parse(body: &[u8], is_whole: bool, entries: usize) -> Result<FeedList, FeedError> {
    let mut parser = FeedParser::new(body.to_vec(), is_whole, IfEmpty::Accept);
    for _ in 0..2 * body.len() + 10 {
        match parser.step(entries) {
            Progress::More => {}
            Progress::Done(list) => return Ok(list),
            Progress::Failed(error) => return Err(error),
        }
    }
    panic!("a step gets on");
}

/// Lines, bytes and tables of a list agree with it.
fn check(list: &FeedList) {
    let line = |(cidr, expires): (Cidr, Option<Duration>)| match expires {
        None => format!("{cidr}\n"),
        Some(wall) => format!("{cidr} expires={}\n", print(wall)),
    };
    let lines: String = list.iter().map(line).collect();
    let again = parse(lines.as_bytes(), false, 1000);
    if !list.is_empty() {
        let again = again.expect("it was printed so");
        assert!(again.iter().eq(list.iter()));
        assert_eq!(again.masked(), 0);
    }
    assert_eq!(FeedList::decode(&list.encode()).as_ref(), Ok(list));
    let entries: Vec<_> = list.iter().take(64).collect();
    if entries.len() < list.len() {
        return;
    }
    let times = entries.iter().filter_map(|(_, expires)| *expires).take(8);
    let times = times.flat_map(|at| [at, at.saturating_sub(Duration::from_nanos(1))]);
    for wall in times.chain([Duration::ZERO, Duration::MAX]) {
        let table = FeedTable::build(list, wall);
        let counts = |expires: &Option<Duration>| expires.is_none_or(|at| wall < at);
        let living: Vec<_> = entries.iter().filter(|(_, at)| counts(at)).collect();
        assert_eq!(table.len(), living.len());
        assert_eq!(
            table.next_expiry(),
            living.iter().filter_map(|(_, expires)| *expires).min()
        );
        for address in entries.iter().flat_map(|(cidr, _)| edges(cidr)) {
            let holding = living.iter().filter(|(cidr, _)| cidr.contains(address));
            let longest = holding.map(|(cidr, _)| cidr.prefix_len()).max();
            assert_eq!(table.lookup(address), longest, "{address} at {wall:?}");
        }
    }
}

/// In UTC, without a fraction. Days are counted by centuries and years.
fn print(wall: Duration) -> String {
    let (mut days, second) = (wall.as_secs() / 86_400, wall.as_secs() % 86_400);
    let leap = |year: u64| {
        year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
    };
    let mut year = 1970;
    let days_of = |year| if leap(year) { 366 } else { 365 };
    while days >= days_of(year) {
        days -= days_of(year);
        year += 1;
    }
    let february = if leap(year) { 29 } else { 28 };
    let mut month = 1;
    for len in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] {
        if days < len {
            break;
        }
        days -= len;
        month += 1;
    }
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    let day = days + 1;
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}
