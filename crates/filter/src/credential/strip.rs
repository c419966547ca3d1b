//! Taking credentials away before the request goes on.

use std::fmt;

use gatepost_http_match::{
    Cookie, Headers, Parameter, owned_spelling, without_cookies, without_parameters,
};

use super::{Credential, CredentialSources, HeaderSource, Place};
use crate::request::Request;
use crate::verdict::RuleRef;

/// A credential that was verified and goes on to the upstream, by its place and its
/// text. It outlives the view in which it was found.
#[derive(Clone, Eq, PartialEq)]
pub struct ForwardedCredential {
    place: OwnedPlace,
    text: Box<[u8]>,
}

#[derive(Clone, Debug, Eq, PartialEq)]
enum OwnedPlace {
    Header(Box<str>),
    Query(Box<str>),
    Cookie(Box<str>),
}

impl CredentialSources {
    /// Takes away every credential that stands in one of these places: see
    /// [`strip_all`](Self::strip_all).
    pub fn strip(&self, request: &mut Request<'_>, rule: RuleRef) {
        Self::strip_all(std::slice::from_ref(self), &[], request, rule);
    }

    /// Takes away every credential that stands in a place of any of `all`, in every
    /// spelling of a header's name (`x_api_key`), also what is malformed or empty
    /// there, but for those that are `forwarded`: an upstream that trusts the gateway
    /// gets none that nobody has verified. For every path on which a request passes.
    /// Nothing is taken in shadow mode, of the filter or of `rule`.
    ///
    /// What else stands there stays: other schemes of a header (as one line, joined
    /// by `, `, if several do), the other bytes of `:path`, other cookies. No rule
    /// is asked again, but the proxy selects the route again.
    pub fn strip_all(
        all: &[Self],
        forwarded: &[ForwardedCredential],
        request: &mut Request<'_>,
        rule: RuleRef,
    ) {
        if request.is_shadow(rule) {
            return;
        }
        let places = Places { all, forwarded };
        places.strip_headers(request);
        if all.iter().any(|sources| !sources.query.is_empty()) {
            places.strip_query(request);
        }
        if all.iter().any(|sources| !sources.cookies.is_empty()) {
            places.strip_cookies(request);
        }
    }
}

/// The places of several filters or issuers, which may overlap, and what stays there.
struct Places<'a> {
    all: &'a [CredentialSources],
    forwarded: &'a [ForwardedCredential],
}

impl Places<'_> {
    fn strip_headers(&self, request: &mut Request<'_>) {
        if !self.keeps_any(request.view().headers()) {
            // As it mostly is.
            for sources in self.all {
                request.remove_spelled(&sources.header_names);
            }
            return;
        }
        let mut done: Vec<&[u8]> = Vec::new();
        for source in self.headers() {
            let name = source.name.as_bytes();
            if !done.iter().any(|known| owned_spelling(known, name)) {
                done.push(name);
                request.retain_values(&source.name, |spelling, value| {
                    self.keeps_line(spelling, value)
                });
            }
        }
    }

    /// Whether anything stays of the headers in which credentials stand.
    fn keeps_any(&self, headers: &Headers) -> bool {
        self.all.iter().any(|sources| {
            let mut lines = headers.spelled(&sources.header_names);
            lines.any(|(name, value)| self.keeps_line(name, value))
        })
    }

    /// Whether a line is no credential, or one that goes on: that stands under the
    /// name where it was found, not under another spelling.
    fn keeps_line(&self, spelling: &[u8], line: &[u8]) -> bool {
        let of_name = |source: &&HeaderSource| owned_spelling(spelling, source.name.as_bytes());
        let is_verified = |source: &HeaderSource| {
            spelling.eq_ignore_ascii_case(source.name.as_bytes())
                && matches!(source.credential(line), Ok(Some(text))
                    if self.is_forwarded(Place::Header(&source.name), text))
        };
        !self
            .headers()
            .filter(of_name)
            .any(|source| source.may_be_one(line))
            || (!self.forwarded.is_empty() && self.headers().any(is_verified))
    }

    fn strip_query(&self, request: &mut Request<'_>) {
        let name_of = |name: &[u8]| self.all.iter().find_map(|sources| sources.query_name(name));
        let is_ours = |parameter: Parameter<'_>| {
            if parameter
                .hidden_names()
                .any(|name| name_of(&name).is_some())
            {
                return true;
            }
            let name = parameter.name().and_then(|name| name_of(&name));
            name.is_some_and(|name| {
                let value = parameter.value();
                !value.is_some_and(|value| self.is_forwarded(Place::Query(name), &value))
            })
        };
        let path = request.view().headers().path();
        if let Some(path) = path.and_then(|path| without_parameters(path, is_ours)) {
            request.shorten_header(":path", &path);
        }
    }

    fn strip_cookies(&self, request: &mut Request<'_>) {
        let is_ours = |cookie: Cookie<'_>| {
            let mut names = self.all.iter().flat_map(|sources| &sources.cookies);
            names
                .find(|name| cookie.is_named(name.as_bytes()))
                .is_some_and(|name| {
                    let value = cookie.bare_value();
                    !value.is_some_and(|value| self.is_forwarded(Place::Cookie(name), value))
                })
        };
        let lines = request.view().headers().all("cookie");
        match without_cookies(lines, is_ours) {
            None => {}
            Some(rest) if rest.is_empty() => request.remove_header("cookie"),
            Some(rest) => request.shorten_header("cookie", &rest),
        }
    }

    fn headers(&self) -> impl Iterator<Item = &HeaderSource> {
        self.all.iter().flat_map(|sources| &sources.headers)
    }

    fn is_forwarded(&self, place: Place<'_>, text: &[u8]) -> bool {
        self.forwarded
            .iter()
            .any(|known| known.place.get() == place && *known.text == *text)
    }
}

impl HeaderSource {
    fn may_be_one(&self, value: &[u8]) -> bool {
        self.scheme.is_none() || self.credential(value) != Ok(None)
    }
}

impl From<&Credential<'_>> for ForwardedCredential {
    fn from(credential: &Credential<'_>) -> Self {
        Self {
            place: match credential.place() {
                Place::Header(name) => OwnedPlace::Header(name.into()),
                Place::Query(name) => OwnedPlace::Query(name.into()),
                Place::Cookie(name) => OwnedPlace::Cookie(name.into()),
            },
            text: credential.as_bytes().into(),
        }
    }
}

impl OwnedPlace {
    fn get(&self) -> Place<'_> {
        match self {
            Self::Header(name) => Place::Header(name),
            Self::Query(name) => Place::Query(name),
            Self::Cookie(name) => Place::Cookie(name),
        }
    }
}

/// Where it stands: what it is, is a secret.
impl fmt::Debug for ForwardedCredential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ForwardedCredential")
            .field("place", &self.place.get())
            .finish_non_exhaustive()
    }
}
