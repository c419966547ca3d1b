//! The documents of istio/ beside those of envoy/.

use serde_json::Value;

use crate::tree::{attached, companions, documents, walk};

/// What may differ: how the client's address is found, and what clusters are called.
fn comparable(document: &Value) -> Value {
    let mut document = document.clone();
    document.as_object_mut().unwrap().remove("client_address");
    unname_clusters(&mut document);
    document
}

fn unname_clusters(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                match value {
                    Value::String(text) if name == "cluster" => "(a cluster)".clone_into(text),
                    other => unname_clusters(other),
                }
            }
        }
        Value::Array(elements) => elements.iter_mut().for_each(unname_clusters),
        _ => {}
    }
}

/// The document of the one Wasm filter in a file of envoy/.
fn in_envoy(file: &str) -> Value {
    let bootstrap = &documents(&format!("envoy/{file}"))[0];
    let mut found = Vec::new();
    walk(bootstrap, "", &mut |name, value| {
        if name == "configuration" {
            found.push(value["value"].clone());
        }
    });
    assert_eq!(found.len(), 1, "{file}");
    found.remove(0)
}

#[test]
fn a_filter_has_the_document_that_it_has_in_envoy() {
    for attached in attached() {
        let file = match (attached.filter.as_str(), attached.place.is_sidecar) {
            // Who calls a sidecar is known by its identity, not by its address.
            ("ip-allowlist", true) => "ip-allowlist-identity.yaml".to_owned(),
            (filter, _) => format!("{filter}.yaml"),
        };
        let ours = comparable(&attached.wasm()["pluginConfig"]);
        assert_eq!(
            ours,
            comparable(&in_envoy(&file)),
            "{} and {file}",
            attached.file()
        );
    }
}

#[test]
fn the_comparison_sees_all_but_clusters_and_the_address() {
    let document = |text: &str| comparable(&serde_json::from_str(text).unwrap());
    let one =
        document(r#"{"client_address": {"from": "connection"}, "a": [{"cluster": "x", "b": 1}]}"#);
    assert_eq!(one, document(r#"{"a": [{"cluster": "y", "b": 1}]}"#));
    for other in [
        r#"{"a": [{"cluster": "x", "b": 2}]}"#,
        r#"{"a": [{"b": 1}]}"#,
        r#"{"a": [{"cluster": {"cidrs": []}, "b": 1}]}"#,
        r#"{"a": [{"cluster": "x", "b": 1, "client_address": {}}]}"#,
    ] {
        assert_ne!(one, document(other), "{other}");
    }
}

/// `outbound|<port>||<host>` is how Istio calls the cluster of a service's port.
#[test]
fn each_cluster_is_one_that_a_companion_declares() {
    let resources = companions();
    let of_kind = |kind: &'static str| {
        resources
            .iter()
            .filter(move |resource| resource["kind"] == kind)
    };
    let mut clusters = 0;
    for attached in attached() {
        walk(&attached.wasm()["pluginConfig"], "", &mut |name, value| {
            let Value::String(cluster) = value else {
                return;
            };
            if name != "cluster" {
                return;
            }
            clusters += 1;
            let parts: Vec<&str> = cluster.split('|').collect();
            let ["outbound", port, "", host] = parts[..] else {
                panic!("{}: {cluster}", attached.file());
            };
            let port: u64 = port.parse().unwrap();
            let entry = of_kind("ServiceEntry").find(|entry| entry["spec"]["hosts"][0] == host);
            let ports = entry.expect(cluster)["spec"]["ports"].as_array().unwrap();
            assert!(
                ports.iter().any(|found| found["number"] == port),
                "{cluster}"
            );
            let rule = of_kind("DestinationRule").find(|rule| rule["spec"]["host"] == host);
            let tls = &rule.expect(cluster)["spec"]["trafficPolicy"]["tls"];
            assert_eq!(
                (&tls["mode"], &tls["subjectAltNames"][0]),
                (&"SIMPLE".into(), &host.into())
            );
        });
    }
    assert_eq!(clusters, 5, "jwt-auth has one, at each place");
}
