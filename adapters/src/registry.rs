//! All adapters, one line each. Adding an agency adds one line here.

use std::sync::Arc;

use crate::port::Adapter;

/// What the gateway knows of a kind before (or without) building its adapter: the core role, which has no
/// secrets of any agency, reads feeds and polls from here.
pub struct Entry {
    /// The kind: name of its queue and of its configuration file.
    pub kind: &'static str,
    /// Feeds that the core has read by timer.
    pub feeds: &'static [&'static str],
    /// Open requests are asked about by poll.
    pub polled: bool,
    /// Builds it from the table `[adapter]`.
    build: fn(&toml::Table) -> Result<Arc<dyn Adapter>, String>,
}

/// The kinds that exist, in the order of the documents.
pub const ENTRIES: &[Entry] = &[
    Entry {
        kind: "urban-agency",
        feeds: &["notifications"],
        polled: false,
        build: crate::urban_agency::build,
    },
    Entry { kind: "onee", feeds: &[], polled: true, build: crate::onee::build },
    Entry { kind: "water-basin", feeds: &["in"], polled: false, build: crate::water_basin::build },
    Entry { kind: "land-registry", feeds: &[], polled: false, build: crate::land_registry::build },
    Entry {
        kind: "barid-bank",
        feeds: &["notifications", "statements"],
        polled: true,
        build: crate::barid_bank::build,
    },
];

/// The names of all kinds.
#[must_use]
pub fn kinds() -> Vec<&'static str> {
    ENTRIES.iter().map(|entry| entry.kind).collect()
}

/// The entry of a kind.
#[must_use]
pub fn entry(kind: &str) -> Option<&'static Entry> {
    ENTRIES.iter().find(|entry| entry.kind == kind)
}

/// Why an adapter cannot be built.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BuildError {
    /// No adapter of this kind.
    #[error("there is no adapter `{0}` (known: {1})")]
    UnknownKind(String, String),
    /// Its settings are wrong: names the key, and the nearest known one.
    #[error("{place}: {message}")]
    Settings {
        /// Where they stand.
        place: String,
        /// One sentence.
        message: String,
    },
}

/// Builds the adapter of a kind from the table `[adapter]` of its file; `place` is that file, for a refusal.
///
/// # Errors
/// [`BuildError`] in one sentence that says what to mend.
pub fn build(kind: &str, place: &str, settings: &toml::Table) -> Result<Arc<dyn Adapter>, BuildError> {
    let entry = entry(kind).ok_or_else(|| BuildError::UnknownKind(kind.to_owned(), kinds().join(", ")))?;
    (entry.build)(settings).map_err(|message| BuildError::Settings { place: place.to_owned(), message })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_kind_is_refused_with_those_that_exist() {
        let refused =
            build("one", "one.toml", &toml::Table::new()).err().map(|e| e.to_string()).unwrap_or_default();
        assert!(refused.contains("`one`") && refused.contains("urban-agency"), "{refused}");
    }

    #[test]
    fn a_refusal_of_settings_names_the_file_that_was_read() {
        let refused = build("onee", "/etc/wasl/agencies/onee.toml", &toml::Table::new()).err();
        assert_eq!(
            refused.map(|e| e.to_string()).as_deref(),
            Some("/etc/wasl/agencies/onee.toml: `endpoint` is missing")
        );
    }
}
