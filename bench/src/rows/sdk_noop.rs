//! What the SDK's smallest filter costs, as everybody would build it.

use std::rc::Rc;

use gatepost_e2e::bench_module;

use crate::error::Result;
use crate::requests::Requests;
use crate::row::Row;

pub(super) fn row(requests: &Rc<Requests>) -> Result<Row> {
    Ok(Row::new("sdk-noop", requests).wasm(&bench_module("sdk-noop")?, None))
}
