//! What a commune's developer reads says what the code does: every exchange, queue, key, user and type.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use saphyr::{LoadableYamlNode, Scalar, Yaml};
use serde_json::{Map, Value};
use wasl_schemas::command::CommandName;
use wasl_schemas::envelope::full_type;
use wasl_schemas::id::{CommuneCode, ProvinceCode};
use wasl_schemas::notice::Notice;
use wasl_schemas::{ASYNCAPI_JSON, ASYNCAPI_YAML, schema, wire};

type Outcome = Result<(), Box<dyn std::error::Error>>;

const COMMUNE: &str = "015110106";
const PROVINCE: &str = "01511";
const REGION: &str = "01";
/// The queues that the gateway feeds.
const OUTWARD: [&str; 3] = ["toCommune", "toProvince", "toRegion"];

fn json(yaml: &Yaml<'_>) -> Value {
    match yaml {
        Yaml::Mapping(members) => {
            let member = |(key, value): (&Yaml<'_>, &Yaml<'_>)| Some((key.as_str()?.to_owned(), json(value)));
            Value::Object(members.iter().filter_map(member).collect::<Map<_, _>>())
        }
        Yaml::Sequence(items) => Value::Array(items.iter().map(json).collect()),
        Yaml::Value(Scalar::Boolean(value)) => Value::Bool(*value),
        Yaml::Value(Scalar::Integer(value)) => Value::from(*value),
        Yaml::Value(Scalar::FloatingPoint(value)) => Value::from(value.0),
        Yaml::Value(Scalar::String(value)) => Value::from(value.as_ref()),
        _ => Value::Null,
    }
}

fn document() -> Result<Value, Box<dyn std::error::Error>> {
    let documents = Yaml::load_from_str(ASYNCAPI_YAML)?;
    Ok(json(documents.first().ok_or("no document")?))
}

fn at<'v>(document: &'v Value, pointer: &str) -> &'v Value {
    document.pointer(pointer).unwrap_or(&Value::Null)
}

fn text<'v>(document: &'v Value, pointer: &str) -> &'v str {
    at(document, pointer).as_str().unwrap_or_default()
}

fn names(document: &Value, pointer: &str) -> BTreeSet<String> {
    at(document, pointer).as_object().map(|members| members.keys().cloned().collect()).unwrap_or_default()
}

/// `file.submitted` is `fileSubmitted` in the document.
fn key_of(name: &str) -> String {
    let mut parts = name.split('.');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |key, part| {
        let (head, tail) = part.split_at(1);
        format!("{key}{}{tail}", head.to_uppercase())
    })
}

/// Puts the codes of the examples into an address of the document.
fn filled(address: &str) -> String {
    address.replace("{commune}", COMMUNE).replace("{province}", PROVINCE).replace("{region}", REGION)
}

#[test]
fn channels_are_the_routing_keys_and_the_queue_of_the_code() -> Outcome {
    let document = document()?;
    let (commune, province) = (CommuneCode::try_new(COMMUNE)?, ProvinceCode::try_new(PROVINCE)?);
    let mut expected = BTreeSet::from(OUTWARD.map(str::to_owned));
    for name in CommandName::ALL {
        let key = key_of(name.as_str());
        let channel = at(&document, &format!("/channels/{key}"));
        let routing_key = if name == CommandName::SilenceAttested {
            wire::key_in_province(&province, name.as_str())
        } else {
            wire::key_in(&commune, name.as_str())
        };
        assert_eq!(filled(text(channel, "/address")), routing_key);
        assert_eq!(text(channel, "/bindings/amqp/exchange/name"), wire::EXCHANGE_IN);
        assert_eq!(text(channel, "/bindings/amqp/exchange/type"), "topic");
        assert_eq!(names(channel, "/messages"), BTreeSet::from([key.clone()]));
        expected.insert(key);
    }
    assert_eq!(names(&document, "/channels"), expected);
    let queues = [wire::queue_commune(&commune), wire::queue_province(&province), wire::queue_region(REGION)];
    for (channel, name) in OUTWARD.iter().zip(queues) {
        let queue = at(&document, &format!("/channels/{channel}"));
        assert_eq!(filled(text(queue, "/address")), name);
        assert_eq!(filled(text(queue, "/bindings/amqp/queue/name")), name);
        assert_eq!(text(queue, "/bindings/amqp/x-exchange/name"), wire::EXCHANGE_OUT);
        let all: BTreeSet<String> = Notice::NAMES.into_iter().map(key_of).collect();
        let escalated = BTreeSet::from(["deadlineEscalated".to_owned()]);
        assert_eq!(names(queue, "/messages"), if *channel == "toCommune" { all } else { escalated });
    }
    Ok(())
}

#[test]
fn operations_name_the_users_and_cover_every_channel() -> Outcome {
    let document = document()?;
    let (commune, province) = (CommuneCode::try_new(COMMUNE)?, ProvinceCode::try_new(PROVINCE)?);
    let bindings = "/components/operationBindings";
    let user = |who: &str| filled(text(&document, &format!("{bindings}/{who}/amqp/userId")));
    assert_eq!(user("fromCommune"), wire::user_commune(&commune));
    assert_eq!(user("fromProvince"), wire::user_province(&province));
    let operations = at(&document, "/operations").as_object().ok_or("no operations")?;
    let mut channels = BTreeSet::new();
    for (name, operation) in operations {
        let channel = text(operation, "/channel/$ref");
        let sends = OUTWARD.iter().any(|outward| channel.strip_prefix("#/channels/") == Some(*outward));
        assert_eq!(text(operation, "/action"), if sends { "send" } else { "receive" }, "{name}");
        let listed = at(operation, "/messages").as_array().map_or(0, Vec::len);
        let all = channel == "#/channels/toCommune";
        assert_eq!(listed, if all { Notice::NAMES.len() } else { 1 }, "{name}");
        let from = text(operation, "/bindings/$ref");
        let province = channel == "#/channels/silenceAttested";
        assert!(sends || from.ends_with(if province { "/fromProvince" } else { "/fromCommune" }), "{name}");
        channels.insert(channel.trim_start_matches("#/channels/").to_owned());
    }
    assert_eq!(channels, names(&document, "/channels"));
    Ok(())
}

#[test]
fn messages_have_the_types_the_schemas_and_the_examples_of_the_code() -> Outcome {
    let document = document()?;
    let all: Vec<&str> = CommandName::ALL.iter().map(|name| name.as_str()).chain(Notice::NAMES).collect();
    assert_eq!(names(&document, "/components/messages"), all.iter().map(|name| key_of(name)).collect());
    for name in all {
        let message = at(&document, &format!("/components/messages/{}", key_of(name)));
        assert_eq!(text(message, "/name"), name);
        assert_eq!(text(message, "/contentType"), wire::CONTENT_TYPE);
        assert_eq!(text(message, "/bindings/amqp/messageType"), full_type(name));
        assert_eq!(text(message, "/payload/allOf/1/properties/type/const"), full_type(name));
        assert_eq!(text(message, "/payload/allOf/1/properties/data/$ref"), format!("./json/{name}.json"));
        let title: Value = serde_json::from_str(schema::text(name).unwrap_or_default())?;
        assert_eq!(text(message, "/title"), text(&title, "/title"), "{name}");
        assert!(at(message, "/examples").as_array().is_some_and(|list| !list.is_empty()), "{name}");
        if CommandName::from_short(name).is_none() {
            assert_eq!(text(message, "/payload/allOf/1/properties/source/const"), wire::SOURCE_GATEWAY);
        }
    }
    assert_eq!(text(&document, "/defaultContentType"), wire::CONTENT_TYPE);
    let headers = names(&document, "/components/schemas/outboundHeaders/properties");
    assert_eq!(headers, BTreeSet::from([wire::HEADER_POSSIBLE_DUPLICATE.to_owned()]));
    Ok(())
}

fn references(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            found.extend(members.get("$ref").and_then(Value::as_str).map(str::to_owned));
            members.values().for_each(|member| references(member, found));
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        _ => {}
    }
}

#[test]
fn every_reference_leads_somewhere() -> Outcome {
    let document = document()?;
    let mut found = BTreeSet::new();
    references(&document, &mut found);
    assert!(found.len() > 100, "only {} references", found.len());
    for reference in found {
        let there = match reference.strip_prefix('#') {
            Some(pointer) => document.pointer(pointer).is_some(),
            None => here().join(&reference).is_file(),
        };
        assert!(there, "{reference}");
    }
    Ok(())
}

fn here() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

/// The JSON form, which the gateway serves, is written by `WASL_UPDATE=1 cargo test -p wasl-schemas`.
#[test]
fn the_json_form_is_the_same_document() -> Outcome {
    let document = document()?;
    if std::env::var_os("WASL_UPDATE").is_some() {
        std::fs::write(here().join("asyncapi.json"), format!("{document:#}\n"))?;
        return Ok(());
    }
    let served: Value = serde_json::from_str(ASYNCAPI_JSON)?;
    assert!(served == document, "asyncapi.json is stale: run WASL_UPDATE=1 cargo test -p wasl-schemas");
    Ok(())
}
