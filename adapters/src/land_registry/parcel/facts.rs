//! From the cadastre's drawing to facts about a parcel of the file. Pure; no opinion is made here.

use wasl_schemas::opinion::Fact;

use super::answer::{Drawn, Feature};
use super::gml::{DrawingError, Mended};
use super::srs::SrsError;

// Codes of the catalogue, told as facts: none of them decides anything.
const UNAVAILABLE: &str = "land-registry.parcel.unavailable";
const EXCEPTION: &str = "land-registry.parcel.exception";
const OTHER_TITLE: &str = "land-registry.parcel.other-title";
const SRS: &str = "land-registry.parcel.srs";
const OUTSIDE: &str = "land-registry.parcel.outside";
const GEOMETRY: &str = "land-registry.parcel.geometry";
const RING_OPEN: &str = "land-registry.parcel.ring-open";
const AXES_SWAPPED: &str = "land-registry.parcel.axes-swapped";

/// Mean radius of the earth in metres: for a distance to be shown, not measured.
const EARTH_M: f64 = 6_371_000.0;
/// Faults of one drawing that are told, at most.
const FAULTS_MAX: usize = 10;

/// What the drawing says.
#[derive(Debug, Clone, PartialEq, Default)]
pub(in super::super) struct DrawingFacts {
    /// Name (without the parcel) and value.
    pub(in super::super) facts: Vec<(&'static str, String)>,
    /// The cadastre's stated area of the whole title, in hundredths of a square metre.
    pub(in super::super) area: Option<u64>,
}

/// The facts; `drawn_by_file` is the middle of the parcel as the commune drew it, longitude and latitude.
pub(in super::super) fn of(drawn: &Drawn, title: &str, drawn_by_file: Option<[f64; 2]>) -> DrawingFacts {
    let alone = |name, value| DrawingFacts { facts: vec![(name, value)], area: None };
    match drawn {
        Drawn::Unavailable(why) => alone("drawing", format!("{UNAVAILABLE}: {why}")),
        Drawn::Exception { code, text } => {
            alone("drawing", format!("{EXCEPTION}: {code}: {text}").trim_end().to_owned())
        }
        Drawn::Parcels(all) => {
            let (ours, others): (Vec<&Feature>, Vec<&Feature>) =
                all.iter().partition(|f| f.reference.as_deref().is_none_or(|r| same_title(r, title)));
            let mut found = of_parcels(&ours, drawn_by_file);
            if !others.is_empty() {
                found.facts.push(("drawing-fault", OTHER_TITLE.to_owned()));
            }
            found
        }
    }
}

/// Titles are compared without the spaces that some write in them.
fn same_title(one: &str, other: &str) -> bool {
    let plain = |text: &str| text.split_whitespace().collect::<String>().to_lowercase();
    plain(one) == plain(other)
}

fn of_parcels(parcels: &[&Feature], drawn_by_file: Option<[f64; 2]>) -> DrawingFacts {
    if parcels.is_empty() {
        return DrawingFacts { facts: vec![("drawing", "none".to_owned())], area: None };
    }
    let mut facts = vec![("drawing", format!("{} parcel(s)", parcels.len()))];
    let area: Option<u64> = parcels.iter().map(|p| p.area).sum();
    facts.extend(area.map(|a| ("area-cadastre-m2", format!("{}.{:02}", a / 100, a % 100))));
    let surfaces: Vec<_> = parcels.iter().filter_map(|p| p.surface.as_ref().ok()).collect();
    if let ([first, ..], true) = (surfaces.as_slice(), surfaces.len() == parcels.len()) {
        let drawn: f64 = surfaces.iter().map(|s| s.area_m2()).sum();
        facts.push(("area-drawn-m2", format!("{drawn:.1}")));
        if let (Some(there), Some(here)) = (first.centre(), drawn_by_file) {
            facts.push(("centre-distance-m", format!("{:.0}", distance_m(there, here))));
        }
    }
    let faults = parcels.iter().flat_map(|parcel| faults(parcel));
    facts.extend(faults.take(FAULTS_MAX).map(|fault| ("drawing-fault", fault)));
    DrawingFacts { facts, area }
}

/// Every fault of a drawing by its code, with its place.
fn faults(parcel: &Feature) -> Vec<String> {
    let mut faults: Vec<String> = parcel.mended.iter().map(mended).collect();
    if let Err(fault) = &parcel.surface {
        let code = match fault {
            DrawingError::Srs(SrsError::Missing | SrsError::Unknown | SrsError::Lambert(_)) => SRS,
            DrawingError::Outside => OUTSIDE,
            DrawingError::Shape(_) => GEOMETRY,
        };
        faults.push(format!("{code}: {fault}"));
    }
    faults
}

fn mended(what: &Mended) -> String {
    match what {
        Mended::RingOpen { polygon, ring } => {
            format!("{RING_OPEN}: polygon {polygon}, ring {ring}: closed")
        }
        Mended::AxesSwapped => format!("{AXES_SWAPPED}: turned"),
    }
}

/// Along a great circle.
fn distance_m(one: [f64; 2], other: [f64; 2]) -> f64 {
    let [(a, b), (c, d)] = [one, other].map(|[lon, lat]: [f64; 2]| (lon.to_radians(), lat.to_radians()));
    let half = ((d - b) / 2.0).sin().powi(2) + b.cos() * d.cos() * ((c - a) / 2.0).sin().powi(2);
    2.0 * EARTH_M * half.sqrt().min(1.0).asin()
}

/// The facts under the parcel's name.
pub(in super::super) fn named(seq: usize, found: &DrawingFacts) -> impl Iterator<Item = Fact> + '_ {
    found
        .facts
        .iter()
        .map(move |(name, value)| Fact { name: format!("parcel-{seq}.{name}"), value: value.clone() })
}
