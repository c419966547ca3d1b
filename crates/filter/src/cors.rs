//! What is asked before a request, and not the request itself.

use gatepost_http_match::RequestView;

/// Whether this is a CORS preflight (Fetch standard 3.3.2): `OPTIONS` with `Origin`
/// and `Access-Control-Request-Method`, each once and not empty. A browser sends it
/// without credentials, and a client can send it, too: what lets it pass must not
/// serve it as anything but an `OPTIONS` request.
#[must_use]
pub fn is_cors_preflight(view: &RequestView) -> bool {
    let is_given = |name| {
        view.headers()
            .single(name)
            .is_ok_and(|value| value.is_some_and(|value| !value.trim_ascii().is_empty()))
    };
    view.method() == Some(b"OPTIONS")
        && view.headers().single(":method").is_ok()
        && is_given("origin")
        && is_given("access-control-request-method")
}
