//! What must hold. Each invariant is a function of its name; a broken one panics
//! with it.

use std::collections::BTreeMap;
use std::time::Duration;

use gatepost_remote::{Policy, Source};

/// Of one worker, from its birth to its death.
#[derive(Default)]
pub(crate) struct Life {
    generation: u64,
    edition: u64,
    waits_since: Option<Duration>,
}

/// An attempt and what the judge knows of its end.
struct Attempt {
    asked_at: Duration,
    end: End,
}

/// When the next may be made that nobody demands.
enum End {
    /// Not heard of: when its claim has expired.
    Open,
    /// It came to an end: not before this moment.
    NotBefore(Duration),
}

pub(crate) struct Judge {
    source: Source,
    /// Calls under way whose claims nobody destroyed.
    calls: Vec<(u64, Duration)>,
    last: Option<Attempt>,
    /// When the source was last asked on demand while it was not due.
    last_demand: Option<Duration>,
    /// When the source was asked that last gave or confirmed each edition.
    given: BTreeMap<u64, Duration>,
    /// Somebody destroyed a document: it may be fetched after the cooldown.
    repairs: bool,
    deaths: u64,
    /// When the source was last asked, and by attempts that were given up.
    latest: Duration,
    given_up: Vec<Duration>,
    fetches: u64,
    successes: u64,
    failures: u64,
    abandoned: u64,
    pub(crate) bad_answers: u64,
}

impl Judge {
    pub(crate) fn new(source: Source) -> Self {
        Self {
            source,
            calls: Vec::new(),
            last: None,
            last_demand: None,
            given: BTreeMap::new(),
            repairs: false,
            deaths: 0,
            latest: Duration::ZERO,
            given_up: Vec::new(),
            fetches: 0,
            successes: 0,
            failures: 0,
            abandoned: 0,
            bad_answers: 0,
        }
    }

    /// A worker asks the source.
    pub(crate) fn fetches(&mut self, call: u64, now: Duration, on_demand: bool) {
        self.one_fetch_at_a_time(now);
        self.no_fetch_before_due(now, on_demand);
        self.fetches += 1;
        self.calls.push((call, now));
        self.latest = now;
        self.last = Some(Attempt {
            asked_at: now,
            end: End::Open,
        });
    }

    /// A call is over: answered, refused, timed out or cancelled.
    pub(crate) fn call_ends(&mut self, call: u64) {
        self.calls.retain(|(open, _)| *open != call);
    }

    /// The source gave or confirmed an edition when asked at that moment.
    pub(crate) fn gives(&mut self, edition: u64, asked_at: Duration) {
        let known = self.given.entry(edition).or_default();
        *known = asked_at.max(*known);
    }

    /// A worker found the claim of the last attempt expired.
    pub(crate) fn is_abandoned(&mut self) {
        self.abandoned += 1;
        self.given_up.push(self.latest);
    }

    /// A worker that asked holds what it asked for. If it had lost its claim
    /// between its two writes, it has it from another.
    pub(crate) fn succeeds(&mut self, asked_at: Duration, now: Duration) {
        if self.given_up.contains(&asked_at) {
            return;
        }
        self.successes += 1;
        let policy = self.source.policy();
        let shortest = policy
            .max_age
            .map_or(policy.refresh, |bounds| bounds.shortest);
        let period = shortest.min(policy.refresh);
        let jitter = period * u32::from(policy.jitter_percent) / 100;
        self.ends(asked_at, now + period - jitter);
    }

    /// The holder said that its attempt failed, the `count`th in a row.
    pub(crate) fn fails(&mut self, asked_at: Duration, now: Duration, count: u32) {
        self.failures += 1;
        let backoff = self.source.policy().backoff;
        let pause = backoff.first * (1 << (count - 1).min(20));
        self.ends(asked_at, now + pause.min(backoff.longest) / 2);
    }

    /// A holder that ends gives its claim back.
    pub(crate) fn gives_back(&mut self, asked_at: Duration, now: Duration) {
        self.ends(asked_at, now);
    }

    /// Somebody wrote into control, or the proxy refused it: what workers know
    /// of each other from it is lost.
    pub(crate) fn control_is_lost(&mut self) {
        self.calls.clear();
        self.last = None;
        self.last_demand = None;
    }

    /// Somebody wrote into the document slot.
    pub(crate) fn document_is_lost(&mut self) {
        self.repairs = true;
    }

    /// A worker ended between two writes, perhaps with a claim that was never a
    /// fetch.
    pub(crate) fn dies_at_work(&mut self) {
        self.deaths += 1;
    }

    /// What a worker has after an event.
    pub(crate) fn looks(
        &mut self,
        life: &mut Life,
        generation: u64,
        served: Option<Option<u64>>,
        now: Duration,
    ) {
        generations_never_go_back(life, generation);
        let Some(edition) = served else { return };
        let (edition, asked_at) = self.only_documents_that_the_source_gave(edition);
        self.never_stale_beyond_the_bound(asked_at, now);
        documents_never_go_back(life, edition);
    }

    /// A request of a worker demands what the document lacks, and is told to
    /// wait.
    pub(crate) fn waits(&self, life: &mut Life, now: Duration) {
        life.waits_since.get_or_insert(now);
    }

    /// After an event of a worker whose thread ran at least every `stall`.
    pub(crate) fn nobody_waits_forever(
        &self,
        life: &mut Life,
        woken: bool,
        now: Duration,
        stall: Duration,
    ) {
        if woken {
            life.waits_since = None;
        }
        if let Some(since) = life.waits_since {
            let bound = claim_length(&self.source) * 2 + stall;
            assert!(
                now <= since + bound,
                "nobody_waits_forever: since {since:?}"
            );
        }
    }

    /// Every attempt ends at most once, and an attempt that failed is told by
    /// one worker; where only the source fails, by exactly one.
    pub(crate) fn failures_counted_once(&self, exactly: bool) {
        let ended = self.successes + self.failures + self.abandoned;
        let begun = self.fetches + self.deaths;
        assert!(ended <= begun, "failures_counted_once: {ended} of {begun}");
        if exactly {
            assert_eq!(self.abandoned, 0, "failures_counted_once");
            assert_eq!(self.failures, self.bad_answers, "failures_counted_once");
            assert_eq!(ended, self.fetches, "failures_counted_once");
        }
    }

    /// From the moment on when the source is good and nobody dies any more until
    /// all workers have what it serves.
    pub(crate) fn recovery_within(&self) -> Duration {
        let Policy {
            backoff, cooldown, ..
        } = *self.source.policy();
        let pause = self
            .source
            .policy()
            .longest_period()
            .max(backoff.longest)
            .max(cooldown);
        // The slots are tried again, a claim expires, the back-off ends, and
        // should that fetch have been asked just before, another period.
        backoff.longest + claim_length(&self.source) + pause * 2 + Duration::from_secs(5)
    }

    /// No worker asks the source while another's question is open and its claim
    /// has not expired.
    fn one_fetch_at_a_time(&self, now: Duration) {
        let length = claim_length(&self.source);
        for (_, asked_at) in &self.calls {
            assert!(
                *asked_at + length <= now,
                "one_fetch_at_a_time: at {asked_at:?} and {now:?}"
            );
        }
    }

    /// A fetch waits for the period after a success and for the back-off after a
    /// failure; on demand, for the cooldown after the last on demand; of a document
    /// that others destroyed, for the cooldown after the last attempt.
    fn no_fetch_before_due(&mut self, now: Duration, on_demand: bool) {
        let Some(last) = &self.last else { return };
        let due = match last.end {
            End::Open => last.asked_at + claim_length(&self.source),
            End::NotBefore(due) => due,
        };
        if now >= due {
            return;
        }
        if self.repairs && self.has_cooled_down(Some(last.asked_at), now) {
            return;
        }
        assert!(on_demand, "no_fetch_before_due: at {now:?}, due {due:?}");
        assert!(
            self.has_cooled_down(self.last_demand, now),
            "cooldown_holds: at {now:?}, last {:?}",
            self.last_demand
        );
        self.last_demand = Some(now);
    }

    fn has_cooled_down(&self, asked: Option<Duration>, now: Duration) -> bool {
        asked.is_none_or(|asked| now >= asked + self.source.policy().cooldown)
    }

    fn only_documents_that_the_source_gave(&self, edition: Option<u64>) -> (u64, Duration) {
        edition
            .and_then(|edition| Some((edition, *self.given.get(&edition)?)))
            .expect("only_documents_that_the_source_gave")
    }

    fn never_stale_beyond_the_bound(&self, asked_at: Duration, now: Duration) {
        let bound = self.source.policy().stale_for;
        assert!(
            now < asked_at + bound,
            "never_stale_beyond_the_bound: asked at {asked_at:?}, now {now:?}"
        );
    }

    fn ends(&mut self, asked_at: Duration, due: Duration) {
        if let Some(last) = &mut self.last
            && last.asked_at == asked_at
        {
            last.end = End::NotBefore(due);
        }
    }
}

fn generations_never_go_back(life: &mut Life, generation: u64) {
    assert!(generation >= life.generation, "generations_never_go_back");
    life.generation = generation;
}

/// A holder that was believed dead does not bring back what the source gave it.
fn documents_never_go_back(life: &mut Life, edition: u64) {
    assert!(edition >= life.edition, "documents_never_go_back");
    life.edition = edition;
}

/// The proxy's timeout and 5 s.
fn claim_length(source: &Source) -> Duration {
    source.timeout() + Duration::from_secs(5)
}
