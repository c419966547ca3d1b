//! Headers, query parameters and cookies.
#![allow(clippy::panic)]

mod support;

use gatepost_http_match::{RequestView, Undecided};
use support::{get, matcher, problems, with_headers};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn header(condition: &str, view: &RequestView) -> Result<bool, Undecided> {
    matcher(&format!(r#"{{"headers":[{{"name":"X-A",{condition}}}]}}"#)).matches(view)
}

fn query(condition: &str, query: &str) -> Result<bool, Undecided> {
    matcher(&format!(r#"{{"query":[{{"name":"a b",{condition}}}]}}"#))
        .matches(&get(&format!("/?{query}")))
}

fn cookie(condition: &str, lines: &[&str]) -> Result<bool, Undecided> {
    let lines: Vec<_> = lines
        .iter()
        .map(|line| ("cookie", line.as_bytes()))
        .collect();
    matcher(&format!(r#"{{"cookies":[{{"name":"id",{condition}}}]}}"#))
        .matches(&with_headers(&lines))
}

#[test]
fn each_test_looks_at_a_value_in_its_own_way() {
    let view = with_headers(&[("x-a", b"Value")]);
    for (condition, expected) in [
        (r#""exact":"Value""#, true),
        (r#""exact":"value""#, false),
        (r#""exact":"value","ignore_case":true"#, true),
        (r#""exact":["x","Value"]"#, true),
        (r#""exact":"Valu""#, false),
        (r#""prefix":"Val""#, true),
        (r#""prefix":"val""#, false),
        (r#""prefix":"VAL","ignore_case":true"#, true),
        (r#""prefix":"Values""#, false),
        (r#""suffix":"lue""#, true),
        (r#""suffix":"LUE","ignore_case":true"#, true),
        (r#""suffix":"xValue""#, false),
        (r#""contains":"alu""#, true),
        (r#""contains":"ALU","ignore_case":true"#, true),
        (r#""contains":"aul""#, false),
        (r#""contains":"Value and more""#, false),
        (r#""regex":"V.*e""#, true),
        (r#""regex":"V.*u""#, false),
        (r#""regex":"v.*E","ignore_case":true"#, true),
        (r#""present":true"#, true),
        (r#""present":false"#, false),
        (r#""present":false,"invert":true"#, true),
        (r#""exact":"Value","invert":true"#, false),
        (r#""exact":"other","invert":true"#, true),
    ] {
        assert_eq!(header(condition, &view), Ok(expected), "{condition}");
    }
}

#[test]
fn without_a_value_only_absence_and_inverted_tests_hold() {
    let view = with_headers(&[]);
    for (condition, expected) in [
        (r#""exact":"""#, false),
        (r#""regex":".*""#, false),
        (r#""present":true"#, false),
        (r#""present":false"#, true),
        (r#""exact":"x","invert":true"#, true),
    ] {
        assert_eq!(header(condition, &view), Ok(expected), "{condition}");
    }
}

#[test]
fn an_empty_value_is_a_value() {
    let view = with_headers(&[("x-a", b"")]);
    assert_eq!(header(r#""exact":"""#, &view), Ok(true));
    assert_eq!(header(r#""present":true"#, &view), Ok(true));
    assert_eq!(header(r#""contains":"x""#, &view), Ok(false));
}

#[test]
fn white_space_around_a_header_value_is_no_part_of_it() {
    let view = with_headers(&[("x-a", b" \tadmin ")]);
    assert_eq!(header(r#""exact":"admin""#, &view), Ok(true));
}

#[test]
fn bytes_that_are_no_utf8_are_compared_but_not_read_by_expressions() {
    let view = with_headers(&[("x-a", b"ad\xffmin")]);
    let unsaid = Err(Undecided::UnreadableHeader);
    assert_eq!(header(r#""prefix":"ad""#, &view), Ok(true));
    assert_eq!(header(r#""exact":"admin""#, &view), Ok(false));
    assert_eq!(header(r#""regex":"ad.*""#, &view), unsaid);
    assert_eq!(header(r#""regex":"ad.*","invert":true"#, &view), unsaid);
    let other_value = with_headers(&[("x-a", b"\xff"), ("x-a", b"admin")]);
    assert_eq!(header(r#""regex":"ad.*""#, &other_value), Ok(true));
}

#[test]
fn a_value_too_long_for_an_expression_is_unreadable() {
    let value = vec![b'a'; 1025];
    let view = with_headers(&[("x-a", &value)]);
    assert_eq!(
        header(r#""regex":"b*""#, &view),
        Err(Undecided::UnreadableHeader)
    );
    assert_eq!(header(r#""prefix":"a""#, &view), Ok(true));
    let longest = with_headers(&[("x-a", value.get(1..).unwrap_or_default())]);
    assert_eq!(header(r#""regex":"a*""#, &longest), Ok(true));
}

#[test]
fn many_values_buy_no_more_work_of_an_expression_than_one() {
    let half = vec![b'a'; 512];
    let view = with_headers(&[("x-a", &half), ("x-a", &half)]);
    let unsaid = Err(Undecided::UnreadableHeader);
    assert_eq!(header(r#""regex":"b""#, &view), unsaid);
    assert_eq!(header(r#""regex":"b","invert":true"#, &view), unsaid);
    assert_eq!(header(r#""exact":"b""#, &view), Ok(false));
    assert_eq!(header(r#""present":true"#, &view), Ok(true));
    let unsaid = Err(Undecided::UnreadableQuery);
    assert_eq!(query(r#""regex":"b""#, &"a+b&".repeat(1025)), Ok(false));
    assert_eq!(query(r#""regex":"b""#, &"a+b&".repeat(1026)), unsaid);
}

#[test]
fn a_line_break_is_no_way_around_an_expression() {
    for text in ["a+b=%0Aadmin", "a+b=admin%0A", "a+b=ad%0D%0Amin"] {
        assert_eq!(query(r#""regex":".*ad.*min.*""#, text), Ok(true), "{text}");
    }
    assert_eq!(query(r#""regex":"(?-s:.*)""#, "a+b=%0A"), Ok(false));
}

#[test]
fn entries_add_up() {
    let both = matcher(r#"{"headers":[{"name":"a","exact":"1"},{"name":"b","exact":"2"}]}"#);
    assert_eq!(
        both.matches(&with_headers(&[("a", b"1"), ("b", b"2")])),
        Ok(true)
    );
    assert_eq!(both.matches(&with_headers(&[("a", b"1")])), Ok(false));
}

#[test]
fn query_names_and_values_are_decoded() {
    for text in [
        "a%20b=x%2By",
        "a+b=x%2By",
        "c=d&a+b=x%2by",
        "a+b=1&a+b=x%2By",
        "&&a+b=x%2By&",
    ] {
        assert_eq!(query(r#""exact":"x+y""#, text), Ok(true), "{text}");
    }
    for text in [
        "",
        "a+b=x+y",
        "ab=x%2By",
        "a%2Bb=x%2By",
        "A+b=x%2By",
        "a+b",
        "x=a+b=x%2By",
    ] {
        assert_eq!(query(r#""exact":"x+y""#, text), Ok(false), "{text}");
    }
    assert_eq!(query(r#""exact":"=x=""#, "a+b==x="), Ok(true));
    assert_eq!(query(r#""exact":"""#, "a+b"), Ok(true));
    assert_eq!(query(r#""present":true"#, "a+b"), Ok(true));
}

#[test]
fn a_query_ends_at_a_fragment_and_starts_at_the_first_question_mark() {
    let condition = matcher(r#"{"query":[{"name":"a","exact":"1?"}]}"#);
    assert_eq!(condition.matches(&get("/?a=1?#b")), Ok(true));
    assert_eq!(condition.matches(&get("/#?a=1?")), Ok(false));
    assert_eq!(condition.matches(&get("/")), Ok(false));
}

#[test]
fn a_broken_encoding_in_a_query_counts_where_it_could_matter() {
    let unsaid = Err(Undecided::UnreadableQuery);
    assert_eq!(query(r#""exact":"x""#, "a+b=%zz"), unsaid);
    assert_eq!(query(r#""exact":"x","invert":true"#, "a+b=%zz"), unsaid);
    assert_eq!(query(r#""exact":"x""#, "%=x"), unsaid);
    assert_eq!(query(r#""present":true"#, "a+b=%zz"), Ok(true));
    assert_eq!(query(r#""exact":"x""#, "other=%zz"), Ok(false));
    assert_eq!(query(r#""exact":"x""#, "%=x&a+b=x"), Ok(true));
}

#[test]
fn of_a_parameter_behind_a_semicolon_nothing_can_be_said() {
    let unsaid = Err(Undecided::UnreadableQuery);
    assert_eq!(query(r#""exact":"x""#, "c=d;a+b=x"), unsaid);
    assert_eq!(query(r#""exact":"x","invert":true"#, "c=d;a+b=x"), unsaid);
    assert_eq!(query(r#""present":true"#, ";a+b"), unsaid);
    assert_eq!(query(r#""exact":"x""#, "c=d;a+b=x&a+b=x"), Ok(true));
    assert_eq!(query(r#""exact":"x""#, "c=d;%;e=f"), Ok(false));
    assert_eq!(query(r#""exact":"x;y""#, "a+b=x;y"), Ok(true));
}

#[test]
fn every_cookie_of_the_name_is_seen() {
    let is_admin = r#""exact":"admin""#;
    for lines in [
        ["id=admin"].as_slice(),
        &["a=b; id=admin"],
        &["a=b;id=admin;c=d"],
        &["id=user; id=admin"],
        &["id=user", "id=admin"],
        &["  id = admin  "],
        &["id=\"admin\""],
        &["id=%61dmin"],
        &["id=\"%61dmin\""],
        &["%69d=admin"],
        &[";;; id=admin;"],
    ] {
        assert_eq!(cookie(is_admin, lines), Ok(true), "{lines:?}");
    }
    for lines in [
        [].as_slice(),
        &[""],
        &["idx=admin"],
        &["xid=admin"],
        &["ID=admin"],
        &["x=id=admin"],
        &["id=admin2"],
        &["id=\"admin"],
        &["id="],
        &["other"],
        &["=admin"],
    ] {
        assert_eq!(cookie(is_admin, lines), Ok(false), "{lines:?}");
    }
}

#[test]
fn a_cookie_value_may_hold_any_byte() {
    assert_eq!(cookie(r#""exact":"a=b""#, &["id=a=b"]), Ok(true));
    assert_eq!(cookie(r#""exact":"100%""#, &["id=100%"]), Ok(true));
    assert_eq!(cookie(r#""exact":"a+b""#, &["id=a+b"]), Ok(true));
    assert_eq!(
        cookie(r#""exact":"a","invert":true"#, &["id=\"a\""]),
        Ok(false)
    );
}

#[test]
fn of_a_cookie_without_a_value_nothing_can_be_said() {
    let unsaid = Err(Undecided::UnreadableCookie);
    assert_eq!(cookie(r#""exact":"""#, &["id"]), unsaid);
    assert_eq!(cookie(r#""present":true"#, &["a=b; id"]), unsaid);
    assert_eq!(cookie(r#""present":false"#, &["id"]), unsaid);
    assert_eq!(cookie(r#""present":true"#, &["id; id=1"]), Ok(true));
}

#[test]
fn exactly_one_test_is_configured() {
    for condition in [
        r#""name":"a""#,
        r#""name":"a","exact":"x","prefix":"y""#,
        r#""name":"a","exact":"x","present":true"#,
    ] {
        for field in ["headers", "query", "cookies"] {
            let problems = problems(&format!(r#"{{"{field}":[{{{condition}}}]}}"#));
            let expected = format!("match.{field}[0]: expected exactly one of exact, ");
            assert!(problems.starts_with(&expected), "{problems}");
        }
    }
}
