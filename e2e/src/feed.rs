//! A server of documents (lists, key sets) that answers well or badly, as the test tells it to.

mod answer;

use std::collections::HashMap;
use std::io::{self, BufRead, BufReader, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use socket2::{Domain, Socket, Type};

pub use self::answer::Answer;
use crate::http1::ANSWER_WITHIN;
use crate::{Error, Result, wait_until};

/// An HTTP/1.1 server on a port of 127.0.0.1 (or of another address of this machine),
/// one request a connection. Each path
/// has a script of its own, which the test changes while the server runs; a path
/// without one is 404. Dropping it closes its port and ends what is held.
pub struct FeedServer {
    address: SocketAddr,
    shared: Arc<Shared>,
    /// Keeps the port ours while nobody listens there.
    _reserved: Socket,
    listening: Option<JoinHandle<()>>,
}

/// A request as it arrived.
#[derive(Clone, Debug)]
pub struct Fetched {
    /// Path and query.
    pub path: String,
    /// Header fields in order, names in lower case.
    pub headers: Vec<(String, String)>,
    /// When its head was there.
    pub at: Instant,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// Answers still to be given; the last one stays.
    scripts: HashMap<String, Vec<Answer>>,
    fetched: Vec<Fetched>,
    /// Whether connections are turned away; held answers are then given up.
    is_closed: bool,
}

impl FeedServer {
    /// Takes a port on which nobody listens: whoever connects is refused until
    /// [`FeedServer::listen`].
    pub fn reserve() -> Result<Self> {
        Self::reserve_at((Ipv4Addr::LOCALHOST, 0).into())
    }

    fn reserve_at(address: SocketAddr) -> Result<Self> {
        let reserved = bind(address)?;
        let bound = reserved.local_addr().map_err(Error::io("asking a port"))?;
        Ok(Self {
            address: bound.as_socket().unwrap_or(address),
            shared: Arc::default(),
            _reserved: reserved,
            listening: None,
        })
    }

    /// Starts it; it listens when this returns.
    pub fn start() -> Result<Self> {
        let mut server = Self::reserve()?;
        server.listen()?;
        Ok(server)
    }

    /// Starts it on this port, for a person who knows it.
    pub fn start_at(port: u16) -> Result<Self> {
        let mut server = Self::reserve_at((Ipv4Addr::LOCALHOST, port).into())?;
        server.listen()?;
        Ok(server)
    }

    /// Starts it on a free port of this address, for who cannot reach 127.0.0.1.
    pub fn start_on(address: Ipv4Addr) -> Result<Self> {
        let mut server = Self::reserve_at((address, 0).into())?;
        server.listen()?;
        Ok(server)
    }

    /// Listens, for the first time or again, on the same port.
    pub fn listen(&mut self) -> Result<()> {
        let socket = bind(self.address)?;
        socket.listen(128).map_err(Error::io("listening"))?;
        self.shared.lock().is_closed = false;
        let (listener, shared) = (TcpListener::from(socket), Arc::clone(&self.shared));
        self.listening = Some(thread::spawn(move || accept(&listener, &shared)));
        Ok(())
    }

    /// Closes the port and all connections: whoever connects now is refused.
    pub fn stop(&mut self) {
        let Some(listening) = self.listening.take() else {
            return;
        };
        self.shared.lock().is_closed = true;
        self.shared.changed.notify_all();
        // Wakes the thread that accepts.
        let _ = TcpStream::connect(self.address);
        let _ = listening.join();
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// From now on `path` is answered so. What is held there is answered so, too.
    pub fn answer(&self, path: &str, answer: Answer) {
        self.answer_in_turn(path, vec![answer]);
    }

    /// From now on `path` is answered so: one after the other, and with the last
    /// one from then on.
    pub fn answer_in_turn(&self, path: &str, mut answers: Vec<Answer>) {
        answers.reverse();
        self.shared.lock().scripts.insert(path.to_owned(), answers);
        self.shared.changed.notify_all();
    }

    /// The requests for `path` so far.
    pub fn fetched(&self, path: &str) -> Vec<Fetched> {
        let state = self.shared.lock();
        let of_path = state.fetched.iter().filter(|fetched| fetched.path == path);
        of_path.cloned().collect()
    }

    /// Waits until `path` was asked for `count` times since the start.
    pub fn wait_for(&self, path: &str, count: usize) -> Result<Vec<Fetched>> {
        wait_until(
            format!("{count} requests for {path}"),
            ANSWER_WITHIN,
            || {
                let fetched = self.fetched(path);
                (fetched.len() >= count).then_some(fetched)
            },
        )
    }
}

impl Drop for FeedServer {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Fetched {
    /// The value of the header `name` (lower case).
    pub fn header(&self, name: &str) -> Option<&str> {
        let (_, value) = self.headers.iter().find(|(known, _)| known == name)?;
        Some(value)
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The answer to a request, once it is no longer held; nothing if the server
    /// stops before.
    fn answer_to(&self, fetched: Fetched) -> Option<Answer> {
        let path = fetched.path.clone();
        let mut state = self.lock();
        state.fetched.push(fetched);
        loop {
            if state.is_closed {
                return None;
            }
            let answer = match state.scripts.get_mut(&path) {
                None => Answer::status(404),
                Some(script) if script.len() > 1 => script.pop()?,
                Some(script) => script.last()?.clone(),
            };
            if !answer.is_held() {
                return Some(answer);
            }
            // Not for ever: the client has given up long before.
            let (again, late) = self
                .changed
                .wait_timeout(state, ANSWER_WITHIN)
                .unwrap_or_else(PoisonError::into_inner);
            if late.timed_out() {
                return None;
            }
            state = again;
        }
    }
}

/// A socket at the address (any free port for 0) that is not listening yet.
fn bind(address: SocketAddr) -> Result<Socket> {
    let bind = || {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
        // Several may be bound, as long as one listens.
        socket.set_reuse_address(true)?;
        socket.bind(&address.into())?;
        Ok(socket)
    };
    bind().map_err(Error::io("starting the server of documents"))
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    for stream in listener.incoming() {
        if shared.lock().is_closed {
            return;
        }
        let (Ok(stream), shared) = (stream, Arc::clone(shared)) else {
            continue;
        };
        // A connection that breaks is the test's business, not the server's.
        thread::spawn(move || serve(stream, &shared));
    }
}

fn serve(mut stream: TcpStream, shared: &Shared) -> io::Result<()> {
    stream.set_read_timeout(Some(ANSWER_WITHIN))?;
    stream.set_write_timeout(Some(ANSWER_WITHIN))?;
    let mut reader = BufReader::new(stream.try_clone()?);
    let Some(fetched) = read_head(&mut reader)? else {
        return Ok(());
    };
    let condition = fetched.header("if-none-match").map(str::to_owned);
    if let Some(answer) = shared.answer_to(fetched) {
        thread::sleep(answer.pause());
        stream.write_all(&answer.bytes(condition.as_deref()))?;
    }
    stream.shutdown(Shutdown::Write)?;
    // Closed by the client: a close of ours with bytes unread would be a reset.
    let mut rest = Vec::with_capacity(64);
    while reader.read_until(b'\n', &mut rest)? > 0 {
        rest.clear();
    }
    Ok(())
}

/// The request's head; nothing if the client closed without one.
fn read_head(reader: &mut impl BufRead) -> io::Result<Option<Fetched>> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        match line.trim_end() {
            "" => break,
            line => lines.push(line.to_owned()),
        }
    }
    let mut lines = lines.iter();
    let target = lines.next().and_then(|line| line.split(' ').nth(1));
    let headers = lines.filter_map(|line| line.split_once(": "));
    Ok(target.map(|path| Fetched {
        path: path.to_owned(),
        headers: headers
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
            .collect(),
        at: Instant::now(),
    }))
}

/// The shortest time between two requests, if there were two.
pub fn shortest_pause(fetched: &[Fetched]) -> Option<Duration> {
    fetched
        .windows(2)
        .map(|pair| pair[1].at.saturating_duration_since(pair[0].at))
        .min()
}
