//! A remote document, kept fresh by many workers.
//!
//! Every worker of a proxy runs the same code and none knows another. Each has
//! one [`Remote`] a [`Source`], tells it what happens ([`Remote::tick`],
//! [`Remote::reply`], [`Remote::call_refused`], [`Remote::demand`]) and does
//! what it answers ([`Actions`]). They meet in two slots of shared data
//! ([`Slots`]):
//!
//! - *control*, small, read at every tick: who fetches, when the next fetch is
//!   due, how the last went, which document is the newest;
//! - *document*, read when control names a newer one.
//!
//! The right to fetch is a claim in the control slot, taken by compare-and-swap
//! at a tick and only when a fetch is due, so there is one fetch a period and
//! proxy. Its holder fetches, parses in slices, writes the document and gives
//! the claim back; the others load what it wrote. A claim that is not given back
//! expires, and the attempt counts as failed. Whoever configures and dies before
//! its first tick leaves nothing behind.
//!
//! What comes out of the slots is anybody's. What is damaged, of another layout,
//! source or policy, or not possible at this moment counts as absent, and is
//! overwritten by compare-and-swap. Where control was lost, a fetch waits for the
//! cooldown after the last attempt that the worker knows of. When the proxy
//! refuses shared data nothing is fetched, as every worker would fetch on its
//! own: what is held serves until it is stale, and the slots are tried again with
//! back-off.
//!
//! A document serves until [`Policy::stale_for`] has passed since the source was
//! asked that gave or confirmed it. Failures never remove it sooner, and there is
//! no default document.
//!
//! Time is the monotonic clock's, an argument everywhere; there is no wall clock
//! here: the moment of the last success is the caller's now less
//! [`Status::age`].

mod actions;
mod control;
mod document;
mod failure;
mod follower;
mod format;
mod freshness;
mod holder;
mod identity;
mod policy;
mod record;
mod remote;
mod reply;
mod settle;
mod slots;
mod source;
mod validators;

pub use actions::{Actions, Demand, Fetch, State, Status, Unavailable};
pub use failure::{Failure, FailureKind};
pub use format::{Format, Meta, Step};
pub use identity::fnv1a_128;
pub use policy::{Backoff, MaxAge, Policy};
pub use remote::Remote;
pub use reply::{Body, Reply};
pub use slots::{SlotError, Slots, Swap};
pub use source::{Source, SourceError, SourceSpec};
