//! `srsName` in its spellings, and the order of the axes that each of them means.
//!
//! A URN or a URL names the register's definition, whose axes stand in the register's order: latitude first for
//! EPSG:4326 and EPSG:4258, easting first for Merchich Lambert (OGC 07-092r3 §7, OGC 09-048r5). The short form
//! `EPSG:4326` is older than that rule and is written longitude first.

use crate::lambert::{LambertError, Zone};

/// What coordinates are measured in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum System {
    /// Degrees: WGS 84 (4326, CRS84), or ETRS89 (4258), which is the same within a metre.
    Degrees,
    /// Metres in a zone of Merchich Lambert.
    Lambert(Zone),
}

/// A reference system with the order of its axes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Srs {
    pub(super) system: System,
    /// Latitude (or northing) stands before longitude (or easting).
    pub(super) north_first: bool,
}

/// Why coordinates cannot be placed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum SrsError {
    /// No `srsName` on the geometry nor on anything around it.
    #[error("the geometry has no srsName")]
    Missing,
    /// A spelling or a code that is not read.
    #[error("the srsName is not one of those that are read")]
    Unknown,
    /// EPSG:26193.
    #[error(transparent)]
    Lambert(#[from] LambertError),
}

impl Srs {
    /// Reads an `srsName`.
    pub(super) fn read(name: &str) -> Result<Self, SrsError> {
        let name = name.trim().to_ascii_lowercase();
        let crs84 =
            ["urn:ogc:def:crs:ogc:1.3:crs84", "http://www.opengis.net/def/crs/ogc/1.3/crs84", "crs:84"];
        if crs84.contains(&name.as_str()) {
            return Ok(Self { system: System::Degrees, north_first: false });
        }
        let (code, of_register) = spelling(&name).ok_or(SrsError::Unknown)?;
        let code: u32 = code.parse().map_err(|_| SrsError::Unknown)?;
        match code {
            4326 | 4258 => Ok(Self { system: System::Degrees, north_first: of_register }),
            _ => match Zone::of_epsg(code) {
                Ok(zone) => Ok(Self { system: System::Lambert(zone), north_first: false }),
                Err(LambertError::UnknownZone(_)) => Err(SrsError::Unknown),
                Err(fault) => Err(fault.into()),
            },
        }
    }
}

/// The code, and whether the axes stand in the register's order.
fn spelling(name: &str) -> Option<(&str, bool)> {
    for urn in ["urn:ogc:def:crs:epsg:", "urn:x-ogc:def:crs:epsg:"] {
        if let Some(rest) = name.strip_prefix(urn) {
            // `EPSG::26191`, `EPSG:6.9:26191`, and the short `EPSG:26191` that some write.
            return Some((rest.rsplit(':').next()?, true));
        }
    }
    for url in ["http://www.opengis.net/def/crs/epsg/", "https://www.opengis.net/def/crs/epsg/"] {
        if let Some(rest) = name.strip_prefix(url) {
            return rest.split_once('/').map(|(_version, code)| (code, true));
        }
    }
    let short = ["epsg:", "http://www.opengis.net/gml/srs/epsg.xml#"];
    short.iter().find_map(|prefix| name.strip_prefix(prefix)).map(|code| (code, false))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_spellings_and_their_axes() {
        let degrees = |north_first| Ok(Srs { system: System::Degrees, north_first });
        for code in [4326, 4258] {
            assert_eq!(Srs::read(&format!("EPSG:{code}")), degrees(false));
            assert_eq!(Srs::read(&format!("urn:ogc:def:crs:EPSG::{code}")), degrees(true));
            assert_eq!(Srs::read(&format!("urn:ogc:def:crs:EPSG:6.9:{code}")), degrees(true));
            assert_eq!(Srs::read(&format!("http://www.opengis.net/def/crs/EPSG/0/{code}")), degrees(true));
            assert_eq!(Srs::read(&format!("http://www.opengis.net/gml/srs/epsg.xml#{code}")), degrees(false));
        }
        assert_eq!(Srs::read("urn:ogc:def:crs:OGC:1.3:CRS84"), degrees(false));
        for zone in Zone::ALL {
            let code = zone.epsg();
            let spellings = [
                format!("EPSG:{code}"),
                format!("urn:ogc:def:crs:EPSG::{code}"),
                format!("http://www.opengis.net/def/crs/EPSG/0/{code}"),
            ];
            for name in spellings {
                let expected = Srs { system: System::Lambert(zone), north_first: false };
                assert_eq!(Srs::read(&name), Ok(expected), "{name}: easting first in every spelling");
            }
        }
    }

    #[test]
    fn others_are_refused() {
        assert_eq!(Srs::read("EPSG:26193"), Err(SrsError::Lambert(LambertError::Deprecated)));
        for name in [
            "",
            "EPSG:3857",
            "EPSG:",
            "WGS84",
            "urn:ogc:def:crs:EPSG::x",
            "http://www.opengis.net/def/crs/EPSG/4326",
        ] {
            assert_eq!(Srs::read(name), Err(SrsError::Unknown), "{name}");
        }
    }
}
