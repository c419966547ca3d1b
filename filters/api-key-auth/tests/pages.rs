//! The documents that the pages show are documents.
#![allow(clippy::expect_used, clippy::panic)]

mod support;

use gatepost_test_host::TestProxy;
use support::each_code;

const PAGES: [(&str, &str); 1] = [("README.md of the filter", include_str!("../README.md"))];

/// What stands between "```json" and "```".
fn documents(page: &'static str) -> impl Iterator<Item = &'static str> {
    page.split("```json\n")
        .skip(1)
        .filter_map(|rest| rest.split("```").next())
}

#[test]
fn every_document_of_a_page_is_accepted() {
    each_code(|code| {
        for (name, page) in PAGES {
            assert!(documents(page).count() > 0, "{name} shows no document");
            for document in documents(page) {
                let mut proxy = TestProxy::new(code);
                assert!(proxy.configure(document), "{name}: {}", proxy.log_text());
            }
        }
    });
}
