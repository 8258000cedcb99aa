//! Land registry (ANCFCC): SOAP 1.1 with X-Road identity headers, operation `TitleState`. See `README.md`.
//!
//! `config` its settings · `identity` the headers and the request's hash · `wire` question and answer ·
//! `map` between them and ours, pure · `judge` from facts to an opinion, pure · `call` the conversation.

mod call;
mod config;
mod identity;
mod judge;
mod map;
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
