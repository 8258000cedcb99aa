//! ONEE: SOAP with an IEC 61968-100 message and WS-Security. See `README.md`.
//!
//! `config` its settings · `message` the IEC envelope of verbs and nouns · `wire` the payload ·
//! `map` between them and ours, pure · `secured` tokens and signatures · `call` the conversation · `event` what ONEE
//! says by itself · `shapes` what is known of its messages.

mod call;
mod config;
mod event;
mod map;
mod message;
mod secured;
mod shapes;
mod wire;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use crate::port::Adapter;

/// Builds the adapter from the table `[adapter]` of `config/agencies/onee.toml`.
///
/// # Errors
/// One sentence that names the key to mend.
pub fn build(settings: &toml::Table) -> Result<Arc<dyn Adapter>, String> {
    Ok(Arc::new(call::Onee::new(config::Config::read(settings)?)?))
}
