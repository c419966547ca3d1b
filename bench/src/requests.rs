//! What a client sends to a row.

use std::cell::OnceCell;
use std::rc::Rc;

use crate::error::Result;
use crate::tokens::Tokens;

/// What an ordinary browser sends, beside `host`.
const HEADERS: [(&str, &str); 11] = [
    (
        "user-agent",
        "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    ),
    (
        "accept",
        "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    ),
    ("accept-language", "en-GB,en;q=0.7,de;q=0.3"),
    ("accept-encoding", "gzip, deflate, br, zstd"),
    ("referer", "https://shop.example/catalogue?page=3"),
    ("cookie", "session=5f3c2a9e7b14; theme=dark; consent=1"),
    ("sec-fetch-dest", "document"),
    ("sec-fetch-mode", "navigate"),
    ("sec-fetch-site", "same-origin"),
    ("cache-control", "no-cache"),
    ("priority", "u=0, i"),
];

/// The requests that a row gets, by turns. Rows that are compared with each other share
/// them to the byte: a longer request costs Envoy more, whatever filter there is.
pub(crate) struct Requests {
    /// For people: `a new RS256 token`.
    pub(crate) what: String,
    /// `rs256-new`, for names of rows; empty for the ordinary ones.
    name: String,
    path: &'static str,
    /// Beside the ordinary ones.
    header: Option<(&'static str, &'static str)>,
    tokens: Option<Rc<Tokens>>,
    made: OnceCell<Vec<Vec<u8>>>,
}

impl Requests {
    /// One that is always the same, for `/`.
    pub(crate) fn ordinary() -> Self {
        Self::new("an ordinary request", "")
    }

    /// The same with something in it that [`Self::with_path`] and so on add.
    pub(crate) fn new(what: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            name: name.into(),
            path: "/",
            header: None,
            tokens: None,
            made: OnceCell::new(),
        }
    }

    /// For another path.
    pub(crate) fn with_path(self, path: &'static str) -> Self {
        Self { path, ..self }
    }

    /// With a header more.
    pub(crate) fn with_header(self, name: &'static str, value: &'static str) -> Self {
        let header = Some((name, value));
        Self { header, ..self }
    }

    /// With a token each.
    pub(crate) fn with_tokens(self, tokens: &Rc<Tokens>) -> Self {
        let tokens = Some(Rc::clone(tokens));
        Self { tokens, ..self }
    }

    /// The row that has no filter: what Envoy costs.
    pub(crate) fn none(&self) -> String {
        self.base("none")
    }

    /// The row with a module of this house that does nothing: what every other one
    /// costs at least.
    pub(crate) fn noop(&self) -> String {
        self.base("noop")
    }

    fn base(&self, filter: &str) -> String {
        match self.name.as_str() {
            "" => filter.to_owned(),
            name => format!("{filter}-{name}"),
        }
    }

    /// All of them as they are sent, made when they are first asked for.
    pub(crate) fn bytes(&self) -> Result<&[Vec<u8>]> {
        if let Some(made) = self.made.get() {
            return Ok(made);
        }
        let requests = match &self.tokens {
            None => vec![self.request(None)],
            Some(tokens) => {
                let tokens = tokens.all()?.iter();
                tokens.map(|token| self.request(Some(token))).collect()
            }
        };
        Ok(self.made.get_or_init(|| requests))
    }

    fn request(&self, token: Option<&str>) -> Vec<u8> {
        let mut head = format!("GET {} HTTP/1.1\r\nhost: shop.example\r\n", self.path);
        for (name, value) in HEADERS.iter().chain(&self.header) {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        if let Some(token) = token {
            head.push_str(&format!("authorization: Bearer {token}\r\n"));
        }
        head.push_str("\r\n");
        head.into_bytes()
    }
}
