//! Clients that ask a gateway without a break while something is changed.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use gatepost_e2e::{Http1Client, Response, Result, wait_until};

use crate::edge::{Edge, SOON};

/// Of each client: a request every so often, on a connection that stays open.
const EVERY: Duration = Duration::from_millis(8);
const CLIENTS_EACH: u32 = 4;

/// So many answers in a row are of one kind when a change has come to all workers.
const SETTLED: u64 = 100;

/// A status and a word of the body.
pub(crate) type Answer = (u16, &'static str);

pub(crate) struct Load {
    shared: Arc<Shared>,
    started: Instant,
    clients: Vec<JoinHandle<Vec<String>>>,
}

struct Shared {
    to: SocketAddr,
    is_over: AtomicBool,
    /// By address of the clients.
    cases: Vec<([u8; 4], Mutex<Case>)>,
    /// Answers in each second since the start.
    seconds: Mutex<Vec<u64>>,
}

/// What those are answered who ask from an address.
struct Case {
    /// What is right for who asks now.
    right: Vec<Answer>,
    last: Option<Answer>,
    in_a_row: u64,
}

/// What came of it.
pub(crate) struct Outcome {
    /// Answers in each whole second.
    pub(crate) rates: Vec<u64>,
    pub(crate) wrong: Vec<String>,
}

impl Load {
    /// Each address is always answered the same, until it is said that this changes.
    pub(crate) fn start(edge: &Edge<'_>, cases: &[([u8; 4], Answer)]) -> Self {
        let cases = cases.iter().map(|&(from, answer)| {
            let case = Case {
                right: vec![answer],
                last: None,
                in_a_row: 0,
            };
            (from, Mutex::new(case))
        });
        let shared = Arc::new(Shared {
            to: edge.gateway.address(),
            is_over: AtomicBool::new(false),
            cases: cases.collect(),
            seconds: Mutex::default(),
        });
        let started = Instant::now();
        let clients = (0..shared.cases.len()).flat_map(|case| {
            let shared = &shared;
            (0..CLIENTS_EACH).map(move |_| {
                let shared = Arc::clone(shared);
                thread::spawn(move || ask(&shared, case, started))
            })
        });
        Self {
            clients: clients.collect(),
            shared,
            started,
        }
    }

    /// Waits for so many more answers.
    pub(crate) fn wait_for(&self, more: u64) -> Result<()> {
        let answered = || locked(&self.shared.seconds).iter().sum::<u64>();
        let enough = answered() + more;
        wait_until(format!("{more} more answers"), SOON, || {
            (answered() >= enough).then_some(())
        })
    }

    /// Makes a change: who asks from there while it goes on may be answered as before or
    /// as then, and who asks when it has come everywhere is answered as then.
    pub(crate) fn change(
        &self,
        from: [u8; 4],
        then: Answer,
        make: impl FnOnce() -> Result<()>,
    ) -> Result<()> {
        let mut cases = self.shared.cases.iter();
        let Some((_, case)) = cases.find(|(known, _)| *known == from) else {
            panic!("nobody asks from {from:?}");
        };
        locked(case).right.push(then);
        make()?;
        wait_until(
            format!("all of {from:?} are answered {then:?}"),
            SOON,
            || {
                let case = locked(case);
                (case.last == Some(then) && case.in_a_row >= SETTLED).then_some(())
            },
        )?;
        locked(case).right = vec![then];
        Ok(())
    }

    /// Stops.
    pub(crate) fn stop(self) -> Outcome {
        // Those of the second that has begun are no rate.
        let whole = self.started.elapsed().as_secs() as usize;
        self.shared.is_over.store(true, Ordering::Relaxed);
        let clients = self.clients.into_iter();
        let wrong =
            clients.flat_map(|client| client.join().unwrap_or_else(|_| vec!["a panic".to_owned()]));
        let wrong = wrong.collect();
        let mut rates = locked(&self.shared.seconds).clone();
        rates.resize(whole, 0);
        Outcome { rates, wrong }
    }
}

impl Shared {
    fn count(&self, since: Duration) {
        let mut seconds = locked(&self.seconds);
        let second = since.as_secs() as usize;
        if seconds.len() <= second {
            seconds.resize(second + 1, 0);
        }
        seconds[second] += 1;
    }
}

impl Case {
    /// Whether an answer is one of those that were right when it was asked for.
    fn judge(&mut self, right: &[Answer], response: &Response) -> bool {
        let text = response.text();
        let is = |(status, says): &&Answer| response.status == *status && text.contains(says);
        let answer = right.iter().find(is).copied();
        if answer != self.last {
            self.in_a_row = 0;
        }
        self.last = answer;
        self.in_a_row += 1;
        answer.is_some()
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Asks at a steady pace and gives what was answered wrongly.
fn ask(shared: &Shared, case: usize, started: Instant) -> Vec<String> {
    let (from, case) = &shared.cases[case];
    let mut wrong = Vec::new();
    let mut connection = None;
    let mut next = Instant::now();
    while !shared.is_over.load(Ordering::Relaxed) {
        let right = locked(case).right.clone();
        match once(&mut connection, *from, shared.to) {
            Ok(response) => {
                if !locked(case).judge(&right, &response) {
                    let text = response.text();
                    wrong.push(format!("{from:?}: {} {text}", response.status));
                }
            }
            Err(error) => {
                connection = None;
                wrong.push(format!("{from:?}: {error}"));
            }
        }
        shared.count(started.elapsed());
        next += EVERY;
        thread::sleep(next.saturating_duration_since(Instant::now()));
    }
    wrong
}

/// One answer. A gateway may close a connection between two requests, and the second may
/// be on its way already: that one is sent again, once, on a new connection.
fn once(connection: &mut Option<Http1Client>, from: [u8; 4], to: SocketAddr) -> Result<Response> {
    if let Some(client) = connection {
        let answer = client.get("/", &[]);
        if answer.is_ok() || !client.is_closed_unanswered() {
            return answer.inspect(|response| leave_if_asked(connection, response));
        }
    }
    let client = connection.insert(Http1Client::connect_from(from.into(), to)?);
    let answer = client.get("/", &[]);
    answer.inspect(|response| leave_if_asked(connection, response))
}

fn leave_if_asked(connection: &mut Option<Http1Client>, response: &Response) {
    if response.header("connection").as_deref() == Some("close") {
        *connection = None;
    }
}
