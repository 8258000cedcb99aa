//! Plausible places: a parcel near the middle of its region, inside Morocco and on land.

use serde_json::{Value, json};

use super::chance::Chance;

/// Degrees north and east of the middle of the inhabited part of a region, and how far parcels lie from it.
/// Rough on purpose: good to show on a map.
const MIDDLES: [(&str, f64, f64, f64); 12] = [
    ("01", 35.15, -5.50, 0.30),
    ("02", 34.35, -2.30, 0.30),
    ("03", 33.95, -5.00, 0.40),
    ("04", 34.10, -6.35, 0.25),
    ("05", 32.40, -6.35, 0.35),
    ("06", 33.25, -7.40, 0.25),
    ("07", 31.75, -8.05, 0.40),
    ("08", 31.70, -4.90, 0.40),
    ("09", 30.25, -9.05, 0.30),
    ("10", 28.95, -10.05, 0.25),
    ("11", 27.00, -12.70, 0.30),
    ("12", 23.10, -15.00, 0.30),
];

/// Metres in a degree of latitude (WGS 84, at 32° N, rounded).
const METRES_PER_DEGREE: f64 = 110_900.0;

/// The outline of a parcel of about this area as GeoJSON: longitude then latitude, seven decimals, closed,
/// counter-clockwise (RFC 7946).
#[must_use]
pub fn geojson(chance: Chance, reference: &str, region: &str, area_m2: u32) -> Value {
    let (lat, lon) = point(chance, reference, region);
    let ring: Vec<[f64; 2]> = corners(chance, reference, area_m2)
        .into_iter()
        .map(|(east, north)| {
            let east_degrees = east / (METRES_PER_DEGREE * lat.to_radians().cos());
            [rounded(lon + east_degrees, 7), rounded(lat + north / METRES_PER_DEGREE, 7)]
        })
        .collect();
    json!({"kind": "geojson", "coordinates": [ring]})
}

/// The same in Merchich Lambert, easting then northing in metres, for the regions whose place in a zone is
/// well known; `None` elsewhere.
#[must_use]
pub fn lambert(chance: Chance, reference: &str, region: &str, area_m2: u32) -> Option<Value> {
    // Zone, easting and northing of the middle.
    let (epsg, east, north) = match region {
        "04" => (26191, 410_000.0, 390_000.0),
        "06" => (26191, 315_000.0, 295_000.0),
        "03" => (26191, 536_000.0, 372_000.0),
        "09" => (26192, 150_000.0, 365_000.0),
        _ => return None,
    };
    let shift = |question| (chance.unit(reference, question) - 0.5) * 30_000.0;
    let (east, north) = (east + shift("lambert-e"), north + shift("lambert-n"));
    let ring: Vec<[f64; 2]> = corners(chance, reference, area_m2)
        .into_iter()
        .map(|(x, y)| [rounded(east + x, 3), rounded(north + y, 3)])
        .collect();
    Some(json!({"kind": "lambert", "epsg": epsg, "coordinates": [ring]}))
}

fn point(chance: Chance, reference: &str, region: &str) -> (f64, f64) {
    let known = MIDDLES.iter().find(|(code, ..)| *code == region);
    let (_, lat, lon, reach) = known.copied().unwrap_or(MIDDLES[4]);
    let away = |question| (chance.unit(reference, question) - 0.5) * 2.0 * reach;
    (lat + away("lat"), lon + away("lon"))
}

/// A closed rectangle about the origin, turned by a drawn angle, in metres.
fn corners(chance: Chance, reference: &str, area_m2: u32) -> [(f64, f64); 5] {
    let width = f64::from(area_m2.max(20)).sqrt() * (0.6 + 0.4 * chance.unit(reference, "shape"));
    let depth = f64::from(area_m2.max(20)) / width;
    let (sin, cos) = (chance.unit(reference, "angle") * std::f64::consts::FRAC_PI_2).sin_cos();
    let turned = |x: f64, y: f64| (x * cos - y * sin, x * sin + y * cos);
    let (w, d) = (width / 2.0, depth / 2.0);
    [turned(-w, -d), turned(w, -d), turned(w, d), turned(-w, d), turned(-w, -d)]
}

fn rounded(value: f64, decimals: i32) -> f64 {
    let factor = 10f64.powi(decimals);
    (value * factor).round() / factor
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Twice the signed area of a ring (shoelace).
    fn doubled(ring: &[Value], x_scale: f64, y_scale: f64) -> f64 {
        let at = |i: usize, k: usize| ring[i][k].as_f64().unwrap();
        (0..ring.len() - 1)
            .map(|i| {
                let cross = at(i, 0) * at(i + 1, 1) - at(i + 1, 0) * at(i, 1);
                cross * x_scale * y_scale
            })
            .sum()
    }

    #[test]
    fn parcels_lie_in_the_country_are_closed_and_have_their_area() {
        let chance = Chance::new(4);
        for number in 0..300 {
            let (reference, region) = (format!("F-{number}"), format!("{:02}", number % 12 + 1));
            let parcel = geojson(chance, &reference, &region, 400);
            let ring = parcel["coordinates"][0].as_array().unwrap();
            assert_eq!(ring.first(), ring.last());
            let (lon, lat) = (ring[0][0].as_f64().unwrap(), ring[0][1].as_f64().unwrap());
            assert!((20.8..35.95).contains(&lat) && (-17.1..-1.0).contains(&lon), "{region}: {lat} {lon}");
            // Coordinates taken from a corner, since the shoelace loses digits far from the origin.
            let local: Vec<Value> = ring
                .iter()
                .map(|p| json!([p[0].as_f64().unwrap() - lon, p[1].as_f64().unwrap() - lat]))
                .collect();
            let area = doubled(&local, METRES_PER_DEGREE * lat.to_radians().cos(), METRES_PER_DEGREE) / 2.0;
            assert!((area - 400.0).abs() < 4.0, "counter-clockwise, 400 m²: {area}");
        }
    }

    #[test]
    fn lambert_is_closed_and_only_where_the_zone_is_known() {
        let chance = Chance::new(4);
        let parcel = lambert(chance, "F-1", "04", 400).unwrap();
        let ring = parcel["coordinates"][0].as_array().unwrap();
        assert_eq!((ring.len(), ring.first()), (5, ring.last()));
        assert!(lambert(chance, "F-1", "12", 400).is_none());
    }
}
