//! What a JSON Schema sees, too: types, unknown and missing fields, `null`.

use super::Table;

pub(super) const TOP: &Table = &[
    ("[]", "document: invalid type: "),
    ("null", "document: invalid type: null"),
    ("7", "document: invalid type: integer `7`"),
    (
        r#"{"x": 1}"#,
        "unknown field `x`, expected one of `mode`, `client_address`, `peer_certificate`, `lists`, `precedence`, `rules`, `default`, `on_deny`, `record`",
    ),
    (
        r#"{"mode": "off"}"#,
        "mode: unknown variant `off`, expected `enforce` or `shadow`",
    ),
    (r#"{"mode": null}"#, "mode: "),
    (r#"{"mode": 7}"#, "mode: "),
    (
        r#"{"client_address": null}"#,
        "client_address: invalid type: null",
    ),
    (
        r#"{"client_address": "connection"}"#,
        "client_address: invalid type: string",
    ),
    (
        r#"{"client_address": {}}"#,
        "client_address: missing field `from`",
    ),
    (r#"{"peer_certificate": null}"#, "peer_certificate: "),
    (r#"{"peer_certificate": true}"#, "peer_certificate: "),
    (
        r#"{"peer_certificate": "yes"}"#,
        "peer_certificate: unknown variant `yes`, expected `validated_by_listener`",
    ),
    (r#"{"lists": null}"#, "lists: invalid type: null"),
    (r#"{"lists": []}"#, "lists: invalid type: "),
    (r#"{"lists": {"l": null}}"#, "lists.l: invalid type: null"),
    (r#"{"lists": {"l": ["10.0.0.0/8"]}}"#, "lists.l: "),
    (
        r#"{"precedence": "allow"}"#,
        "precedence: unknown variant `allow`, expected `deny` or `longest_prefix`",
    ),
    (r#"{"precedence": null}"#, "precedence: "),
    (r#"{"rules": null}"#, "rules: invalid type: null"),
    (r#"{"rules": {}}"#, "rules: invalid type: "),
    (r#"{"rules": [null]}"#, "rules[0]: invalid type: null"),
    (
        r#"{"rules": [{"allow": "anyone"}]}"#,
        "rules[0]: missing field `name`",
    ),
    (
        r#"{"rules": [{"name": "r"}]}"#,
        "rules[0]: missing field `allow`",
    ),
    (
        r#"{"rules": [{"name": "A b", "allow": "anyone"}]}"#,
        "rules[0].name: invalid value: string \"A b\", expected a name of 1 to 64 characters from a-z, 0-9, `_` and `-`",
    ),
    (
        r#"{"rules": [{"name": "", "allow": "anyone"}]}"#,
        "rules[0].name: invalid value",
    ),
    (
        r#"{"rules": [{"name": null, "allow": "anyone"}]}"#,
        "rules[0].name: invalid type: null",
    ),
    (r#"{"default": null}"#, "default: invalid type: null"),
    (r#"{"default": "deny"}"#, "default: invalid type: string"),
    (
        r#"{"default": {"action": "pass"}}"#,
        "default.action: unknown variant `pass`, expected `allow` or `deny`",
    ),
    (r#"{"default": {"action": null}}"#, "default.action: "),
    (
        r#"{"default": {"x": 1}}"#,
        "unknown field `x`, expected `action`",
    ),
    (r#"{"on_deny": null}"#, "on_deny: invalid type: null"),
    (
        r#"{"on_deny": {"status": "403"}}"#,
        "on_deny.status: invalid type: string \"403\", expected a whole number",
    ),
    (
        r#"{"on_deny": {"status": null}}"#,
        "on_deny.status: invalid type: null",
    ),
    (
        r#"{"on_deny": {"body": "no"}}"#,
        "on_deny.body: unknown variant `no`, expected `text` or `problem`",
    ),
    (
        r#"{"on_deny": {"headers": {"a": "b"}}}"#,
        "on_deny.headers: invalid type: ",
    ),
    (
        r#"{"on_deny": {"grpc_status": null}}"#,
        "on_deny.grpc_status: invalid type: null",
    ),
    (
        r#"{"record": "never"}"#,
        "record: unknown variant `never`, expected `denied` or `always`",
    ),
    (r#"{"record": null}"#, "record: "),
];

pub(super) const CLIENT: &Table = &[
    (r#""from": null"#, "client_address.from: "),
    (
        r#""from": "xff""#,
        "client_address.from: unknown variant `xff`, expected one of `connection`, `x_forwarded_for`, `forwarded`, `header`",
    ),
    (r#""from": "connection", "x": 1"#, "unknown field `x`"),
    (
        r#""from": "forwarded", "trusted_hops": -1"#,
        "client_address.trusted_hops: invalid ",
    ),
    (
        r#""from": "forwarded", "trusted_hops": 1.5"#,
        "client_address.trusted_hops: ",
    ),
    (
        r#""from": "forwarded", "trusted_hops": null"#,
        "client_address.trusted_hops: invalid type: null",
    ),
    (
        r#""from": "forwarded", "trusted_proxies": null"#,
        "client_address.trusted_proxies: invalid type: null",
    ),
    (
        r#""from": "forwarded", "trusted_proxies": "10.0.0.0/8""#,
        "client_address.trusted_proxies: invalid type: string",
    ),
    (
        r#""from": "forwarded", "trusted_proxies": ["ten"]"#,
        "client_address.trusted_proxies[0]: ",
    ),
    (
        r#""from": "x_forwarded_for", "peer_appended": "true""#,
        "client_address.peer_appended: invalid type: string",
    ),
    (
        r#""from": "x_forwarded_for", "peer_appended": null"#,
        "client_address.peer_appended: invalid type: null",
    ),
    (
        r#""from": "header", "header": null"#,
        "client_address.header: invalid type: null",
    ),
    (
        r#""from": "header", "header": 7"#,
        "client_address.header: invalid type: integer `7`",
    ),
    (
        r#""from": "header", "true_peer": null"#,
        "client_address.true_peer: ",
    ),
    (
        r#""from": "header", "true_peer": "peer""#,
        "client_address.true_peer: unknown variant `peer`, expected `connection` or `filter_state`",
    ),
    (
        r#""from": "header", "true_peer": {"filter_state": null}"#,
        "client_address.true_peer.filter_state: invalid type: null",
    ),
];

pub(super) const LIST: &Table = &[
    ("", "lists.l: expected one of `cidrs` and `feed`"),
    (
        r#""cidrs": ["10.0.0.1"], "feed": {"cluster": "c", "authority": "a", "path": "/"}"#,
        "lists.l: expected one of `cidrs` and `feed`",
    ),
    (r#""feed": null"#, "lists.l.feed: invalid type: null"),
    (r#""feed": {}"#, "lists.l.feed: missing field `cluster`"),
    (
        r#""feed": {"cluster": "c", "authority": "a", "path": "/", "url": "x"}"#,
        "lists.l.feed: unknown field `url`",
    ),
    (
        r#""feed": {"cluster": "c", "authority": "a", "path": "/", "format": "csv"}"#,
        "lists.l.feed.format: unknown variant `csv`, expected `text` or `json`",
    ),
    (
        r#""feed": {"cluster": "c", "authority": "a", "path": "/", "max_age": {"shortest": "1s"}}"#,
        "lists.l.feed.max_age: missing field `longest`",
    ),
    (r#""cidrs": null"#, "lists.l.cidrs: invalid type: null"),
    (
        r#""cidrs": "10.0.0.1""#,
        "lists.l.cidrs: invalid type: string",
    ),
    (
        r#""cidrs": [167772161]"#,
        "lists.l.cidrs[0]: invalid type: integer `167772161`",
    ),
    (r#""cidrs": ["10.0.0.1", "ten"]"#, "lists.l.cidrs[1]: "),
    (r#""cidrs": ["10.0.0.0/"]"#, "lists.l.cidrs[0]: "),
    (
        r#""cidrs": ["10.0.0.1"], "reason": null"#,
        "lists.l.reason: invalid type: null",
    ),
    (
        r#""cidrs": ["10.0.0.1"], "reason": 7"#,
        "lists.l.reason: invalid type: integer `7`",
    ),
    (
        r#""cidrs": ["10.0.0.1"], "x": 1"#,
        "unknown field `x`, expected one of `cidrs`, `feed`, `reason`",
    ),
];

pub(super) const RULE: &Table = &[
    (
        r#""allow": null"#,
        "rules[0].allow: invalid type: null, expected names of lists, or \"anyone\", or \"nobody\"",
    ),
    (
        r#""allow": "office""#,
        "rules[0].allow: invalid value: string \"office\", expected names of lists, or \"anyone\", or \"nobody\"",
    ),
    (
        r#""allow": true"#,
        "rules[0].allow: invalid type: boolean `true`",
    ),
    (
        r#""allow": [7]"#,
        "rules[0].allow[0]: invalid type: integer `7`",
    ),
    (
        r#""allow": []"#,
        "rules[0].allow: expected at least one list, or `anyone`, or `nobody`",
    ),
    (
        r#""allow": "anyone", "deny": null"#,
        "rules[0].deny: invalid type: null",
    ),
    (
        r#""allow": "anyone", "deny": "l""#,
        "rules[0].deny: invalid type: string",
    ),
    (
        r#""allow": "anyone", "mode": "off""#,
        "rules[0].mode: unknown variant `off`, expected `enforce` or `shadow`",
    ),
    (
        r#""allow": "anyone", "match": null"#,
        "rules[0].match: invalid type: null",
    ),
    (
        r#""allow": "anyone", "match": []"#,
        "rules[0].match: invalid type: ",
    ),
    (
        r#""allow": "anyone", "x": 1"#,
        "unknown field `x`, expected one of `name`, `match`, `mode`, `allow`, `deny`, `identities`",
    ),
    (
        r#""allow": "anyone", "identities": null"#,
        "rules[0].identities: invalid type: null",
    ),
    (
        r#""allow": "anyone", "identities": "spiffe://a""#,
        "rules[0].identities: invalid type: string",
    ),
];

pub(super) const MATCH: &Table = &[
    (
        r#""paths": null"#,
        "rules[0].match.paths: invalid type: null",
    ),
    (
        r#""paths": "/a""#,
        "rules[0].match.paths: invalid type: string",
    ),
    (
        r#""hosts": null"#,
        "rules[0].match.hosts: invalid type: null",
    ),
    (
        r#""client_address": null"#,
        "rules[0].match.client_address: invalid type: null",
    ),
    (r#""x": 1"#, "unknown field `x`"),
];

pub(super) const IDENTITY: &Table = &[
    (
        r#"["spiffe://a"]"#,
        "rules[0].identities[0]: unknown variant `spiffe://a`, expected `exact` or `prefix`",
    ),
    (
        r#"[{"exact": 7}]"#,
        "rules[0].identities[0].exact: invalid type: integer `7`",
    ),
    (
        r#"[{"suffix": "a"}]"#,
        "unknown variant `suffix`, expected `exact` or `prefix`",
    ),
    (r#"[{}]"#, "rules[0].identities[0]"),
    (r#"[null]"#, "rules[0].identities[0]"),
];
