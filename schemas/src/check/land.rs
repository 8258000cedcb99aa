//! Parcels: titles, coordinate systems, rings, and whether they lie in the country.

use serde_json::Value;

use super::CheckContext;
use super::rules::{at, list, text};
use crate::problem::{Code, Fault};

/// A rectangle of coordinates: smallest and largest x (longitude or easting) and y (latitude or northing).
struct Bounds {
    x: (f64, f64),
    y: (f64, f64),
}

/// Morocco including the Sahara, in degrees of WGS 84, with a margin of about 20 km.
const COUNTRY: Bounds = Bounds { x: (-17.2, -0.9), y: (20.7, 36.0) };

/// The deprecated zone Sahara of the EPSG registry.
const ZONE_DEPRECATED: u64 = 26193;

/// The Merchich Lambert zones of the EPSG registry, in metres, with a margin of about 30 km around the part
/// of [`COUNTRY`] that each zone serves.
const fn zone(epsg: u64) -> Option<Bounds> {
    match epsg {
        26191 => Some(Bounds { x: (-20_000.0, 960_000.0), y: (10_000.0, 640_000.0) }),
        26192 => Some(Bounds { x: (-340_000.0, 980_000.0), y: (0.0, 620_000.0) }),
        26194 => Some(Bounds { x: (30_000.0, 1_230_000.0), y: (120_000.0, 730_000.0) }),
        26195 => Some(Bounds { x: (210_000.0, 1_220_000.0), y: (150_000.0, 740_000.0) }),
        _ => None,
    }
}

pub(super) fn check(data: &Value, ctx: &CheckContext<'_>, faults: &mut Vec<Fault>) {
    for (index, parcel) in list(data, "/parcels").iter().enumerate() {
        let pointer = format!("/data/parcels/{index}");
        if text(parcel, "/title").is_some_and(|title| !ctx.title_pattern.matches(title)) {
            faults.push(Fault::new(Code::FileParcelTitleInvalid, format!("{pointer}/title")));
        }
        if let Some(bounds) = system(parcel, &pointer, faults) {
            rings(parcel, bounds.as_ref(), &pointer, faults);
        }
    }
}

/// Reports a wrong coordinate system; `None` when there is no geometry of a known kind. With an unknown zone
/// the rings are still checked for being closed.
fn system(parcel: &Value, pointer: &str, faults: &mut Vec<Fault>) -> Option<Option<Bounds>> {
    match text(parcel, "/geometry/kind")? {
        "geojson" => Some(Some(COUNTRY)),
        "lambert" => {
            let Some(epsg) = at(parcel, "/geometry/epsg").and_then(Value::as_u64) else {
                return Some(None);
            };
            let bounds = zone(epsg);
            if bounds.is_none() {
                let deprecated = epsg == ZONE_DEPRECATED;
                let code =
                    if deprecated { Code::FileParcelZoneDeprecated } else { Code::FileParcelZoneUnknown };
                faults.push(Fault::new(code, format!("{pointer}/geometry/epsg")));
            }
            Some(bounds)
        }
        _ => None,
    }
}

/// Each ring is closed (RFC 7946 section 3.1.6) and lies in the country; one fault of each kind per ring.
fn rings(parcel: &Value, bounds: Option<&Bounds>, pointer: &str, faults: &mut Vec<Fault>) {
    for (number, ring) in list(parcel, "/geometry/coordinates").iter().enumerate() {
        let place = format!("{pointer}/geometry/coordinates/{number}");
        let positions: Vec<Option<(f64, f64)>> = list(ring, "").iter().map(position).collect();
        if positions.len() > 1
            && positions.iter().all(Option::is_some)
            && positions.first() != positions.last()
        {
            faults.push(Fault::new(Code::FileParcelRingOpen, place.clone()));
        }
        let Some(bounds) = bounds else { continue };
        let outside = |(x, y): (f64, f64)| {
            !(bounds.x.0..=bounds.x.1).contains(&x) || !(bounds.y.0..=bounds.y.1).contains(&y)
        };
        if let Some(at) = positions.iter().position(|p| p.is_some_and(outside)) {
            faults.push(Fault::new(Code::FileParcelOutOfCountry, format!("{place}/{at}")));
        }
    }
}

fn position(value: &Value) -> Option<(f64, f64)> {
    match value.as_array()?.as_slice() {
        [x, y] => Some((x.as_f64()?, y.as_f64()?)),
        _ => None,
    }
}
