//! The rows. A filter has a file of its own here.

mod api_key_auth;
mod floor;
mod ip_allowlist;
mod jwt_auth;
mod jwt_authn;
mod noop;
mod rbac;

use std::net::Ipv4Addr;

use crate::error::Result;
use crate::row::Row;
use crate::tokens::Pools;

/// All rows, in the order of the table.
pub(crate) fn all() -> Result<Vec<Row>> {
    let pools = Pools::new()?;
    let rows = [
        noop::rows()?,
        floor::rows()?,
        rbac::rows(),
        ip_allowlist::rows()?,
        api_key_auth::rows()?,
        jwt_authn::rows(&pools),
        jwt_auth::rows(&pools)?,
    ];
    Ok(rows.into_iter().flatten().collect())
}

/// So many networks that do not touch each other, as address and prefix length; the
/// last one is the client's, 127.0.0.1/32.
fn networks(count: u32) -> impl Iterator<Item = (Ipv4Addr, u8)> {
    // Every second /24: 11.0.0.0/24, 11.0.2.0/24, ...
    let first = u32::from(Ipv4Addr::new(11, 0, 0, 0));
    let others =
        (0..count.saturating_sub(1)).map(move |index| (Ipv4Addr::from(first + index * 512), 24));
    others.chain([(Ipv4Addr::LOCALHOST, 32)])
}
