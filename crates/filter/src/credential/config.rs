//! The places of credentials, as an operator writes them.

use gatepost_config::{FieldPath, Problems};
use gatepost_http_match::Given;
use serde::Deserialize;

use super::{CredentialSources, HeaderSource};
use crate::header_name::is_token;

/// Where credentials of a request stand. The places are looked at together, not
/// one after another.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "CredentialSources"))]
#[serde(
    deny_unknown_fields,
    default,
    expecting = "an object with `headers`, `query` or `cookies`"
)]
pub struct CredentialSourcesConfig {
    /// Headers, at most 16.
    pub headers: Vec<CredentialHeaderConfig>,
    /// Names of query parameters, decoded; at most 16.
    pub query: Vec<String>,
    /// Names of cookies, at most 16.
    pub cookies: Vec<String>,
}

/// A header that holds credentials.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "CredentialHeader"))]
#[serde(deny_unknown_fields, expecting = "an object with a `name`")]
pub struct CredentialHeaderConfig {
    /// Its name.
    pub name: String,
    /// The scheme in front of the credential, such as `Bearer`, in any case of
    /// letters; a value with another one is no credential. Left out: the value is
    /// the credential.
    #[serde(default)]
    pub scheme: Given<String>,
}

/// The most places of a kind.
const MOST_SOURCES: usize = 16;
/// The longest name of a place, in bytes.
const LONGEST_NAME: usize = 256;

/// Headers that the proxy needs, or that are no place for a credential.
const NO_CREDENTIAL: [&str; 9] = [
    "connection",
    "content-length",
    "content-type",
    "cookie",
    "host",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

impl CredentialSourcesConfig {
    /// Whether the document names no place: the filter's default counts.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.headers.is_empty() && self.query.is_empty() && self.cookies.is_empty()
    }

    pub(super) fn check(self, at: &FieldPath<'_>, problems: &mut Problems) -> CredentialSources {
        let headers_at = at.field("headers");
        check_count(self.headers.len(), &headers_at, problems);
        let mut headers: Vec<HeaderSource> = Vec::new();
        for (index, header) in self.headers.into_iter().enumerate() {
            let header_at = headers_at.index(index);
            let source = check_header(header, &header_at, problems);
            if headers.iter().any(|known| known.overlaps(&source)) {
                problems.push(
                    &header_at,
                    "expected each header once, or with schemes that differ",
                );
            }
            headers.push(source);
        }
        let of_query = |byte: u8| byte.is_ascii_graphic() && !b"&=;#%+".contains(&byte);
        let of_cookie = |byte: u8| byte.is_ascii_graphic() && !b";=,%\"".contains(&byte);
        let query = check_names(
            self.query,
            of_query,
            "expected the name of a query parameter: visible ASCII without any of `&=;#%+`",
            &at.field("query"),
            problems,
        );
        let cookies = check_names(
            self.cookies,
            of_cookie,
            "expected the name of a cookie: visible ASCII without any of `;=,%\"`",
            &at.field("cookies"),
            problems,
        );
        CredentialSources::in_places(headers, query, cookies)
    }
}

impl HeaderSource {
    /// Whether a value could be a credential of both.
    fn overlaps(&self, other: &Self) -> bool {
        let schemes_differ = match (&self.scheme, &other.scheme) {
            (Some(own), Some(others)) => !own.eq_ignore_ascii_case(others),
            _ => false,
        };
        self.name == other.name && !schemes_differ
    }
}

fn check_header(
    header: CredentialHeaderConfig,
    at: &FieldPath<'_>,
    problems: &mut Problems,
) -> HeaderSource {
    let is_name = |text: &str| text.len() <= LONGEST_NAME && is_token(text);
    let name = header.name.to_ascii_lowercase();
    if !is_name(&name) {
        problems.push(&at.field("name"), "expected a header name (RFC 9110 5.1)");
    } else if name == "cookie" {
        problems.push(
            &at.field("name"),
            "expected another header: cookies are named in `cookies`",
        );
    } else if NO_CREDENTIAL.contains(&name.as_str()) {
        problems.push(
            &at.field("name"),
            "expected a header that can hold a credential",
        );
    }
    let scheme = header.scheme.0;
    if scheme.as_deref().is_some_and(|scheme| !is_name(scheme)) {
        problems.push(
            &at.field("scheme"),
            "expected an authentication scheme (RFC 9110 11.1), such as `Bearer`",
        );
    }
    HeaderSource { name, scheme }
}

fn check_names(
    names: Vec<String>,
    is_legal: impl Fn(u8) -> bool,
    expected: &str,
    at: &FieldPath<'_>,
    problems: &mut Problems,
) -> Vec<String> {
    check_count(names.len(), at, problems);
    for (index, name) in names.iter().enumerate() {
        if !(1..=LONGEST_NAME).contains(&name.len()) || !name.bytes().all(&is_legal) {
            problems.push(&at.index(index), expected);
        }
        if names.iter().take(index).any(|known| known == name) {
            problems.push(&at.index(index), "expected each name once");
        }
    }
    names
}

fn check_count(count: usize, at: &FieldPath<'_>, problems: &mut Problems) {
    if count > MOST_SOURCES {
        problems.push(at, format_args!("expected at most {MOST_SOURCES}"));
    }
}
