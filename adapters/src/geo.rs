//! Places of parcels in degrees, whichever way the commune gave them.

use wasl_schemas::file::Geometry;

use crate::lambert::{LambertError, Zone};

/// Longitude and latitude of every place.
pub(crate) fn degrees(geometry: &Geometry) -> Result<Vec<Vec<[f64; 2]>>, LambertError> {
    match geometry {
        Geometry::Geojson { coordinates } => Ok(coordinates.clone()),
        Geometry::Lambert { epsg, coordinates } => {
            let zone = Zone::of_epsg(*epsg)?;
            let inverse = |ring: &Vec<[f64; 2]>| ring.iter().map(|p| zone.inverse(*p)).collect();
            coordinates.iter().map(inverse).collect()
        }
    }
}

/// The middle of the outer ring's corners, longitude and latitude: to show where a parcel is.
pub(crate) fn centre(geometry: &Geometry) -> Result<[f64; 2], LambertError> {
    let rings = degrees(geometry)?;
    let mut corners = rings.first().map_or(&[][..], Vec::as_slice);
    if let [first, between @ .., last] = corners
        && first == last
        && !between.is_empty()
    {
        corners = &corners[1..];
    }
    let (mut sum, mut count) = ([0.0, 0.0], 0.0);
    for corner in corners {
        sum = [sum[0] + corner[0], sum[1] + corner[1]];
        count += 1.0;
    }
    let centre = [sum[0] / count, sum[1] / count];
    // Refuses what is outside Morocco, an empty ring (NaN) among it.
    Zone::at_latitude(centre[1]).forward(centre).map(|_| centre)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_centre_is_the_same_in_degrees_and_in_lambert() {
        let ring =
            vec![[-6.85, 34.02], [-6.8498, 34.02], [-6.8498, 34.0202], [-6.85, 34.0202], [-6.85, 34.02]];
        let planar = ring.iter().map(|p| Zone::NordMaroc.forward(*p).unwrap()).collect();
        let one = centre(&Geometry::Geojson { coordinates: vec![ring] }).unwrap();
        let two = centre(&Geometry::Lambert { epsg: 26_191, coordinates: vec![planar] }).unwrap();
        for (a, b) in one.into_iter().zip(two) {
            assert!((a - b).abs() < 1e-8, "{one:?} {two:?}");
        }
        assert!((one[0] + 6.8499).abs() < 1e-9 && (one[1] - 34.0201).abs() < 1e-9, "{one:?}");
    }

    #[test]
    fn an_empty_geometry_has_no_centre() {
        assert_eq!(centre(&Geometry::Geojson { coordinates: vec![] }), Err(LambertError::Outside));
    }
}
