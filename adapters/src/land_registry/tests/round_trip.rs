//! `read(write(request)) = request` but for the declared losses, and the same for answers, for drawn values.

use proptest::prelude::*;
use serde_json::{Value, json};
use wasl_schemas::agency::RequestKind;
use wasl_schemas::file::Title;

use super::adapter;
use crate::land_registry::map::DROPS;
use crate::land_registry::wire::{Answer, Charge, Error, LR, State, hundredths};
use crate::losses::without;
use crate::port::Adapter;
use crate::test_request::{CONSULTATION, drawn, request_with};
use crate::transport::soap::Envelope;
use crate::transport::xml::{XmlLimits, parse};
use crate::transport::xml_out::XmlOut;

const XRO: &str = "http://x-road.eu/xsd/xroad.xsd";

/// The canonical request, as far as the registry can read it in the message.
fn read(bytes: &[u8]) -> Value {
    let envelope = Envelope::read(bytes, XmlLimits::default()).unwrap();
    let header = |name: &str| envelope.header(XRO, name).unwrap().trimmed().to_owned();
    let commune = header("userId").strip_prefix("MA").unwrap().to_owned();
    let id = header("id");
    let (rest, attempt) = id.rsplit_once('.').unwrap();
    let kind = rest.rsplit_once('.').unwrap().1;
    let body = envelope.body.as_ref().unwrap();
    let text = |name: &str| body.child_text(LR, name).unwrap();
    let identifier = body.child(LR, "applicant").unwrap().child(LR, "identifier").unwrap();
    let applicant = match identifier.attribute("", "scheme").unwrap() {
        "CIN" => json!({"kind": "person", "cin": identifier.trimmed()}),
        _ => json!({"kind": "company", "ice": identifier.trimmed()}),
    };
    let parcels = body.all(LR, "parcel").map(|parcel| {
        let area = hundredths(parcel.child_text(LR, "declaredArea").unwrap()).unwrap() / 100;
        match (parcel.child_text(LR, "title"), parcel.child_text(LR, "requisition")) {
            (Some(title), _) => json!({"status": "titled", "title": title, "area_m2": area}),
            (_, Some(number)) => json!({"status": "requisition", "requisition": number, "area_m2": area}),
            _ => json!({"status": "untitled", "area_m2": area}),
        }
    });
    json!({
        "consultation": text("consultationReference"),
        "kind": kind,
        "attempt": attempt.parse::<u32>().unwrap(),
        "agency": "land-registry",
        "commune": {"code": commune},
        "permit_file": {
            "reference": text("permitReference"),
            "commune": commune,
            "deposit_version": text("depositVersion").parse::<u32>().unwrap(),
            "applicant": applicant,
            "parcels": parcels.collect::<Vec<_>>(),
        },
    })
}

/// As the registry writes it, by its README.
fn write(answer: &Answer) -> Vec<u8> {
    let mut out = XmlOut::default();
    out.open("TitleStateResponse", &[("xmlns", LR)]);
    out.open("control", &[]);
    out.leaf("cuparc", &answer.states.len().to_string());
    out.leaf("cuerr", &answer.errors.len().to_string());
    out.leaf("consultationReference", &answer.reference);
    out.leaf_opt("extractNumber", answer.extract_number.as_deref());
    out.leaf_opt("extractTime", answer.extract_time.map(|at| at.to_string()).as_deref());
    out.close();
    for state in &answer.states {
        out.open("parcelState", &[("seq", &state.seq.to_string())]);
        out.leaf("resultCode", &state.code);
        out.leaf_opt("title", state.title.as_deref());
        if let Some((written, _)) = &state.registered {
            out.leaf_with("registeredArea", &[("uom", "m2")], written);
        }
        out.leaf_opt("applicantHolds", state.holds.as_deref());
        for charge in &state.charges {
            out.open("charge", &[]);
            out.leaf("kind", &charge.kind);
            out.leaf_opt("inscribedOn", charge.inscribed_on.as_deref());
            out.leaf_opt("label", charge.label.as_deref());
            out.close();
        }
        out.close();
    }
    if !answer.errors.is_empty() {
        out.open("lerr", &[]);
        for error in &answer.errors {
            let seq = error.seq.map(|seq| seq.to_string());
            let attributes: Vec<(&str, &str)> = seq.iter().map(|seq| ("seq", seq.as_str())).collect();
            out.open("err", &attributes);
            out.leaf("cod", &error.code);
            out.leaf("des", &error.text);
            out.close();
        }
    }
    out.finish()
}

fn label() -> impl Strategy<Value = String> {
    "[A-Za-zéà&<>\"'ء-ي]{1,10}( [A-Za-zéà&<>\"'ء-ي]{1,10}){0,3}"
}

fn state() -> impl Strategy<Value = State> {
    let charge = (label(), prop::option::of("20[0-9]{2}-0[1-9]-1[0-9]"), prop::option::of(label()))
        .prop_map(|(kind, inscribed_on, label)| Charge { kind, inscribed_on, label });
    let area = "[0-9]{1,9}\\.[0-9]{2}".prop_map(|written| {
        let whole = hundredths(&written).unwrap();
        (written, whole)
    });
    let parts = (1usize..100, "R[0-9]0", prop::option::of(label()), prop::option::of(area));
    let rest = (prop::option::of("yes|shared|no"), prop::collection::vec(charge, 0..3));
    (parts, rest).prop_map(|((seq, code, title, registered), (holds, charges))| State {
        seq,
        code,
        title,
        registered,
        holds,
        charges,
    })
}

proptest! {
    #[test]
    fn a_question_is_read_back_but_for_the_declared_losses(
        drawn in drawn(),
        land in 0..3,
        attempt in 1u32..9,
        kind in prop::sample::select(vec![RequestKind::Consult, RequestKind::Supplement, RequestKind::Query]),
    ) {
        let mut request = request_with("land-registry", &drawn);
        (request.attempt, request.kind) = (attempt, kind);
        std::sync::Arc::make_mut(&mut request.permit_file).parcels[0].title = match land {
            0 => Title::Untitled,
            1 => Title::Requisition { requisition: drawn.title },
            _ => Title::Titled { title: drawn.title },
        };
        let preview = adapter("http://127.0.0.1:1/r").preview(&request).unwrap();
        let sent = without(serde_json::to_value(&request).unwrap(), DROPS);
        prop_assert_eq!(sent, read(&preview.body));
    }

    #[test]
    fn an_answer_is_read_as_it_was_written(
        states in prop::collection::vec(state(), 0..4),
        errors in prop::collection::vec((prop::option::of(1usize..100), "[0-9]{2}", label()), 0..4),
        extract_number in prop::option::of("[A-Z0-9-]{1,20}"),
        second in prop::option::of(0i64..4_000_000_000),
    ) {
        let answer = Answer {
            reference: CONSULTATION.to_owned(),
            extract_number,
            extract_time: second.map(|s| jiff::Timestamp::from_second(s).unwrap()),
            states,
            errors: errors.into_iter().map(|(seq, code, text)| Error { seq, code, text }).collect(),
        };
        let root = parse(&write(&answer), XmlLimits::default()).unwrap();
        prop_assert_eq!(Answer::read(&root), Ok(answer));
    }
}
