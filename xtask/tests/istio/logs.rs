//! Access logs: the format in Istio's own configuration, and who asks for it.

use serde_json::Value;

use crate::tree::{companions, documents, filters};

fn format() -> (String, serde_json::Map<String, Value>) {
    let values = documents("istio/istiod-values.yaml").remove(0);
    let provider = &values["meshConfig"]["extensionProviders"][0];
    let labels = &provider["envoyFileAccessLog"]["logFormat"]["labels"];
    let name = provider["name"].as_str().unwrap().to_owned();
    (name, labels.as_object().unwrap().clone())
}

#[test]
fn telemetry_asks_for_the_provider_that_the_values_define() {
    let telemetry = companions()
        .into_iter()
        .find(|resource| resource["kind"] == "Telemetry");
    let asked = &telemetry.unwrap()["spec"]["accessLogging"][0]["providers"][0]["name"];
    assert_eq!(*asked, format().0);
}

#[test]
fn the_log_has_decision_rule_and_reason_of_each_filter() {
    let labels = format().1;
    for filter in filters() {
        for field in ["decision", "rule", "reason"] {
            let command = format!("%FILTER_STATE(wasm.gatepost.{filter}.{field}:PLAIN)%");
            assert!(labels.values().any(|value| *value == command), "{command}");
        }
    }
}
