//! The protocol matrix: every row of [`table::ROWS`] through every protocol, on
//! every Envoy. A later filter adds a row and is tested with all of them.

mod address;
mod bodies;
mod gate;
mod grpc;
mod odd;
mod proxy;
mod redirect;
mod requests;
mod table;
mod tunnels;
mod waiting;
