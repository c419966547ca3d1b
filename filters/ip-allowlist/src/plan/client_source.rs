//! `client_address`: a source of the client's address that has all it needs.

use gatepost_config::{FieldPath, Problems, Whole};
use gatepost_ip_set::client_address::{ClientAddressSource, Hops, Trust};
use gatepost_ip_set::{CidrList, IpSet};

use crate::client::{ClientSource, TruePeer};
use crate::config::{ClientAddressConfig, From, TruePeerConfig};

/// Checks what the document says.
pub(super) fn client_source(
    raw: ClientAddressConfig,
    at: &FieldPath<'_>,
    problems: &mut Problems,
) -> ClientSource {
    let mut refuse = |field: &str, given: bool, of: &str| {
        if given {
            problems.push(&at.field(field), format_args!("expected only with {of}"));
        }
    };
    let by_header = matches!(raw.from, From::XForwardedFor | From::Forwarded);
    refuse(
        "trusted_hops",
        raw.trusted_hops.0.is_some() && !by_header,
        "x_forwarded_for or forwarded",
    );
    refuse(
        "trusted_proxies",
        raw.trusted_proxies.0.is_some() && raw.from == From::Connection,
        "x_forwarded_for, forwarded or header",
    );
    refuse(
        "peer_appended",
        raw.peer_appended.0.is_some() && raw.from != From::XForwardedFor,
        "x_forwarded_for",
    );
    refuse(
        "header",
        raw.header.0.is_some() && raw.from != From::Header,
        "header",
    );
    refuse(
        "true_peer",
        raw.true_peer.0.is_some() && raw.from == From::Connection,
        "x_forwarded_for, forwarded or header",
    );

    refuse(
        "forwarded_address",
        raw.forwarded_address.0.is_some() && raw.from != From::Connection,
        "connection",
    );
    if raw
        .trusted_proxies
        .0
        .as_ref()
        .is_some_and(CidrList::is_empty)
    {
        problems.push(
            &at.field("trusted_proxies"),
            "expected at least one address: nobody would be believed",
        );
    }

    let true_peer = match (raw.from, raw.true_peer.0) {
        (From::Connection, _) => Some(TruePeer::Connection {
            takes_forwarded: raw.forwarded_address.0.is_some(),
        }),
        (_, None) => None,
        (_, Some(TruePeerConfig::Connection)) => Some(TruePeer::Connection {
            takes_forwarded: false,
        }),
        (_, Some(TruePeerConfig::FilterState(name))) => {
            if name.is_empty() || name.len() > 256 || name.contains('\0') {
                let field = at.field("true_peer");
                problems.push(
                    &field.field("filter_state"),
                    "expected the key of filter state",
                );
            }
            Some(TruePeer::FilterState(format!("filter_state\0{name}")))
        }
    };
    if raw.trusted_proxies.0.is_some() && true_peer.is_none() {
        problems.push(
            &at.field("true_peer"),
            "expected where the true peer's address comes from: `trusted_proxies` says whom to \
             believe, and nobody else knows who is speaking",
        );
    }
    let source = match raw.from {
        From::Connection => ClientAddressSource::Connection,
        From::XForwardedFor => {
            if raw.peer_appended.0.is_none() {
                problems.push(
                    &at.field("peer_appended"),
                    "expected whether this listener has appended its peer: true with \
                     `use_remote_address: true`, else false",
                );
            }
            ClientAddressSource::XForwardedFor {
                trust: trust(raw.trusted_hops.0, raw.trusted_proxies.0, at, problems),
                peer_appended: raw.peer_appended.0.unwrap_or_default(),
            }
        }
        From::Forwarded => ClientAddressSource::Forwarded {
            trust: trust(raw.trusted_hops.0, raw.trusted_proxies.0, at, problems),
        },
        From::Header => {
            let name = raw.header.0.unwrap_or_default().to_ascii_lowercase();
            let legal = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
            if name.is_empty() || !name.bytes().all(legal) {
                problems.push(&at.field("header"), "expected the name of a header");
            }
            let Some(proxies) = raw.trusted_proxies.0 else {
                problems.push(
                    &at.field("trusted_proxies"),
                    "expected the proxies that are believed: any client can send this header",
                );
                return ClientSource {
                    source: ClientAddressSource::Connection,
                    true_peer,
                };
            };
            ClientAddressSource::SingleHeader {
                name: name.into(),
                proxies: IpSet::from(&proxies),
            }
        }
    };
    ClientSource { source, true_peer }
}

fn trust(
    hops: Option<Whole>,
    proxies: Option<CidrList>,
    at: &FieldPath<'_>,
    problems: &mut Problems,
) -> Trust {
    match (hops, proxies) {
        (None, Some(proxies)) => Trust::Proxies(IpSet::from(&proxies)),
        (Some(hops), None) => {
            let valid = u8::try_from(hops.get()).ok().and_then(Hops::new);
            if valid.is_none() {
                problems.push(
                    &at.field("trusted_hops"),
                    format_args!(
                        "expected a number from 0 to {}, found {}",
                        Hops::MAX,
                        hops.get()
                    ),
                );
            }
            Trust::Hops(valid.unwrap_or(Hops::NONE))
        }
        _ => {
            problems.push(at, "expected one of `trusted_hops` and `trusted_proxies`");
            Trust::Hops(Hops::NONE)
        }
    }
}
