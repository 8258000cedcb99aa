//! Al Barid Bank: payment orders as ISO 20022 request-to-pay, card payments by the callback of the CMI /
//! NestPay scheme. See `README.md`.
//!
//! `config` its settings · `wire` ISO 20022 and CC5 types · `map` between them and ours, pure ·
//! `call` the HTTP conversation · `callback` the card callback, pure · `camt` statements, pure · `feed` their
//! collecting · `shapes` what is read of the answers, for drift.

mod call;
mod callback;
pub mod camt;
mod config;
mod feed;
mod map;
mod shapes;
mod wire;

#[cfg(test)]
mod tests;

use std::sync::Arc;

pub use map::card_outcome;

use crate::port::Adapter;

/// Builds the adapter from the table `[adapter]` of `config/agencies/barid-bank.toml`.
///
/// # Errors
/// One sentence that names the key to mend.
pub fn build(settings: &toml::Table) -> Result<Arc<dyn Adapter>, String> {
    Ok(Arc::new(call::BaridBank::new(config::Config::read(settings)?)?))
}
