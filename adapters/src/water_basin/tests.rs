//! Against the samples.

mod folder;
mod round_trip;

use std::sync::Arc;

use wasl_schemas::agency::{Outcome, RequestKind};
use wasl_schemas::file::{Geometry, Parcel};
use wasl_schemas::opinion::OpinionKind;

use super::build;
use super::config::Config;
use crate::port::Adapter;
use proptest::prelude::*;

use super::wire::NS;
use crate::lambert::Zone;
use crate::test_request::{CONSULTATION, drawn, request, request_with, sample, supplement};
use crate::transport::xml::{Element, XmlLimits, parse};
use crate::transport::xml_out::token;

fn pure() -> Arc<dyn Adapter> {
    build(&"folder = '/nowhere'".parse().unwrap()).unwrap()
}

fn file(prefix: &str, rest: &str) -> String {
    format!("{prefix}_{CONSULTATION}_{rest}.xml")
}

/// The sample with another time of creation: that of the receipt, which previews write.
fn at_receipt(name: &str) -> String {
    let text = String::from_utf8(sample(&format!("water-basin/{name}"))).unwrap();
    text.replace("2026-10-05T09:30:00Z", "2026-10-05T09:00:00Z")
}

#[test]
fn requests_are_written_as_the_samples_stand() {
    let adapter = pure();
    let all = [
        (request("water-basin", "ABHBC", RequestKind::Consult), file("DEM", "V1-0")),
        (supplement("water-basin", "ABHBC", "hydraulic-study"), file("COM", "V1-1791360000")),
        (request("water-basin", "ABHBC", RequestKind::Cancel), file("ANN", "V1-0")),
    ];
    for (request, name) in all {
        let preview = adapter.preview(&request).unwrap();
        assert_eq!(preview.target, format!("PUT out/{name}"));
        assert_eq!(String::from_utf8(preview.body).unwrap(), at_receipt(&name), "{name}");
    }
}

#[test]
fn a_parcel_in_a_deprecated_zone_is_refused_with_its_place() {
    let mut request = request("water-basin", "ABHBC", RequestKind::Consult);
    let parcel: Parcel = request.permit_file.parcels[0].clone();
    let ring = vec![[5.0, 5.0], [6.0, 5.0], [6.0, 6.0]];
    let geometry = Some(Geometry::Lambert { epsg: 26_193, coordinates: vec![ring] });
    Arc::make_mut(&mut request.permit_file).parcels = vec![Parcel { geometry, ..parcel }];
    let fault = pure().preview(&request).unwrap_err();
    assert_eq!(fault.code, "water-basin.request.geometry");
    assert!(fault.reason.contains("26193"), "{}", fault.reason);
}

fn understood(name: &str) -> Outcome {
    let items = pure().understand(&sample(&format!("water-basin/{name}"))).unwrap();
    assert_eq!(items[0].consultation.to_string(), CONSULTATION);
    items[0].outcome.clone()
}

#[test]
fn acknowledgements_are_understood() {
    let accepted = Outcome::Acknowledged { agency_reference: Some("ABH-2026-0311".to_owned()) };
    assert_eq!(understood(&file("ACQ", "000841")), accepted);
    match understood(&file("ACQ", "000842")) {
        Outcome::Refused { code, reason } => {
            assert_eq!(code, "GEO-02");
            assert!(reason.contains("GEO-02") && reason.contains("PJ-01"), "{reason}");
        }
        other => panic!("{other:?}"),
    }
    match understood(&file("ACQ", "000843")) {
        Outcome::Incomplete { missing, respond_by } => {
            assert_eq!(missing[0].code, "hydraulic-study");
            assert_eq!(respond_by, Some(jiff::civil::date(2026, 10, 12)));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn results_are_understood() {
    let Outcome::Answered { opinion } = understood(&file("RES", "000907")) else { panic!("no opinion") };
    assert_eq!(opinion.kind, OpinionKind::FavourableWithConditions);
    assert_eq!((opinion.conditions.len(), opinion.facts.len()), (2, 2));
    assert_eq!(opinion.given_at.unwrap().to_string(), "2026-10-14T00:00:00Z");
    let Outcome::Answered { opinion } = understood(&file("RES", "000908")) else { panic!("no opinion") };
    assert_eq!(opinion.kind, OpinionKind::Unfavourable);
    assert!(opinion.reason.is_some());
}

#[test]
fn an_unknown_value_is_pending_and_never_an_opinion() {
    let text = String::from_utf8(sample(&format!("water-basin/{}", file("RES", "000908")))).unwrap();
    let unknown = text.replace("DEFAVORABLE", "PLUTOT_OUI");
    let items = pure().understand(unknown.as_bytes()).unwrap();
    assert_eq!(items[0].outcome, Outcome::Pending { unknown: Some("SensAvis PLUTOT_OUI".to_owned()) });
}

#[test]
fn an_unknown_setting_is_refused_with_the_nearest_one() {
    let fault = build(&"foldr = '/x'".parse().unwrap()).err().unwrap();
    assert!(fault.contains("foldr") && fault.contains("folder"), "{fault}");
}

/// The text at a path below an element.
fn at<'a>(element: &'a Element, path: &[&str]) -> Option<&'a str> {
    match path {
        [] => Some(element.trimmed()),
        [name, rest @ ..] => element.children.iter().find(|c| c.name == *name).and_then(|c| at(c, rest)),
    }
}

proptest! {
    #[test]
    fn what_is_asked_can_be_read_back_out_of_the_file(drawn in drawn()) {
        let request = request_with("water-basin", &drawn);
        let root = parse(&pure().preview(&request).unwrap().body, XmlLimits::default()).unwrap();
        let demande = root.child(NS, "Demande").unwrap();
        prop_assert_eq!(at(demande, &["ReferenceDemande"]), Some(CONSULTATION));
        let names: Vec<_> = demande.child(NS, "Demandeur").unwrap().all(NS, "NomDemandeur").map(Element::trimmed).collect();
        let both = [token(&drawn.name_fr, 256), token(&drawn.name_ar, 256)];
        let expected: Vec<_> = both.iter().map(String::as_str).filter(|n| !n.is_empty()).collect();
        prop_assert_eq!(names, expected);
        let levels: u32 = at(demande, &["Travaux", "NombreNiveaux"]).unwrap().parse().unwrap();
        prop_assert_eq!(levels, u32::from(drawn.floors) + 1);
        let height = at(demande, &["Travaux", "Hauteur"]).map_or(0.0, |h| h.parse::<f64>().unwrap());
        prop_assert!((height * 100.0 - f64::from(drawn.height_cm)).abs() < 1e-6);
        prop_assert_eq!(at(demande, &["Emprise", "ReferenceFonciere"]), Some(drawn.title.as_str()));
        let area: f64 = at(demande, &["Emprise", "Superficie"]).unwrap().parse().unwrap();
        prop_assert!((area - f64::from(drawn.area_m2)).abs() < 1e-6);
    }

    #[test]
    fn the_polygon_lies_where_the_commune_drew_it(drawn in drawn()) {
        let request = request_with("water-basin", &drawn);
        let root = parse(&pure().preview(&request).unwrap().body, XmlLimits::default()).unwrap();
        let geometry = root.child(NS, "Demande").unwrap().child(NS, "Emprise").unwrap().child(NS, "Geometrie").unwrap();
        let polygon = &geometry.children[0];
        let crs = polygon.attribute("", "srsName").unwrap();
        let zone = Zone::of_epsg(crs.strip_prefix("urn:ogc:def:crs:EPSG::").unwrap().parse().unwrap()).unwrap();
        let numbers: Vec<f64> = at(polygon, &["exterior", "LinearRing", "posList"])
            .unwrap()
            .split(' ')
            .map(|n| n.parse().unwrap())
            .collect();
        prop_assert_eq!(numbers.len(), 10);
        prop_assert_eq!(&numbers[..2], &numbers[8..], "closed");
        let [longitude, latitude] = zone.inverse([numbers[0], numbers[1]]).unwrap();
        // Three decimals of a metre are about 1e-8 degrees.
        prop_assert!((longitude - drawn.corner[0]).abs() < 2e-8 && (latitude - drawn.corner[1]).abs() < 2e-8);
    }
}

#[test]
fn every_key_of_the_configuration_file_is_known() {
    let mut table = crate::transport::testing::every_key("water-basin");
    let both = Config::read(&table).map(|_| ()).unwrap_err();
    assert!(both.contains("`folder` and `webdav_url`"), "{both}");
    let folder = table.remove("folder");
    table.remove("roots_file");
    table.remove("client_identity_file");
    assert_eq!(Config::read(&table).map(|_| ()), Ok(()));
    table.retain(|key, _| !key.starts_with("webdav_"));
    table.extend([("folder".to_owned(), folder.unwrap())]);
    assert_eq!(Config::read(&table).map(|_| ()), Ok(()));
}

#[test]
fn documents_are_announced_with_a_signed_link_when_there_is_an_address() {
    let mut table = crate::transport::testing::every_key("water-basin");
    table.retain(|key, _| key == "folder" || key.starts_with("documents_"));
    let adapter = build(&table).unwrap();
    let body = adapter.preview(&request("water-basin", "X", RequestKind::Consult)).unwrap().body;
    let body = String::from_utf8(body).unwrap();
    assert!(body.contains("<Url>https://wasl.example.ma/documents/9f86"), "{body}");
    assert!(body.contains("&amp;signature="), "{body}");
}

#[test]
fn the_samples_of_the_agency_are_no_drift_and_what_is_new_in_them_is() {
    let adapter =
        super::call::WaterBasin::new(Config::read(&"folder = '/nowhere'".parse().unwrap()).unwrap());
    let adapter = adapter.unwrap();
    let drift = |bytes: &[u8]| adapter.understood(bytes).unwrap_or_else(|(code, _)| panic!("{code}")).drift;
    let news = |bytes: &[u8]| {
        drift(bytes).into_iter().filter(|note| !note.known).map(|n| n.path).collect::<Vec<_>>()
    };
    for (prefix, serial) in
        [("ACQ", "000841"), ("ACQ", "000842"), ("ACQ", "000843"), ("RES", "000907"), ("RES", "000908")]
    {
        assert_eq!(news(&sample(&format!("water-basin/{}", file(prefix, serial)))), [""; 0], "{serial}");
    }
    let text = String::from_utf8(sample(&format!("water-basin/{}", file("RES", "000908")))).unwrap();
    let new = text.replace("</Avis>", "<Debit>3</Debit></Avis>");
    assert_eq!(news(new.as_bytes()), ["/ResultatAvis/Avis/Debit"]);
}

/// The agency's own schema and an XML reader that was not written here take what is written, closed rings in the
/// axes' order of the zone among it.
#[test]
fn xmllint_takes_what_is_written_against_the_schema() {
    let adapter = pure();
    let all = [
        request("water-basin", "ABHBC", RequestKind::Consult),
        supplement("water-basin", "ABHBC", "hydraulic-study"),
        request("water-basin", "ABHBC", RequestKind::Cancel),
    ];
    let mut files: Vec<Vec<u8>> = all.iter().map(|one| adapter.preview(one).unwrap().body).collect();
    let mut with_hole = request("water-basin", "ABHBC", RequestKind::Consult);
    let square = |x: f64, d: f64| vec![[x, 31.0], [x + d, 31.0], [x + d, 31.0 + d], [x, 31.0 + d]];
    let geometry = Geometry::Geojson { coordinates: vec![square(-8.0, 4e-4), square(-7.9999, 1e-4)] };
    Arc::make_mut(&mut with_hole.permit_file).parcels[0].geometry = Some(geometry);
    files.push(adapter.preview(&with_hole).unwrap().body);
    let bytes: Vec<&[u8]> = files.iter().map(Vec::as_slice).collect();
    assert_eq!(crate::transport::outside::schema_faults("water-basin/avis-dph-1.xsd", &bytes), None);
    let text = String::from_utf8(files.pop().unwrap()).unwrap();
    assert!(
        text.contains("srsName=\"urn:ogc:def:crs:EPSG::26192\"") && text.contains("<gml:interior>"),
        "{text}"
    );
    let broken = text.replacen("<Superficie", "<Surface", 1);
    assert!(
        crate::transport::outside::schema_faults("water-basin/avis-dph-1.xsd", &[broken.as_bytes()])
            .is_some()
    );
}
