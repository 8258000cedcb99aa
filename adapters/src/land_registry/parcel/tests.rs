//! Against the samples of the cadastre's answers.

use proptest::prelude::*;

use super::answer::{Drawn, Feature};
use super::facts;
use super::gml::{DrawingError, Mended};
use super::srs::SrsError;
use crate::lambert::{LambertError, Zone};
use crate::test_request::sample;
use crate::transport::xml::{XmlLimits, parse};

fn text(name: &str) -> String {
    String::from_utf8(sample(&format!("land-registry/{name}"))).unwrap()
}

fn read(text: &str) -> Result<Drawn, String> {
    Drawn::read(&parse(text.as_bytes(), XmlLimits::default()).unwrap())
}

fn one(text: &str) -> Feature {
    match read(text).unwrap() {
        Drawn::Parcels(parcels) => parcels.into_iter().next().unwrap(),
        other => panic!("{other:?}"),
    }
}

fn near(one: f64, other: f64, by: f64) -> bool {
    (one - other).abs() < by
}

#[test]
fn a_polygon_in_lambert_is_easting_first_in_every_spelling() {
    let urn = text("parcel-lambert.xml");
    for name in ["urn:ogc:def:crs:EPSG::26191", "EPSG:26191", "http://www.opengis.net/def/crs/EPSG/0/26191"] {
        let parcel = one(&urn.replace("urn:ogc:def:crs:EPSG::26191", name));
        let surface = parcel.surface.unwrap();
        assert_eq!((surface.zone, parcel.mended), (Zone::NordMaroc, vec![]));
        assert!(near(surface.area_m2(), 409.6, 0.2), "{}", surface.area_m2());
        let [longitude, latitude] = surface.centre().unwrap();
        assert!(near(longitude, -6.8499, 1e-7) && near(latitude, 34.0201, 1e-7), "{longitude} {latitude}");
        assert_eq!(parcel.reference.as_deref(), Some("11595/33"));
    }
}

#[test]
fn a_multisurface_with_a_hole_in_degrees_latitude_first() {
    let parcel = one(&text("parcel-multisurface.xml"));
    let surface = parcel.surface.unwrap();
    let rings: Vec<usize> = surface.polygons.iter().map(Vec::len).collect();
    assert_eq!((rings, parcel.mended), (vec![2, 1], vec![]));
    // 409.6 without a quarter of it, and half of it once more.
    assert!(near(surface.area_m2(), 409.6 * 1.25, 0.5), "{}", surface.area_m2());
}

#[test]
fn an_open_ring_is_closed_and_reported_and_no_area_is_no_area() {
    let parcel = one(&text("parcel-open-ring.xml"));
    assert_eq!(parcel.mended, [Mended::RingOpen { polygon: 1, ring: 1 }]);
    let ring = parcel.surface.as_ref().unwrap().polygons[0][0].clone();
    assert_eq!((ring.len(), ring.first()), (5, ring.last()));
    let found = facts::of(&Drawn::Parcels(vec![parcel]), "11595 / 33", Some([-6.8499, 34.0201]));
    assert_eq!(found.area, None);
    assert!(found.facts.contains(&(
        "drawing-fault",
        "land-registry.parcel.ring-open: polygon 1, ring 1: closed".to_owned()
    )));
    assert!(found.facts.contains(&("centre-distance-m", "0".to_owned())), "{found:?}");
}

#[test]
fn degrees_in_the_wrong_order_are_turned_and_reported() {
    // The short form means longitude first, the URN latitude first; some servers confuse them.
    let confused = text("parcel-open-ring.xml").replace("EPSG:4326", "urn:ogc:def:crs:EPSG::4326");
    let parcel = one(&confused);
    assert!(parcel.mended.contains(&Mended::AxesSwapped));
    let [longitude, latitude] = parcel.surface.unwrap().centre().unwrap();
    assert!(near(longitude, -6.8499, 1e-6) && near(latitude, 34.0201, 1e-6));
}

#[test]
fn what_cannot_be_placed_is_a_named_fault_and_leaves_the_stated_area() {
    let good = text("parcel-lambert.xml");
    let srs = "srsName=\"urn:ogc:def:crs:EPSG::26191\"";
    let cases = [
        (
            good.replace("::26191", "::26193"),
            "srs",
            DrawingError::Srs(SrsError::Lambert(LambertError::Deprecated)),
        ),
        (good.replace("::26191", "::3857"), "srs", DrawingError::Srs(SrsError::Unknown)),
        (good.replace(srs, ""), "srs", DrawingError::Srs(SrsError::Missing)),
        (good.replace("::26191", "::4326"), "outside", DrawingError::Outside),
        (
            good.replace(" 381052.944</", "</"),
            "geometry",
            DrawingError::Shape("coordinates that are no list of pairs of numbers"),
        ),
        (
            good.replace("gml:Polygon", "gml:Point"),
            "geometry",
            DrawingError::Shape("the geometry is neither Polygon, Surface nor MultiSurface"),
        ),
        (
            good.replace("exterior", "interior"),
            "geometry",
            DrawingError::Shape("a polygon without its one exterior"),
        ),
    ];
    for (text, code, fault) in cases {
        let parcel = one(&text);
        assert_eq!(parcel.surface, Err(fault));
        let found = facts::of(&Drawn::Parcels(vec![parcel]), "11595/33", None);
        assert_eq!(found.area, Some(40_900));
        let said = &found.facts.iter().find(|(name, _)| *name == "drawing-fault").unwrap().1;
        assert!(said.starts_with(&format!("land-registry.parcel.{code}: ")), "{said}");
    }
}

#[test]
fn a_srs_name_around_the_geometry_holds_for_it() {
    let good = text("parcel-lambert.xml");
    let srs = " srsName=\"urn:ogc:def:crs:EPSG::26191\"";
    let envelope = format!("<gml:boundedBy><gml:Envelope{srs}/></gml:boundedBy>\n  <wfs:member>");
    let around = good.replace(srs, "").replacen("<wfs:member>", &envelope, 1);
    assert_eq!(one(&around).surface, one(&good).surface);
}

#[test]
fn an_exception_and_an_empty_collection_are_answers_and_a_cut_one_is_none() {
    let exception = read(&text("parcel-exception.xml")).unwrap();
    let found = facts::of(&exception, "11595/33", None);
    let said = "land-registry.parcel.exception: InvalidParameterValue: Titre mal formé";
    assert_eq!(found.facts, [("drawing", said.to_owned())]);
    assert_eq!(read(&text("parcel-none.xml")), Ok(Drawn::Parcels(vec![])));
    let good = text("parcel-lambert.xml");
    assert!(read(&good.replace("numberReturned=\"1\"", "numberReturned=\"2\"")).is_err());
    assert!(read(&good.replace("numberReturned=\"1\"", "numberReturned=\"unknown\"")).is_ok());
    assert!(read("<html/>").is_err());
}

#[test]
fn a_parcel_that_ended_or_is_another_title_is_not_ours() {
    let good = text("parcel-lambert.xml");
    let ended = good.replace(
        "<cp:endLifespanVersion xsi:nil=\"true\"/>",
        "<cp:endLifespanVersion>2025-01-01T00:00:00Z</cp:endLifespanVersion>",
    );
    assert_eq!(read(&ended), Ok(Drawn::Parcels(vec![])));
    let found = facts::of(&read(&good).unwrap(), "777/01", None);
    assert_eq!(found.area, None);
    assert!(found.facts.contains(&("drawing-fault", "land-registry.parcel.other-title".to_owned())));
}

/// A server's answer with this ring, in degrees or in metres, in a spelling with its order of axes.
fn written(corners: &[[f64; 2]], name: &str, north_first: bool) -> String {
    let list: Vec<String> = corners
        .iter()
        .map(|[x, y]| if north_first { format!("{y:.9} {x:.9}") } else { format!("{x:.9} {y:.9}") })
        .collect();
    let good = text("parcel-lambert.xml").replace("urn:ogc:def:crs:EPSG::26191", name);
    let (before, rest) = good.split_once("<gml:posList>").unwrap();
    format!("{before}<gml:posList>{}</{}", list.join(" "), rest.split_once("</").unwrap().1)
}

proptest! {
    /// The same square, written in every reference system and spelling, is the same surface.
    #[test]
    fn every_spelling_of_a_place_is_the_same_place(longitude in -16.9f64..-1.2, latitude in 21.0f64..35.7) {
        let zone = Zone::at_latitude(latitude);
        let d = 2e-4;
        let degrees = [[longitude, latitude], [longitude + d, latitude], [longitude + d, latitude + d],
            [longitude, latitude + d], [longitude, latitude]];
        let metres = degrees.map(|p| zone.forward(p).unwrap());
        let lambert = zone.epsg();
        let all = [
            written(&degrees, "EPSG:4326", false),
            written(&degrees, "urn:ogc:def:crs:EPSG::4326", true),
            written(&degrees, "http://www.opengis.net/def/crs/EPSG/0/4258", true),
            written(&degrees, "urn:ogc:def:crs:OGC:1.3:CRS84", false),
            written(&metres, &format!("EPSG:{lambert}"), false),
            written(&metres, &format!("urn:ogc:def:crs:EPSG::{lambert}"), false),
            written(&metres, &format!("http://www.opengis.net/def/crs/EPSG/0/{lambert}"), false),
        ];
        for text in &all {
            let parcel = one(text);
            prop_assert_eq!(&parcel.mended, &vec![]);
            let [there, latitude_there] = parcel.surface.unwrap().centre().unwrap();
            prop_assert!(near(there, longitude + d / 2.0, 1e-6) && near(latitude_there, latitude + d / 2.0, 1e-6));
        }
    }
}
