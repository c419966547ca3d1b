//! Query parameters and cookies, one by one and without some of them.

use gatepost_http_match::{
    Undecided, cookies, parameters, query_of, without_cookies, without_parameters,
};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

#[test]
fn the_query_ends_where_the_fragment_begins() {
    for (path, query) in [
        ("/a", None),
        ("/a?", Some("")),
        ("/a?b=c?d", Some("b=c?d")),
        ("/a?b#c?d", Some("b")),
        ("/a#b?c", None),
        ("?b", Some("b")),
    ] {
        let expected = query.map(str::as_bytes);
        assert_eq!(query_of(path.as_bytes()), expected, "{path}");
    }
}

#[test]
fn a_parameter_is_decoded_once() {
    let query = b"token=a%2Bb+c&t%6fken=%25 41&token&%zz=1&token=%f";
    let values: Vec<_> = parameters(query)
        .filter(|parameter| parameter.is_named(b"token") == Ok(true))
        .map(|parameter| parameter.value().map(|value| value.into_owned()))
        .collect();
    let expected: [Option<&[u8]>; 4] = [Some(b"a+b c"), Some(b"% 41"), Some(b""), None];
    assert_eq!(values, expected.map(|value| value.map(<[u8]>::to_vec)));
    let unreadable = parameters(query).filter(|parameter| parameter.is_named(b"token").is_err());
    assert_eq!(unreadable.count(), 1);
    assert_eq!(
        parameters(b"%zz").next().map(|one| one.is_named(b"a")),
        Some(Err(Undecided::UnreadableQuery))
    );
}

#[test]
fn a_parameter_behind_a_semicolon_is_hidden() {
    for (query, hidden) in [
        ("a=1;token=x", true),
        ("a=1;t%6Fken", true),
        ("token=1;b=2", false),
        ("a=1;tokens=2", false),
    ] {
        let is_hidden = parameters(query.as_bytes()).any(|one| one.hides(b"token"));
        assert_eq!(is_hidden, hidden, "{query}");
    }
}

#[test]
fn what_is_kept_of_a_path_is_kept_byte_for_byte() {
    let without = |path: &str| {
        without_parameters(path.as_bytes(), |one| one.is_named(b"t") == Ok(true))
            .map(|path| String::from_utf8_lossy(&path).into_owned())
    };
    for (path, expected) in [
        ("/a?t=1", Some("/a")),
        ("/a?t=1#f", Some("/a#f")),
        ("/a?t=1&b=%7e+&t", Some("/a?b=%7e+")),
        ("/a?b=1&%74=2&c=3#t=4", Some("/a?b=1&c=3#t=4")),
        ("/a?&t=1&", Some("/a?&")),
        ("/a%2f?x&t=%zz", Some("/a%2f?x")),
        ("/a?b=t=1", None),
        ("/a?%zz=1", None),
        ("/a?", None),
        ("/a#?t=1", None),
    ] {
        assert_eq!(without(path).as_deref(), expected, "{path}");
    }
}

#[test]
fn a_cookie_has_a_name_and_perhaps_a_value() {
    let line = br#" a=1 ;b="2";c; d = x=y ;e=" "#;
    let values: Vec<_> = cookies(line).map(|cookie| cookie.value()).collect();
    let expected: [Option<&[u8]>; 5] =
        [Some(b"1"), Some(b"\"2\""), None, Some(b"x=y"), Some(b"\"")];
    assert_eq!(values, expected);
    let bare: Vec<_> = cookies(line).map(|cookie| cookie.bare_value()).collect();
    let expected: [Option<&[u8]>; 5] = [Some(b"1"), Some(b"2"), None, Some(b"x=y"), Some(b"\"")];
    assert_eq!(bare, expected);
    assert!(cookies(b"%61=1").all(|cookie| cookie.is_named(b"a")));
    assert!(!cookies(b"A=1").any(|cookie| cookie.is_named(b"a")));
}

#[test]
fn what_is_kept_of_cookies_is_one_line() {
    let without = |lines: &[&str]| {
        let lines = lines.iter().map(|line| line.as_bytes());
        without_cookies(lines, |cookie| cookie.is_named(b"t"))
            .map(|line| String::from_utf8_lossy(&line).into_owned())
    };
    for (lines, expected) in [
        (&["a=1; t=2; b=3"][..], Some("a=1; b=3")),
        (&["t=2; b=3"], Some("b=3")),
        (&["t=2"], Some("")),
        (&["t"], Some("")),
        (&["a=1", "t=2", "b=3;t=4;c=5"], Some("a=1; b=3;c=5")),
        (&["a=1", "b=2"], None),
        (&["a=t=1"], None),
    ] {
        assert_eq!(without(lines).as_deref(), expected, "{lines:?}");
    }
}
