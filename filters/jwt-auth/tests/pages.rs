//! The documents that the page shows are documents.
#![allow(clippy::expect_used, clippy::panic)]

mod support;

use gatepost_test_host::TestProxy;
use support::each_code;

const PAGE: &str = include_str!("../README.md");

/// What stands between "```json" and "```".
fn documents() -> impl Iterator<Item = &'static str> {
    PAGE.split("```json\n")
        .skip(1)
        .filter_map(|rest| rest.split("```").next())
}

#[test]
fn every_document_of_the_page_is_accepted() {
    each_code(|code| {
        assert!(documents().count() > 0, "it shows no document");
        for document in documents() {
            let mut proxy = TestProxy::new(code);
            assert!(proxy.configure(document), "{}", proxy.log_text());
        }
    });
}
