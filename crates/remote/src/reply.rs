//! What a source answered.

use std::time::Duration;

use crate::failure::Failure;
use crate::format::Meta;
use crate::freshness;
use crate::source::Source;
use crate::validators::Validators;

/// The reply to a [`Fetch`](crate::Fetch).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Reply<'a> {
    /// All headers, `:status` among them, names and values; none when the call
    /// failed.
    pub headers: &'a [(&'a [u8], &'a [u8])],
    /// The body.
    pub body: Body,
}

/// The body of a reply.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Body {
    /// All of it.
    Whole(Vec<u8>),
    /// It has this many bytes, more than [`Source::max_bytes`], and was not
    /// copied.
    TooLarge(usize),
}

/// What a reply comes to.
pub(crate) enum Answer<'a> {
    /// The document that we asked about is still the source's.
    Unchanged {
        /// Until it is asked again.
        period: Duration,
    },
    /// This may be a document.
    New {
        period: Duration,
        body: Vec<u8>,
        meta: Meta<'a>,
        validators: Validators,
    },
}

impl<'a> Reply<'a> {
    /// Judges everything but the body's content. `conditional`: the fetch asked
    /// whether the document changed.
    pub(crate) fn judge<E>(
        self,
        source: &Source,
        conditional: bool,
    ) -> Result<Answer<'a>, Failure<E>> {
        if self.headers.is_empty() {
            return Err(Failure::NoReply);
        }
        let period = freshness::period(
            source.policy(),
            self.values("cache-control"),
            self.only("age"),
        );
        match self.only(":status").and_then(status).unwrap_or(0) {
            200 => {}
            304 if conditional => return Ok(Answer::Unchanged { period }),
            status @ (300..=303 | 305..=399) => return Err(Failure::Redirect(status)),
            status => return Err(Failure::Status(status)),
        }
        let is_identity = |value: &[u8]| value.trim_ascii().eq_ignore_ascii_case(b"identity");
        if !self.values("content-encoding").all(is_identity) {
            return Err(Failure::Encoded);
        }
        let content_type = self.only("content-type");
        let validators = Validators::new(self.only("etag"), self.only("last-modified"));
        let is_stated = self.values("content-length").next().is_some();
        let length = self.only("content-length").and_then(decimal);
        let body = match self.body {
            Body::TooLarge(size) => return Err(Failure::TooLarge(size)),
            Body::Whole(body) if body.len() > source.max_bytes() => {
                return Err(Failure::TooLarge(body.len()));
            }
            Body::Whole(body) => body,
        };
        if is_stated && length != Some(body.len()) {
            return Err(Failure::Cut);
        }
        if body.is_empty() {
            return Err(Failure::Empty);
        }
        Ok(Answer::New {
            period,
            body,
            meta: Meta {
                content_type,
                whole: is_stated,
            },
            validators,
        })
    }

    /// All values of a header.
    fn values<'h>(&'h self, name: &'h str) -> impl Iterator<Item = &'a [u8]> + 'h {
        self.headers
            .iter()
            .filter(move |(known, _)| known.eq_ignore_ascii_case(name.as_bytes()))
            .map(|(_, value)| *value)
    }

    /// The value of a header that is there once: of two, neither is believed.
    fn only(&self, name: &str) -> Option<&'a [u8]> {
        let mut values = self.values(name);
        let value = values.next()?;
        values.next().is_none().then_some(value)
    }
}

fn status(value: &[u8]) -> Option<u16> {
    let status = decimal(value)?;
    u16::try_from(status)
        .ok()
        .filter(|_| value.len() == 3 && status >= 100)
}

fn decimal(value: &[u8]) -> Option<usize> {
    let digits = value.iter().all(u8::is_ascii_digit) && !value.is_empty();
    let text = str::from_utf8(value).ok().filter(|_| digits)?;
    text.parse().ok()
}
