//! Many workers, one source, and everything that can go wrong, over seeded
//! schedules. What must hold is in `model/judge.rs`, one name each.
#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]
#![allow(clippy::arithmetic_side_effects, clippy::cast_possible_truncation)]

mod model {
    pub(crate) mod chance;
    pub(crate) mod judge;
    pub(crate) mod mischief;
    pub(crate) mod origin;
    pub(crate) mod world;
}
mod support;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;

use model::world::{Faults, World};

const SCHEDULES: u64 = 20_000;
const THREADS: u64 = 2;

/// Runs many schedules; a failure prints the call that repeats it.
fn run_all(faults: Faults, schedules: u64) {
    thread::scope(|scope| {
        for first in 0..THREADS {
            scope.spawn(move || {
                for seed in (first..schedules).step_by(THREADS as usize) {
                    let run = AssertUnwindSafe(|| World::run(seed, faults));
                    let ran = catch_unwind(run);
                    assert!(ran.is_ok(), "World::run({seed}, Faults::{faults:?})");
                }
            });
        }
    });
}

#[test]
fn every_invariant_holds_while_everything_fails() {
    run_all(Faults::All, SCHEDULES);
}

#[test]
fn every_invariant_holds_while_only_the_source_fails() {
    run_all(Faults::Source, SCHEDULES / 4);
}
