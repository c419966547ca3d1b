//! Requests: paths, queries, cookies, and the matchers that ask for them.

use gatepost_config::{FieldPath, read};
use gatepost_http_match::{
    Headers, MatchConfig, Matcher, NormalPath, Reading, RequestView, Undecided, normalise_path,
};
use serde_json::{Value, json};

use crate::split::lines;

/// A `match` on the first line, and below it the lines of a request: method,
/// authority, path, and headers. What holds does not hold under `not`, what
/// cannot be said cannot be said either way, and `any` and `all` of one are that
/// one.
pub fn matcher(data: &[u8]) {
    let mut lines = lines(data).into_iter();
    let document = lines.next().unwrap_or_default();
    let Some(plain) = compile(document) else {
        return;
    };
    let pseudo = [":method", ":authority", ":path"].map(str::as_bytes);
    let mut headers = Headers::new(pseudo.into_iter().zip(lines.by_ref()));
    for line in lines {
        let mut parts = line.splitn(2, |byte| *byte == b':');
        let name = parts.next().unwrap_or_default();
        headers.append(name, parts.next().unwrap_or_default());
    }
    let view = RequestView::new(headers);
    let Ok(Value::Object(mut config)) = serde_json::from_slice(document) else {
        return;
    };
    // It may stand at the top only.
    config.remove("accept_ambiguous_path");
    let config = Value::Object(config);
    for reading in [Reading::Raw, Reading::Normalised] {
        let truth = plain.matches_reading(&view, reading);
        assert_eq!(plain.matches_reading(&view, reading), truth);
        let asked = |document: Value| {
            let document = document.to_string();
            compile(document.as_bytes()).map(|matcher| matcher.matches_reading(&view, reading))
        };
        // Deeper by one, it may be too deep.
        if let Some(negated) = asked(json!({"not": config})) {
            assert_eq!(negated, truth.map(|truth| !truth));
        }
        for same in [
            json!({"any": [config]}),
            json!({"all": [config]}),
            json!({"all": [config, config]}),
            json!({"not": {"not": config}}),
        ] {
            if let Some(asked) = asked(same) {
                assert_eq!(asked, truth);
            }
        }
    }
    if let (Ok(truth), false) = (plain.matches(&view), plain.accepts_ambiguous_path()) {
        assert_eq!(plain.matches_reading(&view, Reading::Raw), Ok(truth));
    }
}

/// A `:path`: the normal form is normal, and a view reads what it says.
pub fn path(data: &[u8]) {
    let view = get(data, &[]);
    let raw = data.split(|byte| matches!(byte, b'?' | b'#')).next();
    let raw = raw.unwrap_or_default();
    let is_legal = raw.starts_with(b"/") && raw.iter().all(u8::is_ascii_graphic);
    if !is_legal || raw.len() > 32 * 1024 {
        assert!(view.path(Reading::Raw).is_err());
        return;
    }
    assert_eq!(view.path(Reading::Raw), Ok(Some(raw)));
    let normal = view.path(Reading::Normalised);
    match normalise_path(raw) {
        NormalPath::Same => {
            assert_eq!(normal, Ok(Some(raw)));
            assert!(!view.readings_differ());
            assert_normal(raw);
        }
        NormalPath::Differs(form) => {
            assert_eq!(normal, Ok(Some(&*form)));
            assert!(view.readings_differ() && form != raw);
            assert_eq!(normalise_path(&form), NormalPath::Same);
            assert_normal(&form);
        }
        NormalPath::Disputed => assert_eq!(normal, Err(Undecided::AmbiguousPath)),
    }
}

fn assert_normal(path: &[u8]) {
    assert!(path.starts_with(b"/") && path.iter().all(u8::is_ascii_graphic));
    assert!(
        !path
            .iter()
            .any(|byte| matches!(byte, b'\\' | b';' | b'?' | b'#'))
    );
    let segments: Vec<_> = path.split(|byte| *byte == b'/').skip(1).collect();
    let (_, inner) = segments.split_last().expect("one segment");
    assert!(!inner.contains(&&b""[..]), "an empty segment");
    assert!(!segments.iter().any(|one| matches!(*one, b"." | b"..")));
}

/// A query: where all servers read it alike, so do we.
pub fn query(data: &[u8]) {
    let is_query = !data.contains(&b'#');
    let target = [b"/?", data].concat();
    let view = get(&target, &[]);
    let [is_b, is_there] = [r#""exact":"b""#, r#""present":true"#].map(|test| {
        let document = format!(r#"{{"query":[{{"name":"a","{}}}]}}"#, &test[1..]);
        let matcher = compile(document.as_bytes()).expect("a match");
        matcher.matches_reading(&view, Reading::Raw)
    });
    if is_b == Ok(true) {
        assert_eq!(is_there, Ok(true));
    }
    if !is_query || data.contains(&b';') {
        return;
    }
    let values: Option<Vec<Vec<u8>>> = data
        .split(|byte| *byte == b'&')
        .filter_map(|parameter| {
            let end = parameter.iter().position(|byte| *byte == b'=');
            let (name, value) = parameter.split_at(end.unwrap_or(parameter.len()));
            match form_decode(name) {
                Some(name) if name != b"a" => None,
                Some(_) => Some(form_decode(value.strip_prefix(b"=").unwrap_or(value))),
                None => Some(None),
            }
        })
        .collect();
    match values {
        Some(values) => {
            assert_eq!(is_b, Ok(values.iter().any(|value| value == b"b")));
            assert_eq!(is_there, Ok(!values.is_empty()));
        }
        // One that passes will do, whatever the others are.
        None => assert_ne!(is_b, Ok(false)),
    }
}

/// Cookie lines: where all servers read them alike, so do we.
pub fn cookie(data: &[u8]) {
    let lines = lines(data);
    let view = get(b"/", &lines);
    let [is_b, is_there] = [r#""exact":"b""#, r#""present":true"#].map(|test| {
        let document = format!(r#"{{"cookies":[{{"name":"a","{}}}]}}"#, &test[1..]);
        let matcher = compile(document.as_bytes()).expect("a match");
        matcher.matches_reading(&view, Reading::Raw)
    });
    if is_b == Ok(true) {
        assert_eq!(is_there, Ok(true));
    }
    if data.iter().any(|byte| matches!(byte, b'%' | b'"')) {
        return;
    }
    let cookies = lines
        .iter()
        .flat_map(|line| line.split(|byte| *byte == b';'));
    let named: Vec<_> = cookies
        .map(|cookie| {
            cookie
                .splitn(2, |byte| *byte == b'=')
                .map(<[u8]>::trim_ascii)
        })
        .map(|mut parts| (parts.next().unwrap_or_default(), parts.next()))
        .filter(|(name, _)| *name == b"a")
        .map(|(_, value)| value)
        .collect();
    if named.iter().any(Option::is_none) {
        assert_ne!(is_b, Ok(false));
        return;
    }
    assert_eq!(is_b, Ok(named.contains(&Some(&b"b"[..]))));
    assert_eq!(is_there, Ok(!named.is_empty()));
}

fn get(path: &[u8], cookies: &[&[u8]]) -> RequestView {
    let pseudo: [(&[u8], &[u8]); 3] = [
        (b":method", b"GET"),
        (b":authority", b"example.com"),
        (b":path", path),
    ];
    let cookies = cookies.iter().map(|line| (&b"cookie"[..], *line));
    RequestView::new(Headers::new(pseudo.into_iter().chain(cookies)))
}

fn compile(document: &[u8]) -> Option<Matcher> {
    let config: MatchConfig = read(document).ok()?;
    Matcher::compile(config, &FieldPath::ROOT).ok()
}

/// application/x-www-form-urlencoded; `None` when an encoding is broken.
fn form_decode(text: &[u8]) -> Option<Vec<u8>> {
    let mut decoded = Vec::new();
    let mut rest = text;
    while let Some((byte, behind)) = rest.split_first() {
        rest = behind;
        decoded.push(match byte {
            b'+' => b' ',
            b'%' => {
                let (digits, behind) = rest.split_at_checked(2)?;
                rest = behind;
                if !digits.iter().all(u8::is_ascii_hexdigit) {
                    return None;
                }
                u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?
            }
            other => *other,
        });
    }
    Some(decoded)
}
