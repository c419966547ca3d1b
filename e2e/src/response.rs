//! A response, whatever protocol it came by, and what the echo upstream says in it.

use std::collections::BTreeMap;

use hyper::HeaderMap;
use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// A whole response.
#[derive(Clone, Debug, Default)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// The header fields in order, names in lower case, values as bytes.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The body, decoded from chunks.
    pub body: Vec<u8>,
    /// The trailer fields, like the headers.
    pub trailers: Vec<(String, Vec<u8>)>,
}

/// A request as the echo upstream received it. Bytes outside of printable ASCII
/// are escaped (`\xff`), a backslash is doubled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Echo {
    /// `HTTP/1.1` or `HTTP/2.0`.
    pub version: String,
    /// The method.
    pub method: String,
    /// `:authority`, or what the absolute form of the target named.
    pub authority: Option<String>,
    /// Path and query.
    pub path: String,
    /// The header fields in order, names in lower case.
    pub headers: Vec<(String, String)>,
    /// Bytes of body received.
    pub body_length: u64,
    /// The trailer fields.
    pub trailers: Vec<(String, String)>,
}

impl Response {
    /// The first value of the header `name` (lower case), as text.
    pub fn header(&self, name: &str) -> Option<String> {
        first(&self.headers, name)
    }

    /// The first value of the trailer `name` (lower case), as text.
    pub fn trailer(&self, name: &str) -> Option<String> {
        first(&self.trailers, name)
    }

    /// The body as text; what is no UTF-8 is replaced.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// What the echo upstream says it received.
    pub fn echo(&self) -> Result<Echo> {
        serde_json::from_slice(&self.body).map_err(|why| {
            Error::Malformed(format!(
                "no echo ({why}), status {}: {}",
                self.status,
                self.text()
            ))
        })
    }
}

impl Echo {
    /// All values of the header `name` (lower case), in order.
    pub fn values(&self, name: &str) -> Vec<&str> {
        self.headers
            .iter()
            .filter(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
            .collect()
    }

    /// The header fields by name, for a comparison that does not care for their order.
    pub fn by_name(&self) -> BTreeMap<&str, Vec<&str>> {
        let mut map: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (name, value) in &self.headers {
            map.entry(name).or_default().push(value);
        }
        map
    }
}

fn first(fields: &[(String, Vec<u8>)], name: &str) -> Option<String> {
    let (_, value) = fields.iter().find(|(known, _)| known == name)?;
    Some(String::from_utf8_lossy(value).into_owned())
}

pub(crate) fn fields(map: &HeaderMap) -> Vec<(String, Vec<u8>)> {
    map.iter()
        .map(|(name, value)| (name.as_str().to_owned(), value.as_bytes().to_vec()))
        .collect()
}
