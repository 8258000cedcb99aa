//! Lays files and environment over the defaults. The defaults are the list of keys and of their types.

use std::path::{Path, PathBuf};

use toml::{Table, Value};

use super::error::ConfigError;
use super::{DEFAULTS, env};

/// Below this likeness (Jaro-Winkler, 0 to 1) no known key is suggested.
const LIKENESS_MIN: f64 = 0.6;

/// The defaults with all layers over them.
pub(super) fn effective(
    files: &[PathBuf],
    environment: impl IntoIterator<Item = (String, String)>,
) -> Result<Table, ConfigError> {
    let defaults = defaults()?;
    let mut merged = defaults.clone();
    for file in files {
        let layer = read(file)?;
        lay(
            &mut merged,
            &defaults,
            layer,
            &Place { place: file.display().to_string(), section: String::new() },
        )?;
    }
    env::lay(&mut merged, &defaults, environment)?;
    Ok(merged)
}

pub(super) fn defaults() -> Result<Table, ConfigError> {
    DEFAULTS.parse().map_err(|error: toml::de::Error| {
        ConfigError::unreadable(Path::new("the defaults"), error.to_string())
    })
}

fn read(file: &Path) -> Result<Table, ConfigError> {
    let text =
        std::fs::read_to_string(file).map_err(|error| ConfigError::unreadable(file, error.to_string()))?;
    text.parse().map_err(|error: toml::de::Error| {
        let line = error
            .span()
            .map_or(0, |span| text.as_bytes().iter().take(span.start).filter(|b| **b == b'\n').count());
        ConfigError::unreadable(file, format!("line {} is not TOML: {}", line + 1, error.message()))
    })
}

/// Where a key stands, for the sentence about it.
pub(super) struct Place {
    /// File or environment variable.
    pub(super) place: String,
    /// The sections around the key, joined by dots; empty at the top.
    pub(super) section: String,
}

impl Place {
    fn key(&self, key: &str) -> String {
        if self.section.is_empty() { key.to_owned() } else { format!("{}.{key}", self.section) }
    }
}

/// Lays one table over another; `known` says which keys exist and what type each has.
pub(super) fn lay(into: &mut Table, known: &Table, layer: Table, at: &Place) -> Result<(), ConfigError> {
    for (key, value) in layer {
        let Some(default) = known.get(&key) else { return Err(unknown(&key, known, at)) };
        match (default, value) {
            (Value::Table(known), Value::Table(layer)) => {
                let inner = Place { place: at.place.clone(), section: at.key(&key) };
                if let Some(Value::Table(into)) = into.get_mut(&key) {
                    lay(into, known, layer, &inner)?;
                }
            }
            (default, value) => {
                let value = fitting(default, value).map_err(|found| ConfigError::WrongType {
                    place: at.place.clone(),
                    key: at.key(&key),
                    expected: type_name(default),
                    found: found.to_owned(),
                })?;
                into.insert(key, value);
            }
        }
    }
    Ok(())
}

pub(super) fn unknown(key: &str, known: &Table, at: &Place) -> ConfigError {
    ConfigError::UnknownKey {
        place: at.place.clone(),
        key: at.key(key),
        nearest: elsewhere(key)
            .or_else(|| nearest(key, known.keys().map(String::as_str)).map(|near| at.key(near))),
    }
}

/// The known key that is most like `key`, unless none is alike at all.
pub(super) fn nearest<'a>(key: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    known
        .map(|candidate| (strsim::jaro_winkler(key, candidate), candidate))
        .filter(|(likeness, _)| *likeness >= LIKENESS_MIN)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}

/// The key of that very name in another section.
fn elsewhere(key: &str) -> Option<String> {
    let defaults = defaults().ok()?;
    defaults
        .iter()
        .find_map(|(section, value)| value.as_table()?.contains_key(key).then(|| format!("{section}.{key}")))
}

/// The value, or the name of its type when that is not the type of the default.
fn fitting(default: &Value, value: Value) -> Result<Value, &'static str> {
    if default.same_type(&value) { Ok(value) } else { Err(type_name(&value)) }
}

pub(super) fn type_name(value: &Value) -> &'static str {
    match value {
        Value::String(_) => "a text",
        Value::Integer(_) => "a whole number",
        Value::Float(_) => "a number",
        Value::Boolean(_) => "true or false",
        Value::Datetime(_) => "a date",
        Value::Array(_) => "a list",
        Value::Table(_) => "a section",
    }
}
