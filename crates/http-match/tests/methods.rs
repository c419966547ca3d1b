//! Methods.
#![allow(clippy::panic)]

mod support;

use gatepost_http_match::{Headers, RequestView, Undecided};
use support::{matcher, problems, request};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

#[test]
fn any_of_the_methods_matches() {
    let matcher = matcher(r#"{"methods":["GET","M-SEARCH"]}"#);
    let check = |method| matcher.matches(&request(method, "a", b"/", &[]));
    assert_eq!(check("GET"), Ok(true));
    assert_eq!(check("M-SEARCH"), Ok(true));
    assert_eq!(check("POST"), Ok(false));
    assert_eq!(check("GETX"), Ok(false));
}

#[test]
fn of_a_method_in_other_letters_nothing_can_be_said() {
    let matcher = matcher(r#"{"methods":["DELETE"]}"#);
    for method in ["delete", "Delete"] {
        let result = matcher.matches(&request(method, "a", b"/", &[]));
        assert_eq!(result, Err(Undecided::UnreadableMethod));
    }
    let missing = RequestView::new(Headers::new([(":path", "/")]));
    assert_eq!(matcher.matches(&missing), Err(Undecided::UnreadableMethod));
}

#[test]
fn a_configured_method_is_in_upper_case() {
    for method in ["get", "", "GE T", "*", "GET\u{e4}"] {
        let problems = problems(&format!(r#"{{"methods":["{method}"]}}"#));
        assert!(
            problems.starts_with("match.methods[0]: expected a method in upper"),
            "{problems}"
        );
    }
}
