//! Answers of a server of documents, right ones and wrong ones.

use std::time::Duration;

/// What a server of documents answers.
#[derive(Clone, Debug)]
pub struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    length: Length,
    etag: Option<String>,
    after: Duration,
}

/// What the answer says of its body's length.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Length {
    /// `Content-Length`, this many bytes more than there are.
    Stated { more: usize },
    /// Chunks; without the last one, the body is cut.
    Chunked { is_cut: bool },
    /// Nothing: the body ends with the connection.
    Unstated,
    /// Nothing is sent.
    Held,
}

impl Answer {
    /// 200 with this body and its length.
    pub fn ok(body: impl Into<Vec<u8>>) -> Self {
        Self {
            status: 200,
            headers: Vec::new(),
            body: body.into(),
            length: Length::Stated { more: 0 },
            etag: None,
            after: Duration::ZERO,
        }
    }

    /// This status, without a body.
    pub fn status(status: u16) -> Self {
        Self {
            status,
            ..Self::ok("")
        }
    }

    /// Nothing, until the path has another answer: that one is given then.
    pub fn held() -> Self {
        Self {
            length: Length::Held,
            ..Self::ok("")
        }
    }

    /// With one more header.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With this `ETag`; a request that has it already is answered with 304.
    pub fn etag(mut self, etag: &str) -> Self {
        self.etag = Some(etag.to_owned());
        self
    }

    /// Not before this time after the request.
    pub fn after(mut self, pause: Duration) -> Self {
        self.after = pause;
        self
    }

    /// With a `Content-Length` that promises this many more bytes than come.
    pub fn promising(mut self, more: usize) -> Self {
        self.length = Length::Stated { more };
        self
    }

    /// In chunks; `is_cut`: the connection closes before the last one.
    pub fn chunked(mut self, is_cut: bool) -> Self {
        self.length = Length::Chunked { is_cut };
        self
    }

    /// Without a word of its length: it ends when the connection does.
    pub fn unstated(mut self) -> Self {
        self.length = Length::Unstated;
        self
    }

    pub(super) fn pause(&self) -> Duration {
        self.after
    }

    pub(super) fn is_held(&self) -> bool {
        self.length == Length::Held
    }

    /// What goes over the wire to one who asks with this `If-None-Match`.
    pub(super) fn bytes(&self, condition: Option<&str>) -> Vec<u8> {
        let is_unchanged = self.etag.is_some() && condition == self.etag.as_deref();
        let status = if is_unchanged { 304 } else { self.status };
        let mut head = format!("HTTP/1.1 {status} Scripted\r\nconnection: close\r\n");
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        if let Some(etag) = &self.etag {
            head.push_str(&format!("etag: {etag}\r\n"));
        }
        let length = self.body.len();
        match self.length {
            _ if status == 304 => head.push_str("\r\n"),
            Length::Stated { more } => {
                head.push_str(&format!("content-length: {}\r\n\r\n", length + more));
            }
            Length::Chunked { .. } => {
                head.push_str(&format!("transfer-encoding: chunked\r\n\r\n{length:x}\r\n"));
            }
            Length::Unstated | Length::Held => head.push_str("\r\n"),
        }
        let mut bytes = head.into_bytes();
        if status != 304 {
            bytes.extend_from_slice(&self.body);
            if let Length::Chunked { is_cut } = self.length {
                bytes.extend_from_slice(if is_cut { b"\r\n" } else { b"\r\n0\r\n\r\n" });
            }
        }
        bytes
    }
}
