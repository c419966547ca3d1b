//! Claims: times of every type, other issuers and audiences, texts that two readers
//! take for different claims.

use gatepost_e2e::{Result, seconds_now};
use serde_json::{Value, json};

use super::{Attack, World};

const MALFORMED: &str = "jwt_malformed";
const WRONG_TYPE: &str = "jwt_claim_malformed";
const MISSING: &str = "jwt_claim_missing";

pub(super) fn attacks(world: &World) -> Result<Vec<Attack>> {
    Ok([times(world)?, types(world)?, others(world)?, texts(world)?].concat())
}

fn times(world: &World) -> Result<Vec<Attack>> {
    let now = seconds_now();
    changed(
        world,
        &[
            // The skew of the shipped file is a minute.
            ("expired", json!({"exp": now - 62}), "jwt_expired"),
            (
                "expired by a fraction",
                json!({"exp": now as f64 - 61.5}),
                "jwt_expired",
            ),
            ("exp 0", json!({"exp": 0}), "jwt_expired"),
            ("exp -0", json!({"exp": -0.0}), "jwt_expired"),
            ("exp in 1970", json!({"exp": 1.5}), "jwt_expired"),
            ("no exp", json!({"exp": null}), MISSING),
            (
                "not yet valid",
                json!({"nbf": now + 90}),
                "jwt_not_yet_valid",
            ),
            (
                "valid in a far future",
                json!({"nbf": 9_223_372_036_854_775_807_u64}),
                "jwt_not_yet_valid",
            ),
            (
                "issued in the future",
                json!({"iat": now + 90}),
                "jwt_issued_in_future",
            ),
        ],
    )
}

/// CVE-2026-25537: a time of another type is not the absence of a time.
fn types(world: &World) -> Result<Vec<Attack>> {
    let later = seconds_now() + 300;
    let values = [
        format!("\"{later}\""),
        "\"never\"".to_owned(),
        "null".to_owned(),
        "true".to_owned(),
        format!("[{later}]"),
        "{}".to_owned(),
        "-1".to_owned(),
        "-1e300".to_owned(),
    ];
    let mut attacks = Vec::new();
    for claim in ["exp", "nbf", "iat"] {
        for value in &values {
            let payload = with_text(world, claim, value);
            let token = world
                .ec
                .compact(world.header(&world.ec).to_string(), payload)?;
            attacks.push(Attack::new(format!("{claim} {value}"), token, WRONG_TYPE));
        }
        for value in [
            "1e400",
            "NaN",
            "Infinity",
            "0x7fffffff",
            "01",
            "1.",
            ".5",
            "+1",
            "--1",
        ] {
            let payload = with_text(world, claim, value);
            let token = world
                .ec
                .compact(world.header(&world.ec).to_string(), payload)?;
            attacks.push(Attack::new(format!("{claim} {value}"), token, MALFORMED));
        }
    }
    for (claim, value) in [
        ("iss", json!(1)),
        ("iss", json!(["https://issuer.example"])),
        ("sub", json!(true)),
        ("sub", json!(["alice"])),
        ("aud", json!(1)),
        ("aud", json!({"shop": true})),
        ("aud", json!(["shop", 1])),
        ("jti", json!(1)),
    ] {
        let claims = world.issuer.claims_with(&json!({claim: value}));
        let name = format!("{claim} {value}");
        attacks.push(Attack::new(name, world.ec.mint(&claims)?, WRONG_TYPE));
    }
    Ok(attacks)
}

fn others(world: &World) -> Result<Vec<Attack>> {
    const ISSUER: &str = "jwt_wrong_issuer";
    const AUDIENCE: &str = "jwt_wrong_audience";
    changed(
        world,
        &[
            (
                "another issuer",
                json!({"iss": "https://other.example"}),
                ISSUER,
            ),
            (
                "the issuer with a slash",
                json!({"iss": "https://issuer.example/"}),
                ISSUER,
            ),
            (
                "the issuer in capitals",
                json!({"iss": "https://ISSUER.example"}),
                ISSUER,
            ),
            (
                "the issuer and more",
                json!({"iss": "https://issuer.example.evil.example"}),
                ISSUER,
            ),
            (
                "the issuer and NUL",
                json!({"iss": "https://issuer.example\u{0}"}),
                ISSUER,
            ),
            ("no issuer", json!({"iss": null}), MISSING),
            ("another audience", json!({"aud": "stock"}), AUDIENCE),
            (
                "other audiences",
                json!({"aud": ["stock", "shop2"]}),
                AUDIENCE,
            ),
            (
                "the audience in a longer one",
                json!({"aud": "shop stock"}),
                AUDIENCE,
            ),
            ("the audience in capitals", json!({"aud": "SHOP"}), AUDIENCE),
            ("an empty list of audiences", json!({"aud": []}), AUDIENCE),
            ("no audience", json!({"aud": null}), MISSING),
        ],
    )
}

/// Payloads that are signed, and are no JSON that all readers take for one value.
fn texts(world: &World) -> Result<Vec<Attack>> {
    let good = world.claims().to_string();
    let inner = good.trim_matches(['{', '}']);
    let mut attacks = Vec::new();
    for (name, payload) in [
        ("exp twice", format!(r#"{{"exp":1,{inner}}}"#).into_bytes()),
        (
            "iss twice",
            format!(r#"{{{inner},"iss":"https://issuer.example"}}"#).into_bytes(),
        ),
        (
            "iss twice, by escape",
            format!(r#"{{{inner},"\u0069ss":"x"}}"#).into_bytes(),
        ),
        (
            "twice, deeper",
            format!(r#"{{{inner},"a":[{{"b":1,"b":2}}]}}"#).into_bytes(),
        ),
        ("a comma behind", format!("{{{inner},}}").into_bytes()),
        ("single quotes", good.replace('"', "'").into_bytes()),
        (
            "names without quotes",
            good.replace("\"sub\"", "sub").into_bytes(),
        ),
        ("a comment", format!("{{{inner}/**/}}").into_bytes()),
        ("behind a BOM", format!("\u{feff}{good}").into_bytes()),
        (
            "not UTF-8",
            [b"{\"n\":\"\xff\",", inner.as_bytes(), b"}"].concat(),
        ),
        (
            "half a surrogate",
            format!(r#"{{{inner},"n":"\ud800"}}"#).into_bytes(),
        ),
        ("text behind", format!("{good}{{}}").into_bytes()),
        ("cut", good.as_bytes()[..good.len() - 1].to_vec()),
        ("nothing", Vec::new()),
        ("a list", format!("[{good}]").into_bytes()),
        ("a text", b"\"claims\"".to_vec()),
        ("a number", b"1".to_vec()),
        ("null", b"null".to_vec()),
        (
            "deep",
            format!("{{{inner},\"x\":{}{}}}", "[".repeat(200), "]".repeat(200)).into_bytes(),
        ),
        (
            "a control character",
            format!("{{{inner},\"n\":\"\u{1}\"}}").into_bytes(),
        ),
    ] {
        let token = world
            .ec
            .compact(world.header(&world.ec).to_string(), payload)?;
        attacks.push(Attack::new(format!("claims: {name}"), token, MALFORMED));
    }
    Ok(attacks)
}

/// Tokens of a published key with these claims changed.
fn changed(world: &World, table: &[(&str, Value, &'static str)]) -> Result<Vec<Attack>> {
    let of = |(name, changes, reason): &(&str, Value, &'static str)| {
        let token = world.ec.mint(&world.issuer.claims_with(changes))?;
        Ok(Attack::new(*name, token, reason))
    };
    table.iter().map(of).collect()
}

/// Good claims with one as it is written here, which need not be JSON.
fn with_text(world: &World, claim: &str, value: &str) -> String {
    let mut claims = world.claims();
    claims[claim] = json!("HERE");
    claims.to_string().replace("\"HERE\"", value)
}
