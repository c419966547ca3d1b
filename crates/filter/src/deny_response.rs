//! The answer to a request that is refused.

use gatepost_config::{FieldPath, Problems, Whole, push_json_string};
use gatepost_http_match::{Given, RequestView};
use serde::Deserialize;

use crate::header_name::is_token;
use crate::verdict::{Denial, Reason};

/// `on_deny`: the answer to a request that policy refuses.
///
/// A refusal with a status of its own (400 for a malformed request, 503 for
/// something of ours that is missing) keeps that status and takes the rest.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct RawDenyResponse {
    /// The HTTP status, 400 to 599. Default 403.
    status: Given<Whole>,
    /// The body. When left out, the reason: as problem JSON (RFC 9457) for a
    /// client that accepts it, else as a line of text.
    body: Given<RawBody>,
    /// Headers of the answer.
    headers: Vec<RawHeader>,
    /// The gRPC status of the answer to a gRPC or gRPC-Web request, 1 to 16.
    /// Default by the HTTP status, as in gRPC's own table.
    grpc_status: Given<Whole>,
}

#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
enum RawBody {
    /// This text, always.
    Text(String),
    /// Problem JSON, always.
    Problem(RawProblem),
}

#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
struct RawProblem {
    /// A URI that names the type of problem. Default `about:blank`.
    r#type: Given<String>,
    /// A short summary. Default: the status's phrase.
    title: Given<String>,
    /// An explanation for the client.
    detail: Given<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
struct RawHeader {
    /// Its name.
    name: String,
    /// Its value.
    value: String,
}

/// A valid `on_deny`.
#[derive(Clone, Debug)]
pub struct DenyResponse {
    status: u16,
    body: Body,
    headers: Vec<(String, String)>,
    grpc_status: Option<u8>,
}

#[derive(Clone, Debug)]
enum Body {
    ByAccept,
    Text(String),
    Problem(RawProblem),
}

impl Body {
    /// How many bytes of it the document names.
    fn size(&self) -> usize {
        match self {
            Self::ByAccept => 0,
            Self::Text(text) => text.len(),
            Self::Problem(RawProblem {
                r#type,
                title,
                detail,
            }) => {
                let parts = [r#type, title, detail].into_iter();
                parts
                    .filter_map(|part| part.0.as_ref())
                    .map(String::len)
                    .sum()
            }
        }
    }
}

impl Default for DenyResponse {
    fn default() -> Self {
        Self {
            status: 403,
            body: Body::ByAccept,
            headers: Vec::new(),
            grpc_status: None,
        }
    }
}

const LONGEST_BODY: usize = 16 * 1024;
const MOST_HEADERS: usize = 16;

impl DenyResponse {
    /// Checks what the document says.
    pub fn new(raw: RawDenyResponse, path: &FieldPath<'_>, problems: &mut Problems) -> Self {
        let mut valid = Self::default();
        if let Some(status) = raw.status.0 {
            match u16::try_from(status.get()) {
                Ok(status @ 400..=599) => valid.status = status,
                _ => problems.push(
                    &path.field("status"),
                    format_args!("expected a status from 400 to 599, found {}", status.get()),
                ),
            }
        }
        if let Some(status) = raw.grpc_status.0 {
            match u8::try_from(status.get()) {
                Ok(status @ 1..=16) => valid.grpc_status = Some(status),
                _ => problems.push(
                    &path.field("grpc_status"),
                    format_args!(
                        "expected a gRPC status from 1 to 16, found {}",
                        status.get()
                    ),
                ),
            }
        }
        valid.headers = headers(raw.headers, &path.field("headers"), problems);
        valid.body = match raw.body.0 {
            None => Body::ByAccept,
            Some(RawBody::Problem(problem)) => Body::Problem(problem),
            Some(RawBody::Text(text)) => Body::Text(text),
        };
        if valid.body.size() > LONGEST_BODY {
            problems.push(
                &path.field("body"),
                format_args!("expected at most {LONGEST_BODY} bytes"),
            );
        }
        valid
    }

    /// The answer to one request.
    #[must_use]
    pub fn reply(&self, denial: &Denial, view: &RequestView) -> Reply {
        let status = denial.status.unwrap_or(self.status);
        let grpc = Grpc::of(view);
        let grpc_status = grpc.map(|_| {
            let by_document = self.grpc_status.filter(|_| denial.status.is_none());
            by_document.unwrap_or_else(|| grpc_status(status))
        });
        if let (Some(Grpc::Web(content_type)), Some(grpc_status)) = (grpc, grpc_status) {
            return self.web_reply(denial, content_type, grpc_status);
        }
        let (content_type, body) = match (&self.body, grpc_status) {
            // A gRPC client reads the message, not a body.
            (_, Some(_)) => (None, denial.reason.to_string()),
            (Body::Text(text), None) => (Some("text/plain; charset=utf-8"), text.clone()),
            (Body::Problem(problem), None) => {
                (Some(PROBLEM_JSON), json(problem, status, &denial.reason))
            }
            (Body::ByAccept, None) if accepts_problem_json(view) => (
                Some(PROBLEM_JSON),
                json(&RawProblem::default(), status, &denial.reason),
            ),
            (Body::ByAccept, None) => (
                Some("text/plain; charset=utf-8"),
                format!("{}: {}\n", phrase(status), denial.reason),
            ),
        };
        let mut headers: Vec<(String, String)> = Vec::new();
        headers.extend(self.headers.iter().cloned());
        headers.extend(denial.headers.iter().cloned());
        let names_type = |(name, _): &(String, String)| name.eq_ignore_ascii_case("content-type");
        if let Some(content_type) = content_type
            && !headers.iter().any(names_type)
        {
            headers.push(("content-type".to_owned(), content_type.to_owned()));
        }
        Reply {
            status,
            headers,
            body,
            details: denial.reason.to_string(),
            grpc_status,
        }
    }

    /// Proxies make a gRPC answer for gRPC, not for gRPC-Web: here is what such a
    /// client reads, a response without a message, whose headers are its trailers
    /// (gRPC-Web protocol, "Trailers-only").
    fn web_reply(&self, denial: &Denial, content_type: &str, grpc_status: u8) -> Reply {
        let reason = denial.reason.to_string();
        let given = self.headers.iter().chain(&denial.headers);
        let mut headers: Vec<(String, String)> = given
            .filter(|(name, _)| !name.eq_ignore_ascii_case("content-type"))
            .cloned()
            .collect();
        headers.extend([
            ("content-type".to_owned(), content_type.to_owned()),
            ("grpc-status".to_owned(), grpc_status.to_string()),
            ("grpc-message".to_owned(), reason.clone()),
        ]);
        Reply {
            status: 200,
            headers,
            body: String::new(),
            details: reason,
            grpc_status: None,
        }
    }
}

/// A local reply, ready for the proxy.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// The headers beside those that the proxy adds.
    pub headers: Vec<(String, String)>,
    /// The body, or the gRPC message.
    pub body: String,
    /// `%RESPONSE_CODE_DETAILS%`: the reason code.
    pub details: String,
    /// The gRPC status, of which the proxy makes a gRPC answer. None for gRPC-Web,
    /// whose answer is whole as it is here.
    pub grpc_status: Option<u8>,
}

const PROBLEM_JSON: &str = "application/problem+json";

fn headers(
    raw: Vec<RawHeader>,
    path: &FieldPath<'_>,
    problems: &mut Problems,
) -> Vec<(String, String)> {
    if raw.len() > MOST_HEADERS {
        problems.push(
            path,
            format_args!("expected at most {MOST_HEADERS} headers"),
        );
    }
    let mut valid = Vec::new();
    for (index, RawHeader { name, value }) in raw.into_iter().enumerate() {
        let at = path.index(index);
        if !is_token(&name) {
            problems.push(&at.field("name"), "expected a header name (RFC 9110 5.1)");
        } else if OF_THE_PROXY
            .iter()
            .any(|own| name.eq_ignore_ascii_case(own))
        {
            problems.push(
                &at.field("name"),
                "expected a header that the proxy does not set itself",
            );
        } else if value
            .bytes()
            .any(|byte| (byte < 0x20 && byte != b'\t') || byte >= 0x7f)
        {
            problems.push(
                &at.field("value"),
                "expected printable ASCII (RFC 9110 5.5)",
            );
        } else {
            valid.push((name.to_ascii_lowercase(), value));
        }
    }
    valid
}

const OF_THE_PROXY: [&str; 5] = [
    "content-length",
    "transfer-encoding",
    "connection",
    "grpc-status",
    "grpc-message",
];

/// What a request that calls a gRPC method speaks.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Grpc {
    /// `application/grpc`, `application/grpc+proto`.
    Http2,
    /// `application/grpc-web`, `application/grpc-web-text+proto`; and what the
    /// answer is.
    Web(&'static str),
}

impl Grpc {
    fn of(view: &RequestView) -> Option<Self> {
        let kind = view.headers().first("content-type")?.to_ascii_lowercase();
        let rest = kind.strip_prefix(b"application/grpc")?;
        if rest.starts_with(b"-web-text") {
            return Some(Self::Web("application/grpc-web-text"));
        }
        match rest.first() {
            None | Some(b'+' | b';' | b' ') => Some(Self::Http2),
            Some(b'-') => Some(Self::Web("application/grpc-web")),
            Some(_) => None,
        }
    }
}

/// Whether the client named a JSON type and did not weigh it with 0 (RFC 9110
/// 12.4.2): `*/*` alone is no wish for JSON.
fn accepts_problem_json(view: &RequestView) -> bool {
    view.headers().all("accept").any(|value| {
        let value = value.to_ascii_lowercase();
        let names = |wanted: &[u8]| {
            value.split(|byte| *byte == b',').any(|part| {
                let mut pieces = part.split(|byte| *byte == b';').map(<[u8]>::trim_ascii);
                pieces.next() == Some(wanted) && !pieces.any(is_zero_weight)
            })
        };
        names(b"application/problem+json") || names(b"application/json") || names(b"application/*")
    })
}

/// `q=0`, `q=0.000`.
fn is_zero_weight(parameter: &[u8]) -> bool {
    parameter
        .strip_prefix(b"q=")
        .is_some_and(|weight| weight.iter().all(|byte| matches!(byte, b'0' | b'.')))
}

/// RFC 9457 3.1, and the reason code as an extension.
fn json(problem: &RawProblem, status: u16, reason: &Reason) -> String {
    let kind = problem.r#type.0.as_deref().unwrap_or("about:blank");
    let title = problem.title.0.as_deref().unwrap_or(phrase(status));
    let mut json = String::from(r#"{"type":"#);
    push_json_string(&mut json, kind);
    json.push_str(r#","title":"#);
    push_json_string(&mut json, title);
    json.push_str(&format!(r#","status":{status}"#));
    if let Some(detail) = &problem.detail.0 {
        json.push_str(r#","detail":"#);
        push_json_string(&mut json, detail);
    }
    json.push_str(r#","reason":"#);
    push_json_string(&mut json, reason.as_str());
    json.push('}');
    json
}

fn phrase(status: u16) -> &'static str {
    match status {
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        503 => "Service Unavailable",
        _ if status < 500 => "Request Refused",
        _ => "Request Failed",
    }
}

/// gRPC's own table (http-grpc-status-mapping), but for 400 and 429, which have
/// a code that says what happened: invalid argument, resource exhausted.
fn grpc_status(http: u16) -> u8 {
    match http {
        400 => 3,
        401 => 16,
        403 => 7,
        404 => 12,
        429 => 8,
        502..=504 => 14,
        _ => 2,
    }
}
