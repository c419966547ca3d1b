//! The form of a token, and its header.
#![allow(clippy::unwrap_used)]

mod forge;

use forge::{HEADER, encode, parse, token};
use gatepost_jose::{Algorithm, CritError, Header, Segment, Token, TokenError, TokenLimits};
use gatepost_json::{Expected, JsonError};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn refused(text: &str) -> TokenError {
    Token::parse(text.as_bytes(), TokenLimits::default()).unwrap_err()
}

fn refused_header(header: &str) -> TokenError {
    refused(&token(header, "{}"))
}

#[test]
fn a_token_gives_its_parts() {
    let text = token(
        r#" {"typ":"at+jwt", "alg":"PS384","kid":"k/1","x":[1]}"#,
        "not claims",
    );
    let token = parse(&text);
    assert_eq!(token.algorithm(), Algorithm::Ps384);
    assert_eq!(token.key_id(), Some("k/1"));
    assert_eq!(token.header().typ(), Some("at+jwt"));
    assert_eq!(
        token.header().names().collect::<Vec<_>>(),
        ["typ", "alg", "kid", "x"]
    );
    assert_eq!(token.unverified_payload(), b"not claims");
    assert_eq!(token.signature(), [7; 64]);
    let (signed, _) = text.rsplit_once('.').unwrap();
    assert_eq!(token.signing_input(), signed.as_bytes());
    assert_eq!(token.into_unverified_payload(), b"not claims");
    let token = parse(&text.replace(".bm90IGNsYWltcw.", "..")).into_unverified_payload();
    assert_eq!(token, b"");
}

#[test]
fn a_token_has_three_segments() {
    let [header, payload, signature] = [HEADER, "{}", "sig"].map(encode);
    for text in [
        String::new(),
        ".".to_owned(),
        header.clone(),
        format!("{header}.{payload}"),
        format!(".{header}.{payload}.{signature}"),
        format!("{header}.{payload}.{signature}."),
        format!("{header}..{payload}.{signature}"),
        format!("{header}.{payload}.{signature}.a.b.c"),
        ".....".to_owned(),
        // A general JSON serialisation (RFC 7515 7.2).
        format!(r#"{{"payload":"{payload}","signatures":[{{"protected":"{header}"}}]}}"#),
    ] {
        assert_eq!(refused(&text), TokenError::Segments, "{text}");
    }
    // With dots in it as a token has them, or an encrypted one.
    for text in [r#"{"payload":"a.b.c"}"#, r#"{"payload":"a.b.c.d.e"}"#] {
        assert_eq!(refused(text), TokenError::Segments, "{text}");
    }
}

#[test]
fn five_segments_are_an_encrypted_token() {
    let header = encode(r#"{"alg":"RSA-OAEP","enc":"A128GCM"}"#);
    assert_eq!(refused(&format!("{header}.a.b.c.d")), TokenError::Encrypted);
    assert_eq!(refused("...."), TokenError::Encrypted);
}

#[test]
fn a_megabyte_of_dots_costs_nothing() {
    let dots = ".".repeat(1 << 20);
    assert_eq!(refused(&dots), TokenError::TooLong { most: 16 * 1024 });
    let limits = TokenLimits {
        max_bytes: usize::MAX,
        ..TokenLimits::default()
    };
    for _ in 0..10_000 {
        let parsed = Token::parse(dots.as_bytes(), limits);
        assert_eq!(parsed.unwrap_err(), TokenError::Segments);
    }
}

#[test]
fn a_token_is_as_long_as_the_limit_at_most() {
    let text = token(HEADER, "x".repeat(1000));
    let limited = |max_bytes| {
        let limits = TokenLimits {
            max_bytes,
            ..TokenLimits::default()
        };
        Token::parse(text.as_bytes(), limits).map(|_| ())
    };
    assert_eq!(limited(text.len()), Ok(()));
    let most = text.len() - 1;
    assert_eq!(limited(most), Err(TokenError::TooLong { most }));
}

#[test]
fn a_segment_has_one_spelling() {
    let [header, payload, signature] = [HEADER, "{\"a\":1}", "sig0"].map(encode);
    // `{"a":1}` is 7 bytes: its last character has four bits to spare.
    assert!(payload.ends_with('Q'));
    let spare = payload.replace("fQ", "fR");
    for (text, segment) in [
        (format!("{header}=.{payload}.{signature}"), Segment::Header),
        (
            format!("{header}.{payload}==.{signature}"),
            Segment::Payload,
        ),
        (
            format!("{header}.{payload}.{signature}=="),
            Segment::Signature,
        ),
        (
            format!("{header}.{payload}.{signature}="),
            Segment::Signature,
        ),
        (format!("{header}.{spare}.{signature}"), Segment::Payload),
        (format!("{header}.{payload}.c2lnMB"), Segment::Signature),
        (format!(" {header}.{payload}.{signature}"), Segment::Header),
        (
            format!("{header}.{payload}.{signature} "),
            Segment::Signature,
        ),
        (
            format!("{header}.{payload}.{signature}\n"),
            Segment::Signature,
        ),
        (format!("{header}.{payload}.+/+/"), Segment::Signature),
        (format!("{header}.{payload}.A"), Segment::Signature),
        (format!("{header}.{payload}.%41%41"), Segment::Signature),
        (format!("{header}.{payload}.AA\0A"), Segment::Signature),
        (format!("{header}.{payload}.ÄA"), Segment::Signature),
    ] {
        assert_eq!(refused(&text), TokenError::Base64(segment), "{text:?}");
    }
}

#[test]
fn an_empty_signature_is_none() {
    let text = token(HEADER, "{}");
    let (signed, _) = text.rsplit_once('.').unwrap();
    assert_eq!(refused(&format!("{signed}.")), TokenError::Unsigned);
}

#[test]
fn a_header_is_a_json_object_of_one_reading() {
    let json = |expected, offset| TokenError::HeaderJson(JsonError { expected, offset });
    for (header, error) in [
        ("", json(Expected::Value, 0)),
        ("ES256", json(Expected::Value, 0)),
        ("\u{feff}{\"alg\":\"ES256\"}", json(Expected::Value, 0)),
        (r#"{"alg":"ES256",}"#, json(Expected::Name, 15)),
        (r#"{"alg":"ES256"} x"#, json(Expected::End, 16)),
        (r#"{'alg':'ES256'}"#, json(Expected::Name, 1)),
        (r#"["ES256"]"#, TokenError::HeaderNotObject),
        (r#""ES256""#, TokenError::HeaderNotObject),
        ("null", TokenError::HeaderNotObject),
    ] {
        assert_eq!(refused_header(header), error, "{header}");
    }
    let text = token(b"{\"alg\":\"\xff\"}", "{}");
    assert_eq!(refused(&text), json(Expected::Utf8, 8));
}

#[test]
fn no_header_member_stands_twice_not_even_by_escape() {
    for header in [
        r#"{"alg":"none","alg":"ES256"}"#,
        r#"{"alg":"ES256","\u0061lg":"none"}"#,
        r#"{"alg":"ES256","kid":"a","kid":"a"}"#,
        r#"{"alg":"ES256","kid":"a","k\u0069d":"b"}"#,
        r#"{"alg":"ES256","x":{"y":1,"y":2}}"#,
    ] {
        assert!(
            matches!(
                refused_header(header),
                TokenError::HeaderJson(JsonError {
                    expected: Expected::UniqueNames,
                    ..
                })
            ),
            "{header}"
        );
    }
}

#[test]
fn nesting_beyond_the_limit_is_refused() {
    let deep = |depth: usize| {
        let (open, close) = ("[".repeat(depth), "]".repeat(depth));
        format!(r#"{{"alg":"ES256","x":{open}{close}}}"#)
    };
    parse(&token(deep(31), "{}"));
    assert!(matches!(
        refused_header(&deep(32)),
        TokenError::HeaderJson(JsonError {
            expected: Expected::AtMostDeep(32),
            ..
        })
    ));
    assert!(matches!(
        refused_header(&deep(4000)),
        TokenError::HeaderJson(_)
    ));
}

#[test]
fn none_is_no_algorithm_in_any_case() {
    for name in ["none", "None", "NONE", "nOnE", "n\\u006fne"] {
        let header = format!(r#"{{"alg":"{name}"}}"#);
        assert_eq!(refused_header(&header), TokenError::AlgorithmNone, "{name}");
        // With and without a signature.
        let unsigned = format!("{}.{}.", encode(&header), encode("{}"));
        assert_eq!(refused(&unsigned), TokenError::AlgorithmNone, "{name}");
    }
}

#[test]
fn an_algorithm_is_a_known_name_in_its_one_spelling() {
    for (header, error) in [
        ("{}", TokenError::NoAlgorithm),
        (r#"{"Alg":"ES256"}"#, TokenError::NoAlgorithm),
        (r#"{"alg":""}"#, TokenError::UnknownAlgorithm),
        (r#"{"alg":"es256"}"#, TokenError::UnknownAlgorithm),
        (r#"{"alg":"ES256 "}"#, TokenError::UnknownAlgorithm),
        (r#"{"alg":"ES256\u0000"}"#, TokenError::UnknownAlgorithm),
        (r#"{"alg":"ES256K"}"#, TokenError::UnknownAlgorithm),
        (r#"{"alg":"ES521"}"#, TokenError::UnknownAlgorithm),
        (r#"{"alg":"Ed448"}"#, TokenError::UnknownAlgorithm),
        (r#"{"alg":"dir"}"#, TokenError::UnknownAlgorithm),
        (r#"{"alg":"RSA1_5"}"#, TokenError::UnknownAlgorithm),
    ] {
        assert_eq!(refused_header(header), error, "{header}");
    }
    for value in ["null", "true", "0", "[\"ES256\"]", "{}"] {
        let header = format!(r#"{{"alg":{value}}}"#);
        let error = TokenError::NotAString { member: "alg" };
        assert_eq!(refused_header(&header), error, "{value}");
    }
    for name in ["EdDSA", "Ed25519"] {
        let text = token(format!(r#"{{"alg":"{name}"}}"#), "{}");
        assert_eq!(parse(&text).algorithm(), Algorithm::Ed25519);
    }
}

#[test]
fn kid_typ_and_cty_are_strings() {
    for member in ["kid", "typ", "cty"] {
        for value in ["null", "false", "7", "[]", "{}"] {
            let header = format!(r#"{{"alg":"ES256","{member}":{value}}}"#);
            let error = TokenError::NotAString { member };
            assert_eq!(refused_header(&header), error, "{header}");
        }
    }
}

#[test]
fn a_kid_is_any_text_of_a_kilobyte() {
    for kid in ["", "../../dev/null", "' OR 1=1 --", "| sleep 10", "ключ"] {
        let text = token(format!(r#"{{"alg":"ES256","kid":"{kid}"}}"#), "{}");
        assert_eq!(parse(&text).key_id(), Some(kid));
    }
    let of = |bytes: usize| format!(r#"{{"alg":"ES256","kid":"{}"}}"#, "k".repeat(bytes));
    parse(&token(of(Header::MAX_KEY_ID_BYTES), "{}"));
    assert_eq!(
        refused_header(&of(Header::MAX_KEY_ID_BYTES + 1)),
        TokenError::KeyIdTooLong
    );
}

#[test]
fn a_nested_token_is_refused_by_name() {
    for content in ["JWT", "jwt", "application/jwt", "Application/JWT"] {
        let header = format!(r#"{{"alg":"ES256","cty":"{content}"}}"#);
        assert_eq!(refused_header(&header), TokenError::Nested, "{content}");
    }
    parse(&token(r#"{"alg":"ES256","cty":"json"}"#, "{}"));
}

#[test]
fn crit_is_refused_whatever_it_says() {
    for (crit, error) in [
        ("null", CritError::NotAnArray),
        ("true", CritError::NotAnArray),
        (r#""exp""#, CritError::NotAnArray),
        (r#"{"exp":1}"#, CritError::NotAnArray),
        ("[]", CritError::Empty),
        ("[1]", CritError::NotNames),
        (r#"["exp",null]"#, CritError::NotNames),
        // Unknown, registered, absent, twice, empty.
        (r#"["foo"]"#, CritError::NotUnderstood),
        (r#"["b64"]"#, CritError::NotUnderstood),
        (r#"["alg"]"#, CritError::NotUnderstood),
        (r#"["crit"]"#, CritError::NotUnderstood),
        (r#"["exp","exp"]"#, CritError::NotUnderstood),
        (r#"[""]"#, CritError::NotUnderstood),
    ] {
        let header = format!(r#"{{"alg":"ES256","foo":1,"b64":false,"crit":{crit}}}"#);
        assert_eq!(
            refused_header(&header),
            TokenError::Critical(error),
            "{crit}"
        );
    }
    let twice = r#"{"alg":"ES256","crit":[],"cr\u0069t":[]}"#;
    assert!(matches!(refused_header(twice), TokenError::HeaderJson(_)));
}

#[test]
fn zip_and_b64_are_refused_whatever_they_say() {
    for value in [r#""DEF""#, "null", "true", "false", "0"] {
        for (member, error) in [
            ("zip", TokenError::Compressed),
            ("b64", TokenError::UnencodedPayload),
        ] {
            let header = format!(r#"{{"alg":"ES256","{member}":{value}}}"#);
            assert_eq!(refused_header(&header), error, "{header}");
        }
    }
}

#[test]
fn what_names_a_key_of_the_senders_choice_is_not_read() {
    for member in [
        r#""jku":"https://attacker.example/keys""#,
        r#""x5u":"https://attacker.example/cert""#,
        r#""x5c":["MIIB"]"#,
        r#""x5t":"AAAA""#,
        r#""x5t#S256":"AAAA""#,
        r#""jwk":{"kty":"oct","k":"AAAA"}"#,
        r#""jwk":7"#,
        r#""jku":null"#,
        r#""\u0000":1"#,
    ] {
        let text = token(format!(r#"{{"alg":"ES256",{member}}}"#), "{}");
        let token = parse(&text);
        assert_eq!(
            (token.algorithm(), token.key_id()),
            (Algorithm::Es256, None)
        );
    }
}

#[test]
fn types_are_compared_as_media_types() {
    let is_type = |typ: &str, expected| {
        let text = token(format!(r#"{{"alg":"ES256","typ":"{typ}"}}"#), "{}");
        parse(&text).header().is_type(expected)
    };
    for typ in [
        "at+jwt",
        "AT+JWT",
        "application/at+jwt",
        "APPLICATION/At+Jwt",
    ] {
        assert!(
            is_type(typ, "at+jwt") && is_type(typ, "application/at+jwt"),
            "{typ}"
        );
    }
    for typ in [
        "",
        "JWT",
        "at+jwt ",
        "text/at+jwt",
        "application/",
        "application/a/at+jwt",
        "at",
    ] {
        assert!(!is_type(typ, "at+jwt"), "{typ}");
    }
    assert!(!parse(&token(HEADER, "")).header().is_type(""));
}

#[test]
fn neither_errors_nor_debug_show_what_a_token_holds() {
    let text = token(r#"{"alg":"ES256","kid":"secret"}"#, "secret");
    let token = parse(&text);
    assert_eq!(format!("{token:?}"), "Token { algorithm: Es256, .. }");
    assert_eq!(
        format!("{:?}", token.header()),
        "Header { algorithm: Es256, .. }"
    );
    for (header, report) in [
        (
            r#"{"alg":"secret"}"#,
            "header: expected a known signature algorithm as `alg`",
        ),
        (r#"{"secret"}"#, "header: expected `:` at byte 9"),
        (
            r#"{"alg":"ES256","crit":["secret"]}"#,
            "header: expected no `crit`, which names extensions that are not understood",
        ),
    ] {
        assert_eq!(refused_header(header).to_string(), report);
    }
}
