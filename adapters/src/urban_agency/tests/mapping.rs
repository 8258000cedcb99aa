//! The mapping over the agency's samples.

use jiff::Timestamp;
use serde_json::Value;
use wasl_schemas::agency::{Outcome, RequestKind};
use wasl_schemas::file::Geometry;
use wasl_schemas::opinion::OpinionKind;

use super::super::map::back::{self, Standing};
use super::super::{feed, map, wire};
use super::{consultation, links, request, sample, supplement};

/// A link's end and signature depend on clock and secret; its address does not.
fn without_links(mut value: Value) -> Value {
    let drop_query = |piece: &mut Value| {
        let bare = piece["txUrl"].as_str().map(|url| url.split('?').next().unwrap_or(url).to_owned());
        piece["txUrl"] = bare.into();
    };
    for pointer in ["/dossier/pieces", "/pieces"] {
        if let Some(Value::Array(pieces)) = value.pointer_mut(pointer) {
            pieces.iter_mut().for_each(drop_query);
        }
    }
    value
}

#[test]
fn a_consultation_is_written_as_in_the_sample_and_fits_the_schema() {
    let written = map::out::consultation(
        &request(RequestKind::Consult),
        "GTW-WASL-01",
        Some((&links(), Timestamp::UNIX_EPOCH)),
    )
    .unwrap();
    let written = serde_json::to_value(written).unwrap();
    let schema =
        include_str!("../../../../schemas/json/agencies/urban-agency/consultation-request.schema.json");
    let schema: Value = serde_json::from_str(schema).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    let faults: Vec<String> = schema.iter_errors(&written).map(|e| e.to_string()).collect();
    assert_eq!(faults, Vec::<String>::new());
    let expected: Value = serde_json::from_slice(&sample("consultation-request.json")).unwrap();
    assert!(schema.is_valid(&expected));
    assert_eq!(written["consultation"], expected["consultation"]);
    let bare = |mut value: Value| {
        // The sample spells out nulls that the adapter leaves out: null and absent are the same.
        for person in value["dossier"]["personnes"].as_array_mut().unwrap() {
            person.as_object_mut().unwrap().retain(|_, field| !field.is_null());
        }
        without_links(value)
    };
    assert_eq!(bare(written), bare(expected));
}

#[test]
fn a_supplement_is_written_as_in_the_sample() {
    let written = map::out::complement(&supplement(), 2, Some((&links(), Timestamp::UNIX_EPOCH))).unwrap();
    let expected: Value = serde_json::from_slice(&sample("supplement-request.json")).unwrap();
    let written = serde_json::to_value(written).unwrap();
    let link = written["pieces"][0]["txUrl"].as_str().unwrap();
    assert!(link.contains("?expires=600&signature="), "{link}");
    assert_eq!(without_links(written), without_links(expected));
}

#[test]
fn the_deprecated_zone_is_refused_with_its_place() {
    let mut request = request(RequestKind::Consult);
    let coordinates = vec![vec![[1.0, 2.0], [2.0, 2.0], [2.0, 3.0], [1.0, 2.0]]];
    std::sync::Arc::make_mut(&mut request.permit_file).parcels[0].geometry =
        Some(Geometry::Lambert { epsg: 26193, coordinates });
    let fault = map::out::consultation(&request, "x", None).unwrap_err();
    assert_eq!(fault.code, "file.parcel.zone-unknown");
    assert!(fault.reason.starts_with("/permit_file/parcels/0/geometry/epsg"));
}

fn opinion_of(name: &str) -> Outcome {
    back::opinion(&serde_json::from_slice(&sample(name)).unwrap())
}

#[test]
fn the_four_opinions() {
    let cases = [
        ("opinion-favourable.json", OpinionKind::Favourable),
        ("opinion-with-conditions.json", OpinionKind::FavourableWithConditions),
        ("opinion-unfavourable.json", OpinionKind::Unfavourable),
        ("opinion-none.json", OpinionKind::NoOpinion),
    ];
    for (name, kind) in cases {
        let Outcome::Answered { opinion } = opinion_of(name) else { panic!("{name}") };
        assert_eq!(opinion.kind, kind, "{name}");
        assert_eq!(opinion.given_at.unwrap().to_string(), "2026-12-01T10:30:00Z");
    }
    let Outcome::Answered { opinion } = opinion_of("opinion-with-conditions.json") else { panic!() };
    assert_eq!(
        opinion.conditions,
        ["Recul de 4 m sur voie.", "Deux places de stationnement sur la parcelle."]
    );
    let Outcome::Answered { opinion } = opinion_of("opinion-unfavourable.json") else { panic!() };
    assert_eq!(opinion.reason.as_deref(), Some("Plan d'aménagement, article 12"));
}

#[test]
fn what_is_not_understood_is_pending_never_an_opinion() {
    let pending = Outcome::Pending { unknown: Some("NATURE_AVIS 9 \"Ajourné\"".to_owned()) };
    assert_eq!(opinion_of("opinion-unknown-number.json"), pending);
    let read = |text: &str| back::opinion(&serde_json::from_str(text).unwrap());
    for text in [
        r#"{}"#,
        r#"{"nomNatureAvisRendu": null}"#,
        r#"{"nomNatureAvisRendu": {"idNom": null, "libNom": "Favorable"}}"#,
        r#"{"nomNatureAvisRendu": {"idNom": 1}, "boEstTacite": true}"#,
        r#"{"nomNatureAvisRendu": {"idNom": 3}, "txFondement": "  "}"#,
        r#"{"nomNatureAvisRendu": 2, "prescriptions": []}"#,
    ] {
        assert!(matches!(read(text), Outcome::Pending { unknown: Some(_) }), "{text}");
    }
    assert!(matches!(read(r#"{"nomNatureAvisRendu": 1}"#), Outcome::Answered { .. }));
}

/// Any field of any answer may be null or absent: nothing breaks, and no opinion changes its kind.
#[test]
fn every_field_may_be_null_or_absent() {
    for name in ["opinion-favourable.json", "opinion-with-conditions.json", "opinion-unfavourable.json"] {
        let whole: Value = serde_json::from_slice(&sample(name)).unwrap();
        let Outcome::Answered { opinion: before } = opinion_of(name) else { panic!("{name}") };
        for key in whole.as_object().unwrap().keys() {
            let (mut absent, mut null) = (whole.clone(), whole.clone());
            absent.as_object_mut().unwrap().remove(key);
            null[key] = Value::Null;
            for variant in [absent, null] {
                let avis: wire::Avis = serde_json::from_value(variant).unwrap();
                match back::opinion(&avis) {
                    Outcome::Answered { opinion } => assert_eq!(opinion.kind, before.kind, "{name} {key}"),
                    Outcome::Pending { unknown: Some(_) } => {}
                    other => panic!("{name} {key}: {other:?}"),
                }
            }
        }
    }
}

fn standing_of(name: &str) -> Standing {
    let answer: wire::SearchAnswer = serde_json::from_slice(&sample(name)).unwrap();
    back::standing(&answer.resultats.unwrap()[0])
}

#[test]
fn where_a_consultation_stands() {
    let reference = Some("AUT-2026-0009182".to_owned());
    let is = |name| match standing_of(name) {
        Standing::Is(outcome) => outcome,
        Standing::Opinion(id) => panic!("{name}: {id}"),
    };
    let delivered = Outcome::Delivered { agency_reference: reference.clone() };
    assert_eq!(is("search-answer-received.json"), delivered);
    let acknowledged = Outcome::Acknowledged { agency_reference: reference };
    assert_eq!(is("search-answer-acknowledged-complete.json"), acknowledged);
    let Outcome::Incomplete { missing, respond_by } = is("search-answer-incomplete.json") else { panic!() };
    assert_eq!(respond_by, Some(jiff::civil::date(2026, 11, 30)));
    let said: Vec<_> = missing.iter().map(|item| (item.code.as_str(), item.text.as_str())).collect();
    assert_eq!(
        said,
        [("plan-masse", "Plan de masse : Cotes absentes"), ("note-de-renseignements", "Pièce non fournie"),]
    );
    assert_eq!(
        standing_of("search-answer-opinion-given.json"),
        Standing::Opinion("AVIS-2026-44871".to_owned())
    );
}

#[test]
fn a_refusal_after_receipt_and_an_unknown_state() {
    let standing = |text: &str| back::standing(&serde_json::from_str(text).unwrap());
    let refused = Outcome::Refused { code: "TERRAIN-ABSENT".to_owned(), reason: "Aucun terrain".to_owned() };
    let text =
        r#"{"nomEtatConsultation": 8, "refus": {"cdErreur": "TERRAIN-ABSENT", "txMotif": "Aucun terrain"}}"#;
    assert_eq!(standing(text), Standing::Is(refused));
    let unknown = standing(r#"{"nomEtatConsultation": {"idNom": 12}}"#);
    assert_eq!(unknown, Standing::Is(Outcome::Pending { unknown: Some("ETAT_CONSULTATION 12".to_owned()) }));
}

#[test]
fn samples_are_understood_without_a_server() {
    let items = feed::understand(&sample("notifications-page.json")).unwrap();
    assert_eq!(items.len(), 3);
    assert!(items.iter().all(|item| item.consultation == consultation()));
    let document = &items[2].outcome;
    let Outcome::Pending { unknown: Some(said) } = document else { panic!("{document:?}") };
    assert!(said.starts_with("PIECE-EMPREINTE: document 7d865e95"), "{said}");
    let items = feed::understand(&sample("opinion-favourable.json")).unwrap();
    assert!(matches!(items[0].outcome, Outcome::Answered { .. }));
    assert_eq!(items[0].event_id, "AVIS-2026-44871");
    assert_eq!(feed::understand(b"<xml/>").unwrap_err().code, "agency.answer-unreadable");
}
