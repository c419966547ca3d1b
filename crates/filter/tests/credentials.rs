//! Where credentials are found, and what is no credential.
#![allow(clippy::unwrap_used, clippy::panic)]

use gatepost_config::{FieldPath, Problems, read};
use gatepost_filter::{CredentialSources, Malformed};
use gatepost_http_match::{Headers, RequestView};

fn sources(json: &str) -> CredentialSources {
    let mut problems = Problems::new();
    let config = read(json.as_bytes()).unwrap();
    let sources = CredentialSources::new(config, &FieldPath::ROOT, &mut problems);
    problems.check(sources).unwrap()
}

fn refusal(json: &str) -> String {
    let mut problems = Problems::new();
    match read(json.as_bytes()) {
        Ok(config) => {
            let sources = CredentialSources::new(config, &FieldPath::ROOT, &mut problems);
            problems.check(sources).map(drop).unwrap_err().to_string()
        }
        Err(problems) => problems.to_string(),
    }
}

fn find(
    sources: &CredentialSources,
    path: &str,
    headers: &[(&str, &[u8])],
) -> Result<Vec<(String, String)>, Malformed> {
    let pseudo = [(":method", &b"GET"[..]), (":path", path.as_bytes())];
    let view = RequestView::new(Headers::new(pseudo.iter().chain(headers).copied()));
    let found = sources.find(&view)?;
    let text = |text: &[u8]| String::from_utf8(text.to_vec()).unwrap();
    Ok(found
        .iter()
        .map(|one| (one.place().to_string(), text(one.as_bytes())))
        .collect())
}

/// What `authorization` holds for `Bearer`.
fn bearer(lines: &[&[u8]]) -> Result<Vec<String>, Malformed> {
    let headers: Vec<_> = lines.iter().map(|line| ("authorization", *line)).collect();
    let found = find(&CredentialSources::bearer(), "/", &headers)?;
    Ok(found.into_iter().map(|(_, text)| text).collect())
}

#[test]
fn a_scheme_is_compared_without_case_and_ends_at_spaces() {
    for line in [
        "Bearer a.b-c_d~+/==",
        "bearer a.b-c_d~+/==",
        "BEARER   a.b-c_d~+/==",
    ] {
        assert_eq!(
            bearer(&[line.as_bytes()]),
            Ok(vec!["a.b-c_d~+/==".to_owned()]),
            "{line}"
        );
    }
}

#[test]
fn another_scheme_is_no_credential() {
    for line in [
        "Basic dTpw",
        "Bearertoken",
        "Bearer-x token",
        "Bear token",
        "token",
        "",
        "Digest realm=\"a, b\", qop=auth",
    ] {
        assert_eq!(bearer(&[line.as_bytes()]), Ok(Vec::new()), "{line}");
    }
}

#[test]
fn all_lines_of_a_repeated_header_are_seen() {
    let lines: [&[u8]; 3] = [b"Bearer one", b"Basic dTpw", b"bearer two"];
    assert_eq!(bearer(&lines), Ok(vec!["one".to_owned(), "two".to_owned()]));
    let lines: [&[u8]; 2] = [b"Bearer one", b"Bearer \xff"];
    assert_eq!(bearer(&lines), Err(Malformed::IllegalCharacter));
}

#[test]
fn a_scheme_with_nothing_behind_it_is_malformed() {
    for line in [&b"Bearer"[..], b"Bearer ", b"bearer   "] {
        assert_eq!(bearer(&[line]), Err(Malformed::Empty));
    }
}

#[test]
fn what_may_be_several_credentials_is_malformed() {
    for line in [
        &b"Bearer one,Bearer two"[..],
        b"Bearer one, two",
        b"Bearer one two",
        b"Bearer,one",
        b"Bearer=one",
        b"Bearer\tone",
        b"Bearer \tone",
        b"Bearer \"one\"",
        b"Bearer on\xc3\xa9",
        b"Bearer o\x00ne",
        // Two lines that a proxy has joined.
        b"Basic dTpw,Bearer one",
        b"Basic dTpw, bearer one",
        b"Basic dTpw, Bearer",
    ] {
        let expected = Err(Malformed::IllegalCharacter);
        assert_eq!(bearer(&[line]), expected, "{}", line.escape_ascii());
    }
}

#[test]
fn a_header_without_a_scheme_is_the_credential() {
    let sources = sources(r#"{"headers":[{"name":"X-API-Key"}]}"#);
    let find = |value: &[u8]| find(&sources, "/", &[("x-api-key", value)]);
    let expected = [("header x-api-key".to_owned(), "k:1!".to_owned())];
    assert_eq!(find(b" k:1! ").unwrap(), expected);
    assert_eq!(find(b""), Ok(Vec::new()));
    assert_eq!(find(b"a b"), Err(Malformed::IllegalCharacter));
    assert_eq!(find(b"a,b"), Err(Malformed::IllegalCharacter));
}

#[test]
fn a_query_parameter_is_found_by_its_decoded_name() {
    let sources = sources(r#"{"query":["access_token"]}"#);
    let find = |path: &str| {
        let found = find(&sources, path, &[])?;
        Ok(found.into_iter().map(|(_, text)| text).collect())
    };
    for (path, expected) in [
        ("/?access_token=a.b", Ok(vec!["a.b"])),
        ("/?x=1&access%5Ftoken=a%2Eb&y", Ok(vec!["a.b"])),
        ("/?access_token=a&access_token=b", Ok(vec!["a", "b"])),
        ("/?access_token=&access_token", Ok(vec![])),
        ("/?Access_Token=a&xaccess_token=b", Ok(vec![])),
        ("/access_token=a#?access_token=b", Ok(vec![])),
        ("/?a=1#&access_token=b", Ok(vec![])),
        ("/?%zz=1&access_token=a", Ok(vec!["a"])),
        ("/?access_token=%zz", Err(Malformed::UnreadableQuery)),
        ("/?a=1;access_token=b", Err(Malformed::UnreadableQuery)),
        ("/?access_token=a+b", Err(Malformed::IllegalCharacter)),
        ("/?access_token=a%00", Err(Malformed::IllegalCharacter)),
        ("/?access_token=a%C3%A9", Err(Malformed::IllegalCharacter)),
    ] {
        let expected = expected.map(|texts| texts.into_iter().map(str::to_owned).collect());
        let found: Result<Vec<String>, Malformed> = find(path);
        assert_eq!(found, expected, "{path}");
    }
}

#[test]
fn a_cookie_is_found_on_every_line_with_or_without_quotes() {
    let sources = sources(r#"{"cookies":["session"]}"#);
    let find = |lines: &[&str]| {
        let headers: Vec<_> = lines.iter().map(|one| ("cookie", one.as_bytes())).collect();
        let found = find(&sources, "/", &headers)?;
        Ok(found.into_iter().map(|(_, text)| text).collect())
    };
    for (lines, expected) in [
        (&["a=1; session=x.y"][..], Ok(vec!["x.y"])),
        (&["session=\"x.y\""], Ok(vec!["x.y"])),
        (&["session=a", "b=2;session=c=="], Ok(vec!["a", "c=="])),
        (&["session=; session=\"\""], Ok(vec![])),
        (&["Session=a; xsession=b"], Ok(vec![])),
        (&["s%65ssion=a"], Ok(vec!["a"])),
        (&["a=1; session"], Err(Malformed::UnreadableCookie)),
        (&["session=\"a"], Err(Malformed::IllegalCharacter)),
        (&["session=a b"], Err(Malformed::IllegalCharacter)),
    ] {
        let expected = expected.map(|texts| texts.into_iter().map(str::to_owned).collect());
        let found: Result<Vec<String>, Malformed> = find(lines);
        assert_eq!(found, expected, "{lines:?}");
    }
}

#[test]
fn places_are_looked_at_together() {
    let sources = sources(
        r#"{"headers":[{"name":"authorization","scheme":"Bearer"},
            {"name":"authorization","scheme":"DPoP"},{"name":"x-token"}],
            "query":["t"],"cookies":["t"]}"#,
    );
    let headers: [(&str, &[u8]); 3] = [
        ("authorization", b"DPoP one"),
        ("x-token", b"two"),
        ("cookie", b"t=four"),
    ];
    let expected = [
        ("header authorization", "one"),
        ("header x-token", "two"),
        ("query t", "three"),
        ("cookie t", "four"),
    ];
    let expected = expected.map(|(place, text)| (place.to_owned(), text.to_owned()));
    assert_eq!(find(&sources, "/?t=three", &headers).unwrap(), expected);
    assert!(sources.read_header("X-Token") && sources.read_header("cookie"));
    assert!(!sources.read_header("x-user"));
}

#[test]
fn a_request_has_at_most_sixteen_credentials() {
    let many = |count| vec![&b"Bearer a"[..]; count];
    assert_eq!(bearer(&many(16)).map(|found| found.len()), Ok(16));
    assert_eq!(bearer(&many(17)), Err(Malformed::TooMany));
}

#[test]
fn a_credential_is_not_shown() {
    let view = RequestView::new(Headers::new([("authorization", "Bearer hush")]));
    let sources = CredentialSources::bearer();
    let shown = format!("{:?}", sources.find(&view).unwrap());
    assert!(
        shown.contains("authorization") && !shown.contains("hush"),
        "{shown}"
    );
}

#[test]
fn a_place_that_can_hold_no_credential_is_refused_with_its_path() {
    for (json, expected) in [
        (
            r#"{"headers":[{"name":":path"}]}"#,
            "headers[0].name: expected a header name",
        ),
        (
            r#"{"headers":[{"name":""}]}"#,
            "headers[0].name: expected a header name",
        ),
        (
            r#"{"headers":[{"name":"Cookie"}]}"#,
            "cookies are named in `cookies`",
        ),
        (r#"{"headers":[{"name":"Host"}]}"#, "can hold a credential"),
        (
            r#"{"headers":[{"name":"a","scheme":"a b"}]}"#,
            "headers[0].scheme: expected an authentication scheme",
        ),
        (
            r#"{"headers":[{"name":"a","scheme":null}]}"#,
            "headers[0].scheme",
        ),
        (
            r#"{"headers":[{"name":"a","scheme":"X"},{"name":"A","scheme":"x"}]}"#,
            "headers[1]: expected each header once",
        ),
        (
            r#"{"headers":[{"name":"a","scheme":"X"},{"name":"a"}]}"#,
            "headers[1]",
        ),
        (
            r#"{"query":["a&b"]}"#,
            "query[0]: expected the name of a query parameter",
        ),
        (
            r#"{"query":["a","a"]}"#,
            "query[1]: expected each name once",
        ),
        (
            r#"{"cookies":["a;b",""]}"#,
            "cookies[1]: expected the name of a cookie",
        ),
        (r#"{"header":[]}"#, "unknown field"),
    ] {
        let refusal = refusal(json);
        assert!(refusal.contains(expected), "{json}: {refusal}");
    }
    let many = vec![r#""a""#; 17].join(",");
    assert!(refusal(&format!(r#"{{"query":[{many}]}}"#)).contains("expected at most 16"));
}
