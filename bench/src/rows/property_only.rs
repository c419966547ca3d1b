//! What the client's address costs, whoever asks for it: see `property_only.wat`.

use std::rc::Rc;

use crate::assembled::assembled;
use crate::error::Result;
use crate::requests::Requests;
use crate::row::Row;

pub(super) fn row(requests: &Rc<Requests>) -> Result<Row> {
    let module = assembled("property-only", include_str!("property_only.wat"))?;
    Ok(Row::new("property-only", requests).wasm(&module, None))
}
