//! Documents of chains: what is taken, and what is said of what is not.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod support;

use gatepost_test_host::{RequestParts, TestProxy};
use support::{each_code, refusal};

#[test]
fn what_is_wrong_with_a_chain_is_said_with_its_path() {
    let learn = r#"{"learn": {"from": "a"}}"#;
    let many = vec![learn; 33].join(",");
    let table = [
        (
            "",
            "document: expected a configuration document, found nothing",
        ),
        (
            "  \n",
            "document: expected a configuration document, found nothing",
        ),
        ("[]", "document: "),
        ("{}", "document: missing field `filters`"),
        (r#"{"filters": {}}"#, "filters: invalid type: "),
        (r#"{"filters": null}"#, "filters: invalid type: null"),
        (r#"{"filters": []}"#, "filters: expected 1 to 32 filters"),
        (
            &format!(r#"{{"filters": [{many}]}}"#),
            "filters: expected 1 to 32 filters",
        ),
        (
            &format!(r#"{{"filters": [{learn}], "filters": []}}"#),
            "duplicate field `filters`",
        ),
        (
            &format!(r#"{{"filters": [{learn}], "x": 1}}"#),
            "unknown field `x`",
        ),
        (
            r#"{"filters": [7]}"#,
            "filters[0]: invalid type: integer `7`",
        ),
        (
            r#"{"filters": [{}]}"#,
            "filters[0]: expected one filter, found none",
        ),
        (
            r#"{"filters": [{"name": "a"}]}"#,
            "filters[0]: expected one filter, found none",
        ),
        (
            &format!(r#"{{"filters": [{learn}, {{"learn": {{"from": "a"}}, "gate": {{}}}}]}}"#),
            "filters[1]: expected one filter, found `learn` and `gate`",
        ),
        (
            r#"{"filters": [{"learn": {"from": "a"}, "learn": {"from": "b"}}]}"#,
            "expected one filter, found `learn` and `learn`",
        ),
        (
            r#"{"filters": [{"lern": {}}]}"#,
            "filters[0].lern: expected a filter of this module: learn, gate, ask, keys, trace, probe",
        ),
        (
            &format!(r#"{{"filters": [{learn}, {{"gate": {{}}}}, {learn}]}}"#),
            "filters[2].name: expected a name of its own: another filter is `learn`",
        ),
        (
            &format!(r#"{{"filters": [{learn}, {{"name": "learn", "gate": {{}}}}]}}"#),
            "filters[1].name: expected a name of its own: another filter is `learn`",
        ),
        (
            r#"{"filters": [{"name": "A b", "gate": {}}]}"#,
            "filters[0].name: invalid value: string \"A b\", expected a name of 1 to 64 characters",
        ),
        (
            r#"{"filters": [{"name": "a", "name": "b", "gate": {}}]}"#,
            "duplicate field `name`",
        ),
        (
            r#"{"filters": [{"name": null, "gate": {}}]}"#,
            "filters[0].name: invalid type: null",
        ),
        (
            r#"{"filters": [{"name": "chain", "gate": {}}]}"#,
            "filters[0].name: expected another name: `chain` stands for the chain itself",
        ),
        (
            r#"{"filters": [{"gate": 7}]}"#,
            "filters[0].gate: invalid type: integer `7`",
        ),
        (
            &format!(r#"{{"filters": [{learn}, {{"gate": {{"rules": [{{"name": "R"}}]}}}}]}}"#),
            "filters[1].gate.rules[0].name: invalid value: string \"R\"",
        ),
        (
            r#"{"filters": [{"gate": {"on_deny": {"status": 200}}}, {"learn": {}}]}"#,
            "filters[0].gate.on_deny.status: expected a status from 400 to 599, found 200; \
             filters[1].learn: missing field `from`",
        ),
        (r#"{"filters": [{"gate": {}}]} x"#, "trailing characters"),
    ];
    each_code(|code| {
        for (document, expected) in &table {
            let said = refusal(code, document);
            assert!(said.contains(expected), "{document}: {said}");
        }
    });
}

#[test]
fn rules_have_names_of_their_own() {
    each_code(|code| {
        for (rules, expected) in [
            (
                r#"{"name": "a"}, {"name": "a"}"#,
                "rules[1].name: expected a name of its own",
            ),
            (
                r#"{"name": "default"}"#,
                "rules[0].name: expected another name: `default` stands",
            ),
            (
                r#"{"name": "none"}"#,
                "rules[0].name: expected another name: `none` stands",
            ),
            (r#"{}"#, "rules[0]: missing field `name`"),
        ] {
            let document = format!(r#"{{"filters": [{{"gate": {{"rules": [{rules}]}}}}]}}"#);
            let said = refusal(code, &document);
            assert!(
                said.contains(&format!("filters[0].gate.{expected}")),
                "{said}"
            );
        }
    });
}

#[test]
fn a_report_of_many_problems_is_bounded() {
    let rules = vec![r#"{"name": "a"}"#; 5000].join(",");
    each_code(|code| {
        let said = refusal(
            code,
            &format!(r#"{{"filters": [{{"gate": {{"rules": [{rules}]}}}}]}}"#),
        );
        assert!(said.len() < 8000, "{}", said.len());
        assert!(said.contains("and 4979 more"), "{said}");
    });
}

#[test]
fn a_document_may_come_as_the_vms_configuration() {
    each_code(|code| {
        let mut proxy = TestProxy::new(code);
        assert!(proxy.configure_vm(r#"{"filters": [{"gate": {"rules": [{"name": "all"}]}}]}"#));
        proxy.refused(&RequestParts::get("/"));
    });
}

#[test]
fn a_torn_or_hostile_document_is_refused_and_nothing_falls_over() {
    let whole = r#"{"filters": [{"name": "g", "gate": {"rules": [{"name": "a\u0041"}]}}]}"#;
    each_code(|code| {
        let mut proxy = TestProxy::new(code);
        for end in 0..whole.len() {
            assert!(!proxy.configure(whole.get(..end).unwrap()), "{end}");
        }
        for hostile in [
            "{".repeat(5000),
            "[".repeat(5000),
            format!(r#"{{"filters":{}"#, "[".repeat(200)),
            "\"\\".to_owned(),
        ] {
            assert!(!proxy.configure(&hostile));
        }
    });
}
