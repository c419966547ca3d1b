//! RFC 3339: any time, printed, reads back.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::arithmetic_side_effects)]

use std::time::Duration;

use gatepost_config::parse_timestamp;
use proptest::prelude::*;

proptest! {
    #[test]
    fn a_printed_time_reads_back(
        days in 0_u64..2_932_897, second in 0_u64..86_400, minutes in 0_u64..1440, ahead: bool,
    ) {
        let (year, month, day) = civil(days);
        let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
        let utc = days * 86_400 + hour * 3600 + minute * 60 + second;
        let sign = if ahead { '+' } else { '-' };
        let text = format!(
            "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{sign}{:02}:{:02}",
            minutes / 60, minutes % 60
        );
        let expected = if ahead { utc.checked_sub(minutes * 60) } else { Some(utc + minutes * 60) };
        let expected = expected.filter(|utc| *utc <= 253_402_300_799).map(Duration::from_secs);
        prop_assert_eq!(parse_timestamp(&text).ok(), expected, "{}", text);
    }
}

/// The date of a day, counted month by month.
fn civil(mut days: u64) -> (u64, u64, u64) {
    let mut year = 1970;
    loop {
        let leap = year % 4 == 0 && year % 100 != 0 || year % 400 == 0;
        let february = if leap { 29 } else { 28 };
        for (month, len) in (1..).zip([31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]) {
            if days < len {
                return (year, month, days + 1);
            }
            days -= len;
        }
        year += 1;
    }
}
