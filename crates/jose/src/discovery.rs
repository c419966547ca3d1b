//! Finding an issuer's keys: OpenID Connect Discovery 1.0 and RFC 8414.

use std::fmt;

use gatepost_json::{JsonError, Limits, Value, parse};

/// Which document an issuer publishes about itself.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum DiscoveryKind {
    /// OpenID Connect Discovery 1.0, 4: behind the issuer's path.
    OpenIdConnect,
    /// RFC 8414, 3: between the issuer's host and its path.
    OAuth,
}

impl DiscoveryKind {
    /// The path, with its query, of the document that `issuer` publishes.
    ///
    /// # Errors
    /// The issuer is no URL as [`JwksUri`] describes it, or has a query, which
    /// both standards exclude.
    pub fn path(self, issuer: &str) -> Result<String, UrlError> {
        let issuer = HttpUrl::parse(issuer)?;
        if issuer.path.contains('?') {
            return Err(UrlError::Query);
        }
        // Both standards: a slash at the end is not part of the path.
        let path = issuer.path.strip_suffix('/').unwrap_or(&issuer.path);
        Ok(match self {
            Self::OpenIdConnect => format!("{path}/.well-known/openid-configuration"),
            Self::OAuth => format!("/.well-known/oauth-authorization-server{path}"),
        })
    }
}

/// Where an issuer says that its keys are.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct JwksUri {
    url: HttpUrl,
}

impl JwksUri {
    /// The host in lower case, an IPv6 address in brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.url.host
    }

    /// The port: 443 when none is written, 80 for plain HTTP.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.url.port.unwrap_or(self.url.usual_port())
    }

    /// What `:authority` has to be: the host, and the port unless it is the usual one,
    /// so that a server has one name however it is written (RFC 9110 4.2.3).
    #[must_use]
    pub fn authority(&self) -> String {
        authority(&self.url.host, self.url.port, self.url.usual_port())
    }

    /// The path and the query, as they are written; `/` when there is none.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.url.path
    }

    /// Whether the keys are to be fetched with TLS.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.url.is_https
    }
}

/// The [`authority`](JwksUri::authority) of an HTTPS server that is written in this
/// way: a host, and perhaps a port.
///
/// # Errors
/// No URL could have it.
pub fn https_authority(text: &str) -> Result<String, UrlError> {
    let (host, port) = parse_authority(text)?;
    Ok(authority(&host, port, HTTPS_PORT))
}

/// What a discovery document is held to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct DiscoveryLimits {
    /// The longest document, in bytes.
    pub max_bytes: usize,
    /// Whether `jwks_uri` may be plain HTTP: for issuers within a mesh that
    /// encrypts.
    pub allow_http: bool,
}

impl Default for DiscoveryLimits {
    /// 64 KiB, and HTTPS only.
    fn default() -> Self {
        Self {
            max_bytes: 64 * 1024,
            allow_http: false,
        }
    }
}

/// A discovery document.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Discovery {
    jwks_uri: JwksUri,
}

impl Discovery {
    /// How deep a document may nest: real ones are flat.
    const MAX_DEPTH: u8 = 16;

    /// Reads the document that `issuer` published.
    ///
    /// # Errors
    /// The document is no strict JSON object; its `issuer` is not the one that was
    /// asked, byte by byte (OpenID Connect Discovery 4.3, RFC 8414 3.3); its
    /// `jwks_uri` is missing or no URL that could be fetched.
    pub fn parse(
        document: &[u8],
        issuer: &str,
        limits: &DiscoveryLimits,
    ) -> Result<Self, DiscoveryError> {
        let limits_of_text = Limits {
            max_bytes: limits.max_bytes,
            max_depth: Self::MAX_DEPTH,
        };
        let document = parse(document, limits_of_text).map_err(DiscoveryError::Json)?;
        if document.as_object().is_none() {
            return Err(DiscoveryError::NotAnObject);
        }
        if text(&document, "issuer")? != issuer {
            return Err(DiscoveryError::WrongIssuer);
        }
        let url = HttpUrl::parse(text(&document, "jwks_uri")?).map_err(DiscoveryError::JwksUri)?;
        if !url.is_https && !limits.allow_http {
            return Err(DiscoveryError::JwksUri(UrlError::Scheme));
        }
        Ok(Self {
            jwks_uri: JwksUri { url },
        })
    }

    /// Where the keys are.
    #[must_use]
    pub fn jwks_uri(&self) -> &JwksUri {
        &self.jwks_uri
    }
}

/// Why a document says nothing about an issuer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum DiscoveryError {
    /// It is no strict JSON, or too long.
    Json(JsonError),
    /// It is no JSON object.
    NotAnObject,
    /// A member is missing, or no string.
    Member(&'static str),
    /// `issuer` is another one than was asked.
    WrongIssuer,
    /// `jwks_uri` cannot be fetched.
    JwksUri(UrlError),
}

impl fmt::Display for DiscoveryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Json(error) => error.fmt(f),
            Self::NotAnObject => f.write_str("expected a JSON object"),
            Self::Member(member) => write!(f, "`{member}`: expected a string"),
            Self::WrongIssuer => {
                f.write_str("`issuer`: expected exactly the issuer that is configured")
            }
            Self::JwksUri(error) => write!(f, "`jwks_uri`: {error}"),
        }
    }
}

impl std::error::Error for DiscoveryError {}

/// Why a text is no URL that could be fetched.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum UrlError {
    /// It does not begin with `https://`, or `http://` where that is allowed.
    Scheme,
    /// It names a user (RFC 9110 4.2.4).
    UserInfo,
    /// The host is empty, or has other characters than host names and addresses
    /// have.
    Host,
    /// The port is no number from 1 to 65535.
    Port,
    /// The path or the query has a character that they must not have (RFC 3986
    /// 3.3), or a fragment follows.
    Path,
    /// There is a query.
    Query,
    /// It is longer than 2048 bytes.
    TooLong,
}

impl fmt::Display for UrlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Scheme => "expected an https URL",
            Self::UserInfo => "expected a URL without a user",
            Self::Host => "expected a URL with a host name or an address",
            Self::Port => "expected a port from 1 to 65535",
            Self::Path => "expected a path of legal characters and no fragment",
            Self::Query => "expected a URL without a query",
            Self::TooLong => "expected at most 2048 bytes",
        })
    }
}

impl std::error::Error for UrlError {}

const HTTPS_PORT: u16 = 443;
const HTTP_PORT: u16 = 80;

/// The longest URL, in bytes.
const MAX_URL_BYTES: usize = 2048;

/// An absolute URL of HTTP, without a user and without a fragment.
#[derive(Clone, Debug, Eq, PartialEq)]
struct HttpUrl {
    is_https: bool,
    host: String,
    port: Option<u16>,
    /// With the query; begins with a slash.
    path: String,
}

impl HttpUrl {
    fn parse(text: &str) -> Result<Self, UrlError> {
        if text.len() > MAX_URL_BYTES {
            return Err(UrlError::TooLong);
        }
        let (scheme, rest) = text.split_once("://").ok_or(UrlError::Scheme)?;
        let is_https = scheme.eq_ignore_ascii_case("https");
        if !is_https && !scheme.eq_ignore_ascii_case("http") {
            return Err(UrlError::Scheme);
        }
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at_checked(end).ok_or(UrlError::Host)?;
        let (host, port) = parse_authority(authority)?;
        Ok(Self {
            is_https,
            host,
            port,
            path: parse_path(path)?,
        })
    }

    fn usual_port(&self) -> u16 {
        match self.is_https {
            true => HTTPS_PORT,
            false => HTTP_PORT,
        }
    }
}

fn authority(host: &str, port: Option<u16>, usual: u16) -> String {
    match port.filter(|port| *port != usual) {
        None => host.to_owned(),
        Some(port) => format!("{host}:{port}"),
    }
}

fn parse_authority(authority: &str) -> Result<(String, Option<u16>), UrlError> {
    if authority.contains('@') {
        return Err(UrlError::UserInfo);
    }
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => {
            let (address, behind) = rest.split_once(']').ok_or(UrlError::Host)?;
            let address: std::net::Ipv6Addr = address.parse().map_err(|_| UrlError::Host)?;
            let port = match behind {
                "" => None,
                behind => Some(behind.strip_prefix(':').ok_or(UrlError::Host)?),
            };
            (format!("[{address}]"), port)
        }
        None => {
            let (host, port) = match authority.split_once(':') {
                None => (authority, None),
                Some((host, port)) => (host, Some(port)),
            };
            let legal = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
            if host.is_empty() || host.len() > 255 || !host.bytes().all(legal) {
                return Err(UrlError::Host);
            }
            (host.to_ascii_lowercase(), port)
        }
    };
    Ok((host, port.map(parse_port).transpose()?))
}

fn parse_port(port: &str) -> Result<u16, UrlError> {
    if !port.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(UrlError::Port);
    }
    match port.parse() {
        Ok(0) | Err(_) => Err(UrlError::Port),
        Ok(port) => Ok(port),
    }
}

/// A path and a query of the characters that RFC 3986 3.3 and 3.4 give them.
fn parse_path(path: &str) -> Result<String, UrlError> {
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@%/?".contains(&byte);
    if !path.bytes().all(legal) {
        return Err(UrlError::Path);
    }
    Ok(if path.starts_with('/') {
        path.to_owned()
    } else {
        format!("/{path}")
    })
}

fn text<'a>(document: &'a Value, member: &'static str) -> Result<&'a str, DiscoveryError> {
    document
        .member(member)
        .and_then(Value::as_str)
        .ok_or(DiscoveryError::Member(member))
}
