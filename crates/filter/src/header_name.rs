//! Names of headers: which are any, and which a filter may own.

use gatepost_config::{FieldPath, Problems, Shown};

/// The longest name of a header that a filter owns, in bytes.
const LONGEST_OWNED: usize = 128;

/// Headers that mean something to the proxy, to HTTP or to the client's own
/// authentication: whoever owned one would take it from every request.
const NOT_TO_OWN: [&str; 21] = [
    "authorization",
    "cache-control",
    "connection",
    "cookie",
    "date",
    "expect",
    "forwarded",
    "host",
    "keep-alive",
    "origin",
    "pragma",
    "range",
    "referer",
    "set-cookie",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
    "via",
    "x-request-id",
];

/// The same for families of headers.
const NOT_TO_OWN_PREFIXES: [&str; 9] = [
    "accept",
    "access-control-",
    "content-",
    "grpc-",
    "if-",
    "proxy-",
    "sec-",
    "x-envoy-",
    "x-forwarded-",
];

/// Checks the name of a header that a filter is to own: 1 to 128 of `[a-z0-9-]`, and
/// none of those that mean something to the proxy or to HTTP. An underscore is no
/// part of it: many servers drop such a header, others take it for one with `-`.
/// What is wrong is reported; `None` then.
pub fn owned_header(name: String, at: &FieldPath<'_>, problems: &mut Problems) -> Option<String> {
    let legal = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-');
    if !(1..=LONGEST_OWNED).contains(&name.len()) || !name.bytes().all(legal) {
        problems.push(
            at,
            format_args!(
                "expected a header name of 1 to {LONGEST_OWNED} characters from a-z, 0-9 and `-`, \
                 found {}",
                Shown(&name)
            ),
        );
        return None;
    }
    let is_taken = NOT_TO_OWN.contains(&name.as_str())
        || NOT_TO_OWN_PREFIXES
            .iter()
            .any(|prefix| name.starts_with(prefix));
    if is_taken {
        problems.push(
            at,
            format_args!(
                "expected a header of your own, such as `x-user`: `{name}` means something to \
                 proxies or to HTTP"
            ),
        );
        return None;
    }
    Some(name)
}

/// Whether this is a token (RFC 9110 5.6.2), as names of headers and schemes are.
pub(crate) fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(is_token_byte)
}

/// Whether a token may hold this byte.
pub(crate) fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}
