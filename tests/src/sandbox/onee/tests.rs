use super::super::xml;
use super::super::xsd::{Schema, faults};
use super::{MESSAGE_XSD, PAYLOAD_XSD};

fn body(name: &str) -> xml::Element {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../schemas/samples/agencies/onee/");
    let root = xml::parse(&std::fs::read(format!("{folder}{name}")).unwrap()).unwrap();
    root.child("Body").unwrap().children[0].clone()
}

#[test]
fn the_samples_of_the_contract_fit_message_and_payload_schema() {
    let message = Schema::read(MESSAGE_XSD).unwrap();
    let payload = Schema::read(PAYLOAD_XSD).unwrap();
    for name in [
        "create-request.xml",
        "change-request.xml",
        "cancel-request.xml",
        "get-request.xml",
        "create-reply-ok.xml",
        "create-reply-partial.xml",
        "create-reply-failed-area.xml",
        "create-reply-failed-schema.xml",
        "create-reply-failed-duplicate.xml",
        "get-reply-unknown.xml",
        "get-reply-answered.xml",
        "event-closed.xml",
        "event-changed-incomplete.xml",
    ] {
        let inside = body(name);
        assert_eq!(faults(&message, &inside), Vec::<String>::new(), "{name}");
        if let Some(held) = inside.child("Payload") {
            assert_eq!(faults(&payload, &held.children[0]), Vec::<String>::new(), "{name}");
        }
    }
}

#[test]
fn elements_out_of_order_are_found() {
    let payload = Schema::read(PAYLOAD_XSD).unwrap();
    let mut request = body("create-request.xml").at(&["Payload", "ServiceRequest"]).unwrap().clone();
    request.children.swap(0, 1);
    assert!(!faults(&payload, &request).is_empty());
}
