//! What a source can be asked with whether its document changed (RFC 9110 13.1).

/// `ETag` and `Last-Modified` of a document, as far as they can be sent back.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Validators {
    pub(crate) etag: Option<Vec<u8>>,
    pub(crate) last_modified: Option<Vec<u8>>,
}

const MAX_ETAG: usize = 256;

impl Validators {
    /// Keeps what is well-formed and short enough; the rest was never there.
    pub(crate) fn new(etag: Option<&[u8]>, last_modified: Option<&[u8]>) -> Self {
        let keep = |value: Option<&[u8]>, is_good: fn(&[u8]) -> bool| {
            value.filter(|value| is_good(value)).map(<[u8]>::to_vec)
        };
        Self {
            etag: keep(etag, is_etag),
            last_modified: keep(last_modified, is_http_date),
        }
    }

    /// The one header that asks: with an `If-None-Match`, an `If-Modified-Since`
    /// is ignored (RFC 9110 13.1.3).
    pub(crate) fn header(&self) -> Option<(&'static str, &[u8])> {
        let modified = self.last_modified.as_deref();
        self.etag
            .as_deref()
            .map(|etag| ("if-none-match", etag))
            .or(modified.map(|date| ("if-modified-since", date)))
    }
}

/// RFC 9110 8.8.3, visible ASCII only: it goes into a header of ours.
fn is_etag(value: &[u8]) -> bool {
    let opaque = value
        .strip_prefix(b"W/")
        .unwrap_or(value)
        .strip_prefix(b"\"")
        .and_then(|rest| rest.strip_suffix(b"\""));
    value.len() <= MAX_ETAG
        && opaque.is_some_and(|opaque| {
            opaque
                .iter()
                .all(|byte| byte.is_ascii_graphic() && *byte != b'"')
        })
}

/// Looks like `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110 5.6.7). The source alone
/// gives it a meaning.
fn is_http_date(value: &[u8]) -> bool {
    const SHAPE: &[u8; 29] = b"Aaa, 00 Aaa 0000 00:00:00 GMT";
    value.len() == SHAPE.len()
        && value.iter().zip(SHAPE).all(|(byte, shape)| match shape {
            b'0' => byte.is_ascii_digit(),
            b'A' | b'a' => byte.is_ascii_alphabetic(),
            other => byte == other,
        })
}
