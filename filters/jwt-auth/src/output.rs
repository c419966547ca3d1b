//! What the upstream learns of a token: claims and payload, as headers.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gatepost_filter::{Request, Unsendable, sendable};
use gatepost_http_match::{AtPath, ClaimPath, Value};

use crate::config::HeaderFormat;

/// The headers of a provider.
#[derive(Debug, Default)]
pub(crate) struct Output {
    pub(crate) claims: Box<[ClaimHeader]>,
    pub(crate) payload: Option<Box<str>>,
    /// Whether what cannot be sent is left out, and no reason to deny.
    pub(crate) omits_unsendable: bool,
}

/// A claim that becomes a header.
#[derive(Debug)]
pub(crate) struct ClaimHeader {
    pub(crate) claim: ClaimPath,
    pub(crate) header: Box<str>,
    pub(crate) format: HeaderFormat,
    pub(crate) separator: Box<str>,
}

/// The headers of one token, made once.
#[derive(Debug, Default)]
pub(crate) struct Rendered {
    headers: Box<[Header]>,
    /// The first header that cannot be sent, where that denies.
    pub(crate) unsendable: Option<Box<str>>,
}

/// Name and value.
type Header = (Box<str>, Box<[u8]>);

/// The longest header value, in bytes: Envoy would answer 503 to a longer one.
const LONGEST: usize = 8 * 1024;

impl Output {
    /// Every header that it can set.
    pub(crate) fn headers(&self) -> impl Iterator<Item = &str> {
        let claims = self.claims.iter().map(|claim| &*claim.header);
        claims.chain(self.payload.as_deref())
    }

    /// The headers of a token with these claims.
    pub(crate) fn render(&self, claims: &Value, payload: &[u8]) -> Rendered {
        let mut headers: Vec<Header> = Vec::new();
        let mut unsendable = None;
        let mut push = |header: &str, value: Result<Option<Vec<u8>>, Unsendable>| match value {
            Ok(Some(value)) => headers.push((header.into(), value.into())),
            Ok(None) => {}
            Err(_) if self.omits_unsendable => {}
            Err(_) => unsendable = unsendable.take().or(Some(Box::from(header))),
        };
        for claim in &self.claims {
            push(&claim.header, claim.value(claims));
        }
        if let Some(header) = &self.payload {
            let encoded = URL_SAFE_NO_PAD.encode(payload);
            let value = if encoded.len() > LONGEST {
                Err(Unsendable::TooLong)
            } else {
                Ok(Some(encoded.into_bytes()))
            };
            push(header, value);
        }
        Rendered {
            headers: headers.into(),
            unsendable,
        }
    }
}

impl Rendered {
    /// Sets the headers.
    pub(crate) fn apply(&self, request: &mut Request<'_>) -> Result<(), Unsendable> {
        for (header, value) in &self.headers {
            request.set_header(header, value)?;
        }
        Ok(())
    }

    /// How much memory it takes, in bytes.
    pub(crate) fn size(&self) -> usize {
        self.headers
            .iter()
            .map(|(header, value)| header.len().saturating_add(value.len()).saturating_add(32))
            .fold(0, usize::saturating_add)
    }
}

impl ClaimHeader {
    /// The value for these claims; nothing without the claim, or if it is null.
    fn value(&self, claims: &Value) -> Result<Option<Vec<u8>>, Unsendable> {
        let AtPath { values, is_list } = self.claim.values(claims);
        let text = match (self.format, values.as_slice()) {
            (_, [] | [Value::Null]) => return Ok(None),
            (HeaderFormat::Json, [one]) if !is_list => one.write(),
            (HeaderFormat::Json, many) => {
                let all: Vec<String> = many.iter().map(|value| value.write()).collect();
                format!("[{}]", all.join(","))
            }
            (HeaderFormat::Text, [Value::Array(items)]) => self.join(items.iter())?,
            (HeaderFormat::Text, [one]) if !is_list => scalar(one)?,
            (HeaderFormat::Text, many) => self.join(many.iter().copied())?,
        };
        sendable(&text, LONGEST).map(Some)
    }

    fn join<'v>(&self, values: impl Iterator<Item = &'v Value>) -> Result<String, Unsendable> {
        let texts: Vec<String> = values.map(scalar).collect::<Result<_, _>>()?;
        let joined = texts.join(&self.separator);
        // Whoever splits it must find these elements and no others, also where there
        // is one: the separator in it would make it two.
        let elements = texts.iter().map(String::as_str);
        if !texts.is_empty() && !joined.split(&*self.separator).eq(elements) {
            return Err(Unsendable::ControlCharacter);
        }
        Ok(joined)
    }
}

fn scalar(value: &Value) -> Result<String, Unsendable> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(_) | Value::Bool(_) => Ok(value.write()),
        Value::Null | Value::Array(_) | Value::Object(_) => Err(Unsendable::ControlCharacter),
    }
}
