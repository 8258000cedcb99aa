//! Faults of the configuration, each one sentence for the person who starts the program.

use std::path::Path;

/// Why the program refuses to start with these settings.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// A key that no part of wasl knows.
    #[error("{place}: unknown key `{key}`{}", suggestion(.nearest))]
    UnknownKey {
        /// File or environment variable.
        place: String,
        /// The key with its sections: `broker.prefech_count`.
        key: String,
        /// The known key that resembles it most.
        nearest: Option<String>,
    },
    /// A value of the wrong type.
    #[error("{place}: `{key}` must be {expected}, not {found}")]
    WrongType {
        /// File or environment variable.
        place: String,
        /// The key with its sections.
        key: String,
        /// The type that it must have.
        expected: &'static str,
        /// The type that it has.
        found: String,
    },
    /// A value that the key cannot have.
    #[error("{key}: {reason}")]
    Value {
        /// The key with its sections, or the place.
        key: String,
        /// What it must be.
        reason: String,
    },
    /// A file that cannot be read or is not TOML.
    #[error("{place}: {reason}")]
    Unreadable {
        /// The file.
        place: String,
        /// Why.
        reason: String,
    },
}

impl ConfigError {
    pub(crate) fn value(key: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::Value { key: key.into(), reason: reason.into() }
    }

    pub(crate) fn unreadable(path: &Path, reason: impl Into<String>) -> Self {
        Self::Unreadable { place: path.display().to_string(), reason: reason.into() }
    }
}

fn suggestion(nearest: &Option<String>) -> String {
    nearest.as_ref().map_or_else(String::new, |key| format!("; the nearest known key is `{key}`"))
}
