//! What is known of a request beyond one run, and of the proxy's environment.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

mod support;

use std::cell::RefCell;
use std::rc::Rc;

use gatepost_test_host::{RequestParts, TestProxy, values};
use support::{each_code, reason};

const REMEMBER: &str = r#"{"filters": [{"remember": {"from": "x-user"}}]}"#;

/// A proxy with the document, and the arguments with which it was asked to keep
/// something for the life of a request.
fn remembering(proxy: &mut TestProxy, document: &str) -> Rc<RefCell<Vec<Vec<u8>>>> {
    let asked = Rc::new(RefCell::new(Vec::new()));
    let seen = Rc::clone(&asked);
    proxy.add_foreign_function("declare_property", move |argument| {
        seen.borrow_mut().push(argument.to_vec());
        Ok(Vec::new())
    });
    assert!(proxy.configure(document), "refused: {}", proxy.log_text());
    asked
}

/// The second run of a request: without what the first has stripped, with the filter
/// state that it has left.
fn again(proxy: &TestProxy, first: gatepost_test_host::Sent) -> RequestParts {
    let left = proxy.properties(first);
    left.iter()
        .fold(RequestParts::get("/elsewhere"), |request, (path, value)| {
            request.property(path, value)
        })
}

#[test]
fn what_was_kept_is_recalled_by_the_next_run() {
    each_code(|code| {
        let mut proxy = TestProxy::new(code);
        let asked = remembering(&mut proxy, REMEMBER);
        let first = proxy.send(&RequestParts::get("/").header("x-user", "alice"));
        assert_eq!(values(&proxy.request_headers(first), "x-user"), [""; 0]);
        let second = again(&proxy, first).header("x-sub", "root");
        assert_eq!(values(&proxy.passed(&second), "x-sub"), ["alice"]);
        let sent = proxy.send(&RequestParts::get("/"));
        assert_eq!(reason(&proxy, sent), "user_missing");
        // By a name of 2 varint bytes, with the span of the request.
        let argument = asked.borrow()[0].clone();
        assert_eq!(argument[..3], [0x0a, 0x80 | 55, 0]);
        assert!(argument[3..].starts_with(b"gatepost.remember.kept."));
        assert_eq!(argument[3 + 55..], [0x28, 1]);
    });
}

#[test]
fn what_was_kept_under_another_document_is_not_ones_own() {
    each_code(|code| {
        let mut proxy = TestProxy::new(code);
        remembering(&mut proxy, REMEMBER);
        let first = proxy.send(&RequestParts::get("/").header("x-user", "alice"));
        let second = again(&proxy, first);
        let mut other = TestProxy::new(code);
        remembering(&mut other, &REMEMBER.replace("x-user", "x-name"));
        let sent = other.send(&second);
        assert_eq!(reason(&other, sent), "user_missing");
    });
}

#[test]
fn a_proxy_that_keeps_nothing_is_told_of() {
    each_code(|code| {
        let mut proxy = TestProxy::new(code);
        assert!(proxy.configure(REMEMBER));
        assert!(proxy.log_text().contains("remember: nothing is remembered"));
        let first = proxy.send(&RequestParts::get("/").header("x-user", "alice"));
        assert_eq!(values(&proxy.request_headers(first), "x-sub"), ["alice"]);
        let second = again(&proxy, first);
        let sent = proxy.send(&second);
        assert_eq!(reason(&proxy, sent), "user_missing");
    });
}

#[test]
fn a_proxy_that_cannot_say_what_was_kept_lets_nobody_pass() {
    each_code(|code| {
        let mut proxy = TestProxy::new(code);
        remembering(&mut proxy, REMEMBER);
        proxy.fail("proxy_get_property", 10);
        let reply = proxy.refused(&RequestParts::get("/"));
        assert_eq!(
            (reply.status, reply.details.as_str()),
            (503, "user_unreadable")
        );
    });
}

#[test]
fn an_environment_variable_is_what_the_proxy_gives_the_module() {
    each_code(|code| {
        for (given, told) in [
            (&[][..], "env=none"),
            (&[("OTHER", "1"), ("GATEPOST_TEST", "a=b c")], "env=a=b c"),
            (&[("GATEPOST_TEST", "")], "env="),
        ] {
            let mut proxy = TestProxy::new(code);
            proxy.add_foreign_function("echo", |argument| Ok(argument.to_vec()));
            for (name, value) in given {
                proxy.set_environment(name, value);
            }
            let document = r#"{"filters": [{"probe": {"foreign_function": "echo", "environment": "GATEPOST_TEST"}}]}"#;
            assert!(proxy.configure(document), "refused: {}", proxy.log_text());
            let headers = proxy.passed(&RequestParts::get("/"));
            let probed = values(&headers, "x-probe").concat();
            assert!(probed.ends_with(told), "{probed}");
        }
    });
}
