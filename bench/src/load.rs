//! Sends requests to one listener over connections that stay open.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use crate::error::{Error, Result};
use crate::row::Row;

/// No answer takes longer.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// The connections to one row's listener.
pub(crate) struct Load<'a> {
    row: &'a str,
    /// Sent by turns.
    requests: &'a [Vec<u8>],
    next: usize,
    /// Every answer is as long as the first.
    answer_length: usize,
    connections: Vec<TcpStream>,
}

impl<'a> Load<'a> {
    /// Connects, and learns from the first answer how long every answer is.
    pub(crate) fn connect(row: &'a Row, to: SocketAddr, connections: usize) -> Result<Self> {
        let io = |error| Error::Io("connecting to a listener", error);
        let mut load = Self {
            row: &row.name,
            requests: row.requests.bytes()?,
            next: 0,
            answer_length: 0,
            connections: Vec::new(),
        };
        for _ in 0..connections {
            let stream = TcpStream::connect(to).map_err(io)?;
            stream.set_nodelay(true).map_err(io)?;
            // The core is this thread's own: Envoy need not wake it for an answer,
            // and pays nothing for it.
            stream.set_nonblocking(true).map_err(io)?;
            load.connections.push(stream);
        }
        load.learn()?;
        Ok(load)
    }

    /// Sends `count` requests, one after the other on each connection and on all of
    /// them at once: whenever an answer is read, the next request follows, so that
    /// Envoy never waits. Every answer is a 200.
    pub(crate) fn send(&mut self, count: usize) -> Result<()> {
        let mut to_send = count;
        for turn in 0..self.connections.len().min(count) {
            self.write(turn)?;
            to_send -= 1;
        }
        for answered in 0..count {
            let turn = answered % self.connections.len();
            let connection = &mut self.connections[turn];
            let answer = read(connection, |answer| answer.len() >= self.answer_length)?;
            if answer.len() != self.answer_length || !is_ok(&answer) {
                return Err(bad_answer(self.row, &answer));
            }
            if to_send > 0 {
                self.write(turn)?;
                to_send -= 1;
            }
        }
        Ok(())
    }

    /// Sends the next request on the connection of this turn.
    fn write(&mut self, turn: usize) -> Result<()> {
        let request = &self.requests[self.next];
        self.next = (self.next + 1) % self.requests.len();
        // A request is far smaller than an empty send buffer.
        self.connections[turn]
            .write_all(request)
            .map_err(|error| Error::Io("sending a request", error))
    }

    fn learn(&mut self) -> Result<()> {
        if !self.connections.is_empty() {
            self.write(0)?;
        }
        if let Some(connection) = self.connections.first_mut() {
            let answer = read(connection, |answer| {
                answer.ends_with(crate::proxy::BODY.as_bytes())
            })?;
            if !is_ok(&answer) {
                return Err(bad_answer(self.row, &answer));
            }
            self.answer_length = answer.len();
        }
        Ok(())
    }
}

/// Reads until the answer `is_whole`; it asks again and again instead of sleeping.
fn read(connection: &mut TcpStream, is_whole: impl Fn(&[u8]) -> bool) -> Result<Vec<u8>> {
    let mut answer = Vec::new();
    let mut buffer = [0; 4096];
    let deadline = Instant::now() + ANSWER_WITHIN;
    let failed = |error| Error::Io("reading an answer", error);
    while !is_whole(&answer) {
        match connection.read(&mut buffer) {
            Ok(0) => return Err(failed(ErrorKind::UnexpectedEof.into())),
            Ok(length) => answer.extend_from_slice(&buffer[..length]),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                if Instant::now() > deadline {
                    return Err(failed(ErrorKind::TimedOut.into()));
                }
                std::hint::spin_loop();
            }
            Err(error) => return Err(failed(error)),
        }
    }
    Ok(answer)
}

fn is_ok(answer: &[u8]) -> bool {
    answer.starts_with(b"HTTP/1.1 200 ")
}

fn bad_answer(row: &str, answer: &[u8]) -> Error {
    Error::Answer(row.to_owned(), String::from_utf8_lossy(answer).into_owned())
}
