//! An HTTP/1.1 client that sends any bytes and reads what comes back.

use std::io::{self, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

use socket2::{Domain, Socket, Type};

use crate::{Error, Response, Result};

/// No answer of a test takes longer; a peer that drips bytes ends here too.
pub(crate) const ANSWER_WITHIN: Duration = Duration::from_secs(20);

/// More than any response of a test.
const MOST_BYTES: usize = 64 << 20;

/// A byte stream whose reads can be given a limit of time.
pub(crate) trait Stream: Read + Write + Send {
    /// A read after this fails when nothing comes within `within`.
    fn set_read_within(&self, within: Duration) -> io::Result<()>;
}

impl Stream for TcpStream {
    fn set_read_within(&self, within: Duration) -> io::Result<()> {
        self.set_read_timeout(Some(within))
    }
}

impl Stream for UnixStream {
    fn set_read_within(&self, within: Duration) -> io::Result<()> {
        self.set_read_timeout(Some(within))
    }
}

/// One connection.
pub struct Http1Client {
    stream: Box<dyn Stream>,
    received: Vec<u8>,
    /// Whether anything came since something was sent.
    is_answered: bool,
    /// How the peer ended the connection, if it did.
    end: Option<End>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum End {
    Close,
    Reset,
}

impl Http1Client {
    /// Connects from whichever address the system chooses.
    pub fn connect(to: SocketAddr) -> Result<Self> {
        Ok(Self::over(connect_tcp(None, to)?))
    }

    /// Connects from `source`: any address of 127.0.0.0/8 is one of this machine.
    pub fn connect_from(source: IpAddr, to: SocketAddr) -> Result<Self> {
        Ok(Self::over(connect_tcp(Some(source), to)?))
    }

    /// Connects to a unix socket.
    pub fn connect_unix(path: &Path) -> Result<Self> {
        let stream = UnixStream::connect(path)
            .map_err(Error::io(format!("connecting to {}", path.display())))?;
        Ok(Self::over(stream))
    }

    pub(crate) fn over(stream: impl Stream + 'static) -> Self {
        Self {
            stream: Box::new(stream),
            received: Vec::new(),
            is_answered: false,
            end: None,
        }
    }

    /// Sends bytes as they are.
    pub fn send(&mut self, bytes: &[u8]) -> Result<()> {
        self.is_answered = false;
        self.stream
            .write_all(bytes)
            .and_then(|()| self.stream.flush())
            .map_err(Error::io("sending"))
    }

    /// Sends each piece in a write of its own; none waits for another to fill a segment.
    pub fn send_pieces(&mut self, pieces: &[&[u8]]) -> Result<()> {
        pieces.iter().try_for_each(|piece| self.send(piece))
    }

    /// Sends bytes that the peer may well refuse before it has read them all, and
    /// reads its answer. [`Error::Closed`] if it gave none.
    pub fn exchange(&mut self, bytes: &[u8]) -> Result<Response> {
        let _ = self.send(bytes);
        self.response()
    }

    /// A GET with `headers` as given; `host: test` comes first if they name no host.
    pub fn get(&mut self, path: &str, headers: &[(&str, &str)]) -> Result<Response> {
        self.request("GET", path, headers, b"")
    }

    /// A request with `headers` as given; a body gets a `content-length`.
    pub fn request(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Result<Response> {
        let mut head = format!("{method} {path} HTTP/1.1\r\n");
        if !headers
            .iter()
            .any(|(name, _)| name.eq_ignore_ascii_case("host"))
        {
            head.push_str("host: test\r\n");
        }
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        if !body.is_empty() {
            head.push_str(&format!("content-length: {}\r\n", body.len()));
        }
        head.push_str("\r\n");
        self.send(&[head.as_bytes(), body].concat())?;
        if method == "HEAD" {
            self.head()
        } else {
            self.response()
        }
    }

    /// Whether the peer closed, without a reset, before a byte of an answer came: as it
    /// may close a connection on which it has not seen a request yet.
    pub fn is_closed_unanswered(&self) -> bool {
        !self.is_answered && self.end == Some(End::Close)
    }

    /// Reads the next response with its body. Interim responses (1xx) are passed
    /// over, except 101, which is the last of the protocol.
    pub fn response(&mut self) -> Result<Response> {
        let deadline = Instant::now() + ANSWER_WITHIN;
        let mut response = self.read_head(deadline)?;
        while response.status < 200 && response.status != 101 {
            response = self.read_head(deadline)?;
        }
        if matches!(response.status, 101 | 204 | 304) {
            return Ok(response);
        }
        let chunked = response
            .header("transfer-encoding")
            .is_some_and(|coding| coding.ends_with("chunked"));
        if chunked {
            self.read_chunks(&mut response, deadline)?;
        } else if let Some(length) = response.header("content-length") {
            let length = length
                .parse()
                .map_err(|_| Error::Malformed(format!("content-length {length}")))?;
            response.body = self.take(length, deadline)?;
        } else {
            while self.read_more(deadline)? {}
            response.body = std::mem::take(&mut self.received);
        }
        Ok(response)
    }

    /// Reads the head of the next response only: for HEAD, CONNECT and upgrades,
    /// after which [`Http1Client::read_exact`] gives what follows.
    pub fn head(&mut self) -> Result<Response> {
        self.read_head(Instant::now() + ANSWER_WITHIN)
    }

    /// Reads the rest of a body in chunks, behind a head that was read by itself.
    pub fn body_in_chunks(&mut self) -> Result<Vec<u8>> {
        let mut response = Response::default();
        self.read_chunks(&mut response, Instant::now() + ANSWER_WITHIN)?;
        Ok(response.body)
    }

    /// Reads `length` bytes.
    pub fn read_exact(&mut self, length: usize) -> Result<Vec<u8>> {
        self.take(length, Instant::now() + ANSWER_WITHIN)
    }

    /// Reads until the peer closes.
    pub fn read_to_end(&mut self) -> Result<Vec<u8>> {
        let deadline = Instant::now() + ANSWER_WITHIN;
        while self.read_more(deadline)? {}
        Ok(std::mem::take(&mut self.received))
    }

    fn read_head(&mut self, deadline: Instant) -> Result<Response> {
        loop {
            let mut headers = [httparse::EMPTY_HEADER; 256];
            let mut head = httparse::Response::new(&mut headers);
            let parsed = head
                .parse(&self.received)
                .map_err(|why| Error::Malformed(why.to_string()))?;
            if let httparse::Status::Complete(length) = parsed {
                let response = Response {
                    status: head.code.unwrap_or_default(),
                    headers: fields(head.headers),
                    ..Response::default()
                };
                self.received.drain(..length);
                return Ok(response);
            }
            self.must_read_more(deadline)?;
        }
    }

    fn read_chunks(&mut self, response: &mut Response, deadline: Instant) -> Result<()> {
        loop {
            let parsed = httparse::parse_chunk_size(&self.received)
                .map_err(|_| Error::Malformed("a chunk's size".to_owned()))?;
            let httparse::Status::Complete((line, size)) = parsed else {
                self.must_read_more(deadline)?;
                continue;
            };
            self.received.drain(..line);
            if size == 0 {
                response.trailers = self.read_trailers(deadline)?;
                return Ok(());
            }
            let size =
                usize::try_from(size).map_err(|_| Error::Malformed("a chunk's size".to_owned()))?;
            response.body.extend(self.take(size, deadline)?);
            self.take(2, deadline)?;
        }
    }

    fn read_trailers(&mut self, deadline: Instant) -> Result<Vec<(String, Vec<u8>)>> {
        loop {
            let mut trailers = [httparse::EMPTY_HEADER; 64];
            let parsed = httparse::parse_headers(&self.received, &mut trailers)
                .map_err(|why| Error::Malformed(why.to_string()))?;
            if let httparse::Status::Complete((length, trailers)) = parsed {
                let trailers = fields(trailers);
                self.received.drain(..length);
                return Ok(trailers);
            }
            self.must_read_more(deadline)?;
        }
    }

    fn take(&mut self, length: usize, deadline: Instant) -> Result<Vec<u8>> {
        while self.received.len() < length {
            self.must_read_more(deadline)?;
        }
        Ok(self.received.drain(..length).collect())
    }

    fn must_read_more(&mut self, deadline: Instant) -> Result<()> {
        if self.read_more(deadline)? {
            Ok(())
        } else {
            Err(Error::Closed)
        }
    }

    /// Whether anything came before the peer closed. A reset is a close: Envoy
    /// resets when it answers and closes while bytes of the request are unread.
    fn read_more(&mut self, deadline: Instant) -> Result<bool> {
        let late = || Error::Timeout {
            what: "a response".to_owned(),
            within: ANSWER_WITHIN,
        };
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(late());
        }
        if self.received.len() > MOST_BYTES {
            return Err(Error::Malformed(format!("more than {MOST_BYTES} bytes")));
        }
        self.stream
            .set_read_within(left)
            .map_err(Error::io("setting a read's limit"))?;
        let mut buffer = [0; 16 << 10];
        match self.stream.read(&mut buffer) {
            Ok(length) => {
                self.received.extend_from_slice(&buffer[..length]);
                if length > 0 {
                    self.is_answered = true;
                } else {
                    self.end = Some(End::Close);
                }
                Ok(length > 0)
            }
            Err(error) => match error.kind() {
                io::ErrorKind::Interrupted => Ok(true),
                io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => Err(late()),
                io::ErrorKind::ConnectionReset | io::ErrorKind::UnexpectedEof => {
                    self.end = Some(End::Reset);
                    Ok(false)
                }
                _ => Err(Error::io("receiving")(error)),
            },
        }
    }
}

pub(crate) fn connect_tcp(source: Option<IpAddr>, to: SocketAddr) -> Result<TcpStream> {
    let connect = || {
        let socket = Socket::new(Domain::for_address(to), Type::STREAM, None)?;
        if let Some(source) = source {
            socket.bind(&SocketAddr::new(source, 0).into())?;
        }
        socket.connect_timeout(&to.into(), ANSWER_WITHIN)?;
        let stream = TcpStream::from(socket);
        stream.set_nodelay(true)?;
        stream.set_write_timeout(Some(ANSWER_WITHIN))?;
        Ok(stream)
    };
    connect().map_err(Error::io(format!("connecting to {to}")))
}

fn fields(headers: &[httparse::Header<'_>]) -> Vec<(String, Vec<u8>)> {
    headers
        .iter()
        .map(|header| (header.name.to_ascii_lowercase(), header.value.to_vec()))
        .collect()
}
