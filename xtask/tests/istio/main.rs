//! The manifests of istio/, as far as they can be checked without a cluster.

mod documents;
mod invariants;
mod logs;
mod tree;
