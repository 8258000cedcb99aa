//! What we write and what we read fits the schemas that ONEE has: checked by xmllint, order of elements included.

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;

use super::round_trip::{drawn_status, write_status};
use super::*;
use crate::transport::outside::schema_faults;
use crate::transport::soap::SOAP_12;
use crate::transport::xml_out::XmlOut;

const MESSAGE: &str = "onee/message-1.xsd";

/// The one element of a body as it stands, with the namespaces that its own tags declare.
fn inside(envelope: &[u8]) -> Vec<u8> {
    let text = std::str::from_utf8(envelope).unwrap();
    let start = text.find("Body").and_then(|at| Some(at + text[at..].find('>')? + 1)).unwrap();
    let end = text.rfind("</").and_then(|at| text[..at].rfind("</")).unwrap();
    text[start..end].trim().as_bytes().to_vec()
}

fn faults(documents: &[Vec<u8>]) -> Option<String> {
    let all: Vec<&[u8]> = documents.iter().map(Vec::as_slice).collect();
    schema_faults(MESSAGE, &all)
}

#[test]
fn what_we_ask_for_drawn_files_fits_message_and_payload() {
    let (onee, mut runner) = (adapter("http://127.0.0.1:1/onee"), TestRunner::deterministic());
    let mut bodies: Vec<Vec<u8>> = (0..60)
        .map(|_| {
            let drawn = drawn().new_tree(&mut runner).unwrap().current();
            inside(&onee.preview(&request_with("onee", &drawn)).unwrap().body)
        })
        .collect();
    let added = supplement("onee", "onee-rabat", "load-study");
    let all = [added, ask(RequestKind::Query), ask(RequestKind::Cancel), ask(RequestKind::Consult)];
    bodies.extend(all.iter().map(|request| inside(&onee.preview(request).unwrap().body)));
    assert_eq!(faults(&bodies), None);
}

#[test]
fn every_sample_fits_and_none_that_is_out_of_order() {
    let folder = format!("{}/../schemas/samples/agencies/onee", env!("CARGO_MANIFEST_DIR"));
    let names = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap());
    let names: Vec<String> = names.filter(|name| !name.starts_with("fault-")).collect();
    assert!(names.len() > 12, "{names:?}");
    let bodies: Vec<Vec<u8>> = names.iter().map(|name| inside(&sample(&format!("onee/{name}")))).collect();
    assert_eq!(faults(&bodies), None);
    let text = String::from_utf8(inside(&sample("onee/create-request.xml"))).unwrap();
    let noun = "<msg:Noun>ServiceRequest</msg:Noun>";
    let turned = text.replacen(noun, "", 1).replacen("<msg:Verb>", &format!("{noun}<msg:Verb>"), 1);
    assert!(faults(&[turned.into_bytes()]).is_some_and(|said| said.contains("Noun")));
    let turned = text.replacen("<sr:communeCode>044210101", "<sr:communeCode>0442", 1);
    assert!(faults(&[turned.into_bytes()]).is_some_and(|said| said.contains("communeCode")));
}

#[test]
fn what_we_read_is_what_the_schema_allows_onee_to_say() {
    let mut runner = TestRunner::deterministic();
    let drawn: Vec<_> = (0..60).map(|_| drawn_status().new_tree(&mut runner).unwrap().current()).collect();
    let bodies: Vec<Vec<u8>> = drawn
        .iter()
        .map(|status| {
            let mut out = XmlOut::default();
            write_status(&mut out, status);
            out.finish()
        })
        .collect();
    let all: Vec<&[u8]> = bodies.iter().map(Vec::as_slice).collect();
    assert_eq!(schema_faults("onee/service-request-1.xsd", &all), None);
}

#[test]
fn our_answers_to_events_fit_too() {
    let onee = adapter("http://127.0.0.1:1/onee");
    let raw = events::callback(sample("onee/event-closed.xml"), "2026-10-05T09:30:02Z");
    let replies = [events::known(), Default::default()].map(|expected| match onee.receive(&raw, &expected) {
        crate::port::Received::Accept { reply, .. } | crate::port::Received::Ignore { reply, .. } => {
            assert!(reply.body.contains(SOAP_12));
            inside(reply.body.as_bytes())
        }
        other => panic!("{other:?}"),
    });
    assert_eq!(faults(&replies), None);
}
