//! Taking credentials away before the request goes on.

use gatepost_http_match::{Parameter, without_cookies, without_parameters};

use super::{CredentialSources, HeaderSource};
use crate::request::Request;
use crate::verdict::RuleRef;

impl CredentialSources {
    /// Takes away every credential that stands in one of these places, in every
    /// spelling of a header's name (`x_api_key`), also what is malformed or empty
    /// there. Nothing is taken in shadow mode, of the filter or of `rule`.
    ///
    /// What else stands there stays: other schemes of a header (as one line, joined
    /// by `, `, if several do), the other bytes of `:path`, other cookies. No rule
    /// is asked again, but the proxy selects the route again.
    pub fn strip(&self, request: &mut Request<'_>, rule: RuleRef) {
        if request.is_shadow(rule) {
            return;
        }
        for source in &self.headers {
            request.retain_values(&source.name, |value| !source.may_be_one(value));
        }
        if !self.query.is_empty() {
            self.strip_query(request);
        }
        if !self.cookies.is_empty() {
            self.strip_cookies(request);
        }
    }

    fn strip_query(&self, request: &mut Request<'_>) {
        let is_ours = |parameter: Parameter<'_>| {
            self.query.iter().any(|name| {
                let name = name.as_bytes();
                parameter.is_named(name) == Ok(true) || parameter.hides(name)
            })
        };
        let path = request.view().headers().path();
        if let Some(path) = path.and_then(|path| without_parameters(path, is_ours)) {
            request.shorten_header(":path", &path);
        }
    }

    fn strip_cookies(&self, request: &mut Request<'_>) {
        let lines = request.view().headers().all("cookie");
        let rest = without_cookies(lines, |cookie| {
            self.cookies
                .iter()
                .any(|name| cookie.is_named(name.as_bytes()))
        });
        match rest {
            None => {}
            Some(rest) if rest.is_empty() => request.remove_header("cookie"),
            Some(rest) => request.shorten_header("cookie", &rest),
        }
    }
}

impl HeaderSource {
    fn may_be_one(&self, value: &[u8]) -> bool {
        self.scheme.is_none() || self.credential(value) != Ok(None)
    }
}
