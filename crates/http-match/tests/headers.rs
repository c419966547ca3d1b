//! The header map.
#![allow(clippy::unwrap_used)]

use gatepost_http_match::{Entry, Headers, HeadersError, Repeated, RequestView, owned_spelling};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

#[test]
fn all_values_of_a_repeated_header_are_seen_in_order() {
    let headers = Headers::new([("x-role", "user"), ("x-other", "1"), ("X-Role", "admin")]);
    assert_eq!(
        headers.all("x-ROLE").collect::<Vec<_>>(),
        [b"user".as_slice(), b"admin"]
    );
    assert_eq!(headers.first("x-role"), Some(b"user".as_slice()));
    assert_eq!(headers.single("x-role"), Err(Repeated));
    assert_eq!(headers.single("x-other"), Ok(Some(b"1".as_slice())));
    assert_eq!(headers.single("x-none"), Ok(None));
    assert_eq!(headers.len(), 3);
}

#[test]
fn a_value_need_not_be_utf8() {
    let headers = Headers::new([(b"x".as_slice(), b"\xff\x00\xfe".as_slice())]);
    assert_eq!(headers.first("x"), Some(b"\xff\x00\xfe".as_slice()));
}

#[test]
fn parts_become_a_map_without_a_copy() {
    let bytes = b"x-aonex-btwo".to_vec();
    let entries = vec![Entry::new(0..3, 3..6), Entry::new(6..9, 9..12)];
    let headers = Headers::from_parts(bytes, entries).unwrap();
    let all: Vec<_> = headers.iter().collect();
    assert_eq!(
        all,
        [(b"x-a".as_slice(), b"one".as_slice()), (b"x-b", b"two")]
    );
}

#[test]
fn a_range_outside_of_the_buffer_is_refused() {
    let parts = |name, value| Headers::from_parts(b"abc".to_vec(), vec![Entry::new(name, value)]);
    assert!(parts(0..1, 1..3).is_ok());
    assert!(parts(0..1, 3..3).is_ok());
    #[allow(clippy::reversed_empty_ranges)]
    let reversed = 2..1;
    for value in [1..4, 4..4, usize::MAX..usize::MAX, reversed] {
        assert_eq!(parts(0..1, value).unwrap_err(), HeadersError::OutOfRange);
    }
    assert_eq!(parts(1..1, 1..3).unwrap_err(), HeadersError::EmptyName);
}

#[test]
fn an_owned_header_is_removed_in_every_spelling() {
    let mut headers = Headers::new([
        (":path", "/"),
        ("x-sub", "1"),
        ("x_sub", "2"),
        ("X-Sub", "3"),
        ("x_sub", "4"),
        ("x-subject", "5"),
        ("xsub", "6"),
    ]);
    let removed = headers.remove_matching(|name| owned_spelling(name, b"X_SUB"));
    assert_eq!(
        removed,
        [b"x-sub".to_vec(), b"x_sub".to_vec(), b"X-Sub".to_vec()]
    );
    let left: Vec<_> = headers.iter().map(|(name, _)| name.to_vec()).collect();
    assert_eq!(
        left,
        [b":path".to_vec(), b"x-subject".to_vec(), b"xsub".to_vec()]
    );
}

#[test]
fn only_headers_that_are_there_are_removed() {
    let mut headers = Headers::new([("a", "1")]);
    assert!(headers.remove_matching(|name| name == b"b").is_empty());
    assert_eq!(headers.len(), 1);
}

#[test]
fn a_pseudo_header_cannot_be_removed() {
    let mut headers = Headers::new([(":path", "/"), ("a", "1")]);
    assert_eq!(headers.remove_matching(|_| true), [b"a".to_vec()]);
    assert_eq!(headers.path(), Some(b"/".as_slice()));
}

#[test]
fn a_header_that_is_set_has_one_value() {
    let mut headers = Headers::new([("a", "1"), ("b", "2"), ("A", "3")]);
    headers.set("a", b"new");
    headers.set("c", b"");
    let all: Vec<_> = headers.iter().collect();
    assert_eq!(
        all,
        [
            (b"a".as_slice(), b"new".as_slice()),
            (b"b", b"2"),
            (b"c", b"")
        ]
    );
}

#[test]
fn a_pending_change_of_a_pseudo_header_changes_no_verdict() {
    let mut view = RequestView::new(Headers::new([
        (":method", "GET"),
        (":authority", "a.example"),
        (":path", "/a?x"),
    ]));
    view.set_header(":path", b"/b?y");
    view.set_header(":authority", b"b.example");
    view.set_header(":method", b"POST");
    assert_eq!(view.headers().path(), Some(b"/b?y".as_slice()));
    assert_eq!(view.raw_path(), Some(b"/a".as_slice()));
    assert_eq!(view.query(), Ok(Some(b"x".as_slice())));
    assert_eq!(view.method(), Some(b"GET".as_slice()));
}

#[test]
fn debug_output_holds_no_values() {
    let headers = Headers::new([("authorization", "secret")]);
    let text = format!("{headers:?}");
    assert!(
        text.contains("authorization") && !text.contains("secret"),
        "{text}"
    );
}
