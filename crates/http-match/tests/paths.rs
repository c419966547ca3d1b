//! Paths: exact, prefix, regex.
#![allow(clippy::panic)]

mod support;

use gatepost_http_match::{Headers, Reading, RequestView, Undecided};
use support::{get, matcher, problems, request};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn check(condition: &str, path: &str) -> Result<bool, Undecided> {
    matcher(&format!(r#"{{"paths":[{condition}]}}"#)).matches(&get(path))
}

#[test]
fn a_prefix_ends_at_a_segment_border() {
    for prefix in [r#"{"prefix":"/admin"}"#, r#"{"prefix":"/admin/"}"#] {
        for path in [
            "/admin",
            "/admin/",
            "/admin/x",
            "/admin?x=/y",
            "/admin#x",
            "/admin/a/b",
        ] {
            assert_eq!(check(prefix, path), Ok(true), "{prefix} {path}");
        }
        for path in ["/adminx", "/admin-x/", "/Admin", "/x/admin", "/", "/a"] {
            assert_eq!(check(prefix, path), Ok(false), "{prefix} {path}");
        }
    }
    for path in ["/", "/a", "/?x"] {
        assert_eq!(check(r#"{"prefix":"/"}"#, path), Ok(true), "{path}");
    }
}

#[test]
fn an_exact_path_is_compared_whole() {
    let exact = r#"{"exact":"/a/b"}"#;
    assert_eq!(check(exact, "/a/b"), Ok(true));
    assert_eq!(check(exact, "/a/b?c"), Ok(true));
    for path in ["/a/b/", "/a/bc", "/a", "/A/b"] {
        assert_eq!(check(exact, path), Ok(false), "{path}");
    }
}

#[test]
fn letter_case_counts_unless_it_is_ignored() {
    for (condition, other_case, other_path) in [
        (r#""exact":"/Admin/x""#, "/aDMIN/X", "/admin/X/"),
        (r#""prefix":"/Admin""#, "/ADMIN/x", "/ADMINx"),
        (r#""prefix":"/Admin""#, "/aDMIN", "/aDMI"),
        (r#""regex":"/Admin/[a-c]+""#, "/aDMIN/ABC", "/aDMIN/d"),
        (r#""exact":"/caf%C3%A9""#, "/CAF%C3%A9", "/CAF%C3%89"),
    ] {
        let counts = format!("{{{condition}}}");
        let ignored = format!(r#"{{{condition},"ignore_case":true}}"#);
        assert_eq!(check(&counts, other_case), Ok(false), "{condition}");
        assert_eq!(check(&ignored, other_case), Ok(true), "{condition}");
        assert_eq!(check(&ignored, other_path), Ok(false), "{condition}");
    }
}

#[test]
fn an_expression_matches_the_whole_path() {
    let regex = r#"{"regex":"/v[0-9]+/a|/b"}"#;
    for path in ["/v1/a", "/v22/a?x", "/b"] {
        assert_eq!(check(regex, path), Ok(true), "{path}");
    }
    for path in ["/v1/ab", "/x/v1/a", "/v/a", "/b/", "/bb"] {
        assert_eq!(check(regex, path), Ok(false), "{path}");
    }
}

#[test]
fn a_comment_in_an_expression_ends_with_the_expression() {
    for pattern in [r"(?x) /a [0-9] #c", r"(?x)/a[0-9] #c)\n", "(?x: /a [0-9] )"] {
        let regex = format!(r#"{{"regex":"{pattern}"}}"#);
        assert_eq!(check(&regex, "/a1"), Ok(true), "{pattern}");
        for path in ["/a", "/a12", "/a1/"] {
            assert_eq!(check(&regex, path), Ok(false), "{pattern} {path}");
        }
    }
}

#[test]
fn any_of_the_paths_matches() {
    let paths = r#"{"exact":"/a"},{"prefix":"/b"},{"regex":"/c[0-9]"}"#;
    for path in ["/a", "/b/x", "/c3"] {
        assert_eq!(check(paths, path), Ok(true), "{path}");
    }
    assert_eq!(check(paths, "/d"), Ok(false));
}

#[test]
fn a_request_without_a_path_matches_no_path() {
    let connect = RequestView::new(Headers::new([
        (":method", "CONNECT"),
        (":authority", "db.example:5432"),
    ]));
    let asterisk = request("OPTIONS", "example.com", b"*", &[]);
    for condition in [
        r#"{"prefix":"/"}"#,
        r#"{"regex":".*"}"#,
        r#"{"exact":"/a"}"#,
    ] {
        let paths = matcher(&format!(r#"{{"paths":[{condition}]}}"#));
        let not = matcher(&format!(r#"{{"not":{{"paths":[{condition}]}}}}"#));
        for view in [&connect, &asterisk] {
            assert_eq!(paths.matches(view), Ok(false), "{condition}");
            assert_eq!(not.matches(view), Ok(true), "{condition}");
        }
    }
}

#[test]
fn of_an_unreadable_path_nothing_can_be_said() {
    let missing = RequestView::new(Headers::new([(":method", "GET"), (":authority", "a")]));
    let twice = RequestView::new(Headers::new([(":path", "/a"), (":path", "/b")]));
    let mut views = vec![missing, twice];
    for path in [
        b"".as_slice(),
        b"?a",
        b"#",
        b"a",
        b"*",
        b"example.com:443",
        b"/a b",
        b"/a\0",
        b"/a\n",
        b"/\x7f",
        b"/caf\xc3\xa9",
        b"/\xff",
    ] {
        views.push(request("GET", "a", path, &[]));
    }
    for condition in [r#"{"prefix":"/"}"#, r#"{"regex":"(?s:.*)"}"#] {
        let paths = matcher(&format!(r#"{{"paths":[{condition}]}}"#));
        let not = matcher(&format!(r#"{{"not":{{"paths":[{condition}]}}}}"#));
        for view in &views {
            let unsaid = Err(Undecided::UnreadablePath);
            assert_eq!(paths.matches(view), unsaid, "{:?}", view.raw_path());
            assert_eq!(not.matches(view), unsaid, "{:?}", view.raw_path());
        }
    }
}

#[test]
fn a_path_beyond_its_limit_is_unreadable_however_it_is_spelled() {
    for piece in ["a", "/", "/../", "%2e", ";"] {
        let spelled = piece.repeat(32 * 1024 / piece.len() + 1);
        let (longest, _) = spelled.split_at(32 * 1024 - 1);
        let (too_long, _) = spelled.split_at(32 * 1024);
        let unreadable = Err(Undecided::UnreadablePath);
        let view = get(&format!("/{too_long}"));
        assert_eq!(view.path(Reading::Raw), unreadable, "{piece}");
        assert_eq!(view.path(Reading::Normalised), unreadable, "{piece}");
        assert!(!view.readings_differ(), "{piece}");
        let view = get(&format!("/{longest}?{too_long}"));
        assert!(view.path(Reading::Raw).is_ok(), "{piece}");
    }
}

#[test]
fn of_a_query_nothing_can_be_said_where_the_path_is_repeated() {
    let repeated = [(":method", "GET"), (":path", "/a?x=1"), (":path", "/b?x=2")];
    let view = RequestView::new(Headers::new(repeated));
    for json in [
        r#"{"query":[{"name":"x","exact":"1"}]}"#,
        r#"{"query":[{"name":"x","exact":"2"}]}"#,
        r#"{"query":[{"name":"y","present":false}]}"#,
        r#"{"not":{"query":[{"name":"x","exact":"3"}]}}"#,
        r#"{"paths":[{"prefix":"/"}],"query":[{"name":"x","exact":"3"}]}"#,
    ] {
        let unsaid = Err(Undecided::UnreadablePath);
        assert_eq!(matcher(json).matches(&view), unsaid, "{json}");
    }
}

#[test]
fn a_path_too_long_for_an_expression_is_unreadable() {
    let path = format!("/{}", "a".repeat(1024));
    let regex = r#"{"regex":"/a*"}"#;
    assert_eq!(check(regex, path.get(..1024).unwrap_or_default()), Ok(true));
    assert_eq!(check(regex, &path), Err(Undecided::UnreadablePath));
    assert_eq!(check(r#"{"prefix":"/"}"#, &path), Ok(true));
}

#[test]
fn a_configured_path_is_in_its_normal_form() {
    for (path, expected) in [
        ("a", "starts with `/`"),
        ("", "starts with `/`"),
        ("/a b", "visible ASCII"),
        ("/é", "visible ASCII"),
        ("/a?b", "without `?` and `#`"),
        ("/a#b", "without `?` and `#`"),
        ("/a//b", "normal form, `/a/b`"),
        ("/a/../b", "normal form, `/b`"),
        ("/a;x", "normal form, `/a`"),
        ("/a%2Fb", "normal form, `/a/b`"),
        ("/%61", "normal form, `/a`"),
        ("/caf%c3%a9", "normal form, `/caf%C3%A9`"),
        ("/a%3Fb", "normal form, `/a`"),
        ("/%C0%AF", "reads in the same way"),
        ("/a;x/../b", "reads in the same way"),
        ("/%", "reads in the same way"),
    ] {
        for kind in ["exact", "prefix"] {
            let problems = problems(&format!(r#"{{"paths":[{{"{kind}":"{path}"}}]}}"#));
            let at = format!("match.paths[0].{kind}: expected ");
            assert!(
                problems.starts_with(&at) && problems.contains(expected),
                "{problems}"
            );
        }
    }
}
