//! Reads the table `[adapter]` of an agency's configuration file: every key is asked for by name, once;
//! what nobody asked for is refused with the nearest known key.

use std::fmt;
use std::path::{Path, PathBuf};

use toml::{Table, Value};

/// A password, key or client secret: never printed, never logged.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a secret text.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The secret itself; call only where it goes onto the wire or into a hash.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Takes keys out of a table. Faults are one sentence that names the key.
pub struct SettingsReader<'a> {
    table: &'a Table,
    known: Vec<&'static str>,
}

impl<'a> SettingsReader<'a> {
    /// Begins to read.
    #[must_use]
    pub const fn new(table: &'a Table) -> Self {
        Self { table, known: Vec::new() }
    }

    fn take(&mut self, key: &'static str) -> Option<&'a Value> {
        self.known.push(key);
        self.table.get(key)
    }

    /// A text that must be there and not be empty.
    ///
    /// # Errors
    /// Missing, empty or not a text.
    pub fn text(&mut self, key: &'static str) -> Result<String, String> {
        self.text_opt(key)?.ok_or_else(|| self.missing(key))
    }

    /// A text that may be absent.
    ///
    /// # Errors
    /// Present but empty, or not a text.
    pub fn text_opt(&mut self, key: &'static str) -> Result<Option<String>, String> {
        match self.take(key) {
            None => Ok(None),
            Some(Value::String(text)) if !text.trim().is_empty() => Ok(Some(text.clone())),
            Some(Value::String(_)) => Err(format!("`{key}` is empty")),
            Some(_) => Err(format!("`{key}` must be a text")),
        }
    }

    /// A text with a default.
    ///
    /// # Errors
    /// Present but empty, or not a text.
    pub fn text_or(&mut self, key: &'static str, default: &str) -> Result<String, String> {
        Ok(self.text_opt(key)?.unwrap_or_else(|| default.to_owned()))
    }

    /// A yes or no with a default.
    ///
    /// # Errors
    /// Present but neither `true` nor `false`.
    pub fn flag_or(&mut self, key: &'static str, default: bool) -> Result<bool, String> {
        match self.take(key) {
            None => Ok(default),
            Some(Value::Boolean(flag)) => Ok(*flag),
            Some(_) => Err(format!("`{key}` must be true or false")),
        }
    }

    /// A whole number with a default, within limits (both included).
    ///
    /// # Errors
    /// Not a whole number, or outside the limits.
    pub fn number_or(&mut self, key: &'static str, default: u64, min: u64, max: u64) -> Result<u64, String> {
        let Some(value) = self.take(key) else { return Ok(default) };
        let number = value.as_integer().and_then(|n| u64::try_from(n).ok());
        match number {
            Some(number) if (min..=max).contains(&number) => Ok(number),
            _ => Err(format!("`{key}` must be a whole number from {min} to {max}")),
        }
    }

    /// A file that may be absent.
    ///
    /// # Errors
    /// Present but not a text.
    pub fn path_opt(&mut self, key: &'static str) -> Result<Option<PathBuf>, String> {
        Ok(self.text_opt(key)?.map(PathBuf::from))
    }

    /// The secret in the file that the key names, without the line's end.
    ///
    /// # Errors
    /// The key is missing, or the file cannot be read or is empty. The content is never shown.
    pub fn secret_file(&mut self, key: &'static str) -> Result<Secret, String> {
        let path = PathBuf::from(self.text(key)?);
        let text = read_text(key, &path)?;
        let secret = text.trim_end_matches(['\r', '\n']);
        if secret.is_empty() {
            return Err(format!("`{key}`: {} is empty", path.display()));
        }
        Ok(Secret::new(secret))
    }

    /// An absolute `http` or `https` address without user, query or fragment; no slash at the end.
    ///
    /// # Errors
    /// Missing, or not such an address.
    pub fn address(&mut self, key: &'static str) -> Result<String, String> {
        let text = self.text(key)?;
        let url = url::Url::parse(&text).map_err(|e| format!("`{key}` is not an address: {e}"))?;
        let plain = url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() || !plain {
            return Err(format!("`{key}` must be an http or https address without user, query or fragment"));
        }
        Ok(text.trim_end_matches('/').to_owned())
    }

    /// Like [`SettingsReader::address`], but may be absent.
    ///
    /// # Errors
    /// Present, but not such an address.
    pub fn address_opt(&mut self, key: &'static str) -> Result<Option<String>, String> {
        if self.table.contains_key(key) {
            return self.address(key).map(Some);
        }
        self.known.push(key);
        Ok(None)
    }

    /// Refuses every key that nobody asked for.
    ///
    /// # Errors
    /// Names the first unknown key and the nearest known one.
    pub fn finish(self) -> Result<(), String> {
        match self.table.keys().find(|key| !self.known.contains(&key.as_str())) {
            None => Ok(()),
            Some(unknown) => Err(unknown_key(unknown, &self.known)),
        }
    }

    fn missing(&self, key: &str) -> String {
        // A misspelt key shows twice, as unknown and as missing: say the more helpful of the two.
        let near = self.table.keys().find(|k| strsim::normalized_damerau_levenshtein(k, key) > 0.7);
        match near {
            Some(near) => format!("unknown key `{near}`; did you mean `{key}`?"),
            None => format!("`{key}` is missing"),
        }
    }
}

/// Reads a small text file that a key names.
///
/// # Errors
/// One sentence with key and path.
pub fn read_text(key: &str, path: &Path) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|e| format!("`{key}`: cannot read {}: {e}", path.display()))
}

fn unknown_key(unknown: &str, known: &[&'static str]) -> String {
    let nearest = known.iter().max_by(|a, b| {
        let near = |key: &str| strsim::normalized_damerau_levenshtein(unknown, key);
        near(a).total_cmp(&near(b))
    });
    match nearest {
        Some(nearest) => format!("unknown key `{unknown}`; did you mean `{nearest}`?"),
        None => format!("unknown key `{unknown}`"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(text: &str) -> Table {
        text.parse().expect("a table")
    }

    #[test]
    fn an_unknown_key_is_refused_with_the_nearest_known_one() {
        let table = table("conect_timeout_ms = 5");
        let mut reader = SettingsReader::new(&table);
        let _ = reader.number_or("connect_timeout_ms", 1000, 1, 60_000);
        let _ = reader.text_opt("base_url");
        let said = reader.finish().expect_err("unknown");
        assert_eq!(said, "unknown key `conect_timeout_ms`; did you mean `connect_timeout_ms`?");
    }

    #[test]
    fn a_misspelt_required_key_is_named() {
        let table = table("base_ur = 'http://127.0.0.1:1'");
        let said = SettingsReader::new(&table).address("base_url").expect_err("missing");
        assert_eq!(said, "unknown key `base_ur`; did you mean `base_url`?");
    }

    #[test]
    fn numbers_keep_their_limits_and_secrets_are_not_shown() {
        let table = table("a = 70000\nb = -1");
        let mut reader = SettingsReader::new(&table);
        assert!(reader.number_or("a", 1, 1, 60_000).is_err());
        assert!(reader.number_or("b", 1, 0, 60_000).is_err());
        assert!(!format!("{:?}", Secret::new("hidden")).contains("hidden"));
    }

    #[test]
    fn an_address_has_no_query_and_no_last_slash() {
        let table = table("u = 'https://a.example/v1/'\nv = 'ftp://a'\nw = 'http://a/?x=1'");
        let mut reader = SettingsReader::new(&table);
        assert_eq!(reader.address("u").expect("fine"), "https://a.example/v1");
        assert!(reader.address("v").is_err());
        assert!(reader.address("w").is_err());
    }
}
