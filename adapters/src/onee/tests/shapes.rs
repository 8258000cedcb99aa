//! The tables of fields say what the readers read: neither more nor less.

use wasl_schemas::line::{DriftKind, DriftNote};

use super::super::message::Message;
use super::super::{event, shapes};
use super::*;
use crate::transport::drift::Shape;
use crate::transport::xml::Element;

/// A message in which every field of the table stands, with a value that its reader takes.
fn full(shape: &Shape) -> Element {
    let name = shape.fields[0].path().split('/').nth(1).unwrap().to_owned();
    let mut root = Element { namespace: MSG.into(), name, ..Element::default() };
    for field in shape.fields {
        let steps: Vec<&str> = field.path().split('/').skip(2).collect();
        let value = match *steps.last().unwrap() {
            "Noun" => "ServiceRequest",
            "statusTime" => "2026-10-13T10:00:00Z",
            "completeBefore" | "issuedOn" => "2026-10-13",
            "@idType" => "serviceRequestNumber",
            _ => "x",
        };
        put(&mut root, &steps, value);
    }
    root
}

/// Puts a value at the end of a path. Below the payload's own element everything is in its namespace.
fn put(element: &mut Element, steps: &[&str], value: &str) {
    let (name, rest) = (steps[0], &steps[1..]);
    if let Some(attribute) = name.strip_prefix('@') {
        element.attributes.push((String::new(), attribute.to_owned(), value.to_owned()));
        return;
    }
    if !element.children.iter().any(|child| child.name == name) {
        let ours = &*element.namespace == SR || name == "ServiceRequestStatus";
        let namespace = (if ours { SR } else { MSG }).into();
        element.children.push(Element { namespace, name: name.to_owned(), ..Element::default() });
    }
    let child = element.children.iter_mut().find(|child| child.name == name).unwrap();
    match rest {
        [] => child.text = value.to_owned(),
        _ => put(child, rest, value),
    }
}

/// Gives the leaf another value that can be read.
fn change(element: &mut Element, steps: &[&str]) {
    match steps {
        [] if element.text == "2026-10-13" => element.text = "2026-10-14".to_owned(),
        [] if element.text.ends_with('Z') => element.text = "2026-10-14T10:00:00Z".to_owned(),
        [] => element.text.push('y'),
        [name, rest @ ..] => match name.strip_prefix('@') {
            Some(name) => element.attributes.iter_mut().find(|(_, n, _)| n == name).unwrap().2.push('y'),
            None => change(element.children.iter_mut().find(|child| child.name == *name).unwrap(), rest),
        },
    }
}

#[test]
fn a_field_is_read_exactly_when_the_table_says_so() {
    for shape in [&shapes::RESPONSE, &shapes::EVENT] {
        let whole = full(shape);
        let before = Message::read(&whole).unwrap();
        for field in shape.fields {
            let mut other = whole.clone();
            change(&mut other, &field.path().split('/').skip(2).collect::<Vec<_>>());
            let moved = Message::read(&other) != Ok(before.clone());
            assert_eq!(moved, field.is_read(), "{} {}", shape.message, field.path());
        }
    }
}

fn drift(body: Vec<u8>) -> Vec<DriftNote> {
    event::drift(&events::callback(body, "2026-10-05T09:30:02Z"))
}

#[test]
fn samples_hold_no_news_and_changes_are_news() {
    let folder = format!("{}/../schemas/samples/agencies/onee", env!("CARGO_MANIFEST_DIR"));
    let names = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap());
    for name in names.filter(|name| name.contains("-reply-") || name.starts_with("event-")) {
        let notes = drift(sample(&format!("onee/{name}")));
        let news: Vec<_> = notes.into_iter().filter(|note| !note.known).collect();
        assert_eq!(news, [], "{name}");
    }
    let text = String::from_utf8(sample("onee/get-reply-answered.xml")).unwrap();
    let kinds = |from: &str, to: &str| -> Vec<DriftKind> {
        assert!(text.contains(from));
        let notes = drift(text.replacen(from, to, 1).into_bytes());
        notes.into_iter().filter(|note| !note.known).map(|note| note.kind).collect()
    };
    assert_eq!(kinds("<sr:signatory>", "<sr:fee>12</sr:fee><sr:signatory>"), [DriftKind::Unread]);
    assert_eq!(kinds(">answered<", ">archived<"), [DriftKind::Value]);
    assert_eq!(kinds("<sr:statusTime>2026-10-13T10:00:00Z</sr:statusTime>", ""), [DriftKind::Null]);
    assert_eq!(kinds(">DR-2026", &format!(">{}", "9".repeat(64))), [DriftKind::Length]);
}

#[tokio::test]
async fn what_stands_out_travels_with_the_exchange() {
    let text = String::from_utf8(sample("onee/create-reply-ok.xml")).unwrap();
    let agency = says(
        200,
        text.replace("</sr:ServiceRequestStatus>", "<sr:new>1</sr:new></sr:ServiceRequestStatus>").into(),
    )
    .await;
    let handled = adapter(&agency.address).handle(&ask(RequestKind::Consult)).await;
    let news: Vec<_> = handled.exchanges[0].drift.iter().filter(|note| !note.known).collect();
    assert!(matches!(news[..], [note] if note.path.ends_with("/new")), "{news:?}");
}
