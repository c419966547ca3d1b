//! Claims: their types, and what a policy asks of them.
#![allow(clippy::unwrap_used)]

mod forge;

use std::borrow::Cow;
use std::time::Duration;

use forge::{HEADER, claims, parse, token};
use gatepost_jose::{Audiences, ClaimsError, ClaimsPolicy, TokenClaims};
use gatepost_json::{Expected, JsonError};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn read(payload: impl AsRef<[u8]>) -> Result<TokenClaims, ClaimsError> {
    TokenClaims::unverified(&parse(&token(HEADER, payload)))
}

/// What a policy says to a token with this header and these claims, at 1000.
fn judge(policy: &ClaimsPolicy, header: &str, payload: &str) -> Result<(), ClaimsError> {
    judge_at(policy, header, payload, seconds(1000))
}

fn judge_at(
    policy: &ClaimsPolicy,
    header: &str,
    payload: &str,
    now: Duration,
) -> Result<(), ClaimsError> {
    let text = token(header, payload);
    let token = parse(&text);
    policy.check(
        token.header(),
        &TokenClaims::unverified(&token).unwrap(),
        now,
    )
}

/// Asks for nothing, and forgives nothing.
fn lenient() -> ClaimsPolicy {
    ClaimsPolicy {
        clock_skew: Duration::ZERO,
        require_exp: false,
        ..ClaimsPolicy::default()
    }
}

fn missing(claim: &'static str) -> Result<(), ClaimsError> {
    Err(ClaimsError::Missing {
        claim: Cow::Borrowed(claim),
    })
}

#[test]
fn registered_claims_are_read() {
    let claims = claims(
        r#"{"iss":"https://issuer.example","sub":"alice","aud":["a","b"],"exp":1.5e3,
            "nbf":1000,"iat":999.25,"jti":"7","scope":"read"}"#,
    );
    assert_eq!(claims.issuer(), Some("https://issuer.example"));
    assert_eq!(claims.subject(), Some("alice"));
    assert_eq!(claims.token_id(), Some("7"));
    assert_eq!(claims.audiences().collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(claims.expires(), Some(seconds(1500)));
    assert_eq!(claims.not_before(), Some(seconds(1000)));
    assert_eq!(claims.issued_at(), Some(Duration::from_millis(999_250)));
    let scope = claims.value().member("scope").unwrap();
    assert_eq!(scope.as_str(), Some("read"));
    let same = TokenClaims::from_value(claims.clone().into_value());
    assert_eq!(same, Ok(claims));
}

#[test]
fn claims_that_are_not_there_are_none() {
    let claims = claims("{}");
    assert_eq!(
        (claims.issuer(), claims.subject(), claims.token_id()),
        (None, None, None)
    );
    assert_eq!(claims.audiences().count(), 0);
    assert_eq!(
        (claims.expires(), claims.not_before(), claims.issued_at()),
        (None, None, None)
    );
}

#[test]
fn claims_are_a_json_object_of_one_reading() {
    let json = |expected, offset| Err(ClaimsError::Json(JsonError { expected, offset }));
    for (payload, error) in [
        (&b""[..], json(Expected::Value, 0)),
        (b"foo", json(Expected::Value, 0)),
        (b"\xef\xbb\xbf{}", json(Expected::Value, 0)),
        (b"{\"sub\":\"\xff\"}", json(Expected::Utf8, 8)),
        (b"{\"sub\":\"a\",}", json(Expected::Name, 11)),
        (b"{'sub':'a'}", json(Expected::Name, 1)),
        (b"{sub:1}", json(Expected::Name, 1)),
        (b"{}{}", json(Expected::End, 2)),
        (br#"{"n":1e400}"#, json(Expected::Number, 5)),
        (br#"{"n":NaN}"#, json(Expected::Value, 5)),
        (br#"{"s":"\ud800"}"#, json(Expected::SurrogatePair, 6)),
        (br#"{"exp":1,"exp":9}"#, json(Expected::UniqueNames, 0)),
        (
            br#"{"iss":"a","\u0069ss":"b"}"#,
            json(Expected::UniqueNames, 0),
        ),
        (br#"{"a":[{"b":1,"b":2}]}"#, json(Expected::UniqueNames, 6)),
        (b"[]", Err(ClaimsError::NotAnObject)),
        (b"\"{}\"", Err(ClaimsError::NotAnObject)),
        (b"7", Err(ClaimsError::NotAnObject)),
        (b"null", Err(ClaimsError::NotAnObject)),
    ] {
        assert_eq!(read(payload), error, "{}", payload.escape_ascii());
    }
    let deep = format!(r#"{{"a":{}"#, "[".repeat(10_000));
    assert_eq!(read(deep), json(Expected::AtMostDeep(32), 36));
}

#[test]
fn a_registered_claim_of_another_type_is_an_error_never_absence() {
    let cases = [
        ("iss", &["null", "1", "true", "[\"a\"]", "{}"][..]),
        ("sub", &["null", "1", "true", "[\"a\"]", "{}"]),
        ("jti", &["null", "1", "true", "[\"a\"]", "{}"]),
        (
            "aud",
            &[
                "null",
                "1",
                "true",
                "{}",
                "[1]",
                "[\"a\",null]",
                "[[\"a\"]]",
            ],
        ),
    ];
    for (claim, values) in cases {
        for value in values {
            let read = read(format!(r#"{{"{claim}":{value}}}"#));
            assert_eq!(
                read,
                Err(ClaimsError::Malformed { claim }),
                "{claim}: {value}"
            );
        }
    }
}

#[test]
fn a_numeric_date_is_a_number_from_zero_on() {
    for (text, expected) in [
        ("0", Duration::ZERO),
        ("-0", Duration::ZERO),
        ("-0.0", Duration::ZERO),
        ("0.0", Duration::ZERO),
        ("1e-400", Duration::ZERO),
        ("1300819380", seconds(1_300_819_380)),
        ("1300819380.0", seconds(1_300_819_380)),
        ("1.30081938e9", seconds(1_300_819_380)),
        ("1.5", Duration::from_millis(1500)),
        ("0.0000000001", Duration::ZERO),
        ("9007199254740993", seconds(9_007_199_254_740_993)),
        ("18446744073709551615", seconds(u64::MAX)),
        ("18446744073709551616", Duration::MAX),
        ("1e20", Duration::MAX),
        ("1e300", Duration::MAX),
    ] {
        for claim in ["exp", "nbf", "iat"] {
            let claims = claims(&format!(r#"{{"{claim}":{text}}}"#));
            let found = match claim {
                "exp" => claims.expires(),
                "nbf" => claims.not_before(),
                _ => claims.issued_at(),
            };
            assert_eq!(found, Some(expected), "{claim}: {text}");
        }
    }
    for text in [
        "-1",
        "-0.5",
        "-1e-9",
        "-1e300",
        "\"1300819380\"",
        "\"\"",
        "null",
        "true",
        "false",
        "[]",
        "[1300819380]",
        "{}",
    ] {
        for claim in ["exp", "nbf", "iat"] {
            let read = read(format!(r#"{{"{claim}":{text}}}"#));
            assert_eq!(
                read,
                Err(ClaimsError::Malformed { claim }),
                "{claim}: {text}"
            );
        }
    }
    for text in ["1e400", "-1e400", "NaN", "Infinity", "0x10", "01", "1."] {
        let read = read(format!(r#"{{"exp":{text}}}"#));
        assert!(matches!(read, Err(ClaimsError::Json(_))), "{text}");
    }
}

#[test]
fn a_token_ends_at_exp_plus_skew_and_begins_at_nbf_minus_skew() {
    let policy = ClaimsPolicy {
        clock_skew: seconds(60),
        ..lenient()
    };
    let nanosecond = Duration::from_nanos(1);
    let at = |payload: &str, now| judge_at(&policy, HEADER, payload, now);
    // RFC 7519 4.1.4: before `exp`, not at it.
    assert_eq!(at(r#"{"exp":1000}"#, seconds(1060) - nanosecond), Ok(()));
    assert_eq!(
        at(r#"{"exp":1000}"#, seconds(1060)),
        Err(ClaimsError::Expired)
    );
    // 4.1.5: after `nbf`, or at it.
    assert_eq!(at(r#"{"nbf":1000}"#, seconds(940)), Ok(()));
    assert_eq!(
        at(r#"{"nbf":1000}"#, seconds(940) - nanosecond),
        Err(ClaimsError::NotYetValid)
    );
    assert_eq!(at(r#"{"iat":1000}"#, seconds(940)), Ok(()));
    assert_eq!(
        at(r#"{"iat":1000}"#, seconds(940) - nanosecond),
        Err(ClaimsError::IssuedInFuture)
    );
    // Fractions count.
    let half = Duration::from_millis(500);
    assert_eq!(at(r#"{"exp":1000.5}"#, seconds(1060)), Ok(()));
    assert_eq!(
        at(r#"{"exp":1000.5}"#, seconds(1060) + half),
        Err(ClaimsError::Expired)
    );
}

#[test]
fn times_at_the_edges_do_not_wrap() {
    let policy = ClaimsPolicy {
        clock_skew: Duration::MAX,
        max_lifetime: Some(Duration::MAX),
        ..lenient()
    };
    for payload in [
        r#"{"exp":0}"#,
        r#"{"exp":1e300,"nbf":1e300,"iat":1e300}"#,
        r#"{"exp":18446744073709551615,"iat":0}"#,
    ] {
        assert_eq!(judge(&policy, HEADER, payload), Ok(()), "{payload}");
    }
    let no_skew = lenient();
    assert_eq!(
        judge_at(&no_skew, HEADER, r#"{"exp":0}"#, Duration::ZERO),
        Err(ClaimsError::Expired)
    );
    assert_eq!(
        judge_at(&no_skew, HEADER, r#"{"exp":1e300}"#, Duration::MAX),
        Err(ClaimsError::Expired)
    );
    assert_eq!(
        judge(&no_skew, HEADER, r#"{"nbf":1e300}"#),
        Err(ClaimsError::NotYetValid)
    );
}

#[test]
fn exp_is_required_unless_the_policy_says_otherwise() {
    let policy = ClaimsPolicy::default();
    assert_eq!(judge(&policy, HEADER, "{}"), missing("exp"));
    assert_eq!(judge(&lenient(), HEADER, "{}"), Ok(()));
    // Zero is long past, not "no expiry".
    assert_eq!(
        judge(&lenient(), HEADER, r#"{"exp":0}"#),
        Err(ClaimsError::Expired)
    );
    let both = ClaimsPolicy {
        require_nbf: true,
        require_iat: true,
        ..lenient()
    };
    assert_eq!(judge(&both, HEADER, r#"{"iat":1}"#), missing("nbf"));
    assert_eq!(judge(&both, HEADER, r#"{"nbf":1}"#), missing("iat"));
    assert_eq!(judge(&both, HEADER, r#"{"nbf":1,"iat":1}"#), Ok(()));
}

#[test]
fn a_lifetime_counts_from_iat_or_from_now() {
    let policy = ClaimsPolicy {
        max_lifetime: Some(seconds(3600)),
        clock_skew: seconds(10),
        ..lenient()
    };
    for (payload, verdict) in [
        (r#"{"iat":900,"exp":4500}"#, Ok(())),
        (
            r#"{"iat":900,"exp":4500.5}"#,
            Err(ClaimsError::LifetimeTooLong),
        ),
        // Now is 1000, give or take the skew.
        (r#"{"exp":4610}"#, Ok(())),
        (r#"{"exp":4611}"#, Err(ClaimsError::LifetimeTooLong)),
        // An `nbf` shortens nothing.
        (
            r#"{"nbf":1000,"exp":4611}"#,
            Err(ClaimsError::LifetimeTooLong),
        ),
        ("{}", missing("exp")),
        (r#"{"iat":900}"#, missing("exp")),
        // A later `iat` makes no room: it must not lie ahead.
        (
            r#"{"iat":2000,"exp":5600}"#,
            Err(ClaimsError::IssuedInFuture),
        ),
    ] {
        assert_eq!(judge(&policy, HEADER, payload), verdict, "{payload}");
    }
}

#[test]
fn an_issuer_is_compared_character_by_character() {
    let policy = ClaimsPolicy {
        issuer: Some("https://issuer.example".to_owned()),
        ..lenient()
    };
    let of = |issuer: &str| judge(&policy, HEADER, &format!(r#"{{"iss":"{issuer}"}}"#));
    assert_eq!(of("https://issuer.example"), Ok(()));
    assert_eq!(of("https:\\/\\/issuer.example"), Ok(()));
    for issuer in [
        "",
        "https://issuer.example/",
        "https://Issuer.example",
        "https://issuer.example\\u0000",
        " https://issuer.example",
        "https://issuer.example.attacker.example",
    ] {
        assert_eq!(of(issuer), Err(ClaimsError::WrongIssuer), "{issuer}");
    }
    assert_eq!(judge(&policy, HEADER, "{}"), missing("iss"));
    assert_eq!(judge(&lenient(), HEADER, r#"{"iss":"any"}"#), Ok(()));
}

#[test]
fn an_audience_is_any_or_all_of_the_list() {
    let list = || vec!["a".to_owned(), "b".to_owned()];
    let any = ClaimsPolicy {
        audiences: Audiences::Any(list()),
        ..lenient()
    };
    let all = ClaimsPolicy {
        audiences: Audiences::All(list()),
        ..lenient()
    };
    let wrong = || Err(ClaimsError::WrongAudience);
    for (audience, of_any, of_all) in [
        (r#""a""#, Ok(()), wrong()),
        (r#"["a"]"#, Ok(()), wrong()),
        (r#"["x","b"]"#, Ok(()), wrong()),
        (r#"["b","x","a"]"#, Ok(()), Ok(())),
        (r#""A""#, wrong(), wrong()),
        (r#""a b""#, wrong(), wrong()),
        (r#""""#, wrong(), wrong()),
        ("[]", wrong(), wrong()),
    ] {
        let payload = format!(r#"{{"aud":{audience}}}"#);
        assert_eq!(judge(&any, HEADER, &payload), of_any, "{audience}");
        assert_eq!(judge(&all, HEADER, &payload), of_all, "{audience}");
    }
    for policy in [&any, &all] {
        assert_eq!(judge(policy, HEADER, "{}"), missing("aud"));
    }
    assert_eq!(judge(&lenient(), HEADER, r#"{"aud":"other"}"#), Ok(()));
    let nobody = Audiences::Any(Vec::new());
    assert_eq!(
        nobody.check(&claims(r#"{"aud":"a"}"#)),
        Err(ClaimsError::WrongAudience)
    );
}

#[test]
fn a_token_that_says_it_is_something_else_is_refused() {
    let with = |typ: &str| format!(r#"{{"alg":"ES256","typ":"{typ}"}}"#);
    for typ in ["JWT", "jwt", "application/jwt", "at+jwt", "JOSE"] {
        assert_eq!(judge(&lenient(), &with(typ), "{}"), Ok(()), "{typ}");
    }
    for typ in [
        "dpop+jwt",
        "logout+jwt",
        "secevent+jwt",
        "JOSE+JSON",
        "",
        "JWT ",
    ] {
        let verdict = judge(&lenient(), &with(typ), "{}");
        assert_eq!(verdict, Err(ClaimsError::WrongType), "{typ}");
    }
    assert_eq!(judge(&lenient(), HEADER, "{}"), Ok(()));
}

#[test]
fn types_that_the_policy_names_replace_the_usual_ones() {
    let policy = ClaimsPolicy {
        types: vec!["at+jwt".to_owned(), "application/my+jwt".to_owned()],
        ..lenient()
    };
    let of = |typ: &str| {
        judge(
            &policy,
            &format!(r#"{{"alg":"ES256","typ":"{typ}"}}"#),
            "{}",
        )
    };
    for typ in ["at+jwt", "application/AT+JWT", "My+Jwt"] {
        assert_eq!(of(typ), Ok(()), "{typ}");
    }
    assert_eq!(of("JWT"), Err(ClaimsError::WrongType));
    assert_eq!(judge(&policy, HEADER, "{}"), Err(ClaimsError::WrongType));
}

#[test]
fn a_required_claim_is_there_and_not_null() {
    let policy = ClaimsPolicy {
        required_claims: vec!["client_id".to_owned(), "a.b".to_owned()],
        ..lenient()
    };
    assert_eq!(
        judge(&policy, HEADER, r#"{"client_id":"","a.b":false}"#),
        Ok(())
    );
    for payload in [
        r#"{"a.b":1}"#,
        r#"{"client_id":null,"a.b":1}"#,
        r#"{"Client_id":1,"a.b":1}"#,
    ] {
        assert_eq!(judge(&policy, HEADER, payload), missing("client_id"));
    }
    // A name, not a path.
    let nested = r#"{"client_id":1,"a":{"b":1}}"#;
    assert_eq!(judge(&policy, HEADER, nested), missing("a.b"));
}

#[test]
fn every_refusal_has_its_reason_and_shows_no_claim() {
    for (error, code) in [
        (ClaimsError::NotAnObject, "jwt_malformed"),
        (
            ClaimsError::Malformed { claim: "exp" },
            "jwt_claim_malformed",
        ),
        (missing("exp").unwrap_err(), "jwt_claim_missing"),
        (ClaimsError::WrongIssuer, "jwt_wrong_issuer"),
        (ClaimsError::WrongAudience, "jwt_wrong_audience"),
        (ClaimsError::WrongType, "jwt_wrong_type"),
        (ClaimsError::Expired, "jwt_expired"),
        (ClaimsError::NotYetValid, "jwt_not_yet_valid"),
        (ClaimsError::IssuedInFuture, "jwt_issued_in_future"),
        (ClaimsError::LifetimeTooLong, "jwt_lifetime_too_long"),
    ] {
        assert_eq!(error.code(), code);
        assert!(error.to_string().contains("expected"), "{error}");
    }
    assert_eq!(
        format!("{:?}", claims(r#"{"sub":"alice"}"#)),
        "TokenClaims { .. }"
    );
}
