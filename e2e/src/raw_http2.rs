//! An HTTP/2 client that sends any header block: pseudo headers missing, CONNECT
//! with and without `:protocol`, a stream that is reset half way.

use std::collections::BTreeMap;
use std::io::Write;
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use crate::http1::{ANSWER_WITHIN, Stream, connect_tcp};
use crate::{Error, Result};

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Frame types and flags of RFC 9113 6.
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const ACK: u8 = 1;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;
const CANCEL: u32 = 8;

/// What any peer takes in one frame, in bytes.
const LONGEST_FRAME: usize = 16_384;

/// One connection. Streams are numbered by the caller: 1, 3, 5 and so on. It sends
/// at most the 64 KiB of body that a peer takes without being asked.
pub struct RawHttp2Client {
    stream: TcpStream,
    received: Vec<u8>,
    answers: BTreeMap<u32, RawAnswer>,
    is_closed: bool,
}

/// What came back on a stream so far.
#[derive(Clone, Debug, Default)]
pub struct RawAnswer {
    /// `:status` of the last header block that had one.
    pub status: Option<u16>,
    /// The bytes of the body.
    pub body: Vec<u8>,
    /// How it ended, if it did.
    pub end: Option<StreamEnd>,
}

/// How a stream ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum StreamEnd {
    /// With its last frame.
    Whole,
    /// The peer reset it, with this error code (RFC 9113 7).
    Reset(u32),
    /// With its connection, which the peer closed or gave up (GOAWAY).
    Closed,
}

impl RawHttp2Client {
    /// Connects from `source`: any address of 127.0.0.0/8 is one of this machine.
    pub fn connect_from(source: IpAddr, to: SocketAddr) -> Result<Self> {
        let mut stream = connect_tcp(Some(source), to)?;
        stream
            .write_all(&[PREFACE, &frame(SETTINGS, 0, 0, &[])].concat())
            .map_err(Error::io("sending the preface"))?;
        Ok(Self {
            stream,
            received: Vec::new(),
            answers: BTreeMap::new(),
            is_closed: false,
        })
    }

    /// Sends a header block, or after a body the trailers. It must fit a frame.
    pub fn send_headers(&mut self, id: u32, fields: &[(&str, &str)], is_end: bool) -> Result<()> {
        let mut block = Vec::new();
        for (name, value) in fields {
            // Literal without indexing, new name, no Huffman (RFC 7541 6.2.2).
            block.push(0);
            for text in [name, value] {
                push_length(&mut block, text.len());
                block.extend_from_slice(text.as_bytes());
            }
        }
        let flags = END_HEADERS | if is_end { END_STREAM } else { 0 };
        self.send(&frame(HEADERS, flags, id, &block))
    }

    /// Sends a part of the body.
    pub fn send_data(&mut self, id: u32, bytes: &[u8], is_end: bool) -> Result<()> {
        let mut parts = bytes.chunks(LONGEST_FRAME).peekable();
        while let Some(part) = parts.next() {
            let is_last = is_end && parts.peek().is_none();
            self.send(&frame(DATA, u8::from(is_last) * END_STREAM, id, part))?;
        }
        Ok(())
    }

    /// Resets a stream, as a client does that no longer cares.
    pub fn reset(&mut self, id: u32) -> Result<()> {
        self.send(&frame(RST_STREAM, 0, id, &CANCEL.to_be_bytes()))
    }

    /// Waits until the stream has ended.
    pub fn answer(&mut self, id: u32) -> Result<RawAnswer> {
        self.wait(id, |answer| answer.end.is_some())
    }

    /// Waits until the stream has ended or a final status came.
    pub fn head(&mut self, id: u32) -> Result<RawAnswer> {
        self.wait(id, |answer| {
            answer.end.is_some() || answer.status.is_some_and(|status| status >= 200)
        })
    }

    /// Waits until the stream has ended or so many bytes of body came.
    pub fn body(&mut self, id: u32, at_least: usize) -> Result<RawAnswer> {
        self.wait(id, |answer| {
            answer.end.is_some() || answer.body.len() >= at_least
        })
    }

    fn send(&mut self, bytes: &[u8]) -> Result<()> {
        self.stream.write_all(bytes).map_err(Error::io("sending"))
    }

    fn wait(&mut self, id: u32, is_there: impl Fn(&RawAnswer) -> bool) -> Result<RawAnswer> {
        let deadline = Instant::now() + ANSWER_WITHIN;
        loop {
            let is_closed = self.is_closed;
            let answer = self.answers.entry(id).or_default();
            if is_closed && answer.end.is_none() {
                answer.end = Some(StreamEnd::Closed);
            }
            if is_there(answer) {
                return Ok(answer.clone());
            }
            self.read_frame(deadline)?;
        }
    }

    fn read_frame(&mut self, deadline: Instant) -> Result<()> {
        let Some(head) = self.take(9, deadline)? else {
            return Ok(());
        };
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize;
        let (kind, flags) = (head[3], head[4]);
        let id = u32::from_be_bytes([head[5] & 0x7f, head[6], head[7], head[8]]);
        let Some(payload) = self.take(length, deadline)? else {
            return Ok(());
        };
        match kind {
            SETTINGS if flags & ACK == 0 => return self.send(&frame(SETTINGS, ACK, 0, &[])),
            PING if flags & ACK == 0 => return self.send(&frame(PING, ACK, 0, &payload)),
            // For an error: the peer closes, but not at once. Zero is no error.
            GOAWAY if payload.get(4..8) != Some([0; 4].as_slice()) => self.is_closed = true,
            _ => {}
        }
        let answer = self.answers.entry(id).or_default();
        match kind {
            HEADERS => answer.status = status(&payload)?.or(answer.status),
            DATA => answer.body.extend_from_slice(&payload),
            RST_STREAM => {
                let code = payload.try_into().map_or(0, u32::from_be_bytes);
                answer.end = answer.end.or(Some(StreamEnd::Reset(code)));
            }
            _ => {}
        }
        if matches!(kind, HEADERS | DATA) && flags & END_STREAM != 0 {
            answer.end = Some(StreamEnd::Whole);
        }
        Ok(())
    }

    /// The next `length` bytes; none once the peer has closed.
    fn take(&mut self, length: usize, deadline: Instant) -> Result<Option<Vec<u8>>> {
        while self.received.len() < length {
            let left = deadline.saturating_duration_since(Instant::now());
            self.stream
                .set_read_within(left.max(Duration::from_millis(1)))
                .map_err(Error::io("setting a read's limit"))?;
            let mut buffer = [0; LONGEST_FRAME];
            match std::io::Read::read(&mut self.stream, &mut buffer) {
                Ok(0) => self.is_closed = true,
                Ok(read) => self.received.extend_from_slice(&buffer[..read]),
                Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => {
                    self.is_closed = true;
                }
                Err(error) => return Err(Error::io("receiving frames")(error)),
            }
            if self.is_closed {
                return Ok(None);
            }
        }
        Ok(Some(self.received.drain(..length).collect()))
    }
}

/// An integer with a prefix of seven bits (RFC 7541 5.1), whose eighth says that no
/// Huffman code follows.
fn push_length(block: &mut Vec<u8>, length: usize) {
    const PREFIX: usize = 0x7f;
    if length < PREFIX {
        block.push(length as u8);
        return;
    }
    block.push(PREFIX as u8);
    let mut rest = length - PREFIX;
    while rest >= 0x80 {
        block.push((rest & 0x7f) as u8 | 0x80);
        rest >>= 7;
    }
    block.push(rest as u8);
}

fn frame(kind: u8, flags: u8, id: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap_or(u32::MAX);
    let mut frame = length.to_be_bytes()[1..].to_vec();
    frame.extend([kind, flags]);
    frame.extend(id.to_be_bytes());
    frame.extend_from_slice(payload);
    frame
}

/// `:status`, which stands first, in the forms that a proxy gives it in the first
/// header blocks of a connection: no other use of the compression is understood.
/// None for trailers.
fn status(block: &[u8]) -> Result<Option<u16>> {
    let mut block = block;
    // A new size of the table (RFC 7541 6.3).
    while let [first, rest @ ..] = block
        && first & 0xe0 == 0x20
    {
        block = rest;
    }
    match block {
        // Of the static table (RFC 7541 appendix A).
        [indexed @ 0x88..=0x8e, ..] => Ok([200, 204, 206, 304, 400, 404, 500]
            .get(usize::from(indexed - 0x88))
            .copied()),
        // Its name is of the table, its value a literal: three digits.
        [0x08..=0x0e | 0x48..=0x4e, length, digits @ ..] => {
            let digits = digits.get(..usize::from(length & 0x7f)).unwrap_or_default();
            let text = if length & 0x80 == 0 {
                digits.to_vec()
            } else {
                huffman_digits(digits)
            };
            let status = std::str::from_utf8(&text)
                .ok()
                .and_then(|text| text.parse().ok());
            status
                .map(Some)
                .ok_or_else(|| Error::Malformed(format!("a status of {digits:x?}")))
        }
        _ => Ok(None),
    }
}

/// Three digits in the code of RFC 7541 appendix B: five bits for 0, 1 and 2, six
/// for the others.
fn huffman_digits(bytes: &[u8]) -> Vec<u8> {
    let mut bits = bytes
        .iter()
        .flat_map(|byte| (0..8).rev().map(move |at| byte >> at & 1));
    let mut text = Vec::new();
    for _ in 0..3 {
        let code = bits.by_ref().take(5).fold(0, |code, bit| code << 1 | bit);
        text.push(match code {
            0..=2 => b'0' + code,
            _ => b'3' + (code << 1 | bits.next().unwrap_or(0)).saturating_sub(0x19),
        });
    }
    text
}
