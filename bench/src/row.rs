//! What is compared: a row is a listener with a filter, and how to see that it judged.

use std::path::Path;
use std::rc::Rc;

use serde_json::{Value, json};

use crate::tokens::Tokens;

/// Without any filter: what Envoy costs.
pub(crate) const NONE: &str = "none";

/// With a module of this house that does nothing: what every other one costs at least.
pub(crate) const NOOP: &str = "noop";

/// The SDK's own, as everybody would build it.
pub(crate) const SDK_NOOP: &str = "sdk-noop";

/// A listener of its own, with these filters in front of an answer that Envoy gives.
pub(crate) struct Row {
    /// `[a-z0-9-]+`, unique: names listener, VM and filter, and stands in the table.
    pub(crate) name: &'static str,
    /// Entries of `http_filters` before the router.
    pub(crate) filters: Vec<Value>,
    /// What shows that the filter allowed a request.
    pub(crate) proof: Proof,
    /// The path that is asked for.
    pub(crate) path: &'static str,
    /// Header fields beside the ordinary ones.
    pub(crate) headers: Vec<(&'static str, &'static str)>,
    /// Tokens, one a request by turns.
    pub(crate) tokens: Option<Rc<Tokens>>,
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
    /// A row without a filter yet, that asks for `/`.
    pub(crate) fn new(name: &'static str) -> Self {
        Self {
            name,
            filters: Vec::new(),
            proof: Proof::Answer,
            path: "/",
            headers: Vec::new(),
            tokens: None,
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
        let name = self.name;
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
            name,
            &json!({
                "@type": "type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm",
                "config": config,
            }),
        )
    }

    /// The counter that shows that the filter judged: see [`Proof::Counter`].
    pub(crate) fn counted_by(mut self, counter: impl Into<String>) -> Self {
        self.proof = Proof::Counter(counter.into());
        self
    }

    /// Whether every other row is compared with this one.
    pub(crate) fn is_reference(&self) -> bool {
        [NONE, NOOP].contains(&self.name)
    }
}
