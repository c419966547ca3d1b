//! Addresses, lists of them, and the headers that carry them.

use std::net::IpAddr;

use gatepost_config::read;
use gatepost_ip_set::client_address::forwarded::{Element, elements};
use gatepost_ip_set::client_address::{
    ClientAddressError, Hops, Trust, from_forwarded, from_x_forwarded_for,
};
use gatepost_ip_set::{AddressLists, Cidr, CidrList, IpSet, parse_address, parse_element};

use crate::split::{knob, lines};

/// Lines, each an entry or not: an entry prints and reads back, is no more than
/// what the standard library reads, and a list of all is what a scan of them says.
pub fn cidr_list(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let mut cidrs = Vec::new();
    for line in text.lines() {
        if let Ok(address) = parse_address(line) {
            let known: IpAddr = line.parse().expect("what we read is an address");
            assert_eq!(address, known.to_canonical());
            assert_eq!(Cidr::parse(line), Ok(Cidr::from(address)));
        }
        let Ok(masked) = Cidr::parse_masking(line) else {
            assert!(Cidr::parse(line).is_err());
            continue;
        };
        assert_eq!(Cidr::parse(line).is_err(), masked.had_host_bits, "{line}");
        assert_eq!(Cidr::parse(&masked.cidr.to_string()), Ok(masked.cidr));
        cidrs.push(masked.cidr);
    }
    cidrs.truncate(64);
    let list: CidrList = cidrs.iter().copied().collect();
    let document: Vec<_> = cidrs.iter().map(ToString::to_string).collect();
    let document = serde_json::to_vec(&document).expect("strings");
    assert_eq!(read::<CidrList>(&document).as_ref(), Ok(&list));
    let mut builder = AddressLists::builder();
    let id = builder.add_list(&list).expect("one list");
    let table = builder.build().expect("few entries");
    let set = IpSet::from(&list);
    for address in cidrs.iter().flat_map(edges) {
        let holding = cidrs.iter().filter(|cidr| cidr.contains(address));
        let longest = holding.map(Cidr::prefix_len).max();
        assert_eq!(table.lookup(address).prefix_len(id), longest, "{address}");
        assert_eq!(set.contains(address), longest.is_some(), "{address}");
    }
}

/// Lines of the header: how lines are cut does not count, what stands left of
/// the client does not count, and the client is nobody whom the header does not
/// name but the peer.
pub fn x_forwarded_for(data: &[u8]) {
    let (trust, data) = knob(data);
    let (appended, data) = knob(data);
    let lines = lines(data);
    let joined = lines.join(&b","[..]);
    let is_appended = appended & 1 == 1;
    let peer = (appended & 2 == 0).then_some(IpAddr::from([192, 0, 2, 1]));
    for trust in trusts(trust) {
        let resolve = |lines: &[&[u8]]| {
            from_x_forwarded_for(lines.iter().copied(), peer, is_appended, &trust)
        };
        let client = resolve(&lines);
        assert_eq!(resolve(&[&joined]), client, "{trust:?}");
        let named = joined.split(|byte| *byte == b',').map(parse_element);
        assert_named(client, peer, named.filter_map(Result::ok));
        let [longer, other] = [b"9.9.9.9,".as_slice(), b"=;\",\xff,"]
            .map(|left| resolve(&[&[left, &joined].concat()]));
        if matches!(&client, Ok(client) if Some(*client) != peer) && longer == client {
            assert_eq!(other, client, "what the client adds moved it: {trust:?}");
        }
    }
}

/// Lines of the header: the reader's elements, written again, read the same; no
/// walk believes what it did not read.
pub fn forwarded(data: &[u8]) {
    let (trust, data) = knob(data);
    let lines = lines(data);
    let mut named = Vec::new();
    for line in &lines {
        let read: Result<Vec<_>, _> = elements(line).collect();
        let Ok(read) = read else {
            assert_eq!(read, Err(ClientAddressError::Malformed));
            continue;
        };
        let written = read.iter().map(write).collect::<Vec<_>>().join(&b","[..]);
        let again: Vec<_> = elements(&written)
            .map(|element| element.expect("it was written so"))
            .collect();
        assert_eq!(read.len(), again.len());
        for (one, other) in read.iter().zip(&again) {
            assert!(one.parameters().count() <= Element::MAX_PARAMETERS);
            assert!(pairs(one).eq(pairs(other)), "{one:?} {other:?}");
        }
        named.extend(read.iter().filter_map(|element| {
            let node = element.parameter("for")?.value();
            parse_element(&node).ok()
        }));
    }
    let peer = Some(IpAddr::from([192, 0, 2, 1]));
    for trust in trusts(trust) {
        let client = from_forwarded(lines.iter().copied(), peer, &trust);
        assert_named(client, peer, named.iter().copied());
        if let Ok(client) = client
            && Some(client) != peer
        {
            let longer = std::iter::once(&b"for=9.9.9.9"[..]).chain(lines.iter().copied());
            let longer = from_forwarded(longer, peer, &trust);
            // Unless all were trusted, or there were too many now.
            let moved = [Ok(client), Err(ClientAddressError::TooLong)];
            let all_trusted = longer == Ok(IpAddr::from([9, 9, 9, 9]));
            assert!(
                moved.contains(&longer) || (all_trusted && matches!(trust, Trust::Proxies(_))),
                "{trust:?} {client} {longer:?}"
            );
        }
    }
}

fn trusts(knob: u8) -> [Trust; 2] {
    let proxies = ["192.0.2.0/24", "10.0.0.0/8", "2001:db8::/32"];
    let proxies: CidrList = proxies
        .iter()
        .map(|cidr| Cidr::parse(cidr).expect("a CIDR"))
        .collect();
    let hops = Hops::new(knob % (Hops::MAX + 1)).expect("few hops");
    [Trust::Hops(hops), Trust::Proxies(IpSet::from(&proxies))]
}

fn assert_named(
    client: Result<IpAddr, ClientAddressError>,
    peer: Option<IpAddr>,
    mut named: impl Iterator<Item = IpAddr>,
) {
    if let Ok(client) = client {
        assert_eq!(client, client.to_canonical());
        assert!(
            Some(client) == peer || named.any(|address| address == client),
            "nobody named {client}"
        );
    }
}

/// An element with every value in quotes.
fn write(element: &Element<'_>) -> Vec<u8> {
    let mut text = Vec::new();
    for parameter in element.parameters() {
        if !text.is_empty() {
            text.push(b';');
        }
        text.extend(parameter.name());
        text.extend(b"=\"");
        for byte in parameter.value().iter() {
            if matches!(byte, b'"' | b'\\') {
                text.push(b'\\');
            }
            text.push(*byte);
        }
        text.push(b'"');
    }
    text
}

fn pairs<'e>(element: &'e Element<'_>) -> impl Iterator<Item = (&'e [u8], Vec<u8>)> {
    let pair = |parameter: &gatepost_ip_set::client_address::forwarded::Parameter<'e>| {
        (parameter.name(), parameter.value().into_owned())
    };
    element.parameters().map(pair)
}

/// Both ends of a block, and their neighbours.
pub(crate) fn edges(cidr: &Cidr) -> [IpAddr; 4] {
    match cidr.first_address() {
        IpAddr::V4(first) => {
            let host = u32::MAX.checked_shr(cidr.prefix_len().into()).unwrap_or(0);
            let (first, last) = (first.to_bits(), first.to_bits() | host);
            [first, last, first.wrapping_sub(1), last.wrapping_add(1)]
                .map(|bits| IpAddr::V4(bits.into()))
        }
        IpAddr::V6(first) => {
            let host = u128::MAX.checked_shr(cidr.prefix_len().into()).unwrap_or(0);
            let (first, last) = (first.to_bits(), first.to_bits() | host);
            [first, last, first.wrapping_sub(1), last.wrapping_add(1)]
                .map(|bits| IpAddr::V6(bits.into()))
        }
    }
}
