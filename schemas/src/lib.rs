//! What may be said on the wire: the types of every message, their JSON Schemas, the checks and the
//! coded faults. Everything else in wasl depends on this crate; it depends on nothing of wasl.
#![forbid(unsafe_code)]

pub mod agency;
pub mod canonical;
pub mod check;
pub mod command;
pub mod consultation;
pub mod decision;
pub mod directory;
pub mod envelope;
pub mod file;
pub mod id;
pub mod line;
pub mod money;
pub mod notice;
pub mod opinion;
pub mod payment;
pub mod problem;
pub mod schema;
pub mod statement;
pub mod strict;
pub mod wire;

/// What a commune's developer reads (AsyncAPI 3.0), as it is written.
pub const ASYNCAPI_YAML: &str = include_str!("../asyncapi.yaml");
/// The same document as JSON.
pub const ASYNCAPI_JSON: &str = include_str!("../asyncapi.json");
