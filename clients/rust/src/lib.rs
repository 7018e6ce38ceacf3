//! Rust bindings of the OPI APIs: messages (prost) and gRPC clients (tonic).
//!
//! Modules are nested as the proto packages are: `opi_api.storage.v1` is [`opi_api::storage::v1`].
//! `examples/nvme_subsystem.rs` shows how a client is used, TLS and error details included.

#[rustfmt::skip]
#[allow(clippy::all, rustdoc::all)]
mod generated;

pub use generated::*;
