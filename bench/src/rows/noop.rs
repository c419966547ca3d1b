//! What the others are compared with: no filter, and filters that do nothing.

use gatepost_e2e::bench_module;

use crate::error::Result;
use crate::row::{NONE, NOOP, Row, SDK_NOOP};

pub(super) fn rows() -> Result<Vec<Row>> {
    Ok(vec![
        Row::new(NONE),
        Row::new(NOOP).wasm(&bench_module("noop")?, None),
        Row::new(SDK_NOOP).wasm(&bench_module("sdk-noop")?, None),
    ])
}
