//! Header members that name a key, change how a token is read, or stand there twice.

use gatepost_e2e::{Result, encoded};
use serde_json::{Value, json};

use super::{Attack, World};

pub(super) fn attacks(world: &World) -> Result<Vec<Attack>> {
    Ok([
        own_keys(world)?,
        extensions(world)?,
        kids(world)?,
        kinds(world)?,
        twice(world)?,
        wrappings(world)?,
    ]
    .concat())
}

/// Keys that come with the token, or from where it says (CVE-2018-0114). The
/// attacker signs; the header has what would check it.
fn own_keys(world: &World) -> Result<Vec<Attack>> {
    let url = "http://127.0.0.1:8081/evil.json";
    let certificate = encoded([0x30; 64]);
    let mut attacks = Vec::new();
    for (name, value) in [
        ("jwk", world.stranger.jwk()),
        ("jku", json!(url)),
        ("x5u", json!(url)),
        ("x5c", json!([certificate])),
        ("x5t#S256", json!(encoded([7; 32]))),
    ] {
        for (kid, reason) in [
            (Some("ec"), "jwt_bad_signature"),
            (Some("mine"), "jwt_unknown_key"),
        ] {
            let mut header = json!({"alg": "ES256", "typ": "JWT", "kid": kid});
            header[name] = value.clone();
            let token = world
                .stranger
                .compact(header.to_string(), world.claims().to_string())?;
            attacks.push(Attack::new(format!("{name}, kid {kid:?}"), token, reason));
        }
    }
    Ok(attacks)
}

/// Honest tokens whose header has the same: nobody looks there.
pub(super) fn ignored(world: &World, port: u16) -> Result<Vec<(String, String)>> {
    let url = format!("http://127.0.0.1:{port}/evil.json");
    [
        ("jwk", world.stranger.jwk()),
        ("jku", json!(url)),
        ("x5u", json!(url)),
        ("x5c", json!(["AAAA"])),
        ("x5t", json!("AAAA")),
        ("unheard-of", json!({"deep": [1, 2]})),
    ]
    .into_iter()
    .map(|(name, value)| {
        let mut header = world.header(&world.ec);
        header[name] = value;
        let token = world
            .ec
            .compact(header.to_string(), world.claims().to_string())?;
        Ok((name.to_owned(), token))
    })
    .collect()
}

/// `crit` (RFC 7515 4.1.11; CVE-2025-59420, CVE-2026-32597), `b64` (RFC 7797), `zip`.
fn extensions(world: &World) -> Result<Vec<Attack>> {
    const UNSUPPORTED: &str = "jwt_unsupported_header";
    let mut attacks = signed(
        world,
        &[
            (
                "crit of something unknown",
                json!({"crit": ["foo"], "foo": 1}),
                UNSUPPORTED,
            ),
            (
                "crit of what is not there",
                json!({"crit": ["foo"]}),
                UNSUPPORTED,
            ),
            (
                "crit of a standard name",
                json!({"crit": ["alg"]}),
                UNSUPPORTED,
            ),
            (
                "crit of exp",
                json!({"crit": ["exp"], "exp": 1}),
                UNSUPPORTED,
            ),
            ("crit of nothing", json!({"crit": []}), UNSUPPORTED),
            ("crit no list", json!({"crit": "foo"}), UNSUPPORTED),
            ("crit null", json!({"crit": null}), UNSUPPORTED),
            ("crit of no names", json!({"crit": [1]}), UNSUPPORTED),
            (
                "crit of one name twice",
                json!({"crit": ["foo", "foo"], "foo": 1}),
                UNSUPPORTED,
            ),
            (
                "crit of b64",
                json!({"crit": ["b64"], "b64": true}),
                UNSUPPORTED,
            ),
            (
                "b64 false, named by crit",
                json!({"crit": ["b64"], "b64": false}),
                UNSUPPORTED,
            ),
            ("b64 false", json!({"b64": false}), UNSUPPORTED),
            ("zip", json!({"zip": "DEF"}), UNSUPPORTED),
            ("zip of nothing", json!({"zip": ""}), UNSUPPORTED),
        ],
    )?;
    // The payload as RFC 7797 sends it.
    let header = json!({"alg": "ES256", "kid": "ec", "b64": false, "crit": ["b64"]}).to_string();
    let input = format!("{}.payload", encoded(header));
    let signature = encoded(world.ec.sign(input.as_bytes())?);
    let token = format!("{input}.{signature}");
    attacks.push(Attack::new("a payload as it is", token, UNSUPPORTED));
    Ok(attacks)
}

/// `kid` as a path, a query, a command; the key is found by comparing, so it is
/// merely unknown.
fn kids(world: &World) -> Result<Vec<Attack>> {
    let mut attacks = Vec::new();
    for kid in [
        "../../../../dev/null",
        "/dev/null",
        "http://127.0.0.1:8081/evil.json",
        "| sleep 10",
        "x' UNION SELECT '1';--",
        "ec\u{0}",
        "EC",
        " ec",
        "",
    ] {
        let header = json!({"alg": "ES256", "typ": "JWT", "kid": kid});
        let token = world
            .ec
            .compact(header.to_string(), world.claims().to_string())?;
        attacks.push(Attack::new(
            format!("kid {kid:?}"),
            token,
            "jwt_unknown_key",
        ));
    }
    for (says, kid) in [
        ("null", Value::Null),
        ("a number", json!(1)),
        ("a list", json!(["ec"])),
        ("an object", json!({"ec": 1})),
        ("of 2,000 bytes", json!("k".repeat(2000))),
    ] {
        let header = json!({"alg": "ES256", "typ": "JWT", "kid": kid});
        let token = world
            .ec
            .compact(header.to_string(), world.claims().to_string())?;
        attacks.push(Attack::new(format!("kid {says}"), token, "jwt_malformed"));
    }
    Ok(attacks)
}

/// Tokens of the same issuer that are for something else (RFC 8725 3.11).
fn kinds(world: &World) -> Result<Vec<Attack>> {
    const WRONG: &str = "jwt_wrong_type";
    signed(
        world,
        &[
            ("typ of a DPoP proof", json!({"typ": "dpop+jwt"}), WRONG),
            ("typ of a logout token", json!({"typ": "logout+jwt"}), WRONG),
            (
                "typ of a client's statement",
                json!({"typ": "client-authentication+jwt"}),
                WRONG,
            ),
            ("typ empty", json!({"typ": ""}), WRONG),
            ("typ no text", json!({"typ": 1}), "jwt_malformed"),
            ("cty of a nested token", json!({"cty": "JWT"}), "jwt_nested"),
            ("cty in lower case", json!({"cty": "jwt"}), "jwt_nested"),
            (
                "cty in full",
                json!({"cty": "application/jwt"}),
                "jwt_nested",
            ),
        ],
    )
}

/// Members that stand there twice, also when one is escaped (RFC 7515 4).
fn twice(world: &World) -> Result<Vec<Attack>> {
    [
        r#"{"alg":"none","alg":"ES256","kid":"ec"}"#,
        r#"{"alg":"ES256","alg":"none","kid":"ec"}"#,
        r#"{"alg":"ES256","alg":"ES256","kid":"ec"}"#,
        r#"{"alg":"ES256","\u0061lg":"none","kid":"ec"}"#,
        r#"{"alg":"ES256","kid":"ec","kid":"rsa"}"#,
        r#"{"alg":"ES256","kid":"ec","k\u0069d":"rsa"}"#,
        r#"{"alg":"ES256","kid":"ec","crit":["a"],"crit":["b"]}"#,
        r#"{"alg":"ES256","kid":"ec","x":{"a":1,"a":2}}"#,
    ]
    .into_iter()
    .map(|header| {
        let token = world.ec.compact(header, world.claims().to_string())?;
        Ok(Attack::new(
            format!("twice: {header}"),
            token,
            "jwt_malformed",
        ))
    })
    .collect()
}

/// Other forms of a JOSE object (CVE-2023-51774), and tokens in tokens.
fn wrappings(world: &World) -> Result<Vec<Attack>> {
    let inner = world.issuer.token()?;
    let header = world.header(&world.ec).to_string();
    let jwe = json!({"alg": "RSA-OAEP-256", "enc": "A256GCM", "kid": "rsa"}).to_string();
    let parts: Vec<&str> = inner.split('.').collect();
    let [protected, payload, signature] = parts.as_slice() else {
        return Ok(Vec::new());
    };
    let flattened =
        json!({"protected": protected, "payload": payload, "signature": signature}).to_string();
    Ok(vec![
        Attack::new(
            "a JWE",
            format!("{}.AAAA.AAAA.AAAA.AAAA", encoded(jwe)),
            "jwt_encrypted",
        ),
        Attack::new(
            "a token as payload",
            world.ec.compact(&header, &inner)?,
            "jwt_malformed",
        ),
        Attack::new(
            "a token as payload, in quotes",
            world.ec.compact(&header, format!("\"{inner}\""))?,
            "jwt_malformed",
        ),
        Attack::malformed("the flattened JSON form", flattened),
    ])
}

/// Tokens of a published key whose header has these members besides.
fn signed(world: &World, table: &[(&str, Value, &'static str)]) -> Result<Vec<Attack>> {
    let mut attacks = Vec::new();
    for (name, changes, reason) in table {
        let mut header = world.header(&world.ec);
        for (member, value) in changes.as_object().into_iter().flatten() {
            header[member.as_str()] = value.clone();
        }
        let token = world
            .ec
            .compact(header.to_string(), world.claims().to_string())?;
        attacks.push(Attack::new(*name, token, reason));
    }
    Ok(attacks)
}
