//! What holds of every manifest.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::tree::{Attached, PLACES, attached, documents, files, filters, text, walk};

/// Beyond this a double does not hold every integer, and Istio's numbers are doubles.
const LARGEST_INTEGER: f64 = 9_007_199_254_740_992.0;

/// A Helm values file, and no resource.
const VALUES: &str = "istio/istiod-values.yaml";

fn each(check: impl Fn(&Attached)) {
    let all = attached();
    assert_eq!(all.len(), PLACES.len() * filters().len());
    all.iter().for_each(check);
}

#[test]
fn every_file_is_yaml_of_named_resources() {
    let files = files("istio");
    assert!(files.len() > PLACES.len() * filters().len(), "{files:?}");
    for file in files.iter().filter(|file| *file != VALUES) {
        let resources = documents(file);
        assert!(!resources.is_empty(), "{file}");
        for resource in resources {
            let version = resource["apiVersion"].as_str().unwrap_or_default();
            if resource["kind"] == "Kustomization" {
                assert_eq!(version, "kustomize.config.k8s.io/v1beta1", "{file}");
                continue;
            }
            assert!(version.contains(".istio.io/v1"), "{file}: {version}");
            for member in ["name", "namespace"] {
                let name = resource["metadata"][member].as_str().unwrap_or_default();
                let is_label =
                    |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
                assert!(
                    (1..=63).contains(&name.len()) && name.bytes().all(is_label),
                    "{file}: {name}"
                );
            }
        }
    }
}

#[test]
fn each_place_has_each_filter_under_its_own_name_and_nothing_else() {
    each(|attached| {
        let file = attached.file();
        assert_eq!(attached.manifest["kind"], attached.place.kind, "{file}");
        assert_eq!(
            attached.manifest["apiVersion"], "extensions.istio.io/v1alpha1",
            "{file}"
        );
        assert_eq!(
            attached.manifest["metadata"]["name"], attached.filter,
            "{file}"
        );
        assert_eq!(attached.wasm()["pluginName"], attached.filter, "{file}");
    });
    for place in PLACES {
        let mut expected = filters();
        expected.push("kustomization".to_owned());
        let expected: BTreeSet<String> = expected
            .iter()
            .map(|name| format!("istio/{}/{name}.yaml", place.folder))
            .collect();
        let found: BTreeSet<String> = files(&format!("istio/{}", place.folder))
            .into_iter()
            .collect();
        assert_eq!(found, expected);
    }
}

#[test]
fn a_filter_is_attached_by_what_works_at_its_place() {
    each(|attached| {
        let (file, spec) = (attached.file(), &attached.manifest["spec"]);
        match attached.place.target {
            "selector" => {
                assert!(
                    !spec["selector"]["matchLabels"]
                        .as_object()
                        .unwrap()
                        .is_empty(),
                    "{file}"
                );
                assert_eq!(spec.get("targetRefs"), None, "{file}");
            }
            kind => {
                assert_eq!(spec["targetRefs"][0]["kind"], kind, "{file}");
                assert_eq!(spec.get("selector"), None, "{file}");
            }
        }
        // A sidecar has outgoing listeners too; a waypoint knows no CLIENT and no ports,
        // and a gateway is CLIENT.
        let expected = json!([{"mode": "SERVER"}]);
        let expected = attached.place.is_sidecar.then_some(&expected);
        assert_eq!(spec.get("match"), expected, "{file}");
    });
}

#[test]
fn phase_and_priority_are_said_and_are_the_same_at_every_place() {
    let mut priorities: BTreeMap<String, BTreeSet<i64>> = BTreeMap::new();
    for attached in attached() {
        let (file, spec) = (attached.file(), &attached.manifest["spec"]);
        assert_eq!(spec["phase"], "AUTHN", "{file}");
        let priority = spec["priority"]
            .as_i64()
            .unwrap_or_else(|| panic!("{file}"));
        priorities
            .entry(attached.filter)
            .or_default()
            .insert(priority);
    }
    let page = text("istio/README.md");
    let mut order: Vec<(i64, &str)> = Vec::new();
    for (filter, found) in &priorities {
        assert_eq!(found.len(), 1, "{filter}: {found:?}");
        let said = found.iter().map(|priority| format!("{filter} {priority}"));
        said.for_each(|said| assert!(page.contains(&said), "the page must say {said}"));
        order.extend(found.iter().map(|priority| (*priority, filter.as_str())));
    }
    order.sort_by_key(|(priority, _)| -priority);
    let order: Vec<&str> = order.into_iter().map(|(_, filter)| filter).collect();
    assert_eq!(
        order,
        ["ip-allowlist", "jwt-auth", "api-key-auth"],
        "higher runs first"
    );
    let distinct: BTreeSet<&BTreeSet<i64>> = priorities.values().collect();
    assert_eq!(distinct.len(), priorities.len(), "or their age decides");
}

#[test]
fn nobody_passes_where_a_filter_cannot_run() {
    each(|attached| {
        assert_eq!(
            attached.wasm()["failStrategy"],
            "FAIL_RELOAD",
            "{}",
            attached.file()
        )
    });
}

#[test]
fn the_only_url_is_one_that_validation_refuses_until_it_is_pinned() {
    each(|attached| {
        let url = format!(
            "oci://%REGISTRY%/gatepost/{}@sha256:%DIGEST%",
            attached.filter
        );
        let (file, wasm) = (attached.file(), attached.wasm());
        assert_eq!(wasm["url"], url, "{file}");
        // What could name another module, or pull a newer one.
        for member in [
            "sha256",
            "imagePullPolicy",
            "verificationKey",
            "type",
            "vmConfig",
        ] {
            assert_eq!(wasm.get(member), None, "{file}: {member}");
        }
        assert_eq!(text(&file).matches("%REGISTRY%").count(), 1, "{file}");
    });
}

#[test]
fn every_number_is_one_that_a_double_holds() {
    each(|attached| {
        let file = attached.file();
        walk(&attached.wasm()["pluginConfig"], "", &mut |name, value| {
            if let Value::Number(number) = value {
                let number = number.as_f64().unwrap_or(f64::INFINITY);
                assert!(number.abs() < LARGEST_INTEGER, "{file}: {name}: {number}");
            }
        });
    });
}
