//! Water basin agency: files in a drop folder, Sandre-style XML with GML geometry. See `README.md`.
//!
//! `config` its settings · `wire` and `gml` the agency's own types · `names` of files ·
//! `shapes` for drift ·
//! `map` between them and ours, pure · `call` requests into `out/` · `take` one answer file, pure ·
//! `inbox` answers out of `in/`.

mod call;
mod config;
mod gml;
mod inbox;
mod map;
mod names;
mod shapes;
mod take;
mod wire;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use crate::port::Adapter;

/// Builds the adapter from the table `[adapter]` of `config/agencies/water-basin.toml`.
///
/// # Errors
/// One sentence that names the key to mend.
pub fn build(settings: &toml::Table) -> Result<Arc<dyn Adapter>, String> {
    Ok(Arc::new(call::WaterBasin::new(config::Config::read(settings)?)?))
}
