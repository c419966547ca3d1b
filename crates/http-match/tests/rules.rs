//! not, any and all; selection under both readings; the limits.
#![allow(clippy::panic)]

mod support;

use gatepost_http_match::{Needs, RequestView, Selection, Undecided, select_all, select_first};
use support::{get, matcher, problems, request, said};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

const YES: &str = r#"{"methods":["GET"]}"#;
const NO: &str = r#"{"methods":["POST"]}"#;
const UNSAID: &str = r#"{"client_address":["10.0.0.0/8"]}"#;

#[test]
fn an_empty_match_matches_everything() {
    assert_eq!(matcher("{}").matches(&get("/")), Ok(true));
    assert_eq!(matcher("{}").matches(&get("/%")), Ok(true));
}

#[test]
fn fields_add_up() {
    let both = matcher(r#"{"methods":["GET"],"paths":[{"prefix":"/a"}]}"#);
    assert_eq!(both.matches(&get("/a")), Ok(true));
    assert_eq!(both.matches(&get("/b")), Ok(false));
    assert_eq!(both.matches(&request("POST", "a", b"/a", &[])), Ok(false));
}

#[test]
fn truth_has_three_values() {
    let check = |json: String| said(matcher(&json).matches(&get("/")));
    for (term, value) in [(YES, Some(true)), (NO, Some(false)), (UNSAID, None)] {
        assert_eq!(
            check(format!(r#"{{"not":{term}}}"#)),
            value.map(|value| !value)
        );
        assert_eq!(check(format!(r#"{{"not":{{"not":{term}}}}}"#)), value);
    }
    for (a, b, all, any) in [
        (YES, YES, Some(true), Some(true)),
        (YES, NO, Some(false), Some(true)),
        (NO, NO, Some(false), Some(false)),
        (YES, UNSAID, None, Some(true)),
        (NO, UNSAID, Some(false), None),
        (UNSAID, UNSAID, None, None),
    ] {
        for (a, b) in [(a, b), (b, a)] {
            assert_eq!(check(format!(r#"{{"all":[{a},{b}]}}"#)), all, "all {a} {b}");
            assert_eq!(check(format!(r#"{{"any":[{a},{b}]}}"#)), any, "any {a} {b}");
        }
    }
}

#[test]
fn the_first_rule_that_matches_is_selected() {
    let rules = [matcher(NO), matcher(YES), matcher("{}")];
    assert_eq!(select_first(&rules, &get("/")), Selection::Rule(1));
    assert_eq!(select_all(&rules, &get("/")), Ok(vec![1, 2]));
    assert_eq!(select_first([], &get("/")), Selection::None);
    assert_eq!(select_all([], &get("/")), Ok(vec![]));
}

#[test]
fn a_rule_about_which_nothing_can_be_said_ends_the_search() {
    let unsaid = Undecided::UnknownClientAddress;
    let rules = [matcher(NO), matcher(UNSAID), matcher("{}")];
    assert_eq!(
        select_first(&rules, &get("/")),
        Selection::Undecided(unsaid)
    );
    assert_eq!(select_all(&rules, &get("/")), Err(unsaid));
    let rules = [matcher(YES), matcher(UNSAID)];
    assert_eq!(select_first(&rules, &get("/")), Selection::Rule(0));
    assert_eq!(select_all(&rules, &get("/")), Err(unsaid));
}

#[test]
fn readings_that_select_one_rule_are_no_matter() {
    let rules = [
        matcher(r#"{"paths":[{"exact":"/a"},{"exact":"/b"},{"prefix":"/files"}]}"#),
        matcher("{}"),
    ];
    for path in [
        "/files/a%2Fb",
        "/files//a",
        "/files/x;y",
        "/files/../files/x",
    ] {
        assert_eq!(
            select_first(&rules, &get(path)),
            Selection::Rule(0),
            "{path}"
        );
        assert_eq!(select_all(&rules, &get(path)), Ok(vec![0, 1]), "{path}");
    }
    for path in ["/other//x", "/other/../x"] {
        assert_eq!(
            select_first(&rules, &get(path)),
            Selection::Rule(1),
            "{path}"
        );
    }
}

#[test]
fn readings_that_select_different_rules_are_ambiguous() {
    let rules = [matcher(r#"{"paths":[{"prefix":"/a"}]}"#), matcher("{}")];
    for path in ["//a", "/a/../b", "/a;x", "/%61", "/a/..;/b"] {
        assert_eq!(
            select_first(&rules, &get(path)),
            Selection::Undecided(Undecided::AmbiguousPath),
            "{path}"
        );
        assert_eq!(
            select_all(&rules, &get(path)),
            Err(Undecided::AmbiguousPath),
            "{path}"
        );
        let without_default = rules.iter().take(1);
        assert_eq!(
            select_first(without_default, &get(path)),
            Selection::Undecided(Undecided::AmbiguousPath),
            "{path}"
        );
    }
}

#[test]
fn a_rule_can_accept_a_path_that_is_ambiguous() {
    let rules = [
        matcher(r#"{"paths":[{"prefix":"/admin"}]}"#),
        matcher(r#"{"paths":[{"prefix":"/files"}],"accept_ambiguous_path":true}"#),
    ];
    for path in [
        "/files/../admin",
        "/files%2F..%2Fadmin/..",
        "/files/..;/x",
        "/files/%",
    ] {
        let expected = match path.starts_with("/files/") {
            true => Selection::Rule(1),
            false => Selection::Undecided(Undecided::AmbiguousPath),
        };
        assert_eq!(select_first(&rules, &get(path)), expected, "{path}");
    }
    // The rule that the raw reading selects decides, not one that it could be.
    let ambiguous = Selection::Undecided(Undecided::AmbiguousPath);
    assert_eq!(select_first(&rules, &get("/admin/../files")), ambiguous);
    assert_eq!(select_first(&rules, &get("//files")), ambiguous);
}

#[test]
fn an_inverted_path_is_no_way_around_a_rule() {
    let rules = [matcher(r#"{"not":{"paths":[{"prefix":"/public"}]}}"#)];
    let check = |path: &str| select_first(&rules, &get(path));
    let ambiguous = Selection::Undecided(Undecided::AmbiguousPath);
    assert_eq!(check("/private"), Selection::Rule(0));
    assert_eq!(check("/public/x"), Selection::None);
    assert_eq!(check("/public/../private"), ambiguous);
    assert_eq!(check("/public/..;/private"), ambiguous);
    assert_eq!(check("/public/%"), ambiguous);
}

#[test]
fn null_and_empty_lists_are_refused() {
    for field in [
        "hosts",
        "paths",
        "methods",
        "headers",
        "query",
        "cookies",
        "claims",
        "any",
        "all",
        "peer_identity",
        "client_address",
    ] {
        let empty = problems(&format!(r#"{{"{field}":[]}}"#));
        assert!(
            empty.contains(&format!("{field}: expected at least one")),
            "{empty}"
        );
        let null = problems(&format!(r#"{{"{field}":null}}"#));
        assert!(
            null.starts_with(&format!("{field}: invalid type: null")),
            "{null}"
        );
    }
    assert!(problems(r#"{"not":null}"#).starts_with("not: invalid type: null"));
    assert!(problems(r#"{"not":{}}"#).starts_with("match.not: expected at least one condition"));
    assert!(problems(r#"{"any":[{}]}"#).starts_with("match.any[0]: expected at least one"));
    assert!(problems(r#"{"pathes":[]}"#).contains("unknown field `pathes`"));
    assert!(
        problems(r#"{"not":{"methods":["GET"],"accept_ambiguous_path":true}}"#)
            .starts_with("match.not.accept_ambiguous_path: expected this at the top")
    );
}

#[test]
fn every_problem_is_reported_with_its_path() {
    let problems = problems(
        r#"{"hosts":["a","b:1"],"any":[{"methods":["get"]},{"not":{"paths":[{"regex":"("}]}}],
            "headers":[{"name":"a","exact":["x"],"regex":"y"}]}"#,
    );
    for path in [
        "match.hosts[1]: ",
        "match.any[0].methods[0]: ",
        "match.any[1].not.paths[0].regex: ",
        "match.headers[0]: ",
    ] {
        assert!(problems.contains(path), "{path}: {problems}");
    }
}

#[test]
fn a_configuration_is_bounded() {
    let nested = |depth: usize| format!("{}{YES}{}", r#"{"not":"#.repeat(depth), "}".repeat(depth));
    assert_eq!(matcher(&nested(8)).matches(&get("/")), Ok(true));
    assert!(problems(&nested(9)).contains("at most 8 levels deep"));

    let methods = |count: usize| format!(r#"{{"methods":[{}"A"]}}"#, r#""A","#.repeat(count - 1));
    assert_eq!(matcher(&methods(4096)).matches(&get("/")), Ok(false));
    assert!(problems(&methods(4097)).contains("at most 4096 conditions"));

    let expressions = |count: usize| {
        format!(
            r#"{{"paths":[{}{{"exact":"/"}}]}}"#,
            r#"{"regex":"/a"},"#.repeat(count)
        )
    };
    assert_eq!(matcher(&expressions(64)).matches(&get("/")), Ok(true));
    assert!(problems(&expressions(65)).contains("at most 64 expressions"));

    let regex = |pattern: &str| problems(&format!(r#"{{"paths":[{{"regex":"{pattern}"}}]}}"#));
    assert!(regex(&"a".repeat(1025)).contains("at most 1024 bytes"));
    for too_large in ["(a{1000}){1000}", "a{512}", "(?:.*a){200}z"] {
        assert!(
            regex(too_large).contains("at most 512 states: "),
            "{too_large}"
        );
    }
    assert!(regex("a)|(b").contains("expected a regular expression"));
    matcher(r#"{"paths":[{"regex":"/(v[0-9]+/)?orders/[0-9a-f-]{36}(/items/[0-9]+)?"}]}"#);

    let header = |test: &str, length: usize| {
        format!(
            r#"{{"headers":[{{"name":"a","{test}":"{}"}}]}}"#,
            "x".repeat(length)
        )
    };
    matcher(&header("exact", 4096));
    assert!(problems(&header("exact", 4097)).contains("at most 4096 bytes"));
    assert!(problems(&header("contains", 257)).contains("at most 256 bytes"));
    assert!(problems(&header("prefix", 0)).contains("at least one character"));
}

#[test]
fn what_a_matcher_needs_is_known_before_a_request_comes() {
    assert_eq!(matcher(YES).needs(), Needs::default());
    let nested = matcher(r#"{"any":[{"not":{"claims":[{"path":"a","exists":true}]}}]}"#);
    assert!(nested.needs().claims && !nested.needs().client_address);
    assert!(nested.needs().or(matcher(UNSAID).needs()).client_address);
}

#[test]
fn reasons_are_codes() {
    let view: RequestView = get("//a");
    let undecided = matcher(r#"{"paths":[{"prefix":"/a"}]}"#).matches(&view);
    assert_eq!(undecided.map_err(Undecided::reason), Err("path_ambiguous"));
}
