//! Urban agency (agence urbaine): REST and JSON with OAuth2, modelled on Plat'AU. See `README.md`.
//!
//! `config` its settings · `wire` the agency's own types · `map` between them and ours, pure ·
//! `shapes` the fields that are read, for drift · `call` the HTTP conversation · `feed` the notifications, `ahead` of
//! what is asked for · `documents` and `nomenclatures` what is asked besides, for better words.

mod ahead;
mod call;
mod config;
mod documents;
mod feed;
mod map;
mod nomenclatures;
mod shapes;
mod wire;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use crate::port::Adapter;

/// Builds the adapter from the table `[adapter]` of `config/agencies/urban-agency.toml`.
///
/// # Errors
/// One sentence that names the key to mend.
pub fn build(settings: &toml::Table) -> Result<Arc<dyn Adapter>, String> {
    Ok(call::UrbanAgency::new(config::Config::read(settings)?)?)
}
