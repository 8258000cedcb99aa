//! Is an answer what the case expects? Every difference is said in a sentence with its place.

use std::collections::BTreeMap;

use serde_json::Value;

use super::book::{Expect, Want};
use super::exchange::Answer;
use super::values::Values;
use crate::sandbox::xml::{self, Element};

/// An answer as it can be looked into.
enum Seen {
    Json(Value),
    Xml(Box<Element>),
    Text,
}

fn see(body: &[u8]) -> Seen {
    let first = body.iter().find(|byte| !byte.is_ascii_whitespace() && **byte < 0x80);
    match first {
        Some(b'<') => xml::parse(body).map_or(Seen::Text, |root| Seen::Xml(Box::new(root))),
        _ => serde_json::from_slice(body).map_or(Seen::Text, Seen::Json),
    }
}

/// What is not as expected; the values to keep are kept.
///
/// # Errors
/// The case names a value that there is not.
pub(super) fn faults(expect: &Expect, answer: &Answer, values: &mut Values) -> anyhow::Result<Vec<String>> {
    let mut faults = Vec::new();
    if !expect.status.is_empty() && !expect.status.contains(&answer.status) {
        faults.push(format!("status {} instead of {:?}", answer.status, expect.status));
    }
    let seen = see(&answer.body);
    for (path, want) in &expect.at {
        let found = texts(&seen, path);
        faults.extend(differs(&values.fill(path)?, &found, want, values)?);
    }
    for (name, want) in &expect.headers {
        let found = answer.headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
        let found: Vec<String> = found.map(str::to_owned).collect();
        faults.extend(differs(&format!("header {name}"), &found, want, values)?);
    }
    if !expect.body.is_empty() {
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        if !expect.body.contains(&text) {
            let shown: String = text.chars().take(80).collect();
            faults.push(format!("the body is `{shown}` instead of `{}`", expect.body.join("` or `")));
        }
    }
    if let Some(path) = &expect.hash_of_request {
        let found = match path.strip_prefix("header ") {
            Some(name) => {
                let value = answer.headers.get(name).and_then(|value| value.to_str().ok());
                value.into_iter().map(str::to_owned).collect()
            }
            None => texts(&seen, path),
        };
        if !found.contains(&answer.request_hash) {
            faults.push(format!("{path} is not the Base64 of the SHA-512 of what was asked"));
        }
    }
    for (name, path) in &expect.keep {
        match texts(&seen, path).first() {
            Some(found) => values.put(name, found.clone()),
            None => faults.push(format!("{path} is not there")),
        }
    }
    Ok(faults)
}

/// The same for a file that came.
///
/// # Errors
/// As [`faults`].
pub(super) fn file_faults(
    at: &BTreeMap<String, Want>,
    body: &[u8],
    values: &Values,
) -> anyhow::Result<Vec<String>> {
    let seen = see(body);
    let mut faults = Vec::new();
    for (path, want) in at {
        faults.extend(differs(path, &texts(&seen, path), want, values)?);
    }
    Ok(faults)
}

fn differs(place: &str, found: &[String], want: &Want, values: &Values) -> anyhow::Result<Option<String>> {
    let (good, wanted) = match want {
        Want::There { there } => {
            (found.is_empty() != *there, if *there { "something" } else { "nothing" }.to_owned())
        }
        Want::Text(text) => {
            let text = values.fill(text)?;
            (found.contains(&text), format!("`{text}`"))
        }
        Want::OneOf(texts) => {
            (found.iter().any(|found| texts.contains(found)), format!("one of {}", texts.join(", ")))
        }
        Want::Not { not } => {
            let not = values.fill(not)?;
            (!found.is_empty() && !found.contains(&not), format!("another than `{not}`"))
        }
        Want::Contains { contains } => {
            let part = values.fill(contains)?;
            (found.iter().any(|found| found.contains(&part)), format!("something with `{part}`"))
        }
    };
    Ok((!good).then(|| match found {
        [] => format!("{place}: nothing instead of {wanted}"),
        found => {
            let shown: String = found.join(", ").chars().take(120).collect();
            format!("{place}: `{shown}` instead of {wanted}")
        }
    }))
}

/// All texts at a place: JSON Pointer with `*` for any item, or path of local names with `@name` at the end.
fn texts(seen: &Seen, path: &str) -> Vec<String> {
    match seen {
        Seen::Json(value) => {
            let mut at = vec![value];
            for name in path.split('/').skip(1) {
                at = at
                    .into_iter()
                    .flat_map(|value| -> Vec<&Value> {
                        match (value, name) {
                            (Value::Array(items), "*") => items.iter().collect(),
                            (Value::Array(items), name) => {
                                name.parse::<usize>().ok().and_then(|at| items.get(at)).into_iter().collect()
                            }
                            (value, name) => value.get(name).into_iter().collect(),
                        }
                    })
                    .collect();
            }
            at.into_iter().filter(|value| !value.is_null()).map(plain).collect()
        }
        Seen::Xml(root) => {
            let (path, attribute) =
                path.split_once('@').map_or((path, None), |(path, name)| (path, Some(name)));
            let mut at = vec![root.as_ref()];
            for name in path.split('/').filter(|name| !name.is_empty()) {
                at = at.into_iter().flat_map(|element| element.all(name)).collect();
            }
            match attribute {
                Some(name) => at.iter().filter_map(|one| one.attribute(name)).map(str::to_owned).collect(),
                None => at.iter().map(|one| one.text.trim().to_owned()).collect(),
            }
        }
        Seen::Text => Vec::new(),
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
