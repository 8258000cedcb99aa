//! All adapters, one line each. Adding an agency adds one line here.

use std::sync::Arc;

use crate::port::Adapter;

/// The kinds that exist, in the order of the documents.
pub const KINDS: [&str; 5] = ["urban-agency", "onee", "water-basin", "land-registry", "barid-bank"];

/// Why an adapter cannot be built.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BuildError {
    /// No adapter of this kind; names the nearest ones.
    #[error("there is no adapter `{0}` (known: urban-agency, onee, water-basin, land-registry, barid-bank)")]
    UnknownKind(String),
    /// Its settings are wrong: names the key, and the nearest known one.
    #[error("config/agencies/{kind}.toml: {message}")]
    Settings {
        /// The adapter.
        kind: String,
        /// One sentence.
        message: String,
    },
}

/// Builds the adapter of a kind from the table `[adapter]` of its file in `config/agencies/`.
///
/// # Errors
/// [`BuildError`] in one sentence that says what to mend.
pub fn build(kind: &str, settings: &toml::Table) -> Result<Arc<dyn Adapter>, BuildError> {
    // Each adapter's module has `pub fn build(settings: &toml::Table) -> Result<Arc<dyn Adapter>, String>`.
    let built: Result<Arc<dyn Adapter>, String> = match kind {
        "urban-agency" => crate::urban_agency::build(settings),
        "barid-bank" => crate::barid_bank::build(settings),
        other => return Err(BuildError::UnknownKind(other.to_owned())),
    };
    built.map_err(|message| BuildError::Settings { kind: kind.to_owned(), message })
}
