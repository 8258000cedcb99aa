//! Checks the GML of a request: one zone, closed rings, easting then northing, the outer ring
//! counter-clockwise.

use std::collections::BTreeSet;

use super::super::xml::Element;

const GML: &str = "http://www.opengis.net/gml/3.2";
const ZONES: [&str; 4] = [
    "urn:ogc:def:crs:EPSG::26191",
    "urn:ogc:def:crs:EPSG::26192",
    "urn:ogc:def:crs:EPSG::26194",
    "urn:ogc:def:crs:EPSG::26195",
];
/// All of Morocco lies below, in any of the four zones.
const COORDINATE_METRES_MAX: f64 = 2_500_000.0;

/// All faults of the geometries of a file.
pub(super) fn faults(root: &Element) -> Vec<String> {
    let mut check = Check::default();
    for place in root.child("Demande").into_iter().flat_map(|demand| demand.all("Emprise")) {
        if let Some(geometry) = place.child("Geometrie") {
            check.geometry(geometry);
        }
    }
    if check.zones.len() > 1 {
        check.faults.push("more than one zone in a file".to_owned());
    }
    check.faults
}

#[derive(Default)]
struct Check {
    ids: BTreeSet<String>,
    zones: BTreeSet<String>,
    faults: Vec<String>,
}

impl Check {
    fn demand(&mut self, holds: bool, fault: &str) {
        if !holds {
            self.faults.push(format!("Geometrie: {fault}"));
        }
    }

    fn geometry(&mut self, geometry: &Element) {
        let [shape] = geometry.children.as_slice() else {
            return self.demand(false, "exactly one geometry is wanted");
        };
        let zone = shape.attribute("srsName").unwrap_or_default().to_owned();
        self.demand(ZONES.contains(&zone.as_str()), "srsName is not one of the four zones");
        self.demand(shape.attribute("srsDimension") == Some("2"), "srsDimension is not 2");
        self.zones.insert(zone);
        if shape.is(GML, "Polygon") {
            return self.polygon(shape);
        }
        self.demand(shape.is(GML, "MultiSurface"), "neither Polygon nor MultiSurface");
        self.id(shape);
        let members: Vec<_> =
            shape.all("surfaceMember").filter_map(|member| member.child("Polygon")).collect();
        self.demand(!members.is_empty(), "a MultiSurface without polygons");
        for polygon in members {
            self.polygon(polygon);
        }
    }

    fn id(&mut self, element: &Element) {
        let id = element.attributes.iter().find(|one| one.namespace == GML && one.name == "id");
        let fresh = id.is_some_and(|id| self.ids.insert(id.value.clone()));
        self.demand(fresh, "gml:id is absent or not unique");
    }

    fn polygon(&mut self, polygon: &Element) {
        self.id(polygon);
        let outer = polygon.text_at(&["exterior", "LinearRing", "posList"]);
        if let Some(area) = self.ring(outer) {
            self.demand(area > 0.0, "the outer ring is not counter-clockwise");
        }
        for inner in polygon.all("interior") {
            self.ring(inner.text_at(&["LinearRing", "posList"]));
        }
    }

    /// Checks a ring; gives twice its signed area.
    fn ring(&mut self, text: &str) -> Option<f64> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let three = |word: &&str| word.split_once('.').is_some_and(|(_, fraction)| fraction.len() == 3);
        self.demand(words.iter().all(three), "a coordinate has not three decimals");
        let numbers: Vec<f64> = words.iter().filter_map(|word| word.parse().ok()).collect();
        let points: Vec<(f64, f64)> = numbers.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect();
        let whole = numbers.len() == words.len() && numbers.len().is_multiple_of(2) && points.len() >= 4;
        self.demand(whole, "a ring has fewer than four positions, or is no list of pairs");
        if !whole {
            return None;
        }
        self.demand(words[..2] == words[words.len() - 2..], "a ring is not closed");
        let inside = |value: &f64| (0.0..=COORDINATE_METRES_MAX).contains(value);
        self.demand(numbers.iter().all(inside), "a coordinate is not in metres of the zone");
        // Relative to the first position: the products of whole coordinates would drown the area.
        let (east, north) = points[0];
        let local: Vec<(f64, f64)> = points.iter().map(|(x, y)| (x - east, y - north)).collect();
        Some(local.windows(2).map(|pair| pair[0].0 * pair[1].1 - pair[1].0 * pair[0].1).sum())
    }
}
