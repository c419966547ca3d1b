//! What only the parser sees: values that do not go together.

use super::Table;

pub(super) const TOP: &Table = &[
    (
        "",
        "document: expected a configuration document, found nothing",
    ),
    ("{", "document: "),
    (
        r#"{"mode": "shadow", "mode": "shadow"}"#,
        "duplicate field `mode`",
    ),
    (
        r#"{"lists": {"l": {"cidrs": ["10.0.0.1"]}, "l": {"cidrs": ["10.0.0.2"]}}}"#,
        "lists: `l` stands twice",
    ),
    (
        r#"{"lists": {"My List": {"cidrs": ["10.0.0.1"]}}}"#,
        "lists.My List: expected a name of 1 to 64 characters",
    ),
    (
        r#"{"lists": {"l": {"feed": {"cluster": "", "authority": "a", "path": "/"}}}}"#,
        "lists.l.feed.cluster: expected 1 to 255 visible ASCII characters",
    ),
    (
        r#"{"lists": {"l": {"feed": {"cluster": "c", "authority": "a", "path": "l.txt"}}}}"#,
        "lists.l.feed.path: expected a path that starts with `/`",
    ),
    (
        r#"{"lists": {"l": {"feed": {"cluster": "c", "authority": "a", "path": "/", "refresh": "500ms"}}}}"#,
        "lists.l.feed.refresh: expected 1s to 24h",
    ),
    (
        r#"{"lists": {"l": {"feed": {"cluster": "c", "authority": "a", "path": "/", "stale_for": "5m"}}}}"#,
        "lists.l.feed.stale_for: expected at least the longest period between two fetches",
    ),
    (
        r#"{"lists": {"l": {"feed": {"cluster": "c", "authority": "a", "path": "/", "format": "json", "max_bytes": 524289}}}}"#,
        "lists.l.feed.max_bytes: expected 1 to 524288 bytes",
    ),
    (
        r#"{"lists": {"l": {"feed": {"cluster": "c", "authority": "a", "path": "/", "wait": "31s"}}}}"#,
        "lists.l.feed.wait: expected a time up to 30s",
    ),
    (
        r#"{"lists": {"l": {"feed": {"cluster": "c", "authority": "a", "path": "/", "wait": "1s", "before_first_load": "fail"}}}}"#,
        "lists.l.feed.wait: expected only where requests wait",
    ),
    (
        r#"{"lists": {"l": {"feed": {"cluster": "c", "authority": "a", "path": "/", "if_unavailable": "ignore", "before_first_load": "wait"}}}}"#,
        "lists.l.feed.before_first_load: expected `fail`, or nothing",
    ),
    (
        r#"{"client_address": {"from": "connection"}, "lists": {"l": {"feed": {"cluster": "c", "authority": "a", "path": "/", "if_unavailable": "ignore"}}}, "rules": [{"name": "a", "allow": ["l"]}]}"#,
        "rules[0].allow[0]: expected a list with `if_unavailable: deny`",
    ),
    (
        r#"{"rules": [{"name": "a", "allow": "anyone"}, {"name": "a", "allow": "anyone"}]}"#,
        "rules[1].name: expected a name of its own: another rule is `a`",
    ),
    (
        r#"{"rules": [{"name": "none", "allow": "anyone"}]}"#,
        "rules[0].name: expected another name: `none`",
    ),
    (
        r#"{"lists": {"l": {"cidrs": ["10.0.0.1"]}}, "rules": [{"name": "a", "allow": ["l"]}]}"#,
        "client_address: expected where the client's address comes from: a rule asks for it",
    ),
    (
        r#"{"rules": [{"name": "a", "allow": "anyone", "match": {"client_address": ["10.0.0.1"]}}]}"#,
        "client_address: expected where the client's address comes from",
    ),
    (
        r#"{"rules": [{"name": "a", "allow": "anyone", "identities": [{"exact": "spiffe://a"}]}]}"#,
        "peer_certificate: expected `validated_by_listener`: a rule asks for the peer's identity",
    ),
    (
        r#"{"rules": [{"name": "a", "allow": "anyone", "match": {"peer_identity": [{"exact": "spiffe://a"}]}}]}"#,
        "peer_certificate: expected `validated_by_listener`",
    ),
    (
        r#"{"rules": [{"name": "a", "allow": "anyone", "match": {"claims": [{"path": "sub", "exists": true}]}}]}"#,
        "rules: expected no `claims`: addresses are judged before tokens",
    ),
    (
        r#"{"on_deny": {"status": 200}}"#,
        "on_deny.status: expected a status from 400 to 599, found 200",
    ),
    (
        r#"{"on_deny": {"grpc_status": 17}}"#,
        "on_deny.grpc_status: expected a gRPC status from 1 to 16, found 17",
    ),
    (
        r#"{"on_deny": {"headers": [{"name": "a b", "value": ""}]}}"#,
        "on_deny.headers[0].name: expected a header name",
    ),
    (
        r#"{"lists": {"l": {"cidrs": ["10.0.0.1"], "reason": "allowed"}}}"#,
        "lists.l.reason: expected a reason code of its own",
    ),
    (
        r#"{"mode": {"shadow": null}}"#,
        "mode: expected `shadow` alone, without a value",
    ),
    (r#"{} {}"#, "trailing characters"),
];

pub(super) const CLIENT: &Table = &[
    (
        r#""from": "connection", "trusted_hops": 1"#,
        "client_address.trusted_hops: expected only with x_forwarded_for or forwarded",
    ),
    (
        r#""from": "connection", "trusted_proxies": ["10.0.0.1"]"#,
        "client_address.trusted_proxies: expected only with x_forwarded_for, forwarded or header",
    ),
    (
        r#""from": "connection", "peer_appended": true"#,
        "client_address.peer_appended: expected only with x_forwarded_for",
    ),
    (
        r#""from": "forwarded", "trusted_hops": 1, "forwarded_address": "trusted_by_listener""#,
        "client_address.forwarded_address: expected only with connection",
    ),
    (
        r#""from": "forwarded", "trusted_proxies": [], "true_peer": "connection""#,
        "client_address.trusted_proxies: expected at least one address: nobody would be believed",
    ),
    (
        r#""from": "connection", "header": "x-real-ip""#,
        "client_address.header: expected only with header",
    ),
    (
        r#""from": "connection", "true_peer": "connection""#,
        "client_address.true_peer: expected only with x_forwarded_for, forwarded or header",
    ),
    (
        r#""from": "x_forwarded_for", "trusted_hops": 1"#,
        "client_address.peer_appended: expected whether this listener has appended its peer",
    ),
    (
        r#""from": "forwarded", "trusted_hops": 1, "peer_appended": true"#,
        "client_address.peer_appended: expected only with x_forwarded_for",
    ),
    (
        r#""from": "forwarded""#,
        "client_address: expected one of `trusted_hops` and `trusted_proxies`",
    ),
    (
        r#""from": "forwarded", "trusted_proxies": ["10.0.0.1"]"#,
        "client_address.true_peer: expected where the true peer's address comes from",
    ),
    (
        r#""from": "header", "trusted_proxies": ["10.0.0.1"], "true_peer": "connection""#,
        "client_address.header: expected the name of a header",
    ),
    (
        r#""from": "header", "header": "a b", "trusted_proxies": ["10.0.0.1"], "true_peer": "connection""#,
        "client_address.header: expected the name of a header",
    ),
    (
        r#""from": "header", "header": "x-real-ip""#,
        "client_address.trusted_proxies: expected the proxies that are believed",
    ),
    (
        r#""from": "header", "header": "x-real-ip", "trusted_hops": 1"#,
        "client_address.trusted_hops: expected only with x_forwarded_for or forwarded",
    ),
    (
        r#""from": "header", "header": "x-real-ip", "trusted_proxies": ["10.0.0.1"]"#,
        "client_address.true_peer: expected where the true peer's address comes from",
    ),
    (
        r#""from": "forwarded", "trusted_hops": 1, "true_peer": {"filter_state": ""}"#,
        "client_address.true_peer.filter_state: expected the key of filter state",
    ),
    (
        r#""from": "connection", "from": "connection""#,
        "duplicate field `from`",
    ),
];

pub(super) const XFF: &Table = &[
    (
        r#""trusted_hops": 20"#,
        "client_address.trusted_hops: expected a number from 0 to 19, found 20",
    ),
    (
        r#""trusted_hops": 1, "trusted_proxies": ["10.0.0.1"], "true_peer": "connection""#,
        "client_address: expected one of `trusted_hops` and `trusted_proxies`",
    ),
    (
        r#""trusted_proxies": ["10.0.0.1/8"], "true_peer": "connection""#,
        "client_address.trusted_proxies[0]: ",
    ),
];

pub(super) const LIST: &Table = &[
    (
        r#""cidrs": []"#,
        "lists.l.cidrs: expected at least one address; a rule that means none says `allow: nobody`",
    ),
    (r#""cidrs": ["10.0.0.1/8"]"#, "lists.l.cidrs[0]: "),
    (r#""cidrs": ["10.0.0.0/33"]"#, "lists.l.cidrs[0]: "),
    (r#""cidrs": ["10.0.0.0/08"]"#, "lists.l.cidrs[0]: "),
    (r#""cidrs": ["::ffff:10.0.0.1/8"]"#, "lists.l.cidrs[0]: "),
    (
        r#""cidrs": ["10.0.0.1"], "reason": "Bad Reason""#,
        "lists.l.reason: expected a reason code of its own, 1 to 64 characters from a-z, 0-9 and `_`",
    ),
    (
        r#""cidrs": ["10.0.0.1"], "reason": """#,
        "lists.l.reason: expected a reason code",
    ),
];

pub(super) const RULE: &Table = &[
    (
        r#""allow": ["nowhere"]"#,
        "rules[0].allow[0]: expected the name of a list, found `nowhere`",
    ),
    (
        r#""allow": ["anyone"]"#,
        "rules[0].allow[0]: expected the name of a list, found `anyone`",
    ),
    (
        r#""allow": "anyone", "deny": ["nowhere"]"#,
        "rules[0].deny[0]: expected the name of a list, found `nowhere`",
    ),
    (
        r#""allow": "anyone", "match": {"paths": [{"regex": "("}]}"#,
        "rules[0].match.paths[0].regex: ",
    ),
    (
        r#""allow": "anyone", "match": {"paths": []}"#,
        "rules[0].match.paths: ",
    ),
    (
        r#""allow": "anyone", "match": {"paths": [{"prefix": "a"}]}"#,
        "rules[0].match.paths[0].prefix: ",
    ),
];

pub(super) const IDENTITY: &Table = &[
    (
        "[]",
        "rules[0].identities: expected at least one identity; left out, any peer will do",
    ),
    (
        r#"[{"exact": ""}]"#,
        "rules[0].identities[0].exact: expected a URI",
    ),
    (
        r#"[{"prefix": "spiffe://td/ns/shop"}]"#,
        "rules[0].identities[0].prefix: expected a URI with its trust domain that ends with `/`",
    ),
    (
        r#"[{"prefix": ""}]"#,
        "rules[0].identities[0].prefix: expected a URI with its trust domain that ends with `/`",
    ),
];
