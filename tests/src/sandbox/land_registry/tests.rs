use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest, Sha512};

use super::super::xml;
use super::super::xsd::{Schema, faults};
use super::XSD;
use super::identity;
use super::question::hundredths;

fn sample(name: &str) -> Vec<u8> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../schemas/samples/agencies/land-registry/");
    std::fs::read(format!("{folder}{name}")).unwrap()
}

#[test]
fn the_samples_of_the_contract_fit_the_schema() {
    let schema = Schema::read(XSD).unwrap();
    for name in [
        "title-state-request.xml",
        "title-state-registered.xml",
        "title-state-shared.xml",
        "title-state-not-held.xml",
        "title-state-requisition.xml",
        "title-state-error-malformed.xml",
        "title-state-error-unavailable.xml",
    ] {
        let root = xml::parse(&sample(name)).unwrap();
        let body = &root.child("Body").unwrap().children[0];
        assert_eq!(faults(&schema, body), Vec::<String>::new(), "{name}");
    }
}

#[test]
fn the_hash_of_the_sample_request_is_the_one_in_the_sample_answers() {
    let hash = BASE64_STANDARD.encode(Sha512::digest(sample("title-state-request.xml")));
    let answer = xml::parse(&sample("title-state-registered.xml")).unwrap();
    assert_eq!(answer.text_at(&["Header", "requestHash"]), hash);
}

#[test]
fn identities_are_read_and_written_alike() {
    let root = xml::parse(&sample("title-state-request.xml")).unwrap();
    let read = identity::read(root.child("Header").unwrap());
    assert_eq!(read.client, "MA/GOV/DGCT/wasl");
    assert_eq!(read.service, "MA/GOV/ANCFCC/registry/TitleState/v1");
    let text = format!(
        "<h xmlns:xro=\"{}\" xmlns:id=\"http://x-road.eu/xsd/identifiers\">{}</h>",
        identity::XRO,
        identity::write(&read, "abc")
    );
    assert_eq!(identity::read(&xml::parse(text.as_bytes()).unwrap()), read);
}

#[test]
fn areas_are_whole_hundredths() {
    assert_eq!(hundredths("409.50"), Some(40_950));
    assert_eq!(hundredths("409.5"), Some(40_950));
    assert_eq!(hundredths("409"), Some(40_900));
    assert_eq!(hundredths("x"), None);
}
