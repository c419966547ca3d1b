//! The API server of Kubernetes, as a client sees it.

use std::net::SocketAddr;

use gatepost_e2e::{Authority, Error, Response, Result, connect_tls};
use serde_json::{Value, json};

/// Kinds whose objects are in no namespace.
const OF_THE_CLUSTER: [&str; 5] = [
    "CustomResourceDefinition",
    "GatewayClass",
    "Namespace",
    "ValidatingAdmissionPolicy",
    "ValidatingAdmissionPolicyBinding",
];

/// Who applies, as the API server notes it at every field.
const MANAGER: &str = "gatepost-e2e-istio";

/// Why the API server did not take an object, in its own words.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Refusal(pub String);

/// A client of the API server, with all rights.
pub struct Api {
    address: SocketAddr,
    /// The name in the server's certificate.
    name: &'static str,
    authority: Authority,
    token: String,
}

impl Api {
    pub(crate) fn new(
        address: SocketAddr,
        name: &'static str,
        authority: Authority,
        token: &str,
    ) -> Self {
        Self {
            address,
            name,
            authority,
            token: token.to_owned(),
        }
    }

    /// Whether it says that it is ready.
    pub(crate) fn is_ready(&self) -> bool {
        self.request("GET", "/readyz", None)
            .is_ok_and(|ready| ready.status == 200)
    }

    /// Creates or changes an object as `kubectl apply --server-side` does, with no
    /// field that its schema does not know.
    pub fn apply(&self, object: &Value) -> Result<Value> {
        self.put(object, "")?
            .map_err(|Refusal(why)| Error::Failed(format!("{}: {why}", path(object))))
    }

    /// What [`Api::apply`] would say, without doing it.
    pub fn check(&self, object: &Value) -> Result<std::result::Result<Value, Refusal>> {
        self.put(object, "&dryRun=All")
    }

    /// What a path of the API holds; none if there is nothing.
    pub fn get(&self, path: &str) -> Result<Option<Value>> {
        let response = self.request("GET", path, None)?;
        match response.status {
            404 => Ok(None),
            _ => parsed(&response)?
                .map(Some)
                .map_err(|Refusal(why)| Error::Failed(format!("GET {path}: {why}"))),
        }
    }

    /// Removes an object. One that is not there is removed already.
    pub fn delete(&self, object: &Value) -> Result<()> {
        let response = self.request("DELETE", &path(object), None)?;
        match response.status {
            200 | 202 | 404 => Ok(()),
            _ => Err(Error::Failed(response.text())),
        }
    }

    /// Sets the status of an object, as whoever runs it would.
    pub(crate) fn set_status(&self, object: &Value, status: &Value) -> Result<()> {
        let path = format!("{}/status", path(object));
        let body = json!({"status": status});
        let patch = ("application/merge-patch+json", body.to_string());
        let response = self.request("PATCH", &path, Some(patch))?;
        parsed(&response)?
            .map(drop)
            .map_err(|Refusal(why)| Error::Failed(format!("{path}: {why}")))
    }

    /// A token of a service account for Istio's certificate authority.
    pub(crate) fn token(&self, namespace: &str, account: &str) -> Result<String> {
        let path = format!("/api/v1/namespaces/{namespace}/serviceaccounts/{account}/token");
        let request = json!({
            "apiVersion": "authentication.k8s.io/v1",
            "kind": "TokenRequest",
            "spec": {"audiences": ["istio-ca"], "expirationSeconds": 86_400},
        });
        let body = ("application/json", request.to_string());
        let answer = parsed(&self.request("POST", &path, Some(body))?)?
            .map_err(|Refusal(why)| Error::Failed(format!("{path}: {why}")))?;
        Ok(answer["status"]["token"]
            .as_str()
            .unwrap_or_default()
            .to_owned())
    }

    fn put(&self, object: &Value, more: &str) -> Result<std::result::Result<Value, Refusal>> {
        let path = format!(
            "{}?fieldManager={MANAGER}&force=true&fieldValidation=Strict{more}",
            path(object)
        );
        let body = ("application/apply-patch+yaml", object.to_string());
        parsed(&self.request("PATCH", &path, Some(body))?)
    }

    fn request(&self, method: &str, path: &str, body: Option<(&str, String)>) -> Result<Response> {
        let bearer = format!("Bearer {}", self.token);
        let mut headers = vec![
            ("host", self.name),
            ("authorization", bearer.as_str()),
            ("connection", "close"),
        ];
        let (kind, body) = body.unwrap_or_default();
        if !kind.is_empty() {
            headers.push(("content-type", kind));
        }
        connect_tls(None, self.address, self.name, &self.authority, None)?.request(
            method,
            path,
            &headers,
            body.as_bytes(),
        )
    }
}

fn parsed(response: &Response) -> Result<std::result::Result<Value, Refusal>> {
    let body: Value = serde_json::from_slice(&response.body)
        .map_err(|why| Error::Malformed(format!("{why}: {}", response.text())))?;
    if matches!(response.status, 200..=299) {
        return Ok(Ok(body));
    }
    let why = body["message"].as_str().unwrap_or("no reason given");
    Ok(Err(Refusal(why.to_owned())))
}

/// Where the API server has an object.
fn path(object: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (version, kind) = (text(&object["apiVersion"]), text(&object["kind"]));
    let root = if version.contains('/') { "apis" } else { "api" };
    let name = text(&object["metadata"]["name"]);
    let kinds = plural(&kind);
    if OF_THE_CLUSTER.contains(&kind.as_str()) {
        return format!("/{root}/{version}/{kinds}/{name}");
    }
    let namespace = object["metadata"]["namespace"]
        .as_str()
        .unwrap_or("default");
    format!("/{root}/{version}/namespaces/{namespace}/{kinds}/{name}")
}

/// The word for many of a kind, in lower case, as resources are called.
fn plural(kind: &str) -> String {
    let kind = kind.to_ascii_lowercase();
    let vowel_before_y = ["ay", "ey", "oy"].iter().any(|end| kind.ends_with(end));
    match kind.strip_suffix('y') {
        Some(stem) if !vowel_before_y => format!("{stem}ies"),
        _ if kind.ends_with('s') => format!("{kind}es"),
        _ => format!("{kind}s"),
    }
}
