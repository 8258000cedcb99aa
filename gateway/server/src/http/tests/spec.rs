//! The contract says what the code does: the same routes, the same methods, the same rights.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Bench, ask, text};
use crate::http::auth::Right;
use crate::http::routes::{self, Route};
use crate::http::spec::OPENAPI;

fn contract() -> Value {
    serde_json::from_str(OPENAPI).unwrap()
}

/// The lines of the table that programs use; pages and assets are for people.
fn documented(bench: &Bench) -> Vec<Route> {
    let people = [
        "/",
        "/fr",
        "/ar",
        "/en",
        "/files",
        "/files/{reference}",
        "/lines",
        "/operator",
        "/operator/ask",
        "/operator/acts/{id}/{decision}",
        "/parked",
        "/why/{reference}",
        "/parked/{id}",
        "/payments",
        "/payments/{id}",
        "/assets/{name}",
    ];
    let public = routes::public(bench.app.clone()).table().to_vec();
    let partners = routes::partners(bench.app.clone()).table().to_vec();
    let all = public.into_iter().chain(partners.into_iter().filter(|r| r.path.starts_with("/callbacks")));
    all.filter(|route| !people.contains(&route.path) && !route.path.contains("{*")).collect()
}

#[tokio::test]
async fn every_route_stands_in_the_contract_and_nothing_else_does() {
    let bench = Bench::new(false);
    let ours: BTreeSet<(String, String)> = documented(&bench)
        .iter()
        .map(|r| {
            (r.path.to_owned(), if r.method == "ANY" { "post".to_owned() } else { r.method.to_lowercase() })
        })
        .collect();
    let contract = contract();
    let theirs: BTreeSet<(String, String)> = contract["paths"]
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(path, item)| item.as_object().unwrap().keys().map(move |key| (path.clone(), key.clone())))
        .filter(|(_, key)| ["get", "put", "post", "delete"].contains(&key.as_str()))
        .collect();
    assert_eq!(ours, theirs);
}

#[tokio::test]
async fn what_is_open_needs_no_token_in_the_contract_and_what_is_closed_does() {
    let bench = Bench::new(false);
    let contract = contract();
    for route in documented(&bench) {
        let method = if route.method == "ANY" { "post".to_owned() } else { route.method.to_lowercase() };
        let operation = &contract["paths"][route.path][&method];
        let open = operation["security"] == serde_json::json!([]);
        let declared_open = matches!(route.right, Right::Open) || route.path.starts_with("/callbacks");
        assert_eq!(open, declared_open, "{route:?}");
        assert!(operation["responses"].as_object().is_some_and(|all| !all.is_empty()), "{route:?}");
        assert!(operation["operationId"].is_string() && operation["summary"].is_string(), "{route:?}");
    }
}

#[tokio::test]
async fn every_reference_inside_the_contract_leads_somewhere() {
    fn references(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(object) => {
                for (key, inner) in object {
                    match inner.as_str() {
                        Some(target) if key == "$ref" => found.push(target.to_owned()),
                        _ => references(inner, found),
                    }
                }
            }
            Value::Array(items) => items.iter().for_each(|inner| references(inner, found)),
            _ => {}
        }
    }
    let contract = contract();
    let mut found = Vec::new();
    references(&contract, &mut found);
    assert!(!found.is_empty());
    for target in found {
        let pointer = target.strip_prefix('#').unwrap_or_else(|| panic!("{target} leads outside"));
        assert!(contract.pointer(pointer).is_some(), "{target}");
    }
}

#[tokio::test]
async fn the_contract_is_served_as_it_is() {
    let bench = Bench::new(false);
    let served = text(ask(bench.public(), "GET", "/openapi.json", None).await).await;
    assert_eq!(serde_json::from_str::<Value>(&served).unwrap()["openapi"], "3.1.0");
    let messages = text(ask(bench.public(), "GET", "/asyncapi.json", None).await).await;
    assert!(
        serde_json::from_str::<Value>(&messages).unwrap()["asyncapi"].as_str().unwrap().starts_with("3.")
    );
}
