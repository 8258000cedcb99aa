use super::super::draw::{Behaviour, Draw};
use super::super::secrets::Secrets;
use super::super::xml;
use super::super::xsd::{Schema, faults};
use super::order::{Order, State};
use super::{card, hash};

fn sample(name: &str) -> xml::Element {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../schemas/samples/agencies/barid-bank/");
    xml::parse(&std::fs::read(format!("{folder}{name}")).unwrap()).unwrap()
}

#[test]
fn the_samples_of_the_contract_fit_the_schemas_of_the_bank() {
    let request = Schema::read(include_str!("pain013.xsd")).unwrap();
    assert_eq!(faults(&request, &sample("pain013-request-to-pay.xml")), Vec::<String>::new());
    let reversal = Schema::read(include_str!("pain007.xsd")).unwrap();
    assert_eq!(faults(&reversal, &sample("pain007-refund.xml")), Vec::<String>::new());
}

fn order() -> Order {
    let draw = Draw {
        behaviour: Behaviour::Paid,
        delay_days: 1.0,
        pushed: true,
        twice: true,
        at_once: true,
        out_of_order: false,
        then: Behaviour::Paid,
    };
    Order {
        id: "0193a5c27e4b7a319c553f1d0b6e8a10".to_owned(),
        reference: "0193a5c2-7e4b-7a31-9c55-3f1d0b6e8a10".to_owned(),
        file: None,
        amount_centimes: 625_000,
        message_id: String::new(),
        state: State::Open,
        draw,
        attempts: Vec::new(),
        refunds: Default::default(),
        next: None,
        ends_ms: None,
    }
}

#[test]
fn the_form_of_an_attempt_is_always_the_same_and_its_hash_is_right() {
    let secrets = Secrets::generate().barid_bank;
    let fields = card::fields(&secrets, &order(), 1, "00");
    assert_eq!(fields, card::fields(&secrets, &order(), 1, "00"));
    assert_ne!(fields, card::fields(&secrets, &order(), 2, "00"));
    let body = card::body(&fields);
    let posted: Vec<(String, String)> = url::form_urlencoded::parse(&body).into_owned().collect();
    let given = posted.iter().find(|(name, _)| name == "HASH").unwrap().1.clone();
    assert_eq!(hash::version_3(&posted, &secrets.store_key), given);
    assert!(posted.contains(&("amount".to_owned(), "6250.00".to_owned())));
}
