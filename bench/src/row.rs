//! What is compared: a row is a listener with a filter, and how to see that it judged.

use std::path::Path;
use std::rc::Rc;

use serde_json::{Value, json};

use crate::requests::Requests;

/// A listener of its own, with these filters in front of an answer that Envoy gives.
pub(crate) struct Row {
    /// `[a-z0-9-]+`, unique: names listener, VM and filter, and stands in the table.
    pub(crate) name: String,
    /// What it gets. It is compared with the two rows that get the same: with no
    /// filter, and with one that does nothing.
    pub(crate) requests: Rc<Requests>,
    /// Entries of `http_filters` before the router.
    pub(crate) filters: Vec<Value>,
    /// What shows that the filter allowed a request.
    pub(crate) proof: Proof,
}

/// What shows that a row's filter judged its requests.
pub(crate) enum Proof {
    /// The answer alone: there is no filter, or one that counts nothing and, were
    /// its VM dead, would answer 503 (`FAIL_CLOSED`).
    Answer,
    /// The counter of this name moves by one a request. Of a name that a filter
    /// composes, `*` stands for the part in the middle.
    Counter(String),
}

impl Row {
    /// A row without a filter yet.
    pub(crate) fn new(name: impl Into<String>, requests: &Rc<Requests>) -> Self {
        Self {
            name: name.into(),
            requests: Rc::clone(requests),
            filters: Vec::new(),
            proof: Proof::Answer,
        }
    }

    /// Adds a filter of Envoy.
    pub(crate) fn native(mut self, filter: &str, typed_config: &Value) -> Self {
        self.filters
            .push(json!({ "name": filter, "typed_config": typed_config }));
        self
    }

    /// Adds a module with this document, in a VM of its own: no row runs on what
    /// another one has warmed.
    pub(crate) fn wasm(self, module: &Path, document: Option<&str>) -> Self {
        let name = self.name.clone();
        let mut config = json!({
            "name": name,
            "root_id": name,
            "failure_policy": "FAIL_CLOSED",
            "vm_config": {
                "vm_id": name,
                "runtime": "envoy.wasm.runtime.v8",
                "code": { "local": { "filename": module } },
            },
        });
        if let Some(document) = document {
            config["configuration"] = json!({
                "@type": "type.googleapis.com/google.protobuf.StringValue",
                "value": document,
            });
        }
        self.native(
            &name,
            &json!({
                "@type": "type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm",
                "config": config,
            }),
        )
    }

    /// Adds the module of one of our filters, which counts what it allows.
    pub(crate) fn gatepost(self, module: &Path, kind: &str, document: &Value) -> Self {
        let name = self.name.clone();
        let mut filter = json!({ "name": name });
        filter[kind] = document.clone();
        let chain = json!({ "filters": [filter] });
        self.wasm(module, Some(&chain.to_string()))
            .counted_by(format!(
                "wasmcustom.wasm_filter.{name}.component.*.tag.allowed;.gatepost_allowed_total"
            ))
    }

    /// The counter that shows that the filter judged: see [`Proof::Counter`].
    pub(crate) fn counted_by(mut self, counter: impl Into<String>) -> Self {
        self.proof = Proof::Counter(counter.into());
        self
    }

    /// Whether the others that get the same are compared with this one.
    pub(crate) fn is_base(&self) -> bool {
        [self.requests.none(), self.requests.noop()].contains(&self.name)
    }
}
