//! `read(write(request)) = request` but for the declared losses, both ways, for drawn requests and answers.

use std::sync::Arc;

use proptest::prelude::*;
use serde_json::{Value, json};
use wasl_schemas::agency::{AgencyRequest, Outcome, RequestKind};

use super::super::map::{self, DROPS};
use super::super::wire::NS;
use super::super::wire::answer::{Anomalie, Avis, Content, Incoming};
use super::{CONSULTATION, pure, request_with, supplement};
use crate::lambert::Zone;
use crate::losses::without;
use crate::test_request::drawn;
use crate::transport::xml::{Element, XmlLimits, parse};
use crate::transport::xml_out::{XmlOut, token};

fn text<'a>(at: &'a Element, name: &str) -> &'a str {
    at.child_text(NS, name).unwrap_or_default()
}

fn number(at: &Element, name: &str) -> Value {
    let text = at.child_text(NS, name).unwrap_or("0");
    json!(text.parse::<u64>().unwrap_or_else(|_| text.strip_suffix(".00").unwrap().parse().unwrap()))
}

/// The canonical request, as far as the agency can read it in the file: written from its README alone.
fn read(bytes: &[u8]) -> Value {
    let root = parse(bytes, XmlLimits::default()).unwrap();
    let to = root.child(NS, "Scenario").unwrap().child(NS, "Destinataire").unwrap();
    let at = root.child(NS, "Demande").unwrap();
    let kind = match text(at, "TypeDemande") {
        "INITIALE" => "consult",
        "COMPLEMENT" => "supplement",
        _ => "cancel",
    };
    let mut file = json!({
        "reference": text(at, "ReferenceDossier"),
        "commune": text(at, "CdCommune"),
        "permit": text(at, "NatureAutorisation"),
        "deposit_version": number(at, "VersionDossier"),
    });
    let mut request = json!({
        "consultation": text(at, "ReferenceDemande"),
        "kind": kind,
        "agency": "water-basin",
        "agency_id": text(to, "CdIntervenant"),
        "commune": {"code": text(at, "CdCommune")},
    });
    let documents: Vec<Value> = at.all(NS, "PieceJointe").map(document).collect();
    if let Some(due) = at.child_text(NS, "DateLimiteReponse") {
        request["due"] = json!(due);
        file["applicant"] = applicant(at.child(NS, "Demandeur").unwrap());
        file["project"] = project(at.child(NS, "Travaux").unwrap());
        file["parcels"] = at.all(NS, "Emprise").map(parcel).collect();
    }
    if kind == "supplement" {
        let at_second = jiff::Timestamp::from_second(number(at, "RangComplement").as_i64().unwrap()).unwrap();
        request["supplement"] = json!({"consultation": text(at, "ReferenceDemande"),
            "supplemented_at": at_second, "documents": documents});
    } else {
        file["documents"] = json!(documents);
    }
    request["permit_file"] = file;
    request
}

fn applicant(at: &Element) -> Value {
    let name = |lang: &str| {
        let has = |e: &&Element| e.attribute("http://www.w3.org/XML/1998/namespace", "lang") == Some(lang);
        at.all(NS, "NomDemandeur").find(has).map_or("", Element::trimmed)
    };
    let name = json!({"fr": name("fr"), "ar": name("ar")});
    match text(at, "TypeDemandeur") {
        "PHYSIQUE" => json!({"kind": "person", "cin": text(at, "Identifiant"), "name": name}),
        _ => json!({"kind": "company", "ice": text(at, "Identifiant"), "name": name}),
    }
}

fn project(at: &Element) -> Value {
    let height = at.child_text(NS, "Hauteur").unwrap_or("0.00").replace('.', "");
    json!({
        "use": text(at, "Usage"),
        "floors": number(at, "NombreNiveaux").as_u64().unwrap() - 1,
        "height_cm": height.parse::<u64>().unwrap(),
        "floor_area_m2": number(at, "SurfacePlancher"),
        "dwellings": number(at, "NombreLogements"),
    })
}

fn parcel(at: &Element) -> Value {
    json!({"title": text(at, "ReferenceFonciere"), "area_m2": number(at, "Superficie"),
        "geometry": {"kind": "geojson", "coordinates": [degrees(at)]}})
}

/// In whole centimetres of a degree's length, so that what is the same within one is equal.
fn degrees(at: &Element) -> Vec<[f64; 2]> {
    let polygon = &at.child(NS, "Geometrie").unwrap().children[0];
    let code = polygon.attribute("", "srsName").unwrap().rsplit(':').next().unwrap();
    let zone = Zone::of_epsg(code.parse().unwrap()).unwrap();
    let ring = &polygon.children[0].children[0].children[0];
    let numbers: Vec<f64> = ring.text.split_whitespace().map(|n| n.parse().unwrap()).collect();
    numbers.chunks_exact(2).map(|pair| zone.inverse([pair[0], pair[1]]).unwrap()).collect()
}

fn document(at: &Element) -> Value {
    json!({"kind": text(at, "Nature"), "media_type": text(at, "TypeMime"), "size_bytes": number(at, "Taille"),
        "sha256": text(at, "Empreinte")})
}

/// Corners within a centimetre of one another.
fn same_ring(one: &Value, other: &Value) -> bool {
    let corners =
        |v: &Value| -> Vec<[f64; 2]> { serde_json::from_value(v["coordinates"][0].clone()).unwrap() };
    let (one, other) = (corners(one), corners(other));
    one.len() == other.len() && one.iter().zip(&other).all(|(a, b)| (a[0] - b[0]).hypot(a[1] - b[1]) < 9e-8)
}

/// What is sent of a request that may lose nothing more than is declared.
fn kept(request: &AgencyRequest) -> Value {
    let mut value = without(serde_json::to_value(request).unwrap(), DROPS);
    if value.pointer("/permit_file/documents") == Some(&json!([])) {
        value["permit_file"].as_object_mut().unwrap().remove("documents");
    }
    // A text is one line in the file: white space is collapsed.
    for place in
        ["/permit_file/applicant/name/fr", "/permit_file/applicant/name/ar", "/permit_file/documents/0/kind"]
    {
        if let Some(Value::String(text)) = value.pointer_mut(place) {
            *text = token(text, 256);
        }
    }
    value
}

fn same(request: &AgencyRequest, bytes: &[u8]) -> Result<(), TestCaseError> {
    let (mut sent, back) = (kept(request), without(read(bytes), DROPS));
    let geometry = "/permit_file/parcels/0/geometry";
    if let (Some(one), Some(other)) = (sent.pointer(geometry), back.pointer(geometry)) {
        prop_assert!(same_ring(one, other), "{} {}", one, other);
        let other = other.clone();
        *sent.pointer_mut(geometry).unwrap() = other;
    }
    prop_assert_eq!(sent, back);
    Ok(())
}

proptest! {
    #[test]
    fn a_request_is_read_back_but_for_the_declared_losses(drawn in drawn()) {
        prop_assume!(!token(&drawn.document_kind, 256).is_empty());
        let request = request_with("water-basin", &drawn);
        same(&request, &pure().preview(&request).unwrap().body)?;
    }

    #[test]
    fn an_acknowledgement_is_read_as_it_was_written(
        status in "ACCEPTE|INCOMPLET|REJETE|AUTRE",
        faults in prop::collection::vec(("[A-Z]{2,4}-[0-9]{2}", prop::option::of(label()), prop::option::of("[A-Za-z/]{1,40}")), 0..4),
        number in prop::option::of("[A-Z0-9-]{1,20}"),
        day in prop::option::of(0i32..20_000),
    ) {
        let faults: Vec<Anomalie> =
            faults.into_iter().map(|(code, label, place)| Anomalie { code, label, place }).collect();
        let respond_by = day.map(|d| jiff::civil::date(1990, 1, 1) + jiff::Span::new().days(d));
        let said = Incoming {
            created: Some("2026-10-05T09:30:00Z".parse().unwrap()),
            receiver: "wasl".to_owned(),
            reference: CONSULTATION.to_owned(),
            agency_number: number,
            content: Content::Acquittement { status, respond_by, faults },
        };
        prop_assert_eq!(Incoming::read(&parse(&write(&said), XmlLimits::default()).unwrap()), Ok(said));
    }

    #[test]
    fn a_result_is_read_as_it_was_written_and_its_opinion_loses_nothing(
        sense in "FAVORABLE|FAVORABLE_AVEC_RESERVES|DEFAVORABLE|SANS_AVIS",
        reason in prop::option::of(label()),
        reserves in prop::collection::vec(label(), 0..4),
        hazard in prop::option::of("NUL|FAIBLE|MOYEN|FORT"),
        metres in prop::option::of("[0-9]{1,4}\\.[0-9]{2}"),
        signatory in prop::option::of(label()),
    ) {
        let avis = Avis {
            sense,
            given_on: Some(jiff::civil::date(2026, 10, 14)),
            reason,
            reserves,
            flood_hazard: hazard,
            watercourse_m: metres,
            signatory,
        };
        let said = Incoming {
            created: None,
            receiver: "wasl".to_owned(),
            reference: CONSULTATION.to_owned(),
            agency_number: None,
            content: Content::Resultat(avis.clone()),
        };
        let back = Incoming::read(&parse(&write(&said), XmlLimits::default()).unwrap()).unwrap();
        prop_assert_eq!(&back, &said);
        if let (_, Outcome::Answered { opinion }) = map::answer(&back).unwrap() {
            prop_assert_eq!(opinion.reason, avis.reason);
            prop_assert_eq!(opinion.conditions, avis.reserves);
            prop_assert_eq!(opinion.signatory, avis.signatory);
            let facts: Vec<String> = opinion.facts.into_iter().map(|fact| fact.value).collect();
            let told: Vec<String> = avis.flood_hazard.into_iter().chain(avis.watercourse_m).collect();
            prop_assert_eq!(facts, told);
        }
    }
}

/// A text without white space at its ends, which no file keeps.
fn label() -> impl Strategy<Value = String> {
    "[A-Za-zéà&<>\"'ء-ي]{1,10}( [A-Za-zéà&<>\"'ء-ي]{1,10}){0,3}"
}

/// The agency's side, as its README says.
fn write(said: &Incoming) -> Vec<u8> {
    let mut out = XmlOut::default();
    let (root, code) = match said.content {
        Content::Acquittement { .. } => ("Acquittement", "ACQ_AVIS_DPH"),
        Content::Resultat(_) => ("ResultatAvis", "RES_AVIS_DPH"),
    };
    out.open(root, &[("xmlns", NS)]);
    out.open("Scenario", &[]);
    out.leaf("CodeScenario", code);
    out.leaf("VersionScenario", "1.0");
    out.leaf_opt("DateHeureCreationFichier", said.created.map(|at| at.to_string()).as_deref());
    out.open("Destinataire", &[]);
    out.leaf("CdIntervenant", &said.receiver);
    out.close();
    out.close();
    match &said.content {
        Content::Acquittement { status, respond_by, faults } => {
            out.open("Accuse", &[]);
            out.leaf("ReferenceDemande", &said.reference);
            out.leaf_opt("NumeroDossierAgence", said.agency_number.as_deref());
            out.leaf("Statut", status);
            out.leaf_opt("DateLimiteComplement", respond_by.map(|day| day.to_string()).as_deref());
            for fault in faults {
                out.open("Anomalie", &[]);
                out.leaf("CdAnomalie", &fault.code);
                out.leaf_opt("LbAnomalie", fault.label.as_deref());
                out.leaf_opt("Localisation", fault.place.as_deref());
                out.close();
            }
        }
        Content::Resultat(avis) => {
            out.open("Avis", &[]);
            out.leaf("ReferenceDemande", &said.reference);
            out.leaf("SensAvis", &avis.sense);
            out.leaf_opt("DateAvis", avis.given_on.map(|day| day.to_string()).as_deref());
            out.leaf_opt("Motivation", avis.reason.as_deref());
            for reserve in &avis.reserves {
                out.leaf("Reserve", reserve);
            }
            out.leaf_opt("AleaInondation", avis.flood_hazard.as_deref());
            out.leaf_opt("DistanceCoursEau", avis.watercourse_m.as_deref());
            out.leaf_opt("Signataire", avis.signatory.as_deref());
        }
    }
    out.finish()
}

#[test]
fn supplements_and_cancellations_are_read_back_too() {
    let added = supplement("water-basin", "ABHBC", "hydraulic-study");
    let bytes = pure().preview(&added).unwrap().body;
    // A complement carries the new documents alone.
    let mut of_supplement = added;
    Arc::make_mut(&mut of_supplement.permit_file).documents = Vec::new();
    same(&of_supplement, &bytes).unwrap();

    let cancel = super::request("water-basin", "ABHBC", RequestKind::Cancel);
    let back = read(&pure().preview(&cancel).unwrap().body);
    assert_eq!((back["kind"].as_str(), back["consultation"].as_str()), (Some("cancel"), Some(CONSULTATION)));
    assert!(back.get("due").is_none() && back["permit_file"].get("applicant").is_none());
}
