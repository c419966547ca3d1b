//! The rows. A filter has a file of its own here.

mod api_key_auth;
mod floor;
mod ip_allowlist;
mod jwt_auth;
mod jwt_authn;
mod property_only;
mod rbac;
mod sdk_noop;

use std::net::Ipv4Addr;
use std::path::Path;
use std::rc::Rc;

use gatepost_e2e::bench_module;

use crate::error::Result;
use crate::requests::Requests;
use crate::row::Row;
use crate::tokens::Pools;

/// All rows, in the order of the table: those that get the same requests together.
pub(crate) fn all() -> Result<Vec<Row>> {
    let ordinary = Rc::new(Requests::ordinary());
    let pools = Pools::new()?;
    let rows = [
        vec![sdk_noop::row(&ordinary)?],
        vec![property_only::row(&ordinary)?],
        rbac::rows(&ordinary),
        ip_allowlist::rows(&ordinary)?,
        api_key_auth::rows()?,
        jwt_authn::rows(&pools),
        jwt_auth::rows(&pools)?,
        floor::rows(&pools)?,
    ];
    let rows = rows.into_iter().flatten().collect();
    Ok(grouped(rows, &bench_module("noop")?))
}

/// The rows by what they get, and before each group the two that all of it is compared
/// with.
fn grouped(mut rows: Vec<Row>, noop: &Path) -> Vec<Row> {
    let mut all = Vec::new();
    while let Some(first) = rows.first() {
        let requests = Rc::clone(&first.requests);
        all.push(Row::new(requests.none(), &requests));
        all.push(Row::new(requests.noop(), &requests).wasm(noop, None));
        let (same, others): (Vec<Row>, Vec<Row>) = rows
            .into_iter()
            .partition(|row| Rc::ptr_eq(&row.requests, &requests));
        all.extend(same);
        rows = others;
    }
    all
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

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::rc::Rc;

    use super::grouped;
    use crate::requests::Requests;
    use crate::row::Row;

    #[test]
    fn rows_that_get_the_same_stand_together_behind_their_own_two_bases() {
        let ordinary = Rc::new(Requests::ordinary());
        let longer = Rc::new(Requests::new("a long path", "long").with_path("/a/b"));
        let rows = vec![
            Row::new("a", &ordinary),
            Row::new("b", &longer),
            Row::new("c", &ordinary),
        ];
        let rows = grouped(rows, Path::new("noop.wasm"));
        let names: Vec<&str> = rows.iter().map(|row| row.name.as_str()).collect();
        assert_eq!(
            names,
            ["none", "noop", "a", "c", "none-long", "noop-long", "b"]
        );
        let bases = rows.iter().filter(|row| row.is_base());
        assert_eq!(bases.count(), 4);
    }
}
