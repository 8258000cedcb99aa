//! Heritage inspection: plain JSON, answered at once. See `README.md`.

mod call;
mod config;
mod map;
mod wire;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use crate::port::Adapter;

/// Builds the adapter from the table `[adapter]` of `config/agencies/heritage.toml`.
///
/// # Errors
/// One sentence that names the key to mend.
pub fn build(settings: &toml::Table) -> Result<Arc<dyn Adapter>, String> {
    Ok(Arc::new(call::Heritage::new(config::Config::read(settings)?)?))
}
