//! An Envoy with listeners of the matrix, and the doors to them: what passes a door
//! is counted by the filter and at the upstream.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use gatepost_e2e::{Binary, Http1Client, Http2Client, RawHttp2Client, Response, Result, envoys};

use crate::proxy::{Listener, Manner, Proxy, count};
use crate::table::{Case, ROWS, Row};

/// Two listeners of a row: one for the caller that is allowed, one for the other.
pub(crate) struct Gate<'a> {
    pub(crate) proxy: &'a Proxy,
    pub(crate) row: &'static Row,
    pub(crate) manner: Manner,
    allowed: Door,
    denied: Door,
}

/// A listener and who calls it.
pub(crate) struct Door {
    pub(crate) case: &'static Case,
    pub(crate) to: SocketAddr,
    pub(crate) from: IpAddr,
}

/// Runs `test` on every row, in both manners, on every Envoy.
pub(crate) fn each_gate(mut test: impl FnMut(&Gate<'_>) -> Result<()>) -> Result<()> {
    let proxies = shared()?;
    for proxy in &proxies {
        let proxy = proxy.lock().unwrap_or_else(PoisonError::into_inner);
        for (row, manner) in rows() {
            let door = |side, case: &'static Case| -> Result<Door> {
                Ok(Door {
                    case,
                    to: proxy.envoy.listener(&listener_name(row, manner, side))?,
                    from: Ipv4Addr::new(127, 0, 0, case.from).into(),
                })
            };
            let gate = Gate {
                proxy: &proxy,
                row,
                manner,
                allowed: door("allowed", &row.allowed)?,
                denied: door("denied", &row.denied)?,
            };
            let place = Place(&proxy.name, row.name, manner);
            test(&gate)?;
            place.leave();
        }
    }
    Ok(())
}

fn rows() -> impl Iterator<Item = (&'static Row, Manner)> {
    let manners = [Manner::Plain, Manner::Rich];
    ROWS.iter()
        .flat_map(move |row| manners.map(|manner| (row, manner)))
}

/// One proxy an Envoy for all tests that run at the time: to start one with a
/// listener a row takes far longer than a test. The last test to end stops them. A
/// test has one for itself while it counts.
fn shared() -> Result<Vec<Arc<Mutex<Proxy>>>> {
    static SHARED: Mutex<Vec<Weak<Mutex<Proxy>>>> = Mutex::new(Vec::new());
    let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
    let running: Vec<_> = shared.iter().filter_map(Weak::upgrade).collect();
    if !running.is_empty() && running.len() == shared.len() {
        return Ok(running);
    }
    let started = envoys()
        .iter()
        .map(|binary| Ok(Arc::new(Mutex::new(start(binary)?))))
        .collect::<Result<Vec<_>>>()?;
    *shared = started.iter().map(Arc::downgrade).collect();
    Ok(started)
}

fn start(binary: &Binary) -> Result<Proxy> {
    let mut listeners = Vec::new();
    for (row, manner) in rows() {
        for (side, case) in [("allowed", &row.allowed), ("denied", &row.denied)] {
            let name = listener_name(row, manner, side);
            listeners.push(Listener {
                manner,
                ..Listener::new(name, row.module, case.configuration)
            });
        }
    }
    // No row asks the service that a test plays.
    Proxy::open(binary, &listeners, 1)
}

/// Names Envoy and row when a test fails there, by an error or by a panic.
struct Place<'a>(&'a str, &'a str, Manner);

impl Place<'_> {
    fn leave(self) {
        std::mem::forget(self);
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        eprintln!(
            "failed on Envoy {} at the row {}, {:?}",
            self.0, self.1, self.2
        );
    }
}

impl Gate<'_> {
    /// Runs `step` with the allowed caller: its filter passes `passes` requests, the
    /// upstream gets as many, and nothing is denied.
    pub(crate) fn allows<T>(
        &self,
        passes: u64,
        step: impl FnOnce(&Door) -> Result<T>,
    ) -> Result<T> {
        let before = self.counts()?;
        let result = step(&self.allowed)?;
        let after = self.counts()?;
        let moved = (after.0 - before.0, after.1 - before.1, after.2 - before.2);
        assert_eq!(
            moved,
            (passes, 0, passes),
            "{}: allowed, denied, upstream",
            self.row.name
        );
        Ok(result)
    }

    /// Runs `step` with the denied caller: its filter denies one request, and nothing
    /// reaches the upstream.
    pub(crate) fn denies<T>(&self, step: impl FnOnce(&Door) -> Result<T>) -> Result<T> {
        self.stopped(1, &self.denied, step)
    }

    /// Runs `step` with either caller: Envoy refuses by itself, before any filter.
    pub(crate) fn never_asked(&self, mut step: impl FnMut(&Door) -> Result<()>) -> Result<()> {
        self.stopped(0, &self.allowed, &mut step)?;
        self.stopped(0, &self.denied, step)
    }

    fn stopped<T>(
        &self,
        denials: u64,
        door: &Door,
        step: impl FnOnce(&Door) -> Result<T>,
    ) -> Result<T> {
        let before = self.counts()?;
        let result = step(door)?;
        let after = self.counts()?;
        // What had slipped through before would have arrived before this.
        assert_eq!(
            self.allowed
                .http1()?
                .get("/barrier", self.allowed.case.headers)?
                .status,
            200
        );
        let upstream = self.proxy.upstream.requests();
        let moved = (after.0 - before.0, after.1 - before.1, upstream - before.2);
        assert_eq!(
            moved,
            (0, denials, 1),
            "{}: allowed, denied, upstream",
            self.row.name
        );
        Ok(result)
    }

    /// Allowed, denied, arrived at the upstream.
    fn counts(&self) -> Result<(u64, u64, u64)> {
        let stats = self.proxy.envoy.stats()?;
        let of =
            |case: &Case, decision| count(&stats, self.row.name, decision, case.rule, case.reason);
        Ok((
            of(&self.row.allowed, "allowed"),
            of(&self.row.denied, "denied"),
            self.proxy.upstream.requests(),
        ))
    }
}

impl Door {
    pub(crate) fn http1(&self) -> Result<Http1Client> {
        Http1Client::connect_from(self.from, self.to)
    }

    pub(crate) fn http2(&self) -> Result<Http2Client> {
        Http2Client::connect_from(self.from, self.to)
    }

    pub(crate) fn raw_http2(&self) -> Result<RawHttp2Client> {
        RawHttp2Client::connect_from(self.from, self.to)
    }

    /// These headers and those that the caller sends with every request.
    pub(crate) fn with<'h>(&self, headers: &[(&'h str, &'h str)]) -> Vec<(&'h str, &'h str)> {
        [headers, self.case.headers].concat()
    }

    /// A header block of HTTP/2: of this request to `test`, with the caller's headers.
    pub(crate) fn pseudo<'h>(&self, method: &'h str, path: &'h str) -> Vec<(&'h str, &'h str)> {
        let pseudo = [
            (":method", method),
            (":scheme", "http"),
            (":authority", "test"),
            (":path", path),
        ];
        self.with(&pseudo)
    }

    /// A request of HTTP/1.x in full: its first line, these headers and those of the
    /// caller, and what follows.
    pub(crate) fn text(&self, line: &str, headers: &[(&str, &str)], rest: &str) -> Vec<u8> {
        let mut text = format!("{line}\r\n");
        for (name, value) in self.with(headers) {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        format!("{text}\r\n{rest}").into_bytes()
    }

    /// The answer is the denial of this case, as text.
    pub(crate) fn is_denied(&self, answer: &Response) {
        let Case { status, reason, .. } = self.case;
        assert_eq!(answer.status, *status, "{}", answer.text());
        let text = answer.text();
        assert!(text.ends_with(&format!(": {reason}\n")), "{text}");
    }
}

fn listener_name(row: &Row, manner: Manner, side: &str) -> String {
    format!("{}-{side}-{manner:?}", row.name)
}
