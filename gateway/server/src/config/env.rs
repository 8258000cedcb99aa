//! The environment as the last layer: `WASL__SECTION__KEY`.

use toml::{Table, Value};

use super::error::ConfigError;
use super::layers::{self, Place};

/// How every variable of ours begins.
const PREFIX: &str = "WASL__";

/// Lays the variables that begin with [`PREFIX`] over the settings, in the order of their names.
pub(super) fn lay(
    into: &mut Table,
    known: &Table,
    environment: impl IntoIterator<Item = (String, String)>,
) -> Result<(), ConfigError> {
    let mut ours: Vec<_> = environment.into_iter().filter(|(name, _)| name.starts_with(PREFIX)).collect();
    ours.sort();
    for (name, text) in ours {
        let path: Vec<String> = name[PREFIX.len()..].split("__").map(str::to_lowercase).collect();
        let default = path.iter().try_fold(None, |at: Option<&Value>, key| {
            let found = at.map_or_else(|| known.get(key), |value| value.as_table()?.get(key));
            found.map(Some)
        });
        let value = match default.flatten() {
            Some(default) => read(default, &text).ok_or_else(|| wrong_type(&name, &path, default, &text))?,
            // Laid as it is: the key is refused below, with the nearest known one.
            None => Value::String(text),
        };
        let layer = path
            .iter()
            .rev()
            .fold(value, |inner, key| Value::Table(Table::from_iter([(key.clone(), inner)])));
        if let Value::Table(layer) = layer {
            let place = Place { place: format!("environment variable {name}"), section: String::new() };
            layers::lay(into, known, layer, &place)?;
        }
    }
    Ok(())
}

/// The text as a value of the default's type.
fn read(default: &Value, text: &str) -> Option<Value> {
    match default {
        Value::String(_) => Some(Value::String(text.to_owned())),
        Value::Integer(_) => text.trim().parse().ok().map(Value::Integer),
        Value::Float(_) => text.trim().parse().ok().map(Value::Float),
        Value::Boolean(_) => text.trim().parse().ok().map(Value::Boolean),
        Value::Array(_) => {
            let table: Table = format!("value = {text}").parse().ok()?;
            table.get("value").cloned().filter(Value::is_array)
        }
        Value::Datetime(_) | Value::Table(_) => None,
    }
}

fn wrong_type(name: &str, path: &[String], default: &Value, text: &str) -> ConfigError {
    let found = if text.is_empty() { "empty" } else { "this text" };
    ConfigError::WrongType {
        place: format!("environment variable {name}"),
        key: path.join("."),
        expected: layers::type_name(default),
        found: found.to_owned(),
    }
}
