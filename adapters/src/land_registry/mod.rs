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

use wasl_schemas::opinion::Fact;

use crate::port::Adapter;

/// Builds the adapter from the table `[adapter]` of `config/agencies/land-registry.toml`.
///
/// # Errors
/// One sentence that names the key to mend.
pub fn build(settings: &toml::Table) -> Result<Arc<dyn Adapter>, String> {
    Ok(Arc::new(call::LandRegistry::new(config::Config::read(settings)?)?))
}

/// Pure: what the cadastre's answer about the first parcel of a file says beside the opinion. `title` is that which
/// was asked for, `drawn_by_file` the middle of the parcel as the commune drew it, longitude and latitude in degrees.
///
/// # Errors
/// Why the answer cannot be read.
pub fn drawing_facts(
    bytes: &[u8],
    title: &str,
    drawn_by_file: Option<[f64; 2]>,
) -> Result<Vec<Fact>, String> {
    let (_, drawn) = parcel::answer::Drawn::parse(bytes)?;
    Ok(parcel::facts::named(1, &parcel::facts::of(&drawn, title, drawn_by_file)).collect())
}
