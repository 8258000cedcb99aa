//! Changes bodies as cases ask: JSON by pointer, XML by path, forms by name.

use anyhow::{Context, bail};
use serde_json::Value;

use super::book::Edit;
use super::values::Values;
use super::xml_edit;

/// The format of a body, by its content type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Json,
    Xml,
    Pairs,
    Text,
}

impl Form {
    pub(super) fn of(content_type: &str) -> Self {
        match content_type {
            kind if kind.contains("json") => Self::Json,
            kind if kind.contains("xml") => Self::Xml,
            kind if kind.contains("urlencoded") => Self::Pairs,
            _ => Self::Text,
        }
    }
}

/// A body with the changes made, in their order.
///
/// # Errors
/// A place that is not there, or a text that does not occur: the case is wrong, not the agency.
pub(super) fn apply(form: Form, body: &str, edits: &[Edit], values: &Values) -> anyhow::Result<String> {
    let mut text = body.to_owned();
    for edit in edits {
        text = match (edit, form) {
            (Edit::Replace { replace, with }, _) => {
                if !text.contains(replace.as_str()) {
                    bail!("`{replace}` does not stand in the sample");
                }
                text.replace(replace.as_str(), &values.fill(with)?)
            }
            (Edit::Latin { .. } | Edit::Pad { .. } | Edit::Cut { .. }, _) => text,
            (edit, Form::Json) => json(&text, edit, values)?,
            (edit, Form::Xml) => xml(&text, edit, values)?,
            (edit, Form::Pairs) => pairs(&text, edit, values)?,
            (edit, Form::Text) => bail!("{edit:?} needs JSON, XML or a form"),
        };
    }
    Ok(text)
}

/// The bytes, with the changes that come last of all.
pub(super) fn finish(text: &str, edits: &[Edit]) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    for edit in edits {
        match edit {
            Edit::Latin { .. } => {
                bytes = text.chars().map(|letter| u8::try_from(u32::from(letter)).unwrap_or(b'?')).collect();
            }
            Edit::Pad { pad_to_bytes } => bytes.resize((*pad_to_bytes).max(bytes.len()), b' '),
            Edit::Cut { .. } => bytes.truncate(bytes.len() / 2),
            _ => {}
        }
    }
    bytes
}

/// A value with its names replaced; `{"number": "{version}"}` becomes a number.
fn filled(value: &Value, values: &Values) -> anyhow::Result<Value> {
    Ok(match value {
        Value::String(text) => Value::String(values.fill(text)?),
        Value::Object(members) if members.len() == 1 && value["number"].is_string() => {
            let text = values.fill(value["number"].as_str().unwrap_or_default())?;
            serde_json::from_str(&text).with_context(|| format!("`{text}` is no number"))?
        }
        other => other.clone(),
    })
}

fn as_text(value: &Value, values: &Values) -> anyhow::Result<String> {
    Ok(match filled(value, values)? {
        Value::String(text) => text,
        other => other.to_string(),
    })
}

fn json(text: &str, edit: &Edit, values: &Values) -> anyhow::Result<String> {
    let mut value: Value = serde_json::from_str(text).context("the sample is not JSON")?;
    match edit {
        Edit::Set { set, to } => {
            let (parent, name) = set.rsplit_once('/').context("a pointer begins with /")?;
            let parent = value.pointer_mut(parent).with_context(|| format!("{parent} is not there"))?;
            let to = filled(to, values)?;
            match parent {
                Value::Array(items) => {
                    let at: usize = name.parse()?;
                    *items.get_mut(at).with_context(|| format!("{set} is not there"))? = to;
                }
                parent => parent[name] = to,
            }
        }
        Edit::Remove { remove } => {
            let (parent, name) = remove.rsplit_once('/').context("a pointer begins with /")?;
            let parent = value.pointer_mut(parent).and_then(Value::as_object_mut);
            parent
                .and_then(|parent| parent.remove(name))
                .with_context(|| format!("{remove} is not there"))?;
        }
        other => bail!("{other:?} is not for JSON"),
    }
    Ok(value.to_string())
}

fn xml(text: &str, edit: &Edit, values: &Values) -> anyhow::Result<String> {
    match edit {
        Edit::Set { set, to } => xml_edit::set(text, set, &as_text(to, values)?),
        Edit::Remove { remove } => xml_edit::remove(text, remove),
        Edit::Twice { twice } => xml_edit::twice(text, twice),
        Edit::Swap { swap } => xml_edit::swap(text, swap),
        other => bail!("{other:?} is not for XML"),
    }
}

/// The pairs of a form, decoded.
pub(super) fn read_pairs(text: &str) -> Vec<(String, String)> {
    url::form_urlencoded::parse(text.trim_end().as_bytes()).into_owned().collect()
}

/// A form of pairs.
pub(super) fn write_pairs(pairs: &[(String, String)]) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

fn pairs(text: &str, edit: &Edit, values: &Values) -> anyhow::Result<String> {
    let mut pairs = read_pairs(text);
    match edit {
        Edit::Set { set, to } => {
            let to = as_text(to, values)?;
            match pairs.iter_mut().find(|(name, _)| name == set) {
                Some(pair) => pair.1 = to,
                None => pairs.push((set.clone(), to)),
            }
        }
        Edit::Remove { remove } => pairs.retain(|(name, _)| name != remove),
        Edit::Twice { twice } => {
            let again = pairs.iter().find(|(name, _)| name == twice).cloned();
            pairs.push(again.with_context(|| format!("{twice} is not there"))?);
        }
        other => bail!("{other:?} is not for a form"),
    }
    Ok(write_pairs(&pairs))
}
