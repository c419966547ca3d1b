//! Clients that ask a gateway without a break while something is changed.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use gatepost_e2e::{Error, Http1Client, Response, Result, wait_until};

use crate::edge::{Edge, SOON};

/// Of each client: a request every so often, on a connection that stays open.
const EVERY: Duration = Duration::from_millis(8);
const CLIENTS_EACH: u32 = 4;

/// What may be answered to whoever asks from an address.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Case {
    pub(crate) from: [u8; 4],
    /// Pairs of a status and a word of the body.
    pub(crate) answers: &'static [(u16, &'static str)],
}

pub(crate) struct Load {
    is_over: Arc<AtomicBool>,
    answered: Arc<AtomicU64>,
    started: Instant,
    clients: Vec<JoinHandle<Vec<String>>>,
}

impl Load {
    pub(crate) fn start(edge: &Edge<'_>, cases: &[Case]) -> Self {
        let is_over = Arc::<AtomicBool>::default();
        let answered = Arc::<AtomicU64>::default();
        let to = edge.gateway.address();
        let clients = cases.iter().flat_map(|case| {
            (0..CLIENTS_EACH).map(|_| {
                let (case, is_over, answered) =
                    (*case, Arc::clone(&is_over), Arc::clone(&answered));
                thread::spawn(move || ask(case, to, &is_over, &answered))
            })
        });
        Self {
            clients: clients.collect(),
            is_over,
            answered,
            started: Instant::now(),
        }
    }

    /// Waits for so many more answers.
    pub(crate) fn wait_for(&self, more: u64) -> Result<()> {
        let enough = self.answered.load(Ordering::Relaxed) + more;
        wait_until(format!("{more} more answers"), SOON, || {
            (self.answered.load(Ordering::Relaxed) >= enough).then_some(())
        })
    }

    /// Stops, and gives the answers a second there were and all that were wrong.
    pub(crate) fn stop(self) -> (f64, Vec<String>) {
        self.is_over.store(true, Ordering::Relaxed);
        let answered = self.answered.load(Ordering::Relaxed);
        let rate = answered as f64 / self.started.elapsed().as_secs_f64();
        let clients = self.clients.into_iter();
        let wrong =
            clients.flat_map(|client| client.join().unwrap_or_else(|_| vec!["a panic".to_owned()]));
        (rate, wrong.collect())
    }
}

/// Asks at a steady pace and gives what was answered wrongly.
fn ask(
    case: Case,
    to: std::net::SocketAddr,
    is_over: &AtomicBool,
    answered: &AtomicU64,
) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut connection = None;
    let mut next = Instant::now();
    while !is_over.load(Ordering::Relaxed) {
        match once(&mut connection, case, to) {
            Ok(response) => {
                let text = response.text();
                let is_right = case
                    .answers
                    .iter()
                    .any(|(status, says)| response.status == *status && text.contains(says));
                if !is_right {
                    wrong.push(format!("{:?}: {} {text}", case.from, response.status));
                }
            }
            Err(error) => wrong.push(format!("{:?}: {error}", case.from)),
        }
        answered.fetch_add(1, Ordering::Relaxed);
        next += EVERY;
        thread::sleep(next.saturating_duration_since(Instant::now()));
    }
    wrong
}

/// One answer. A connection that the gateway closed between two requests, as it may, is
/// made anew.
fn once(
    connection: &mut Option<Http1Client>,
    case: Case,
    to: std::net::SocketAddr,
) -> Result<Response> {
    if let Some(client) = connection {
        match client.get("/", &[]) {
            Err(Error::Closed | Error::Io { .. }) => {}
            answer => return answer,
        }
    }
    let client = connection.insert(Http1Client::connect_from(case.from.into(), to)?);
    client.get("/", &[])
}
