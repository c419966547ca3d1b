//! Small filters that prove what `gatepost-filter` promises of a chain. It is no
//! part of what is shipped.
//!
//! `learn` learns a fact and owns a header, `gate` reads the fact and has rules,
//! `ask` waits for a call of its own, `keys` makes requests wait for a call of
//! the root, `trace` looks at responses and ends, `probe` makes every call that
//! the others do not make, `token` wants a credential, `words` wants a
//! word of a document that a server publishes, `remember` keeps a user for the next run
//! on his request.

mod ask;
mod gate;
mod keys;
mod learn;
mod probe;
mod remember;
mod token;
mod trace;
mod words;

gatepost_host::module!(
    learn::KIND,
    gate::KIND,
    ask::KIND,
    keys::KIND,
    trace::KIND,
    probe::KIND,
    token::KIND,
    words::KIND,
    remember::KIND
);
