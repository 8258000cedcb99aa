//! Land registry (ANCFCC): SOAP 1.1 with X-Road identity headers for the title, WFS 2.0 for the parcel's drawing.
//! See `README.md`.
//!
//! `config` its settings · `identity` the headers and the request's hash · `wire` question and answer ·
//! `parcel` the drawing · `map` between them and ours, pure · `table` from result codes to opinions ·
//! `judge` by it, pure · `shapes` for drift · `call` the conversation, `draw` its second half.

mod call;
mod config;
mod draw;
mod identity;
mod judge;
mod map;
mod parcel;
mod shapes;
mod table;
mod wire;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use crate::port::Adapter;

/// Builds the adapter from the table `[adapter]` of `config/agencies/land-registry.toml`.
///
/// # Errors
/// One sentence that names the key to mend.
pub fn build(settings: &toml::Table) -> Result<Arc<dyn Adapter>, String> {
    Ok(Arc::new(call::LandRegistry::new(config::Config::read(settings)?)?))
}
