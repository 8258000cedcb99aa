//! Cases that follow from a schema: the sample is broken in one place, and only what the schema really refuses
//! becomes a case.

use anyhow::{Context, bail};
use serde_json::{Value, json};

use super::book::{Book, Case, Each, Edit, Generator, Request, Step};
use super::edit::{self, Form};
use super::settings::Settings;
use super::values::Values;
use super::xml_edit::{self, Place};
use crate::sandbox::xml::{self, Element};
use crate::sandbox::xsd::{Schema, faults};

/// The cases of one generator.
///
/// # Errors
/// The schema or the sample cannot be read, or nothing follows from them.
pub(super) fn cases(settings: &Settings, book: &Book, generator: &Generator) -> anyhow::Result<Vec<Case>> {
    let request = book.requests.get(&generator.request).context("there is no such request")?;
    let path = settings.schemas.join(&generator.schema);
    let schema = std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let sample = sample(settings, request)?;
    let places = if Form::of(&request.content_type) == Form::Json {
        of_json(generator.each, &serde_json::from_str(&schema)?, &serde_json::from_str(&sample)?)
    } else {
        of_xml(generator, &Schema::read(&schema).map_err(anyhow::Error::msg)?, &sample)?
    };
    let cases: Vec<Case> = places
        .into_iter()
        .filter(|(place, _)| !generator.except.contains(place))
        .map(|(place, edit)| case(generator, &place, &edit))
        .collect();
    if cases.is_empty() {
        bail!("nothing follows from the schema");
    }
    Ok(cases)
}

fn sample(settings: &Settings, request: &Request) -> anyhow::Result<String> {
    let name = request.sample.as_deref().context("the request has no sample")?;
    let path = settings.schemas.join("samples/agencies").join(settings.agency.key()).join(name);
    let text = std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    edit::apply(Form::of(&request.content_type), &text, &request.edits, &Values::new(settings, None))
}

fn case(generator: &Generator, place: &str, edit: &Edit) -> Case {
    let name = place.trim_matches('/').replace('/', ".");
    let what = match generator.each {
        Each::Missing => "what must be there and is not is refused",
        Each::Unknown => "what nobody knows is refused",
        Each::OtherType => "a value of another type is refused",
        Each::Twice => "what may stand once and stands twice is refused",
        Each::Swapped => "elements in another order are refused",
        Each::Empty => "an empty value is refused where one is needed",
    };
    let mut steps: Vec<Step> = generator.then.clone();
    if let Some(first) = steps.first_mut() {
        first.edits.push(edit.clone());
    }
    for step in &mut steps {
        step.expect.at = std::mem::take(&mut step.expect.at)
            .into_iter()
            .map(|(at, want)| (at, with_place(want, place)))
            .collect();
    }
    Case {
        case: format!("{}.{name}", generator.case),
        what: format!("{what}: {place}"),
        part: None,
        needs: None,
        known: false,
        steps,
    }
}

fn with_place(want: super::book::Want, place: &str) -> super::book::Want {
    match want {
        super::book::Want::Text(text) => super::book::Want::Text(text.replace("{place}", place)),
        other => other,
    }
}

/// Places of a JSON sample that the schema speaks of, with the change that breaks each.
fn of_json(each: Each, schema: &Value, sample: &Value) -> Vec<(String, Edit)> {
    let mut found = Vec::new();
    walk(each, schema, schema, sample, "", &mut found);
    found
}

fn resolve<'a>(root: &'a Value, schema: &'a Value) -> &'a Value {
    let target = schema["$ref"].as_str().and_then(|target| target.strip_prefix('#'));
    target.and_then(|target| root.pointer(target)).unwrap_or(schema)
}

fn walk(
    each: Each,
    root: &Value,
    schema: &Value,
    value: &Value,
    path: &str,
    found: &mut Vec<(String, Edit)>,
) {
    let schema = resolve(root, schema);
    match value {
        Value::Object(members) => {
            if each == Each::Unknown && schema["additionalProperties"] == json!(false) {
                let place = format!("{path}/txInconnu");
                found.push((place.clone(), Edit::Set { set: place, to: json!("x") }));
            }
            let required: Vec<&str> =
                schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            for (name, member) in members {
                let (place, inner) = (format!("{path}/{name}"), &schema["properties"][name]);
                if each == Each::Missing && required.contains(&name.as_str()) {
                    found.push((place.clone(), Edit::Remove { remove: place.clone() }));
                }
                if each == Each::OtherType && !inner.is_null() && !member.is_null() {
                    // A text where an object stood, an object where anything else did.
                    let to = if member.is_object() { json!("x") } else { json!({"x": 1}) };
                    found.push((place.clone(), Edit::Set { set: place.clone(), to }));
                }
                walk(each, root, inner, member, &place, found);
            }
        }
        // One item stands for all.
        Value::Array(items) => {
            if let Some(first) = items.first().filter(|first| first.is_object()) {
                walk(each, root, &schema["items"], first, &format!("{path}/0"), found);
            }
        }
        _ => {}
    }
}

/// Places of an XML sample whose change the schema refuses.
fn of_xml(generator: &Generator, schema: &Schema, sample: &str) -> anyhow::Result<Vec<(String, Edit)>> {
    let below = |path: &str| {
        generator.below.is_empty() && !path.is_empty() || path.starts_with(&format!("{}/", generator.below))
    };
    let mut found = Vec::new();
    for place in xml_edit::places(sample)?.iter().filter(|place| below(&place.path)) {
        let Some((edit, broken)) = broken(generator.each, sample, place) else { continue };
        let Ok(root) = xml::parse(broken.as_bytes()) else { continue };
        let path: Vec<&str> = generator.below.split('/').filter(|name| !name.is_empty()).collect();
        let described: Option<&Element> = root.at(&path);
        if described.is_some_and(|element| !faults(schema, element).is_empty()) {
            found.push((place.path.clone(), edit));
        }
    }
    Ok(found)
}

fn broken(each: Each, sample: &str, place: &Place) -> Option<(Edit, String)> {
    let path = place.path.clone();
    let (edit, text) = match each {
        Each::Missing => (Edit::Remove { remove: path.clone() }, xml_edit::remove(sample, &path)),
        Each::Twice => (Edit::Twice { twice: path.clone() }, xml_edit::twice(sample, &path)),
        Each::Swapped => (Edit::Swap { swap: path.clone() }, xml_edit::swap(sample, &path)),
        Each::Empty if place.leaf => {
            (Edit::Set { set: path.clone(), to: json!("") }, xml_edit::set(sample, &path, ""))
        }
        _ => return None,
    };
    Some((edit, text.ok()?))
}
