//! Documents that are wrong in one place, with what is said of them.

use gatepost_test_host::WrongDocument;

use super::tokens;

/// What stands at a place of the document, and what must be said of it.
type Table = [(&'static str, &'static str)];

/// Every field of the document wrong in turn.
pub(crate) fn documents() -> Vec<WrongDocument> {
    let keys = tokens::key_set();
    let provider = |rest: &str| {
        format!(r#"{{"providers": {{"p": {{"keys": {{"inline": {keys}}}, {rest}}}}}}}"#)
    };
    let keyed = |rest: &str| {
        format!(r#"{{"providers": {{"p": {{"issuer": "https://a.example/t", {rest}}}}}}}"#)
    };
    let rule = |rest: &str| {
        format!(
            r#"{{"providers": {{"p": {{"keys": {{"inline": {keys}}}}}, "q": {{"keys": {{"inline": {keys}}}}}}},
                "rules": [{{"name": "r", {rest}}}]}}"#
        )
    };
    let plain = |document: &str| document.to_owned();
    let mut all = Vec::new();
    let mut add = |table: &Table, wrap: &dyn Fn(&str) -> String, is_structural| {
        all.extend(table.iter().map(|(rest, said)| WrongDocument {
            document: wrap(rest),
            said,
            is_structural,
        }));
    };
    add(TOP, &plain, true);
    add(PROVIDER, &provider, true);
    add(KEYS, &keyed, true);
    add(RULE, &rule, true);
    add(TOP_VALUES, &plain, false);
    add(PROVIDER_VALUES, &provider, false);
    add(KEYS_VALUES, &keyed, false);
    add(RULE_VALUES, &rule, false);
    all
}

const TOP: &Table = &[
    ("[]", "document: invalid type: "),
    (
        r#"{"x": 1}"#,
        "unknown field `x`, expected one of `mode`, `providers`, `rules`",
    ),
    (r#"{"mode": "off"}"#, "mode: unknown variant `off`"),
    (r#"{"providers": []}"#, "providers: invalid type: "),
    (r#"{"providers": {"p": null}}"#, "providers.p: "),
    (r#"{"rules": null}"#, "rules: "),
    (
        r#"{"rules": [{"require": "none"}]}"#,
        "rules[0]: missing field `name`",
    ),
    (
        r#"{"rules": [{"name": "r"}]}"#,
        "rules[0]: missing field `require`",
    ),
    (
        r#"{"default": {"action": "pass"}}"#,
        "default.action: unknown variant `pass`",
    ),
    (
        r#"{"several_tokens": "any"}"#,
        "several_tokens: unknown variant `any`",
    ),
    (r#"{"cors_preflight": true}"#, "cors_preflight: "),
    (r#"{"challenge": {"x": 1}}"#, "unknown field `x`"),
    (
        r#"{"peer_certificate": "yes"}"#,
        "peer_certificate: unknown variant `yes`",
    ),
    (r#"{"cache": {"size": 1}}"#, "unknown field `size`"),
    (r#"{"max_token_bytes": "1"}"#, "max_token_bytes: "),
    (r#"{"record": "never"}"#, "record: unknown variant `never`"),
];

const PROVIDER: &Table = &[
    (r#""isuer": "a""#, "unknown field `isuer`"),
    (r#""issuer": null"#, "providers.p.issuer: "),
    (r#""audiences": "a""#, "providers.p.audiences: "),
    (
        r#""audience_match": "some""#,
        "providers.p.audience_match: unknown variant",
    ),
    (r#""algorithms": "RS256""#, "providers.p.algorithms: "),
    (r#""clock_skew": "1""#, "providers.p.clock_skew: "),
    (r#""require_exp": "yes""#, "providers.p.require_exp: "),
    (
        r#""profile": "oidc""#,
        "providers.p.profile: unknown variant",
    ),
    (r#""from": {"header": []}"#, "unknown field `header`"),
    (
        r#""claims_to_headers": [{"claim": "sub"}]"#,
        "missing field `header`",
    ),
    (
        r#""claims_to_headers": [{"claim": "sub", "header": "x-a", "format": "xml"}]"#,
        "unknown variant `xml`",
    ),
    (
        r#""if_unsendable": "drop""#,
        "providers.p.if_unsendable: unknown variant",
    ),
    (
        r#""certificate_binding": "on""#,
        "providers.p.certificate_binding: unknown variant",
    ),
    (r#""revocation": {"jtis": []}"#, "unknown field `jtis`"),
    (r#""revocation": {"feed": {}}"#, "missing field `document`"),
];

const KEYS: &Table = &[
    (r#""audiences": ["a"]"#, "providers.p: missing field `keys`"),
    (r#""keys": null"#, "providers.p.keys: "),
    (
        r#""keys": {"jwks": {}}"#,
        "providers.p.keys: unknown variant",
    ),
    (
        r#""keys": {"remote": {"cluster": "c"}}"#,
        "missing field `authority`",
    ),
    (
        r#""keys": {"discovery": {"cluster": "c"}}"#,
        "missing field `key_servers`",
    ),
    (
        r#""keys": {"secrets": [{"inline": "a"}]}"#,
        "missing field `algorithm`",
    ),
];

const RULE: &Table = &[
    (r#""require": null"#, "rules[0].require: "),
    (r#""require": "p""#, "rules[0].require: "),
    (
        r#""require": {"providers": "p"}"#,
        "rules[0].require: unknown variant `providers`",
    ),
    (
        r#""require": {"provider": 7}"#,
        "rules[0].require.provider: ",
    ),
    (
        r#""require": {"provider": "p"}, "optional": "yes""#,
        "rules[0].optional: ",
    ),
    (
        r#""require": {"provider": "p"}, "scopes": ["a"]"#,
        "rules[0].scopes: ",
    ),
    (
        r#""require": {"provider": "p"}, "roles": {"some": []}"#,
        "unknown field `some`",
    ),
    (
        r#""require": {"provider": "p"}, "allow": {"claim": []}"#,
        "unknown field `claim`",
    ),
];

const TOP_VALUES: &Table = &[
    (
        r#"{"providers": {"P": {"keys": {"inline": {"keys": []}}}}}"#,
        "providers.P: expected a name",
    ),
    (
        r#"{"cache": {"entries": 100000}}"#,
        "cache.entries: expected 0 to 65536",
    ),
    (
        r#"{"max_token_bytes": 10}"#,
        "max_token_bytes: expected 256 to 65536",
    ),
    (r#"{"challenge": {"realm": ""}}"#, "challenge.realm: "),
    (
        r#"{"challenge": {"resource_metadata": "http://a"}}"#,
        "challenge.resource_metadata: ",
    ),
    (r#"{"on_deny": {"status": 200}}"#, "on_deny.status: "),
];

const PROVIDER_VALUES: &Table = &[
    (r#""issuer": """#, "providers.p.issuer: "),
    (
        r#""audiences": []"#,
        "providers.p.audiences: expected at least one",
    ),
    (
        r#""audience_match": "all""#,
        "providers.p.audience_match: expected `audiences`",
    ),
    (
        r#""algorithms": []"#,
        "providers.p.algorithms: expected at least one",
    ),
    (
        r#""algorithms": ["none"]"#,
        "providers.p.algorithms[0]: expected one of RS256",
    ),
    (
        r#""algorithms": ["RS256"]"#,
        "providers.p.keys: expected a key for one",
    ),
    (r#""clock_skew": "1h""#, "providers.p.clock_skew: "),
    (r#""max_lifetime": "0s""#, "providers.p.max_lifetime: "),
    (
        r#""max_lifetime": "1h", "require_exp": false"#,
        "providers.p.max_lifetime: expected `require_exp`",
    ),
    (
        r#""profile": "spiffe""#,
        "providers.p.trust_domain: expected the trust domain",
    ),
    (
        r#""profile": "spiffe", "trust_domain": "spiffe://prod.example""#,
        "providers.p.trust_domain: expected the trust domain",
    ),
    (
        r#""profile": "spiffe", "trust_domain": "prod.example/ns""#,
        "providers.p.trust_domain: expected the trust domain",
    ),
    (
        r#""trust_domain": "prod.example""#,
        "providers.p.trust_domain: expected `profile: spiffe`",
    ),
    (
        r#""subject": {}"#,
        "providers.p.subject: expected exactly one",
    ),
    (r#""typ": []"#, "providers.p.typ: "),
    (
        r#""required_claims": [""]"#,
        "providers.p.required_claims: ",
    ),
    (
        r#""from": {}"#,
        "providers.p.from: expected at least one place",
    ),
    (
        r#""cooldown": "10s""#,
        "providers.p.cooldown: expected only with",
    ),
    (
        r#""claims_to_headers": [{"claim": "", "header": "x-a"}]"#,
        "claims_to_headers[0].claim: ",
    ),
    (
        r#""claims_to_headers": [{"claim": "a", "header": "host"}]"#,
        "claims_to_headers[0].header: ",
    ),
    (
        r#""claims_to_headers": [{"claim": "a", "header": "x_a"}]"#,
        "claims_to_headers[0].header: ",
    ),
    (
        r#""claims_to_headers": [{"claim": "a", "header": "x-a"}, {"claim": "b", "header": "x-a"}]"#,
        "claims_to_headers[1].header: ",
    ),
    (
        r#""claims_to_headers": [{"claim": "a", "header": "x-a", "separator": "\n"}]"#,
        "separator: ",
    ),
    (
        r#""payload_header": "content-type""#,
        "providers.p.payload_header: ",
    ),
    (
        r#""payload_header": "x-t", "from": {"headers": [{"name": "x-t"}]}"#,
        "expected another header than `x-t`",
    ),
    (
        r#""certificate_binding": "required""#,
        "expected `peer_certificate: validated_by_listener`",
    ),
    (
        r#""revocation": {"jti": [""]}"#,
        "providers.p.revocation.jti: ",
    ),
    (
        r#""revocation": {"issued_before": "yesterday"}"#,
        "providers.p.revocation.issued_before: ",
    ),
];

const KEYS_VALUES: &Table = &[
    (
        r#""keys": {"inline": {"keys": []}}"#,
        "providers.p.keys.inline: expected at least one key",
    ),
    (
        r#""keys": {"inline": {"kays": []}}"#,
        "providers.p.keys.inline: expected a JSON object with an array `keys`",
    ),
    (
        r#""keys": {"inline": {"keys": [{"kty": "odd"}]}}"#,
        "providers.p.keys.inline: expected a key that can be used",
    ),
    (
        r#""keys": {"secrets": []}"#,
        "providers.p.keys.secrets: expected 1 to 64",
    ),
    (
        r#""keys": {"secrets": [{"algorithm": "RS256", "inline": "AAAA"}]}"#,
        "secrets[0].algorithm: expected HS256",
    ),
    (
        r#""keys": {"secrets": [{"algorithm": "HS256", "inline": "AAAA"}]}"#,
        "secrets[0].inline: ",
    ),
    (
        r#""keys": {"secrets": [{"algorithm": "HS256", "inline": "=="}]}"#,
        "secrets[0].inline: ",
    ),
    (
        r#""keys": {"remote": {"cluster": "", "authority": "a", "path": "/"}}"#,
        "providers.p.keys.remote.cluster: ",
    ),
    (
        r#""cooldown": "1ms", "keys": {"remote": {"cluster": "c", "authority": "a", "path": "/"}}"#,
        "providers.p.cooldown: expected a time from 1s",
    ),
    (
        r#""keys": {"discovery": {"cluster": "c", "key_servers": {}}}"#,
        "key_servers: expected 1 to 64",
    ),
    (
        r#""keys": {"discovery": {"cluster": "c", "key_servers": {"https://k.example": "c"}}}"#,
        "key_servers.https://k.example: expected a host, with its port",
    ),
    (
        r#""keys": {"discovery": {"cluster": "c", "key_servers": {"k": "c", "K:443": "d"}}}"#,
        "key_servers.K:443: expected a host that no other",
    ),
    (
        r#""keys": {"discovery": {"cluster": "c", "key_servers": {"k": ""}}}"#,
        "key_servers.k: expected 1 to 255 visible ASCII characters",
    ),
];

const RULE_VALUES: &Table = &[
    (
        r#""require": {"provider": "z"}"#,
        "rules[0].require.provider: expected the name of a provider",
    ),
    (
        r#""require": {"any": [{"provider": "p"}]}"#,
        "rules[0].require.any: expected at least two",
    ),
    (
        r#""require": {"any": [{"provider": "p"}, "none"]}"#,
        "rules[0].require.any[1]: expected a provider",
    ),
    (
        r#""require": "none", "optional": true"#,
        "rules[0].optional: ",
    ),
    (
        r#""require": "none", "scopes": {"any": ["a"]}"#,
        "rules[0].scopes: ",
    ),
    (
        r#""require": {"provider": "p"}, "optional": true, "scopes": {"any": ["a"]}"#,
        "rules[0].scopes: expected no `optional`",
    ),
    (
        r#""require": {"provider": "p"}, "scopes": {}"#,
        "rules[0].scopes: expected `any`",
    ),
    (
        r#""require": {"provider": "p"}, "scopes": {"any": ["a b"]}"#,
        "rules[0].scopes.any[0]: expected a scope",
    ),
    (
        r#""require": {"provider": "p"}, "roles": {"any": []}"#,
        "rules[0].roles.any: ",
    ),
    (
        r#""require": {"provider": "p"}, "roles": {"any": ["a"], "claim": ""}"#,
        "rules[0].roles.claim: ",
    ),
    (
        r#""require": {"provider": "p"}, "allow": {}"#,
        "rules[0].allow: expected at least one condition",
    ),
    (
        r#""require": {"provider": "p"}, "match": {"claims": [{"path": "a", "exists": true}]}"#,
        "rules[0].match: expected no `claims`",
    ),
    (
        r#""require": {"provider": "p"}, "match": {"peer_identity": [{"exact": "a"}]}"#,
        "rules[0].match: expected no `peer_identity`",
    ),
    (
        r#""require": {"provider": "p"}, "audiences": []"#,
        "rules[0].audiences: ",
    ),
];
