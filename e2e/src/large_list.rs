//! A listener with a list of 100,000 networks.

use std::fmt::Write as _;

use crate::{Bootstrap, Result, Upstream, shipped, with_document};

/// How many networks are in the list, beside 127.0.0.3.
pub const LARGE_LIST: u32 = 100_000;

/// envoy/ip-allowlist.yaml with a list of [`LARGE_LIST`] networks, IPv4 or IPv6,
/// none of which holds a loopback address, and 127.0.0.3; who is in it is
/// refused. The document is given as a string: a list so long fits no manifest.
pub fn with_large_list(upstream: &Upstream, six: bool) -> Result<Bootstrap> {
    let document = format!(
        r#"{{"client_address":{{"from":"connection"}},"lists":{{"large":{{"cidrs":[{}"127.0.0.3"]}}}},"rules":[{{"name":"all","allow":"anyone","deny":["large"]}}]}}"#,
        networks(six)
    );
    with_document(&shipped("ip-allowlist.yaml", upstream)?, &document)
}

/// Networks that do not touch each other, each followed by a comma.
fn networks(six: bool) -> String {
    let mut json = String::new();
    for index in 0..LARGE_LIST {
        let written = if six {
            // Every second /64: 2001:db8:0:0::/64, 2001:db8:0:2::/64, ...
            let (high, low) = (index >> 15, (index & 0x7fff) << 1);
            write!(json, "\"2001:db8:{high:x}:{low:x}::/64\",")
        } else {
            // Every second /24: 11.0.0.0/24, 11.0.2.0/24, ...
            let [a, b, c, d] = (0x0b00_0000 + index * 512).to_be_bytes();
            write!(json, "\"{a}.{b}.{c}.{d}/24\",")
        };
        written.expect("a String takes everything");
    }
    json
}
