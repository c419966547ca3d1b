//! Where the credentials of a request stand: finding them, taking them away.

mod config;
mod strip;
mod text;

use std::borrow::Cow;
use std::fmt;

use gatepost_bytes::equal_ignoring_case;
use gatepost_config::{FieldPath, Problems};
use gatepost_http_match::{HeaderNames, Headers, RequestView, cookies, parameters, query_of};

pub use self::config::{CredentialHeaderConfig, CredentialSourcesConfig};
pub use self::strip::ForwardedCredential;
use self::text::is_legal;
use crate::header_name::is_token_byte;

/// The places where a filter looks for credentials: tokens, keys.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct CredentialSources {
    headers: Vec<HeaderSource>,
    /// The names of `headers`.
    header_names: HeaderNames,
    query: Vec<String>,
    cookies: Vec<String>,
}

/// A header that holds credentials.
#[derive(Clone, Debug, Eq, PartialEq)]
struct HeaderSource {
    name: String,
    scheme: Option<String>,
}

/// A credential as the client sent it; nothing is known of it but that it is 1 or
/// more visible ASCII characters without `"` and `,`.
#[derive(Clone, Eq, PartialEq)]
pub struct Credential<'a> {
    text: Cow<'a, [u8]>,
    place: Place<'a>,
}

/// Where a credential stands.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Place<'a> {
    /// In the header of this name.
    Header(&'a str),
    /// In the query parameter of this name.
    Query(&'a str),
    /// In the cookie of this name.
    Cookie(&'a str),
}

/// A place that holds what is no credential and cannot be taken for the absence of
/// one. The client's fault (400, `invalid_request` of RFC 6750 3.1).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Malformed {
    /// A scheme with nothing behind it.
    Empty,
    /// A comma, a space, a quote, a control or non-ASCII character: several
    /// credentials in one, or none.
    IllegalCharacter,
    /// A query that servers read in different ways: a broken percent-encoding, the
    /// parameter behind a `;`, or more than 1024 parameters, of which some servers
    /// read no more than the first.
    UnreadableQuery,
    /// A cookie without `=`.
    UnreadableCookie,
    /// More than 16 credentials.
    TooMany,
}

/// The most credentials of one request.
const MOST_CREDENTIALS: usize = 16;
/// The most parameters of a query in which credentials may stand.
const MOST_PARAMETERS: usize = 1024;

impl CredentialSources {
    /// `Authorization: Bearer <credential>` (RFC 6750 2.1) and nothing else.
    #[must_use]
    pub fn bearer() -> Self {
        let header = HeaderSource {
            name: "authorization".to_owned(),
            scheme: Some("Bearer".to_owned()),
        };
        Self::in_places(vec![header], Vec::new(), Vec::new())
    }

    /// Checks what the document says.
    pub fn new(
        config: CredentialSourcesConfig,
        at: &FieldPath<'_>,
        problems: &mut Problems,
    ) -> Self {
        config.check(at, problems)
    }

    fn in_places(headers: Vec<HeaderSource>, query: Vec<String>, cookies: Vec<String>) -> Self {
        Self {
            header_names: HeaderNames::new(headers.iter().map(|source| &source.name)),
            headers,
            query,
            cookies,
        }
    }

    /// Whether there is no place to look at.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.headers.is_empty() && self.query.is_empty() && self.cookies.is_empty()
    }

    /// Whether credentials stand in this header, which no filter may own then: it
    /// would be removed before anybody looked.
    #[must_use]
    pub fn read_header(&self, name: &str) -> bool {
        let is_it = |source: &HeaderSource| source.name.eq_ignore_ascii_case(name);
        self.headers.iter().any(is_it)
            || (!self.cookies.is_empty() && name.eq_ignore_ascii_case("cookie"))
    }

    /// Every credential of the request, those of one place in their order. All
    /// lines of a repeated header are looked at.
    ///
    /// A scheme is compared without regard to case and ends at one or more spaces
    /// (RFC 9110 11.4); a header with another scheme holds no credential. An empty
    /// header without a scheme, parameter or cookie is the absence of one. A
    /// parameter is decoded, where `+` is a space and so no part of a credential; a
    /// cookie stands with or without quotes around it.
    ///
    /// # Errors
    /// What the first place holds that is malformed. A request with a good
    /// credential and a malformed one is malformed.
    pub fn find<'a>(&'a self, view: &'a RequestView) -> Result<Vec<Credential<'a>>, Malformed> {
        let mut all = Vec::new();
        self.find_each(view, &mut |credential| all.push(credential))?;
        Ok(all)
    }

    /// The same, one after another.
    ///
    /// # Errors
    /// As [`find`](Self::find); `each` has seen what stands before it.
    pub fn find_each<'a>(
        &'a self,
        view: &'a RequestView,
        each: &mut dyn FnMut(Credential<'a>),
    ) -> Result<(), Malformed> {
        let mut found = Found { count: 0, each };
        for source in &self.headers {
            let place = Place::Header(&source.name);
            for value in view.headers().all(&source.name) {
                if let Some(text) = source.credential(value)? {
                    found.take(Cow::Borrowed(text), place)?;
                }
            }
        }
        if !self.query.is_empty() {
            self.find_in_query(view.headers(), &mut found)?;
        }
        if !self.cookies.is_empty() {
            self.find_in_cookies(view.headers(), &mut found)?;
        }
        Ok(())
    }

    /// In `:path` as it now stands: what an earlier filter took away is gone.
    fn find_in_query<'a>(
        &'a self,
        headers: &'a Headers,
        found: &mut Found<'_, 'a>,
    ) -> Result<(), Malformed> {
        for query in headers.all(":path").filter_map(query_of) {
            for (index, parameter) in parameters(query).enumerate() {
                let mut hidden = parameter.hidden_names();
                if index >= MOST_PARAMETERS || hidden.any(|name| self.query_name(&name).is_some()) {
                    return Err(Malformed::UnreadableQuery);
                }
                let name = parameter.name();
                let Some(name) = name.and_then(|name| self.query_name(&name)) else {
                    continue;
                };
                let value = parameter.value().ok_or(Malformed::UnreadableQuery)?;
                if !value.is_empty() {
                    found.take(value, Place::Query(name))?;
                }
            }
        }
        Ok(())
    }

    /// The name of ours that a decoded name is.
    fn query_name(&self, decoded: &[u8]) -> Option<&str> {
        let mut names = self.query.iter().map(String::as_str);
        names.find(|name| name.as_bytes() == decoded)
    }

    fn find_in_cookies<'a>(
        &'a self,
        headers: &'a Headers,
        found: &mut Found<'_, 'a>,
    ) -> Result<(), Malformed> {
        for cookie in headers.all("cookie").flat_map(cookies) {
            for name in &self.cookies {
                if !cookie.is_named(name.as_bytes()) {
                    continue;
                }
                let value = cookie.bare_value().ok_or(Malformed::UnreadableCookie)?;
                if !value.is_empty() {
                    found.take(Cow::Borrowed(value), Place::Cookie(name))?;
                }
            }
        }
        Ok(())
    }
}

impl HeaderSource {
    /// What stands in a value in the place of a credential; nothing when the value
    /// has another scheme or, where none is asked for, is empty.
    fn credential<'v>(&self, value: &'v [u8]) -> Result<Option<&'v [u8]>, Malformed> {
        let value = value.trim_ascii();
        let Some(scheme) = &self.scheme else {
            return Ok((!value.is_empty()).then_some(value));
        };
        let Some(behind) = behind_scheme(value, scheme) else {
            // Proxies join repeated lines with commas.
            let mut joined = value.split(|byte| *byte == b',').skip(1);
            return match joined.any(|part| behind_scheme(part.trim_ascii(), scheme).is_some()) {
                true => Err(Malformed::IllegalCharacter),
                false => Ok(None),
            };
        };
        match behind.split_first() {
            None => Err(Malformed::Empty),
            Some((b' ', _)) => {
                let spaces = behind.iter().take_while(|byte| **byte == b' ').count();
                Ok(behind.get(spaces..))
            }
            Some(_) => Err(Malformed::IllegalCharacter),
        }
    }
}

/// What stands behind the scheme (RFC 9110 11.4), if it is this one.
fn behind_scheme<'v>(value: &'v [u8], scheme: &str) -> Option<&'v [u8]> {
    let (own, behind) = value.split_at_checked(scheme.len())?;
    let ends_here = |byte: &u8| *byte == b' ' || !is_token_byte(*byte);
    let is_it = equal_ignoring_case(own, scheme.as_bytes());
    (is_it && behind.first().is_none_or(ends_here)).then_some(behind)
}

/// The credentials of one request, as they are found.
struct Found<'f, 'a> {
    count: usize,
    each: &'f mut dyn FnMut(Credential<'a>),
}

impl<'a> Found<'_, 'a> {
    fn take(&mut self, text: Cow<'a, [u8]>, place: Place<'a>) -> Result<(), Malformed> {
        if !is_legal(&text) {
            return Err(Malformed::IllegalCharacter);
        }
        if self.count == MOST_CREDENTIALS {
            return Err(Malformed::TooMany);
        }
        self.count = self.count.saturating_add(1);
        (self.each)(Credential { text, place });
        Ok(())
    }
}

impl<'a> Credential<'a> {
    /// The credential: not to be logged.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.text
    }

    /// Where it stands.
    #[must_use]
    pub fn place(&self) -> Place<'a> {
        self.place
    }
}

/// Where it stands: what it is, is a secret.
impl fmt::Debug for Credential<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credential")
            .field("place", &self.place)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Header(name) => write!(f, "header {name}"),
            Self::Query(name) => write!(f, "query {name}"),
            Self::Cookie(name) => write!(f, "cookie {name}"),
        }
    }
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "expected a credential behind the scheme",
            Self::IllegalCharacter => {
                "expected one credential of visible ASCII characters without a comma or a quote"
            }
            Self::UnreadableQuery => "expected a query that all servers read alike",
            Self::UnreadableCookie => "expected a cookie with a value",
            Self::TooMany => "expected at most 16 credentials",
        })
    }
}

impl std::error::Error for Malformed {}
