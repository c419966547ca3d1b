//! The source: good, slow, silent, lying, broken.

use std::cell::Cell;
use std::time::Duration;

use gatepost_remote::Body;

use crate::model::chance::Chance;
use crate::support::{Answer, ms};

/// How the source behaves.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Mood {
    Good,
    Slow,
    Silent,
    Reset,
    Lying,
    Broken,
    Redirecting,
    Oversize,
    Truncated,
    Html,
    Empty,
    Gzip,
    /// Says "unchanged" to every question, and where none was asked, too.
    Unmoved,
    Flapping,
}

const MOODS: [Mood; 14] = [
    Mood::Good,
    Mood::Slow,
    Mood::Silent,
    Mood::Reset,
    Mood::Lying,
    Mood::Broken,
    Mood::Redirecting,
    Mood::Oversize,
    Mood::Truncated,
    Mood::Html,
    Mood::Empty,
    Mood::Gzip,
    Mood::Unmoved,
    Mood::Flapping,
];

pub(crate) struct Origin {
    pub(crate) mood: Cell<Mood>,
    /// The number of the document that it serves now. Only grows.
    pub(crate) edition: Cell<u64>,
}

/// What will come back, and when.
pub(crate) struct Response {
    pub(crate) answer: Answer,
    pub(crate) after: Duration,
    /// The edition that a keeper may serve because of it.
    pub(crate) gives: Option<u64>,
}

impl Origin {
    pub(crate) fn new() -> Self {
        Self {
            mood: Cell::new(Mood::Good),
            edition: Cell::new(1),
        }
    }

    pub(crate) fn change_mood(&self, chance: &Chance) {
        self.mood
            .set(MOODS[chance.below(MOODS.len() as u64) as usize]);
    }

    /// Answers a request that came with this `If-None-Match`.
    pub(crate) fn ask(
        &self,
        if_none_match: Option<&[u8]>,
        timeout: Duration,
        chance: &Chance,
    ) -> Response {
        let edition = self.edition.get();
        let mut mood = self.mood.get();
        if mood == Mood::Flapping {
            mood = [Mood::Good, Mood::Broken, Mood::Reset][chance.below(3) as usize];
        }
        let asked = if_none_match.and_then(edition_of);
        let quick = ms(1 + chance.below(300));
        let body = document(edition);
        let mut good = Answer::ok(&body)
            .with("etag", format!("\"{edition}\""))
            .with("content-length", body.len().to_string())
            .with("cache-control", "max-age=3");
        let mut after = quick;
        let mut gives = None;
        let answer = match mood {
            Mood::Good | Mood::Slow | Mood::Flapping | Mood::Lying => {
                if mood == Mood::Slow {
                    after = ms(chance.below(2 * timeout.as_millis() as u64));
                }
                if mood == Mood::Lying {
                    good.headers.truncate(1);
                    lie(&mut good, edition, chance);
                }
                gives = Some(edition);
                match asked == Some(edition) {
                    true => Answer::new("304", ""),
                    false => good,
                }
            }
            Mood::Unmoved => {
                gives = asked;
                Answer::new("304", "")
            }
            Mood::Silent => {
                after = timeout * 100;
                good
            }
            Mood::Reset => Answer::none(),
            Mood::Broken => Answer::new("500", &body),
            Mood::Redirecting => Answer::new("302", &body).with("location", "/"),
            Mood::Oversize => Answer {
                body: Body::TooLarge(20 << 20),
                ..good
            },
            Mood::Truncated => Answer {
                body: Body::Whole(body.as_bytes()[..body.len() / 2].to_vec()),
                ..good
            },
            Mood::Html => Answer::ok("<html>"),
            Mood::Empty => Answer::ok(""),
            Mood::Gzip => good.with("content-encoding", "gzip"),
        };
        if after >= timeout {
            // What the proxy answers in the source's place.
            return Response {
                answer: Answer::new("504", "upstream request timeout"),
                after: timeout,
                gives: None,
            };
        }
        Response {
            answer,
            after,
            gives,
        }
    }
}

/// Headers that are no good, beside a document that is.
fn lie(answer: &mut Answer, edition: u64, chance: &Chance) {
    let lies: [(&'static str, Vec<u8>); 8] = [
        ("etag", vec![b'x'; 100_000]),
        ("etag", b"\"a\r\nb\"".to_vec()),
        ("etag", format!("\"{edition}").into_bytes()),
        ("cache-control", b"max-age=99999999999999999999".to_vec()),
        ("cache-control", b"max-age=-5".to_vec()),
        ("age", b"-100".to_vec()),
        ("age", b"99999999999999999999999".to_vec()),
        ("last-modified", vec![0xff; 50]),
    ];
    for (name, value) in lies {
        if chance.one_in(3) {
            answer.headers.push((name, value));
        }
    }
}

fn document(edition: u64) -> String {
    let lines = edition % 5;
    format!("n{edition}\n{}end\n", "x\n".repeat(lines as usize))
}

/// The edition of a document of [`document`].
pub(crate) fn edition_in(document: &[String]) -> Option<u64> {
    let edition = document.first()?.strip_prefix('n')?.parse().ok()?;
    let whole = document.len() as u64 == edition % 5 + 1;
    whole.then_some(edition)
}

fn edition_of(etag: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(etag).ok()?;
    text.trim_matches('"').parse().ok()
}
