//! Matchers and requests from few words.
#![allow(dead_code)]

use gatepost_config::{FieldPath, read};
use gatepost_http_match::{Headers, MatchConfig, Matcher, RequestView, Undecided};

/// A `match`, which must be good.
pub(crate) fn matcher(json: &str) -> Matcher {
    compile(json).unwrap_or_else(|problems| panic!("{json}: {problems}"))
}

/// What is wrong with a `match`.
pub(crate) fn problems(json: &str) -> String {
    match compile(json) {
        Ok(_) => panic!("{json}: expected problems"),
        Err(problems) => problems,
    }
}

fn compile(json: &str) -> Result<Matcher, String> {
    let config: MatchConfig = read(json.as_bytes()).map_err(|problems| problems.to_string())?;
    let root = FieldPath::ROOT;
    Matcher::compile(config, &root.field("match")).map_err(|problems| problems.to_string())
}

/// `GET https://example.com<path>`.
pub(crate) fn get(path: &str) -> RequestView {
    request("GET", "example.com", path.as_bytes(), &[])
}

/// A GET for `/` with these headers.
pub(crate) fn with_headers(headers: &[(&str, &[u8])]) -> RequestView {
    request("GET", "example.com", b"/", headers)
}

/// A request with everything that it needs.
pub(crate) fn request(
    method: &str,
    authority: &str,
    path: &[u8],
    headers: &[(&str, &[u8])],
) -> RequestView {
    let pseudo: [(&str, &[u8]); 4] = [
        (":method", method.as_bytes()),
        (":scheme", b"https"),
        (":authority", authority.as_bytes()),
        (":path", path),
    ];
    RequestView::new(Headers::new(pseudo.iter().chain(headers).copied()))
}

/// `Some` when it can be said whether the request matches.
pub(crate) fn said(result: Result<bool, Undecided>) -> Option<bool> {
    result.ok()
}
