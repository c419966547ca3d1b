//! Bypasses of the past, one test each: none may dodge a rule that denies, and
//! none may reach a rule that allows.
#![allow(clippy::panic)]

mod support;

use gatepost_http_match::{
    HeaderNames, Headers, RequestView, Selection, Undecided, select_all, select_first,
};
use support::{get, matcher, request, with_headers};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

const AMBIGUOUS: Selection = Selection::Undecided(Undecided::AmbiguousPath);

/// The first rule is for `/admin`, everything else is the default.
fn select(path: &str) -> Selection {
    select_first([&matcher(r#"{"paths":[{"prefix":"/admin"}]}"#)], &get(path))
}

#[test]
fn a_query_or_fragment_does_not_hide_an_exact_path() {
    // Istio CVE-2020-8595, CVE-2021-39156
    let exact = matcher(r#"{"paths":[{"exact":"/admin"}]}"#);
    for path in [
        "/admin?",
        "/admin?x",
        "/admin#",
        "/admin#x",
        "/admin?x#y",
        "/admin#x?y",
    ] {
        assert_eq!(
            select_first([&exact], &get(path)),
            Selection::Rule(0),
            "{path}"
        );
    }
}

#[test]
fn an_encoded_slash_does_not_hide_a_segment() {
    // Istio CVE-2021-31920
    for path in [
        "/admin%2Fx",
        "/admin%2fx",
        "/admin%5Cx",
        "/admin%252Fx",
        r"/admin\x",
    ] {
        assert_eq!(select(path), AMBIGUOUS, "{path}");
    }
}

#[test]
fn a_doubled_slash_does_not_hide_a_segment() {
    // Istio CVE-2021-31920
    for path in ["//admin", "///admin/x", "/%2Fadmin", r"/\admin", r"\admin"] {
        let expected = match path.starts_with('/') {
            true => AMBIGUOUS,
            false => Selection::Undecided(Undecided::UnreadablePath),
        };
        assert_eq!(select(path), expected, "{path}");
    }
    assert_eq!(select("/admin//x"), Selection::Rule(0));
}

#[test]
fn dot_segments_with_parameters_do_not_hide_a_path() {
    // CVE-2026-73551
    for path in [
        "/user/..;x=y/admin",
        "/user/..;/admin",
        "/user/.;/../admin",
        "/x;/../admin",
    ] {
        assert_eq!(select(path), AMBIGUOUS, "{path}");
    }
}

#[test]
fn parameters_do_not_hide_a_segment() {
    // CVE-2026-73553
    for path in [
        "/admin;x",
        "/admin;x=1/y",
        "/admin;/y",
        "/;x/admin",
        "/admin%3Bx",
    ] {
        assert_eq!(select(path), AMBIGUOUS, "{path}");
    }
}

#[test]
fn dot_segments_do_not_hide_a_path() {
    for path in [
        "/user/../admin",
        "/./admin",
        "/user/%2e%2e/admin",
        "/user/%2E./admin",
        "/user/.%2e/admin",
        "/user/%252e%252e/admin",
        "/user/..%2fadmin",
        r"/user\..\admin",
        "/admin/..",
        "/admin/../user",
    ] {
        assert_eq!(select(path), AMBIGUOUS, "{path}");
    }
    assert_eq!(select("/admin/../admin/x"), Selection::Rule(0));
    assert_eq!(select("/user/../other"), Selection::None);
}

#[test]
fn encoded_letters_do_not_hide_a_path() {
    for path in ["/%61dmin", "/adm%69n/x", "/%2561dmin"] {
        assert_eq!(select(path), AMBIGUOUS, "{path}");
    }
}

#[test]
fn a_broken_encoding_or_an_encoded_nul_does_not_hide_a_path() {
    for path in ["/%zzadmin", "/admin%", "/user%00/admin", "/%u002e/admin"] {
        assert_eq!(select(path), AMBIGUOUS, "{path}");
    }
}

#[test]
fn upper_case_does_not_hide_a_path_where_case_is_ignored() {
    let admin = matcher(r#"{"paths":[{"prefix":"/admin","ignore_case":true}]}"#);
    for path in ["/ADMIN", "/Admin/x", "/aDmIn?x"] {
        assert_eq!(
            select_first([&admin], &get(path)),
            Selection::Rule(0),
            "{path}"
        );
    }
    for path in [
        "/ADMIN;x",
        "/user/../ADMIN",
        "/%41DMIN",
        "/ADMIN%2Fx",
        "/ADMIN%3F",
    ] {
        assert_eq!(select_first([&admin], &get(path)), AMBIGUOUS, "{path}");
    }
}

#[test]
fn an_encoded_end_of_the_path_does_not_hide_it() {
    for path in [
        "/admin%3f",
        "/admin%3Fx=1",
        "/admin%23",
        "/admin%253F",
        "/admin%3F/../user",
        "/user%3F/../admin",
        "//admin%23x",
    ] {
        assert_eq!(select(path), AMBIGUOUS, "{path}");
    }
    assert_eq!(select("/wiki/What%3F"), Selection::None);
    assert_eq!(select("/admin/What%3F"), Selection::Rule(0));
}

#[test]
fn overlong_utf8_does_not_hide_a_path() {
    for path in [
        "/user/%c0%ae%c0%ae/admin",
        "/user/..%c0%afadmin",
        "/admin%c0%af",
        "/admin%e0%80%afx",
        "/admin%f0%80%80%afx",
        "/%c1%a1dmin",
    ] {
        assert_eq!(select(path), AMBIGUOUS, "{path}");
    }
    assert_eq!(select("/caf%C3%A9"), Selection::None);
}

#[test]
fn an_absolute_target_is_ambiguous() {
    for path in [
        "http://example.com/admin",
        "https://evil.example/user",
        "//x://admin",
    ] {
        let selection = select(path);
        let expected = match path.starts_with('/') {
            true => Selection::None,
            false => AMBIGUOUS,
        };
        assert_eq!(selection, expected, "{path}");
    }
}

#[test]
fn connect_without_a_path_meets_an_expression_without_harm() {
    // CVE-2021-43824
    let rules = [matcher(r#"{"paths":[{"regex":"/.*"}]}"#), matcher("{}")];
    let connect = RequestView::new(Headers::new([
        (":method", "CONNECT"),
        (":authority", "a:1"),
    ]));
    assert_eq!(select_first(&rules, &connect), Selection::Rule(1));
}

#[test]
fn a_request_without_any_pseudo_header_meets_every_matcher_without_harm() {
    let empty = RequestView::new(Headers::default());
    for (json, expected) in [
        (r#"{"paths":[{"prefix":"/"}]}"#, Undecided::UnreadablePath),
        (r#"{"hosts":["a"]}"#, Undecided::UnreadableAuthority),
        (r#"{"methods":["GET"]}"#, Undecided::UnreadableMethod),
        (
            r#"{"client_address":["10.0.0.0/8"]}"#,
            Undecided::UnknownClientAddress,
        ),
    ] {
        assert_eq!(matcher(json).matches(&empty), Err(expected), "{json}");
    }
    for json in [
        r#"{"query":[{"name":"a","present":true}]}"#,
        r#"{"cookies":[{"name":"a","present":true}]}"#,
        r#"{"headers":[{"name":"a","present":true}]}"#,
    ] {
        assert_eq!(matcher(json).matches(&empty), Ok(false), "{json}");
    }
}

#[test]
fn repeated_header_lines_do_not_evade_an_exact_match() {
    // CVE-2026-26308
    let admin = matcher(r#"{"headers":[{"name":"x-role","exact":"admin"}]}"#);
    let view = with_headers(&[("x-role", b"user"), ("x-role", b"admin")]);
    assert_eq!(select_first([&admin], &view), Selection::Rule(0));
    let not_admin = matcher(r#"{"headers":[{"name":"x-role","exact":"admin","invert":true}]}"#);
    assert_eq!(select_first([&not_admin], &view), Selection::None);
}

#[test]
fn a_list_in_one_value_is_one_value() {
    let admin = matcher(r#"{"headers":[{"name":"x-role","exact":"admin"}]}"#);
    assert_eq!(
        select_first([&admin], &with_headers(&[("x-role", b"user,admin")])),
        Selection::None
    );
}

#[test]
fn internal_headers_of_proxies_cannot_be_matched() {
    // CVE-2023-27487
    for name in [
        "x-envoy-original-path",
        "X_Envoy_Internal",
        "x-forwarded-for",
        "x_forwarded_for",
        "forwarded",
        "x-real-ip",
        "x-forwarded-client-cert",
        "x-original-url",
        "host",
        ":path",
    ] {
        let problems = support::problems(&format!(
            r#"{{"headers":[{{"name":"{name}","exact":"/"}}]}}"#
        ));
        assert!(
            problems.starts_with("match.headers[0].name: expected "),
            "{problems}"
        );
    }
}

#[test]
fn a_header_that_a_filter_owns_is_not_seen_by_matchers() {
    let mut view = with_headers(&[("x_sub", b"admin"), ("X-Sub", b"admin")]);
    view.remove_spelled(&HeaderNames::new(["x-sub"]), |_| {});
    let admin = matcher(r#"{"headers":[{"name":"x-sub","exact":"admin"}]}"#);
    assert_eq!(admin.matches(&view), Ok(false));
    view.set_header("x-sub", b"admin");
    assert_eq!(admin.matches(&view), Ok(true));
}

#[test]
fn nul_bytes_end_no_comparison() {
    // CVE-2025-66220, CVE-2026-47778
    let admin = matcher(r#"{"headers":[{"name":"x-role","exact":"admin"}]}"#);
    assert_eq!(
        admin.matches(&with_headers(&[("x-role", b"admin\0x")])),
        Ok(false)
    );
}

#[test]
fn a_path_that_no_rule_asks_for_is_nobodys_business() {
    let by_method = matcher(r#"{"methods":["POST"]}"#);
    for path in ["/user/..;x=y/admin", "/%", "http://a/", "", "/\0"] {
        assert_eq!(
            select_first([&by_method], &get(path)),
            Selection::None,
            "{path}"
        );
        assert_eq!(
            select_all([&by_method], &request("POST", "a", path.as_bytes(), &[])),
            Ok(vec![0])
        );
    }
}
