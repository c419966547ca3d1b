//! Documents that are wrong in one place, with what is said of them.

mod structural;
mod values;

use gatepost_test_host::WrongDocument;

/// What stands at a place of the document, and what must be said of it.
type Table = [(&'static str, &'static str)];

/// Every field of the document wrong in turn.
pub(crate) fn documents() -> Vec<WrongDocument> {
    let client = |rest: &str| format!(r#"{{"client_address": {{{rest}}}}}"#);
    let xff = |rest: &str| {
        client(&format!(
            r#""from": "x_forwarded_for", "peer_appended": true, {rest}"#
        ))
    };
    let list = |rest: &str| format!(r#"{{"lists": {{"l": {{{rest}}}}}}}"#);
    let rule = |rest: &str| format!(r#"{{"rules": [{{"name": "r", {rest}}}]}}"#);
    let matching = |rest: &str| rule(&format!(r#""allow": "anyone", "match": {{{rest}}}"#));
    let identity = |rest: &str| {
        format!(
            r#"{{"peer_certificate": "validated_by_listener",
                "rules": [{{"name": "r", "allow": "anyone", "identities": {rest}}}]}}"#
        )
    };
    let plain = |document: &str| document.to_owned();
    let seen_by_schema = structural::TOP
        .iter()
        .map(|(document, said)| (plain(document), *said))
        .chain(
            structural::CLIENT
                .iter()
                .map(|(rest, said)| (client(rest), *said)),
        )
        .chain(
            structural::LIST
                .iter()
                .map(|(rest, said)| (list(rest), *said)),
        )
        .chain(
            structural::RULE
                .iter()
                .map(|(rest, said)| (rule(rest), *said)),
        )
        .chain(
            structural::MATCH
                .iter()
                .map(|(rest, said)| (matching(rest), *said)),
        )
        .chain(
            structural::IDENTITY
                .iter()
                .map(|(rest, said)| (identity(rest), *said)),
        )
        .map(|(document, said)| WrongDocument {
            document,
            said,
            is_structural: true,
        });
    let of_value = values::TOP
        .iter()
        .map(|(document, said)| (plain(document), *said))
        .chain(
            values::CLIENT
                .iter()
                .map(|(rest, said)| (client(rest), *said)),
        )
        .chain(values::XFF.iter().map(|(rest, said)| (xff(rest), *said)))
        .chain(values::LIST.iter().map(|(rest, said)| (list(rest), *said)))
        .chain(values::RULE.iter().map(|(rest, said)| (rule(rest), *said)))
        .chain(
            values::IDENTITY
                .iter()
                .map(|(rest, said)| (identity(rest), *said)),
        )
        .map(|(document, said)| WrongDocument {
            document,
            said,
            is_structural: false,
        });
    seen_by_schema.chain(of_value).collect()
}
