//! The one normalisation of a path.

use gatepost_http_match::{NormalPath, normalise_path};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

#[test]
fn a_normal_path_stays() {
    for path in [
        "/",
        "/a",
        "/a/",
        "/a/b.c",
        "/.well-known/x",
        "/...",
        "/a..b",
        "/a.",
        "/caf%C3%A9",
        "/a%20b",
        "/100%25",
        "/a|b",
        "/[x]",
        "/%7Bid%7D",
        "/a=b,c&d:@!$'()*+",
        "/~u",
        "/%25zz",
        "/%E0%A0%80",
        "/%F0%90%80%80",
        "/%E0%20%80",
        "/m%FCller",
    ] {
        assert_eq!(normalise_path(path.as_bytes()), NormalPath::Same, "{path}");
    }
}

#[test]
fn other_paths_have_one_normal_form() {
    for (path, normal) in [
        // 1: percent-encodings
        ("/%61dmin", "/admin"),
        ("/%41%5F%7e%2D", "/A_~-"),
        ("/%2561dmin", "/admin"),
        ("/%252561dmin", "/admin"),
        ("/%25%36%31dmin", "/admin"),
        ("/caf%c3%a9", "/caf%C3%A9"),
        ("/users/%40bob", "/users/@bob"),
        ("/%257a", "/z"),
        // 2: separators
        ("/a%2Fb", "/a/b"),
        ("/a%2fb", "/a/b"),
        ("/a%252Fb", "/a/b"),
        ("/a%5Cb", "/a/b"),
        (r"/a\b", "/a/b"),
        ("/a%2F", "/a/"),
        // 3: encoded ends
        ("/a%3Fb%23c", "/a"),
        ("/a%3f", "/a"),
        ("/a%23/b", "/a"),
        ("/a%253Fb", "/a"),
        ("/a/%3Fb/c", "/a/"),
        ("/%3F", "/"),
        ("//a%2Fb%3F//%2F", "/a/b"),
        ("/%61%3F%62", "/a"),
        // 4: parameters
        ("/a;x=1/b;y", "/a/b"),
        ("/a;", "/a"),
        ("/;x/a", "/a"),
        ("/a/;x", "/a/"),
        ("/a%3Bx", "/a"),
        // 5: empty segments
        ("//", "/"),
        ("//a", "/a"),
        ("/a//b///c//", "/a/b/c/"),
        // 6: dot segments
        ("/.", "/"),
        ("/..", "/"),
        ("/../a", "/a"),
        ("/a/.", "/a/"),
        ("/a/..", "/"),
        ("/a/./b", "/a/b"),
        ("/a/b/../c", "/a/c"),
        ("/a/b/../../../c", "/c"),
        ("/caf%C3%A9/../a", "/a"),
        ("/a/%2e%2e/b", "/b"),
        ("/a/%2E./b", "/b"),
        ("/a/%252e%252e/b", "/b"),
        // 7: what browsers encode
        ("/{id}", "/%7Bid%7D"),
        ("/<\"^`>", "/%3C%22%5E%60%3E"),
    ] {
        let expected = match path == normal {
            true => NormalPath::Same,
            false => NormalPath::Differs(normal.as_bytes().to_vec()),
        };
        assert_eq!(normalise_path(path.as_bytes()), expected, "{path}");
        assert_eq!(
            normalise_path(normal.as_bytes()),
            NormalPath::Same,
            "{normal}"
        );
    }
}

#[test]
fn where_steps_do_not_commute_there_is_no_normal_form() {
    for path in [
        // A dot segment beside what some servers take for another structure.
        "/user/..;x=y/admin",
        "/user/..;/admin",
        "/user/.;/admin",
        "/user/..%3B/admin",
        "/a;x/../b",
        "/a//../b",
        "//a/./b",
        "/a%2F../b",
        "/a/..%2Fb",
        "/a%2F..%2Fb",
        "/a%252F..%252Fb",
        r"/a\..\b",
        "/a%5C..%5Cb",
        "/a/../b/%2e%2e/c",
        "/a/../b/./c",
        "/a/%2e%2e/b/%252e%252e/c",
        "/%61/../b",
        "/a/%2e%2e/%62",
        "/{a}/../b",
        // Parameters that may hold a separator.
        "/a;x%2Fb",
        "/a;x\\b",
        "/a%3Bx%2Fb",
        // Ends that hide dot segments, or parameters that hide an end.
        "/a/..%3Fx",
        "/a%3F/../b",
        "/a%23/..%3Fb/c",
        "/a%3F/.",
        "/a/../b%23",
        "/a;%3F/b",
        "/a%3F;/b",
        // Broken encodings, and where C ends a string.
        "/%",
        "/%2",
        "/%zz",
        "/%u002e",
        "/a%00b",
        "/a%2500b",
        "/%00",
        // Overlong UTF-8, of two to six octets.
        "/a%c0%afb",
        "/%c0%ae%c0%ae/a",
        "/a%C1%9Cb",
        "/a%e0%80%afb",
        "/a%f0%80%80%afb",
        "/a%f8%80%80%80%afb",
        "/a%fc%80%80%80%80%afb",
        "/a%25c0%25afb",
        "/a%c0",
    ] {
        assert_eq!(
            normalise_path(path.as_bytes()),
            NormalPath::Disputed,
            "{path}"
        );
    }
}
