//! GML 3.2.1 polygons in Merchich Lambert: easting then northing, metres, three decimals.

use wasl_schemas::file::Geometry;

use crate::geo::degrees;
use crate::lambert::{LambertError, Zone};
use crate::transport::xml_out::XmlOut;

/// Namespace of GML 3.2.
pub(super) const GML: &str = "http://www.opengis.net/gml/3.2";

/// A polygon; its first ring is the outer one.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Polygon {
    /// Zone of its coordinates.
    pub(super) zone: Zone,
    /// Closed rings of easting and northing, the outer one counter-clockwise, holes clockwise.
    pub(super) rings: Vec<Vec<[f64; 2]>>,
}

/// Why a geometry cannot be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum GeometryError {
    /// The place or its zone.
    #[error(transparent)]
    Lambert(#[from] LambertError),
    /// A ring of fewer than three places, or without area.
    #[error("a ring needs at least three places that enclose an area")]
    Ring,
}

/// The zone for all geometries of a file: the one they all come in, else that of their middle latitude.
/// `None` when there is no geometry.
pub(super) fn zone_of(geometries: &[&Geometry]) -> Result<Option<Zone>, GeometryError> {
    let mut kept = None;
    let mut latitudes: Option<(f64, f64)> = None;
    let mut mixed = false;
    for geometry in geometries {
        match geometry {
            Geometry::Lambert { epsg, .. } => {
                let zone = Zone::of_epsg(*epsg)?;
                mixed |= kept.is_some_and(|k| k != zone);
                kept = Some(zone);
            }
            Geometry::Geojson { .. } => mixed = true,
        }
        for [_, latitude] in degrees(geometry)?.into_iter().flatten() {
            let (low, high) = latitudes.unwrap_or((latitude, latitude));
            latitudes = Some((low.min(latitude), high.max(latitude)));
        }
    }
    Ok(match (kept, mixed) {
        (Some(zone), false) => Some(zone),
        _ => latitudes.map(|(low, high)| Zone::at_latitude(low.midpoint(high))),
    })
}

/// The geometry in a zone, its rings closed and turned the right way.
pub(super) fn polygon(geometry: &Geometry, zone: Zone) -> Result<Polygon, GeometryError> {
    let planar = match geometry {
        // Already in this zone: the coordinates go through untouched.
        Geometry::Lambert { epsg, coordinates } if *epsg == zone.epsg() => {
            degrees(geometry)?;
            coordinates.clone()
        }
        _ => {
            let rings = degrees(geometry)?;
            let forward = |ring: Vec<[f64; 2]>| ring.into_iter().map(|p| zone.forward(p)).collect();
            rings.into_iter().map(forward).collect::<Result<Vec<Vec<_>>, _>>()?
        }
    };
    let turned = planar.into_iter().enumerate().map(|(i, ring)| closed(ring, i == 0));
    let rings = turned.collect::<Result<Vec<_>, _>>()?;
    if rings.is_empty() { Err(GeometryError::Ring) } else { Ok(Polygon { zone, rings }) }
}

fn closed(mut ring: Vec<[f64; 2]>, outer: bool) -> Result<Vec<[f64; 2]>, GeometryError> {
    match (ring.first(), ring.last()) {
        (Some(first), Some(last)) if first != last => ring.push(*first),
        _ => {}
    }
    let area = twice_area(&ring);
    if ring.len() < 4 || !area.is_finite() || area == 0.0 {
        return Err(GeometryError::Ring);
    }
    if (area > 0.0) != outer {
        ring.reverse();
    }
    Ok(ring)
}

/// Twice the signed area of a closed ring; positive when counter-clockwise. Taken from the first corner, so
/// that large false eastings do not eat the digits.
fn twice_area(ring: &[[f64; 2]]) -> f64 {
    let Some(origin) = ring.first() else { return 0.0 };
    let sides = ring.windows(2).map(|side| {
        let [a, b] = [0, 1].map(|i| [side[i][0] - origin[0], side[i][1] - origin[1]]);
        a[0] * b[1] - b[0] * a[1]
    });
    sides.sum()
}

/// Writes `gml:Polygon`; the prefix `gml` is declared further out.
pub(super) fn write(out: &mut XmlOut, polygon: &Polygon, id: &str) {
    let crs = format!("urn:ogc:def:crs:EPSG::{}", polygon.zone.epsg());
    out.open("gml:Polygon", &[("gml:id", id), ("srsName", &crs), ("srsDimension", "2")]);
    for (index, ring) in polygon.rings.iter().enumerate() {
        let places: Vec<String> = ring.iter().map(|[e, n]| format!("{e:.3} {n:.3}")).collect();
        out.open(if index == 0 { "gml:exterior" } else { "gml:interior" }, &[]);
        out.open("gml:LinearRing", &[]);
        out.leaf("gml:posList", &places.join(" "));
        out.close();
        out.close();
    }
    out.close();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn square(longitude: f64, latitude: f64) -> Vec<[f64; 2]> {
        let d = 0.0002;
        vec![
            [longitude, latitude],
            [longitude + d, latitude],
            [longitude + d, latitude + d],
            [longitude, latitude + d],
        ]
    }

    #[test]
    fn rings_are_closed_and_turned() {
        let mut clockwise = square(-6.85, 34.02);
        clockwise.reverse();
        let geometry = Geometry::Geojson { coordinates: vec![clockwise, square(-6.8499, 34.0201)] };
        let polygon = polygon(&geometry, Zone::NordMaroc).unwrap();
        for (ring, outer) in polygon.rings.iter().zip([true, false]) {
            assert_eq!(ring.first(), ring.last());
            assert_eq!(twice_area(ring) > 0.0, outer);
        }
    }

    #[test]
    fn lambert_in_its_zone_goes_through_untouched() {
        let ring = vec![
            [365_968.15, 381_052.94],
            [365_986.62, 381_052.69],
            [365_986.93, 381_074.86],
            [365_968.15, 381_052.94],
        ];
        let geometry = Geometry::Lambert { epsg: 26_191, coordinates: vec![ring.clone()] };
        assert_eq!(zone_of(&[&geometry]), Ok(Some(Zone::NordMaroc)));
        assert_eq!(polygon(&geometry, Zone::NordMaroc).unwrap().rings, vec![ring]);
    }

    #[test]
    fn one_zone_serves_the_whole_file() {
        let north = Geometry::Geojson { coordinates: vec![square(-8.0, 31.6)] };
        let south = Geometry::Geojson { coordinates: vec![square(-8.0, 31.0)] };
        assert_eq!(zone_of(&[&north, &south]), Ok(Some(Zone::SudMaroc)));
        assert_eq!(zone_of(&[]), Ok(None));
    }

    #[test]
    fn what_cannot_be_drawn_is_refused() {
        let deprecated = Geometry::Lambert { epsg: 26_193, coordinates: vec![square(1.0, 1.0)] };
        assert_eq!(zone_of(&[&deprecated]), Err(GeometryError::Lambert(LambertError::Deprecated)));
        let line = Geometry::Geojson { coordinates: vec![vec![[-6.85, 34.02], [-6.84, 34.02]]] };
        assert_eq!(polygon(&line, Zone::NordMaroc), Err(GeometryError::Ring));
        let paris = Geometry::Geojson { coordinates: vec![square(2.35, 48.85)] };
        assert_eq!(polygon(&paris, Zone::NordMaroc), Err(GeometryError::Lambert(LambertError::Outside)));
    }
}
