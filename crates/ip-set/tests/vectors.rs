//! External vectors: the address corpora, the Forwarded and X-Forwarded-For
//! cases, and hosts that browsers read and we refuse.
#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::arithmetic_side_effects,
    clippy::disallowed_methods
)]

use std::collections::BTreeMap;
use std::net::IpAddr;

use gatepost_ip_set::client_address::forwarded::elements;
use gatepost_ip_set::client_address::{
    ClientAddressError, Hops, Trust, from_forwarded, from_x_forwarded_for,
};
use gatepost_ip_set::{AddressError, Cidr, CidrError, CidrList, IpSet, parse_address};
use serde_json::Value;

/// The content of a file of the vectors' `ip` folder.
fn vectors(test: &str, file: &str) -> Option<Value> {
    let content = gatepost_test_vectors::file(test, &format!("ip/{file}"))?;
    Some(serde_json::from_slice(&content).unwrap())
}

fn texts(vectors: &Value) -> impl Iterator<Item = &str> {
    vectors
        .as_array()
        .unwrap()
        .iter()
        .map(|case| case["address"].as_str().unwrap())
}

/// Entries on which we and the corpus disagree, with the reason.
const DEVIATIONS: [(&str, &str); 4] = [
    (
        "1.2.3.4",
        "listed as invalid IPv6, which it is; it is valid IPv4",
    ),
    (
        "2001:db8::%1",
        "a zone means nothing outside its host (RFC 4007)",
    ),
    ("127.0.0.1/02", "a leading zero is octal to some readers"),
    ("0:1:2:3:4:5:6:7/001", "the same"),
];

fn deviates(text: &str) -> bool {
    DEVIATIONS.iter().any(|(known, _)| *known == text)
}

#[test]
fn valid_addresses_of_the_corpus_are_read() {
    for (file, at_least) in [
        ("ip-address_valid-ipv4-addresses.json", 3),
        ("ip-address_valid-ipv6-addresses.json", 100),
        ("ip-address_intermapper-valid-ipv6-addresses.json", 100),
    ] {
        let Some(cases) = vectors("valid_addresses_of_the_corpus_are_read", file) else {
            return;
        };
        let mut read = 0;
        for text in texts(&cases).filter(|text| !deviates(text)) {
            // The corpus allows host bits.
            let masked =
                Cidr::parse_masking(text).unwrap_or_else(|error| panic!("{text}: {error}"));
            if !text.contains('/') {
                let address: IpAddr = text.parse().unwrap();
                assert_eq!(
                    masked.cidr.first_address(),
                    address.to_canonical(),
                    "{text}"
                );
                assert_eq!(parse_address(text), Ok(address.to_canonical()), "{text}");
            }
            read += 1;
        }
        assert!(read >= at_least, "{file}: {read}");
    }
}

#[test]
fn invalid_addresses_of_the_corpus_are_refused() {
    for (file, at_least) in [
        ("ip-address_invalid-ipv4-addresses.json", 10),
        ("ip-address_invalid-ipv6-addresses.json", 300),
        ("ip-address_intermapper-invalid-ipv6-addresses.json", 300),
    ] {
        let Some(cases) = vectors("invalid_addresses_of_the_corpus_are_refused", file) else {
            return;
        };
        let mut refused = 0;
        for text in texts(&cases).filter(|text| !deviates(text)) {
            assert!(Cidr::parse_masking(text).is_err(), "{text}");
            assert!(parse_address(text).is_err(), "{text}");
            refused += 1;
        }
        assert!(refused >= at_least, "{file}: {refused}");
    }
}

#[test]
fn the_deviations_from_the_corpus_are_these() {
    assert_eq!(parse_address("1.2.3.4"), Ok(IpAddr::from([1, 2, 3, 4])));
    assert_eq!(
        Cidr::parse("2001:db8::%1"),
        Err(CidrError::Address(AddressError::Zone))
    );
    assert_eq!(
        Cidr::parse("127.0.0.1/02"),
        Err(CidrError::PrefixLen { longest: 32 })
    );
    assert_eq!(
        Cidr::parse("0:1:2:3:4:5:6:7/001"),
        Err(CidrError::PrefixLen { longest: 128 })
    );
}

#[test]
fn a_host_that_browsers_rewrite_is_no_address() {
    let file = "wpt_url_host_ip_cases.json";
    let Some(cases) = vectors("a_host_that_browsers_rewrite_is_no_address", file) else {
        return;
    };
    let (mut same, mut rewritten) = (0, 0);
    for case in cases.as_array().unwrap() {
        let host = case["input_host"].as_str().unwrap();
        let Ok(address) = parse_address(host) else {
            rewritten += usize::from(case["hostname"].is_string());
            continue;
        };
        // What we take for an address, a browser takes for the same one.
        assert_eq!(
            case["hostname"].as_str(),
            Some(address.to_string().as_str()),
            "{host}"
        );
        same += 1;
    }
    assert!(same >= 1 && rewritten >= 20, "{same} {rewritten}");
}

#[test]
fn forwarded_cases_of_the_corpus() {
    let Some(cases) = vectors(
        "forwarded_cases_of_the_corpus",
        "forwarded_header_cases.json",
    ) else {
        return;
    };
    for case in cases["good"].as_array().unwrap() {
        let line = case[0].as_str().unwrap();
        let read: Vec<BTreeMap<String, String>> = elements(line.as_bytes())
            .map(|element| {
                let element = element.unwrap_or_else(|error| panic!("{line}: {error}"));
                let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
                element
                    .parameters()
                    .map(|parameter| {
                        (
                            text(parameter.name()).to_lowercase(),
                            text(&parameter.value()),
                        )
                    })
                    .collect()
            })
            .collect();
        let expected: Vec<BTreeMap<String, String>> =
            serde_json::from_value(case[1].clone()).unwrap();
        assert_eq!(read, expected, "{line}");
    }
    for line in cases["must_fail"].as_array().unwrap() {
        let line = line.as_str().unwrap();
        let last = elements(line.as_bytes()).last();
        assert_eq!(last, Some(Err(ClientAddressError::Malformed)), "{line:?}");
    }
    for line in cases["rfc7239_examples_parse_ok"].as_array().unwrap() {
        let line = line.as_str().unwrap();
        assert!(
            elements(line.as_bytes()).all(|element| element.is_ok()),
            "{line}"
        );
        let client = from_forwarded([line.as_bytes()], None, &Trust::Hops(Hops::new(0).unwrap()));
        let hidden = line.contains("=_") || line.contains("\"_") || line.contains("unknown");
        assert_eq!(client.is_err(), hidden, "{line}: {client:?}");
    }
}

fn address(case: &Value) -> Option<IpAddr> {
    case.as_str().map(|text| text.parse().unwrap())
}

#[test]
fn trusted_hops_count_as_envoy_counts() {
    let Some(cases) = vectors("trusted_hops_count_as_envoy_counts", "envoy_xff_cases.json") else {
        return;
    };
    for case in cases["num_trusted_hops"].as_array().unwrap() {
        let peer = address(&case["peer"]).unwrap();
        let hops = u8::try_from(case["hops"].as_u64().unwrap()).unwrap();
        // The cases show the header before Envoy appends the peer.
        let appended = case["use_remote_address"].as_bool().unwrap();
        let mut lines: Vec<String> = case["xff"]
            .as_str()
            .map(str::to_owned)
            .into_iter()
            .collect();
        if appended {
            lines.push(peer.to_string());
        }
        let client = from_x_forwarded_for(
            lines.iter().map(String::as_bytes),
            Some(peer),
            appended,
            &Trust::Hops(Hops::new(hops).unwrap()),
        );
        assert_eq!(client.ok(), address(&case["client"]), "{}", case["id"]);
    }
}

#[test]
fn trusted_proxies_are_walked_as_envoy_walks() {
    let Some(cases) = vectors(
        "trusted_proxies_are_walked_as_envoy_walks",
        "envoy_xff_cases.json",
    ) else {
        return;
    };
    let cases = cases["trusted_cidrs"].as_array().unwrap();
    let trusted = cases[0]["trusted"].as_array().unwrap();
    let trusted: CidrList = trusted
        .iter()
        .map(|cidr| Cidr::parse(cidr.as_str().unwrap()).unwrap())
        .collect();
    let trust = Trust::Proxies(IpSet::from(&trusted));
    for case in cases {
        let peer = address(&case["peer"]).unwrap();
        let header = match case["xff_count"].as_u64() {
            Some(count) => vec!["192.0.2.4"; usize::try_from(count).unwrap()].join(","),
            None => case["xff"].as_str().unwrap().to_owned(),
        };
        let expected = match case["id"].as_str().unwrap() {
            // Envoy's extension detects nothing, and then its peer counts.
            "RemoteNotTrusted" => Ok(peer),
            // Envoy falls back to the peer here too; we refuse.
            "XFFHasTooManyEntries" => Err(ClientAddressError::TooManyEntries),
            _ => Ok(address(&case["client"]).unwrap()),
        };
        for appended in [false, true] {
            let header = if appended {
                format!("{header}, {peer}")
            } else {
                header.clone()
            };
            let lines = std::iter::once(header.as_bytes());
            let client = from_x_forwarded_for(lines, Some(peer), appended, &trust);
            assert_eq!(client, expected, "{} appended: {appended}", case["id"]);
        }
    }
}
