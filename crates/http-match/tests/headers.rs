//! The header map.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use gatepost_http_match::{HeaderNames, Headers, HeadersError, Layout, Repeated, RequestView};
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
fn a_buffer_becomes_a_map_without_a_copy() {
    let bytes = b"..x-a=one&x-b=two&".to_vec();
    let address = bytes.as_ptr();
    let mut layout = Layout::new(2, 2);
    layout.extend([(3, 3), (3, 3)].into_iter());
    let headers = Headers::laid_out(bytes, layout).unwrap();
    let all: Vec<_> = headers.iter().collect();
    assert_eq!(
        all,
        [(b"x-a".as_slice(), b"one".as_slice()), (b"x-b", b"two")]
    );
    assert_eq!(all[0].0.as_ptr(), address.wrapping_add(2));
}

#[test]
fn a_header_outside_of_the_buffer_is_refused() {
    let read = |bytes: &str, lengths: &[(usize, usize)]| {
        let mut layout = Layout::new(0, lengths.len());
        layout.extend(lengths.iter().copied());
        Headers::laid_out(bytes.into(), layout).map(|headers| headers.len())
    };
    assert_eq!(read("a=b", &[(1, 1)]), Ok(1));
    assert_eq!(read("a=", &[(1, 0)]), Ok(1));
    assert_eq!(read("a=b&c=d&", &[(1, 1), (1, 1)]), Ok(2));
    for lengths in [
        &[(1, 2)][..],
        &[(3, 1)],
        &[(1, 1), (1, 0)],
        &[(usize::MAX, 0)],
        &[(1, usize::MAX)],
        &[(usize::MAX, usize::MAX), (usize::MAX, usize::MAX)],
    ] {
        assert_eq!(read("a=b", lengths), Err(HeadersError::OutOfRange));
    }
    assert_eq!(read("=b", &[(0, 1)]), Err(HeadersError::EmptyName));
}

/// Removes headers; the names that were told.
fn removed(headers: &mut Headers, name: &str) -> Vec<String> {
    let mut names = Vec::new();
    headers.remove_spelled(&HeaderNames::new([name]), |name| {
        names.push(String::from_utf8(name.to_vec()).unwrap());
    });
    names
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
    let removed = removed(&mut headers, "X_SUB");
    assert_eq!(removed, ["x-sub", "x_sub", "X-Sub", "x_sub"]);
    let left: Vec<_> = headers.iter().map(|(name, _)| name.to_vec()).collect();
    assert_eq!(
        left,
        [b":path".to_vec(), b"x-subject".to_vec(), b"xsub".to_vec()]
    );
}

#[test]
fn only_headers_that_are_there_are_removed() {
    let mut headers = Headers::new([("a", "1")]);
    assert!(removed(&mut headers, "b").is_empty());
    assert_eq!(headers.len(), 1);
}

#[test]
fn a_pseudo_header_cannot_be_removed() {
    let mut headers = Headers::new([(":path", "/"), ("a", "1")]);
    assert!(removed(&mut headers, ":path").is_empty());
    headers.remove_named(":path", |_| {});
    assert_eq!(removed(&mut headers, "a"), ["a"]);
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
