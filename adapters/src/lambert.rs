//! WGS 84 ⇄ Merchich Lambert, the four zones of Morocco. Pure arithmetic, no tables, no grids.
//!
//! Figures: EPSG registry, CRS 26191, 26192, 26194, 26195; ellipsoid EPSG:7011 (Clarke 1880 IGN); datum shift
//! EPSG:1166 (31, 146, 47 m, accuracy about 7 m). Formulas: IOGP guidance note 7-2, sections 3.1.1.2 (Lambert
//! conic conformal, one standard parallel), 4.1.1 (geocentric), 4.2.1 (geocentric translation). EPSG gives the
//! shift for Morocco; it is used for the two Sahara zones too, where no other one is registered.

/// A Merchich Lambert zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Zone {
    /// EPSG:26191, Nord Maroc.
    NordMaroc,
    /// EPSG:26192, Sud Maroc.
    SudMaroc,
    /// EPSG:26194, Sahara Nord.
    SaharaNord,
    /// EPSG:26195, Sahara Sud.
    SaharaSud,
}

/// Why there are no coordinates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LambertError {
    /// EPSG:26193, which was replaced by 26194 and 26195.
    #[error("EPSG:26193 is deprecated: use 26194 (Sahara Nord) or 26195 (Sahara Sud)")]
    Deprecated,
    /// Not a Merchich Lambert zone.
    #[error("EPSG:{0} is not a Merchich Lambert zone (26191, 26192, 26194, 26195)")]
    UnknownZone(u32),
    /// Outside the area of use of the four zones, or not a number.
    #[error("the place is outside the four Merchich Lambert zones")]
    Outside,
}

struct Ellipsoid {
    /// Semi-major axis in metres.
    a: f64,
    /// First eccentricity squared.
    e2: f64,
}

const fn ellipsoid(a: f64, inverse_flattening: f64) -> Ellipsoid {
    let f = 1.0 / inverse_flattening;
    Ellipsoid { a, e2: f * (2.0 - f) }
}

const CLARKE_1880_IGN: Ellipsoid = ellipsoid(6_378_249.2, 293.466_021_293_627);
const WGS_84: Ellipsoid = ellipsoid(6_378_137.0, 298.257_223_563);
/// Merchich to WGS 84, metres along X, Y, Z.
const SHIFT: [f64; 3] = [31.0, 146.0, 47.0];

/// South, north, west and east ends of Morocco's land in degrees, with a margin.
const AREA: [f64; 4] = [20.5, 36.2, -17.5, -0.5];

struct Parameters {
    latitude_of_origin: f64,
    scale: f64,
    false_easting: f64,
    false_northing: f64,
}

/// Longitude of origin of all four zones, degrees.
const LONGITUDE_OF_ORIGIN: f64 = -5.4;

impl Zone {
    /// All zones, from north to south.
    pub const ALL: [Self; 4] = [Self::NordMaroc, Self::SudMaroc, Self::SaharaNord, Self::SaharaSud];

    /// The zone with this EPSG code.
    ///
    /// # Errors
    /// [`LambertError::Deprecated`] for 26193, [`LambertError::UnknownZone`] for any other.
    pub const fn of_epsg(code: u32) -> Result<Self, LambertError> {
        match code {
            26_191 => Ok(Self::NordMaroc),
            26_192 => Ok(Self::SudMaroc),
            26_193 => Err(LambertError::Deprecated),
            26_194 => Ok(Self::SaharaNord),
            26_195 => Ok(Self::SaharaSud),
            other => Err(LambertError::UnknownZone(other)),
        }
    }

    /// Its EPSG code.
    #[must_use]
    pub const fn epsg(self) -> u32 {
        match self {
            Self::NordMaroc => 26_191,
            Self::SudMaroc => 26_192,
            Self::SaharaNord => 26_194,
            Self::SaharaSud => 26_195,
        }
    }

    /// The zone in which a latitude (degrees) lies, by EPSG's areas of use: 31°30′, 27°40′, 24°18′.
    #[must_use]
    pub fn at_latitude(latitude: f64) -> Self {
        match latitude {
            l if l >= 31.5 => Self::NordMaroc,
            l if l >= 27.0 + 40.0 / 60.0 => Self::SudMaroc,
            l if l >= 24.3 => Self::SaharaNord,
            _ => Self::SaharaSud,
        }
    }

    fn parameters(self) -> Parameters {
        let of = |latitude_of_origin, scale, false_easting, false_northing| Parameters {
            latitude_of_origin,
            scale,
            false_easting,
            false_northing,
        };
        match self {
            Self::NordMaroc => of(33.3, 0.999_625_769, 500_000.0, 300_000.0),
            Self::SudMaroc => of(29.7, 0.999_615_596, 500_000.0, 300_000.0),
            Self::SaharaNord => of(26.1, 0.999_616_304, 1_200_000.0, 400_000.0),
            Self::SaharaSud => of(22.5, 0.999_616_437, 1_500_000.0, 400_000.0),
        }
    }

    /// WGS 84 longitude and latitude in degrees to easting and northing in metres.
    ///
    /// # Errors
    /// [`LambertError::Outside`] when the place is not in Morocco.
    pub fn forward(self, [longitude, latitude]: [f64; 2]) -> Result<[f64; 2], LambertError> {
        let [south, north, west, east] = AREA;
        // Written so that NaN is outside.
        if !((south..=north).contains(&latitude) && (west..=east).contains(&longitude)) {
            return Err(LambertError::Outside);
        }
        let merchich = to_merchich([longitude.to_radians(), latitude.to_radians()]);
        Ok(self.project(merchich))
    }

    /// Easting and northing in metres to WGS 84 longitude and latitude in degrees: the exact inverse of
    /// [`Zone::forward`] for places on the WGS 84 ellipsoid.
    ///
    /// # Errors
    /// [`LambertError::Outside`] when the place is not in Morocco.
    pub fn inverse(self, place: [f64; 2]) -> Result<[f64; 2], LambertError> {
        let merchich = self.unproject(place);
        let mut wgs = shift(merchich, &CLARKE_1880_IGN, &WGS_84, 1.0);
        // The height between the two ellipsoids is dropped on the way there: put its trace (millimetres) back.
        for _ in 0..3 {
            let [longitude, latitude] = to_merchich(wgs);
            wgs = [wgs[0] + merchich[0] - longitude, wgs[1] + merchich[1] - latitude];
        }
        let [longitude, latitude] = [wgs[0].to_degrees(), wgs[1].to_degrees()];
        self.forward([longitude, latitude]).map(|_| [longitude, latitude])
    }

    /// Merchich longitude and latitude in radians to the plane.
    fn project(self, [longitude, latitude]: [f64; 2]) -> [f64; 2] {
        let (p, n, radius_0) = self.cone();
        let radius = radius_0 * (conformal(latitude) / conformal(p.latitude_of_origin.to_radians())).powf(n);
        let angle = n * (longitude - LONGITUDE_OF_ORIGIN.to_radians());
        [p.false_easting + radius * angle.sin(), p.false_northing + radius_0 - radius * angle.cos()]
    }

    fn unproject(self, [easting, northing]: [f64; 2]) -> [f64; 2] {
        let (p, n, radius_0) = self.cone();
        let (x, y) = (easting - p.false_easting, radius_0 - (northing - p.false_northing));
        let t = conformal(p.latitude_of_origin.to_radians()) * (x.hypot(y) / radius_0).powf(1.0 / n);
        let longitude = x.atan2(y) / n + LONGITUDE_OF_ORIGIN.to_radians();
        let e = CLARKE_1880_IGN.e2.sqrt();
        let mut latitude = std::f64::consts::FRAC_PI_2 - 2.0 * t.atan();
        for _ in 0..8 {
            let s = e * latitude.sin();
            let corrected = t * ((1.0 - s) / (1.0 + s)).powf(e / 2.0);
            latitude = std::f64::consts::FRAC_PI_2 - 2.0 * corrected.atan();
        }
        [longitude, latitude]
    }

    /// Parameters, cone constant, radius of the parallel of origin.
    fn cone(self) -> (Parameters, f64, f64) {
        let p = self.parameters();
        let (sin, cos) = p.latitude_of_origin.to_radians().sin_cos();
        let m = cos / (1.0 - CLARKE_1880_IGN.e2 * sin * sin).sqrt();
        let radius = CLARKE_1880_IGN.a * p.scale * m / sin;
        (p, sin, radius)
    }
}

/// `t` of the guidance note: the conformal colatitude's half tangent on Clarke 1880.
fn conformal(latitude: f64) -> f64 {
    let e = CLARKE_1880_IGN.e2.sqrt();
    let s = e * latitude.sin();
    (std::f64::consts::FRAC_PI_4 - latitude / 2.0).tan() / ((1.0 - s) / (1.0 + s)).powf(e / 2.0)
}

fn to_merchich(wgs: [f64; 2]) -> [f64; 2] {
    shift(wgs, &WGS_84, &CLARKE_1880_IGN, -1.0)
}

/// From one ellipsoid to the other through geocentric coordinates; heights are zero before, dropped after.
fn shift([longitude, latitude]: [f64; 2], from: &Ellipsoid, to: &Ellipsoid, sign: f64) -> [f64; 2] {
    let (sin, cos) = latitude.sin_cos();
    let v = from.a / (1.0 - from.e2 * sin * sin).sqrt();
    let x = v * cos * longitude.cos() + sign * SHIFT[0];
    let y = v * cos * longitude.sin() + sign * SHIFT[1];
    let z = v * (1.0 - from.e2) * sin + sign * SHIFT[2];
    let across = x.hypot(y);
    let mut latitude = (z / (across * (1.0 - to.e2))).atan();
    for _ in 0..6 {
        let sin = latitude.sin();
        let v = to.a / (1.0 - to.e2 * sin * sin).sqrt();
        latitude = ((z + to.e2 * v * sin) / across).atan();
    }
    [y.atan2(x), latitude]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Longitude, latitude, easting, northing as PROJ 9.1 gives them with the same definitions.
    const PROJ: [(Zone, [f64; 2], [f64; 2]); 12] = [
        (Zone::NordMaroc, [-6.85, 34.02], [365_968.155_0, 381_052.944_4]),
        (Zone::NordMaroc, [-5.834, 35.7595], [460_580.294_8, 573_193.296_2]),
        (Zone::NordMaroc, [-5.4, 33.3], [499_851.785_0, 300_290.347_3]),
        (Zone::NordMaroc, [-9.77, 31.6], [85_227.211_4, 120_493.670_7]),
        (Zone::NordMaroc, [-1.91, 34.68], [819_598.867_3, 458_668.841_6]),
        (Zone::SudMaroc, [-8.0, 31.0], [251_590.763_3, 447_133.028_7]),
        (Zone::SudMaroc, [-9.5981, 30.4278], [96_748.691_5, 388_236.572_7]),
        (Zone::SudMaroc, [-10.0572, 28.9865], [46_258.292_0, 230_345.123_6]),
        (Zone::SaharaNord, [-13.1625, 27.1253], [430_860.709_7, 536_729.107_2]),
        (Zone::SaharaNord, [-11.6784, 26.7386], [575_691.104_7, 486_016.895_9]),
        (Zone::SaharaSud, [-15.9347, 23.6848], [426_388.208_0, 569_162.275_4]),
        (Zone::SaharaSud, [-17.05, 20.9], [288_995.890_4, 270_223.703_4]),
    ];

    #[test]
    fn the_plane_agrees_with_proj_within_a_millimetre() {
        for (zone, place, [easting, northing]) in PROJ {
            let [e, n] = zone.forward(place).unwrap();
            assert!(
                (e - easting).abs() < 0.001 && (n - northing).abs() < 0.001,
                "{zone:?} {place:?}: {e} {n}"
            );
        }
    }

    #[test]
    fn zones_are_found_by_code_and_the_deprecated_one_is_refused() {
        for zone in Zone::ALL {
            assert_eq!(Zone::of_epsg(zone.epsg()), Ok(zone));
        }
        assert_eq!(Zone::of_epsg(26_193), Err(LambertError::Deprecated));
        assert_eq!(Zone::of_epsg(4326), Err(LambertError::UnknownZone(4326)));
    }

    #[test]
    fn zones_are_found_by_latitude() {
        let found = [35.7, 31.5, 31.49, 27.7, 27.6, 24.4, 24.2].map(Zone::at_latitude).map(Zone::epsg);
        assert_eq!(found, [26_191, 26_191, 26_192, 26_192, 26_194, 26_194, 26_195]);
    }

    #[test]
    fn a_place_outside_morocco_is_refused() {
        for place in [[2.35, 48.85], [-6.85, f64::NAN], [34.02, -6.85], [f64::INFINITY, 30.0]] {
            assert_eq!(Zone::NordMaroc.forward(place), Err(LambertError::Outside), "{place:?}");
        }
        assert_eq!(Zone::NordMaroc.inverse([9e9, 9e9]), Err(LambertError::Outside));
    }

    proptest! {
        #[test]
        fn there_and_back_is_within_a_millimetre(longitude in -17.1f64..-1.0, latitude in 20.8f64..35.9) {
            let zone = Zone::at_latitude(latitude);
            let plane = zone.forward([longitude, latitude]).unwrap();
            let back = zone.inverse(plane).unwrap();
            let again = zone.forward(back).unwrap();
            // A millimetre is about 9e-9 degrees of latitude.
            prop_assert!((back[0] - longitude).abs() < 9e-9 && (back[1] - latitude).abs() < 9e-9);
            prop_assert!((again[0] - plane[0]).abs() < 0.001 && (again[1] - plane[1]).abs() < 0.001);
        }
    }
}
