//! Schemas and Rust types say the same: tried on every sample, changed in every place.

use std::collections::BTreeSet;

use super::sample::{self, Folder, Sample};
use super::*;

/// The message's name and data, of samples in structured mode.
fn parts(sample: &Sample) -> Option<(CommandName, Value)> {
    let event: Value = serde_json::from_slice(&sample.body).ok()?;
    let short = event.get("type")?.as_str()?.strip_prefix("ma.wasl.")?.strip_suffix(".v1")?.to_owned();
    Some((CommandName::from_short(&short)?, event.get("data")?.clone()))
}

/// Pointers of all values below (and with) `value`.
fn pointers(value: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                let mut below = at.to_owned();
                strict::push_key(&mut below, name);
                pointers(member, &below, found);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                pointers(item, &format!("{at}/{index}"), found);
            }
        }
        _ => {}
    }
}

fn remove(value: &mut Value, pointer: &str) {
    let Some((parent, name)) = pointer.rsplit_once('/') else { return };
    match value.pointer_mut(parent) {
        Some(Value::Object(members)) => drop(members.remove(name)),
        Some(Value::Array(items)) => drop(name.parse().map(|index: usize| items.remove(index))),
        _ => {}
    }
}

/// Values put in place of others: wrong kinds, wrong forms, limits.
fn replacements() -> Vec<Value> {
    let long = "x".repeat(5_000);
    serde_json::from_value(serde_json::json!([
        null, true, 0, 1, -1, 1.5, 99999999999i64, 18446744073709551615u64, "", " ", "x", long,
        "2026-11-20", "2026-11-20T10:00:00Z", "0f8c3a52-6f0b-5b7e-9d55-8a2f4c1e7b90", "015110101",
        "K254871", "001561191000066", "granted", "é", [], [1], [[]], {}, {"kind": "x"}
    ]))
    .unwrap_or_default()
}

/// What the schema accepts can be read, and what is read is written as it was (but for defaults).
fn agree(name: CommandName, data: &Value, why: &str) {
    if !schema::faults(name.as_str(), data, "").is_empty() {
        return;
    }
    let read = read::command(name, data);
    assert!(read.is_ok(), "{name:?} {why}: the schema accepts, the types say {read:?}");
    let written = read.and_then(serde_json::to_value).unwrap_or_default();
    let written = written.get("data").unwrap_or(&Value::Null);
    assert_eq!(codes(&schema::faults(name.as_str(), written, "")), [], "{name:?} {why}: written otherwise");
    covers(written, data, &format!("{name:?} {why}"));
}

/// Every value of `part` stands in `whole` at the same place (instants may be spelt otherwise).
fn covers(whole: &Value, part: &Value, why: &str) {
    match (whole, part) {
        (Value::Object(whole), Value::Object(part)) => {
            for (name, member) in part {
                match whole.get(name) {
                    Some(kept) => covers(kept, member, why),
                    None => assert_eq!(member, &Value::Array(Vec::new()), "{why}: {name} was lost"),
                }
            }
        }
        (Value::Array(whole), Value::Array(part)) => {
            assert_eq!(whole.len(), part.len(), "{why}");
            whole.iter().zip(part).for_each(|(whole, part)| covers(whole, part, why));
        }
        (Value::String(kept), Value::String(given)) if kept != given => {
            let at = |text: &str| text.parse::<Timestamp>().ok();
            let same_instant = at(kept).is_some() && at(kept) == at(given);
            assert!(same_instant || kept.eq_ignore_ascii_case(given), "{why}: {given} became {kept}");
        }
        (Value::Number(kept), Value::Number(given)) => assert_eq!(kept.as_f64(), given.as_f64(), "{why}"),
        (kept, given) => assert_eq!(kept, given, "{why}"),
    }
}

#[test]
fn what_a_schema_accepts_the_types_accept() -> Outcome {
    let mut tried = 0;
    for sample in sample::all(Folder::Valid)?.iter().chain(&sample::all(Folder::Invalid)?) {
        let Some((name, data)) = parts(sample) else { continue };
        let mut places = Vec::new();
        pointers(&data, "", &mut places);
        agree(name, &data, &sample.stem);
        for place in &places {
            let mut changed = data.clone();
            remove(&mut changed, place);
            agree(name, &changed, &format!("{}: without {place}", sample.stem));
            for value in replacements() {
                let mut changed = data.clone();
                if let Some(target) = changed.pointer_mut(place) {
                    *target = value;
                }
                agree(name, &changed, &format!("{}: other {place}", sample.stem));
                tried += 1;
            }
        }
    }
    assert!(tried > 10_000, "only {tried} changes were tried");
    Ok(())
}

/// The other way round: a field that the types need, the schema needs; a field that the types do not know,
/// the schema does not know.
#[test]
fn what_the_types_refuse_the_schema_refuses() -> Outcome {
    for sample in sample::all(Folder::Valid)? {
        let Some((name, data)) = parts(&sample) else { continue };
        let mut places = Vec::new();
        pointers(&data, "", &mut places);
        for place in &places {
            let is_member = place.rsplit_once('/').is_some_and(|(_, last)| last.parse::<usize>().is_err());
            if is_member {
                let mut changed = data.clone();
                remove(&mut changed, place);
                let accepted = schema::faults(name.as_str(), &changed, "").is_empty();
                let why = format!("{}: without {place}", sample.stem);
                assert_eq!(accepted, read::command(name, &changed).is_ok(), "{why}");
            }
            let mut changed = data.clone();
            if let Some(Value::Object(members)) = changed.pointer_mut(place) {
                members.insert("not_a_field".to_owned(), Value::from(1));
                let faults = schema::faults(name.as_str(), &changed, "");
                assert_eq!(
                    codes(&faults),
                    [("schema.additional", format!("{place}/not_a_field").as_str())],
                    "{}: {place}",
                    sample.stem
                );
            }
        }
    }
    Ok(())
}

/// Names of members with their places, list positions left out.
fn members(value: &Value, at: &str, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(list) => {
            for (name, member) in list {
                let place = format!("{at}/{name}");
                members(member, &place, found);
                found.insert(place);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| members(item, at, found)),
        _ => {}
    }
}

/// Names of members that a schema knows, through `$ref`, `allOf`, `anyOf`, `then` and `items`.
fn declared(schema: &Value, common: &Value, at: &str, found: &mut BTreeSet<String>) {
    if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
        let name = reference.rsplit('/').next().unwrap_or_default();
        let target = common.get("$defs").and_then(|defs| defs.get(name));
        declared(target.unwrap_or(&Value::Null), common, at, found);
    }
    for (name, member) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
        let place = format!("{at}/{name}");
        declared(member, common, &place, found);
        found.insert(place);
    }
    for part in ["allOf", "anyOf"] {
        for branch in schema.get(part).and_then(Value::as_array).into_iter().flatten() {
            declared(branch.get("then").unwrap_or(branch), common, at, found);
        }
    }
    if let Some(items) = schema.get("items") {
        declared(items, common, at, found);
    }
}

#[test]
fn schemas_and_types_have_the_same_fields() -> Outcome {
    let common: Value = serde_json::from_str(schema::text("common").unwrap_or_default())?;
    let samples = sample::all(Folder::Valid)?;
    let commands = CommandName::ALL.iter().map(|name| name.as_str());
    for name in commands.chain(Notice::NAMES) {
        let mut in_schema = BTreeSet::new();
        declared(&serde_json::from_str(schema::text(name).unwrap_or_default())?, &common, "", &mut in_schema);
        let mut in_types = BTreeSet::new();
        for sample in samples.iter().filter(|s| s.headers.is_empty() && s.is_named(name)) {
            let event: Value = serde_json::from_slice(&sample.body)?;
            let data = event.get("data").cloned().unwrap_or_default();
            let content = serde_json::json!({"name": name, "data": data});
            let written = match CommandName::from_short(name) {
                Some(_) => serde_json::to_value(serde_json::from_value::<Command>(content)?)?,
                None => serde_json::to_value(serde_json::from_value::<Notice>(content)?)?,
            };
            members(written.get("data").unwrap_or(&Value::Null), "", &mut in_types);
        }
        assert_eq!(in_types, in_schema, "{name}");
    }
    Ok(())
}
