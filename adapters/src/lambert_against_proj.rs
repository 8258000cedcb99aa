//! Against PROJ (`cs2cs`), which was not written here, over points drawn all over the four zones: there and back
//! within a centimetre. The definitions of the zones are those of PROJ's own EPSG database.

use std::io::Write as _;
use std::process::{Command, Stdio};

use rand::{RngExt as _, SeedableRng as _};

use crate::lambert::Zone;

const POINTS: usize = 400;
const WITHIN_M: f64 = 0.01;
/// A centimetre in degrees of latitude; of longitude it is more.
const WITHIN_DEGREES: f64 = 0.01 / 111_320.0;

/// EPSG's area of use: west, east, south, north.
fn area(zone: Zone) -> [f64; 4] {
    match zone {
        Zone::NordMaroc => [-9.85, -1.01, 31.49, 35.97],
        Zone::SudMaroc => [-13.24, -3.6, 27.66, 31.51],
        Zone::SaharaNord => [-15.42, -8.66, 24.29, 27.67],
        Zone::SaharaSud => [-17.16, -12.0, 20.71, 24.31],
    }
}

/// Longitudes and latitudes, the same in every run.
fn drawn(zone: Zone) -> Vec<[f64; 2]> {
    let mut draw = rand::rngs::StdRng::seed_from_u64(u64::from(zone.epsg()));
    let [west, east, south, north] = area(zone);
    (0..POINTS).map(|_| [draw.random_range(west..east), draw.random_range(south..north)]).collect()
}

/// Runs cs2cs over pairs of numbers.
fn cs2cs(arguments: &[&str], pairs: &[[f64; 2]]) -> Vec<[f64; 2]> {
    let mut child = Command::new("cs2cs")
        .args(["-f", "%.12f"])
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|fault| panic!("cs2cs: {fault}. Run deploy/local/install-tools"));
    let input: String = pairs.iter().map(|[a, b]| format!("{a:.12} {b:.12}\n")).collect();
    let mut stdin = child.stdin.take().unwrap();
    let writing = std::thread::spawn(move || stdin.write_all(input.as_bytes()).unwrap());
    let output = child.wait_with_output().unwrap();
    writing.join().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let lines = text.lines().map(|line| {
        let mut words = line.split_whitespace().map(|w| w.parse::<f64>().unwrap_or(f64::NAN));
        [words.next().unwrap(), words.next().unwrap()]
    });
    let lines: Vec<_> = lines.collect();
    assert_eq!(lines.len(), pairs.len(), "{arguments:?}");
    lines
}

fn turned(pairs: &[[f64; 2]]) -> Vec<[f64; 2]> {
    pairs.iter().map(|[a, b]| [*b, *a]).collect()
}

/// EPSG:1166 as PROJ applies it. For the two Sahara zones PROJ names no shift of its own: it would take WGS 84 for
/// Merchich, some 280 m away, so the shift is given to it, and the zone is taken from its database.
fn through_proj(zone: Zone, places: &[[f64; 2]]) -> Vec<[f64; 2]> {
    let merchich = "+proj=longlat +ellps=clrk80ign +towgs84=31,146,47 +no_defs";
    let shift = ["+proj=longlat +datum=WGS84 +no_defs", "+to", merchich];
    let code = format!("EPSG:{}", zone.epsg());
    cs2cs(&["EPSG:4261", &code], &turned(&cs2cs(&shift, places)))
}

fn agrees(zone: Zone, places: &[[f64; 2]], planes: &[[f64; 2]], how: &str) {
    for (place, plane) in places.iter().zip(planes) {
        let ours = zone.forward(*place).unwrap();
        let off = (ours[0] - plane[0]).hypot(ours[1] - plane[1]);
        assert!(off < WITHIN_M, "{zone:?} {how} {place:?}: {off} m");
        let back = zone.inverse(*plane).unwrap();
        let off = (back[0] - place[0]).hypot(back[1] - place[1]);
        assert!(off < WITHIN_DEGREES, "{zone:?} {how} {plane:?} and back: {off} degrees");
    }
}

#[test]
fn all_zones_agree_with_proj_within_a_centimetre_there_and_back() {
    for zone in Zone::ALL {
        let places = drawn(zone);
        agrees(zone, &places, &through_proj(zone, &places), "in two steps");
    }
}

/// Where PROJ chooses the shift by itself, it is the same one.
#[test]
fn the_northern_zones_agree_with_what_proj_chooses_by_itself() {
    for zone in [Zone::NordMaroc, Zone::SudMaroc] {
        // On land, or PROJ offers no shift that is made for the place.
        let [west, east, south, north] = [-8.5, -4.5, area(zone)[2].max(29.5), area(zone)[3].min(33.5)];
        let inside = |p: &[f64; 2]| (west..east).contains(&p[0]) && (south..north).contains(&p[1]);
        let places: Vec<_> = drawn(zone).into_iter().filter(inside).collect();
        assert!(places.len() > 20, "{zone:?}: {}", places.len());
        let code = format!("EPSG:{}", zone.epsg());
        agrees(zone, &places, &cs2cs(&["EPSG:4326", &code], &turned(&places)), "by itself");
    }
}
