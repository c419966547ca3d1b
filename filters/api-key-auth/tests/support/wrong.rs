//! Documents that are wrong in one place, with what is said of them.

use gatepost_test_host::WrongDocument;

/// What stands at a place of the document, and what must be said of it.
type Table = [(&'static str, &'static str)];

/// Members of a document that has a key otherwise; what a schema sees, too.
const STRUCTURAL: &Table = &[
    (
        r#""x": 1"#,
        "unknown field `x`, expected one of `mode`, `from`, `keys`",
    ),
    (
        r#""mode": "off""#,
        "mode: unknown variant `off`, expected `enforce` or `shadow`",
    ),
    (r#""mode": null"#, "mode: "),
    (r#""from": null"#, "from: invalid type: null"),
    (r#""from": ["x-api-key"]"#, "from: "),
    (r#""from": {"header": []}"#, "unknown field `header`"),
    (r#""from": {"headers": ["x-api-key"]}"#, "from.headers[0]: "),
    (
        r#""from": {"headers": [{"name": "x", "scheme": null}]}"#,
        "from.headers[0].scheme: ",
    ),
    (r#""hmac_secret": null"#, "hmac_secret: "),
    (r#""hmac_secret": "s""#, "hmac_secret: "),
    (r#""hmac_secret": {"env": "S"}"#, "hmac_secret"),
    (r#""forward_key": "yes""#, "forward_key: "),
    (r#""key_id_header": null"#, "key_id_header: "),
    (r#""attributes_to_headers": {}"#, "attributes_to_headers: "),
    (
        r#""attributes_to_headers": [{"attribute": "a"}]"#,
        "attributes_to_headers[0]: missing field `header`",
    ),
    (
        r#""cors_preflight": "deny""#,
        "cors_preflight: unknown variant `deny`, expected `pass` or `judge`",
    ),
    (r#""realm": null"#, "realm: "),
    (r#""rules": null"#, "rules: invalid type: null"),
    (r#""rules": [{}]"#, "rules[0]: missing field `name`"),
    (
        r#""rules": [{"name": "r", "allow": "anyone"}]"#,
        "rules[0]: unknown field `allow`",
    ),
    (
        r#""rules": [{"name": "r", "require": "token"}]"#,
        "rules[0].require: unknown variant `token`",
    ),
    (
        r#""rules": [{"name": "r", "keys": null}]"#,
        "rules[0].keys: ",
    ),
    (
        r#""rules": [{"name": "r", "groups": null}]"#,
        "rules[0].groups: ",
    ),
    (
        r#""rules": [{"name": "r", "groups": ["A b"]}]"#,
        "rules[0].groups[0]: ",
    ),
    (
        r#""rules": [{"name": "r", "forward_key": null}]"#,
        "rules[0].forward_key: ",
    ),
    (r#""default": "key""#, "default: "),
    (
        r#""default": {"action": "deny"}"#,
        "default: unknown field `action`",
    ),
    (r#""default": {"require": null}"#, "default.require: "),
    (r#""on_deny": null"#, "on_deny: "),
    (r#""record": "never""#, "record: unknown variant `never`"),
];

/// Members of a key that is good otherwise; what a schema sees, too.
const KEY_STRUCTURAL: &Table = &[
    (r#""id": null, "digest": "D""#, "keys[0].id: "),
    (r#""digest": "D""#, "keys[0]: missing field `id`"),
    (r#""id": "a""#, "keys[0]: missing field `digest`"),
    (
        r#""id": "a", "key": "k", "digest": "D""#,
        "keys[0]: unknown field, expected one of `id`",
    ),
    (
        r#""id": "a", "digest": "plain-text-key""#,
        "keys[0].digest: expected `sha256:` or `hmac-sha256:`",
    ),
    (
        r#""id": "a", "digest": "sha256:00""#,
        "keys[0].digest: expected `sha256:`",
    ),
    (
        r#""id": "a", "digest": "D", "groups": [1]"#,
        "keys[0].groups[0]: ",
    ),
    (
        r#""id": "a", "digest": "D", "groups": null"#,
        "keys[0].groups: ",
    ),
    (
        r#""id": "a", "digest": "D", "rules": null"#,
        "keys[0].rules: ",
    ),
    (
        r#""id": "a", "digest": "D", "attributes": {"a": 1}"#,
        "keys[0].attributes.a: ",
    ),
    (
        r#""id": "a", "digest": "D", "expires": 1893456000"#,
        "keys[0].expires: ",
    ),
    (
        r#""id": "a", "digest": "D", "not_before": null"#,
        "keys[0].not_before: ",
    ),
    (
        r#""id": "a", "digest": "D", "disabled": "yes""#,
        "keys[0].disabled: ",
    ),
];

/// What only the parser sees.
const VALUES: &Table = &[
    (
        r#""from": {"headers": [{"name": "x y"}]}"#,
        "from.headers[0].name: expected a header name",
    ),
    (
        r#""from": {"query": ["a&b"]}"#,
        "from.query[0]: expected the name of a query parameter",
    ),
    (
        r#""hmac_secret": {"inline": "short"}"#,
        "hmac_secret.inline: expected a secret of at least 32 bytes",
    ),
    (
        r#""hmac_secret": {"host_env_key": "GATEPOST_TEST_NO_SUCH"}"#,
        "hmac_secret.host_env_key: expected an environment variable",
    ),
    (
        r#""key_id_header": "X-Id""#,
        "key_id_header: expected a header name of 1 to 128 characters",
    ),
    (
        r#""key_id_header": "host""#,
        "key_id_header: expected a header of your own",
    ),
    (
        r#""key_id_header": "x-api-key""#,
        "key_id_header: expected another header than one in which keys stand",
    ),
    (
        r#""key_id_header": "x-a", "attributes_to_headers": [{"attribute": "a", "header": "x-a"}]"#,
        "attributes_to_headers[0].header: expected each header once",
    ),
    (
        r#""attributes_to_headers": [{"attribute": "a b", "header": "x-a"}]"#,
        "attributes_to_headers[0].attribute: expected the name of an attribute",
    ),
    (
        r#""realm": "\u00e9""#,
        "realm: expected 1 to 256 printable ASCII characters",
    ),
    (
        r#""rules": [{"name": "r"}, {"name": "r"}]"#,
        "rules[1].name: expected a name of its own",
    ),
    (
        r#""rules": [{"name": "default"}]"#,
        "rules[0].name: expected another name",
    ),
    (
        r#""rules": [{"name": "r", "keys": []}]"#,
        "rules[0].keys: expected at least one id",
    ),
    (
        r#""rules": [{"name": "r", "groups": []}]"#,
        "rules[0].groups: expected at least one group",
    ),
    (
        r#""rules": [{"name": "r", "keys": ["nobody"]}]"#,
        "rules[0].keys: expected what a key has as its id",
    ),
    (
        r#""rules": [{"name": "r", "groups": ["none"]}]"#,
        "rules[0].groups: expected what a key has, found \"none\"",
    ),
    (
        r#""rules": [{"name": "r", "keys": ["a b"]}]"#,
        "rules[0].keys[0]: expected the id of a key",
    ),
    (
        r#""rules": [{"name": "r", "require": "none", "keys": ["a"]}]"#,
        "rules[0]: expected no `keys` and `groups` with `require: none`",
    ),
    (
        r#""rules": [{"name": "r", "match": {"claims": [{"path": "sub", "equals": "a"}]}}]"#,
        "rules: expected no `claims`",
    ),
    (
        r#""rules": [{"name": "r", "match": {"peer_identity": [{"exact": "spiffe://a/b"}]}}]"#,
        "rules: expected no `peer_identity`",
    ),
    (
        r#""default": {"keys": ["nobody"]}"#,
        "default.keys: expected what a key has",
    ),
    (r#""on_deny": {"status": 200}"#, "on_deny.status: "),
];

const KEY_VALUES: &Table = &[
    (
        r#""id": "a b", "digest": "D""#,
        "keys[0].id: expected 1 to 64 characters from A-Z, a-z, 0-9",
    ),
    (r#""id": "", "digest": "D""#, "keys[0].id: "),
    (
        r#""id": "a", "digest": "hmac-D""#,
        "keys[0].digest: expected `sha256:`, or the secret of HMAC",
    ),
    (
        r#""id": "a", "digest": "D", "rules": []"#,
        "keys[0].rules: expected at least one rule",
    ),
    (
        r#""id": "a", "digest": "D", "rules": ["nowhere"]"#,
        "keys[0].rules: expected the name of a rule, or `default`, found `nowhere`",
    ),
    (
        r#""id": "a", "digest": "D", "expires": "tomorrow""#,
        "keys[0].expires: expected an RFC 3339 timestamp",
    ),
    (
        r#""id": "a", "digest": "D", "not_before": "2030-02-30T00:00:00Z""#,
        "keys[0].not_before: expected a timestamp of a day",
    ),
    (
        r#""id": "a", "digest": "D", "not_before": "2030-01-01T00:00:00Z", "expires": "2030-01-01T00:00:00Z""#,
        "keys[0].expires: expected a time behind `not_before`",
    ),
    (
        r#""id": "a", "digest": "D", "attributes": {"a\n": "b"}"#,
        "keys[0].attributes: expected names of 1 to 64 characters",
    ),
    (
        r#""id": "a", "digest": "D", "attributes": {"a": "b\r\nc"}"#,
        "keys[0].attributes.a: expected text of at most 1024 bytes that a header can carry",
    ),
    (
        r#""id": "a", "digest": "D", "attributes": {"a": "b", "a": "c"}"#,
        "`a` stands twice",
    ),
    (
        r#""id": "a", "digest": "D"}, {"id": "b", "digest": "D""#,
        "keys[1].digest: expected a key of its own, found that of keys[0]",
    ),
];

const WHOLE: &Table = &[
    (
        "",
        "document: expected a configuration document, found nothing",
    ),
    ("{}", "keys: expected at least one key"),
    (r#"{"keys": []}"#, "keys: expected at least one key"),
];

/// Every field of the document wrong in turn.
pub(crate) fn documents() -> Vec<WrongDocument> {
    let digest = super::sha256("alpha");
    let plain = |document: &str| document.to_owned();
    let of_key = &|members: &str| {
        let members = members
            .replace("\"D\"", &format!("\"{digest}\""))
            .replace("hmac-D", &format!("hmac-{digest}"));
        format!(r#"{{"keys": [{{{members}}}]}}"#)
    };
    let keyed = |members: &str| super::document(members);
    [
        rows(STRUCTURAL, keyed, true),
        rows(KEY_STRUCTURAL, of_key, true),
        rows(VALUES, keyed, false),
        rows(KEY_VALUES, of_key, false),
        rows(WHOLE, plain, false),
    ]
    .concat()
}

fn rows(
    table: &Table,
    document: impl Fn(&str) -> String,
    is_structural: bool,
) -> Vec<WrongDocument> {
    let row = |(members, said): &(&str, &'static str)| WrongDocument {
        document: document(members),
        said,
        is_structural,
    };
    table.iter().map(row).collect()
}
