//! Surfaces of GML 3.2 in the plane: `Polygon`, `Surface` of polygon patches, `MultiSurface`, with holes.
//!
//! What is wrong and can be mended without guessing is mended and reported: a ring that is not closed, and degrees
//! in the wrong order, which in Morocco cannot be mistaken. Everything else is a fault.

use super::GML;
use super::srs::{Srs, SrsError, System};
use crate::lambert::Zone;
use crate::transport::xml::Element;

/// Corners of one answer, at most.
const CORNERS_MAX: usize = 20_000;
/// Two corners so near, in metres, are one.
const SAME_PLACE_M: f64 = 0.001;

/// A surface in metres of one zone of Merchich Lambert.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Surface {
    pub(super) zone: Zone,
    /// Polygons; of each, the outer ring and its holes; all closed, easting then northing.
    pub(super) polygons: Vec<Vec<Ring>>,
}

/// Corners, the first again at the end.
pub(super) type Ring = Vec<[f64; 2]>;

/// What was mended on the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Mended {
    /// A ring did not end where it began: it was closed with a straight line. Counted from 1.
    RingOpen { polygon: usize, ring: usize },
    /// Latitude and longitude stood in the other order than the srsName says.
    AxesSwapped,
}

/// Why a geometry is no surface for us.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum DrawingError {
    /// Where it lies.
    #[error(transparent)]
    Srs(#[from] SrsError),
    /// Not in Morocco.
    #[error("the drawing lies outside the four Merchich Lambert zones")]
    Outside,
    /// Not a surface that is read.
    #[error("{0}")]
    Shape(&'static str),
}

/// Reads a geometry element and what it says about its surroundings.
pub(super) fn read(geometry: &Element, around: Option<&str>) -> Result<(Surface, Vec<Mended>), DrawingError> {
    let mut polygons = Vec::new();
    gather(geometry, around, &mut polygons)?;
    let Some((first, _)) = polygons.first() else {
        return Err(DrawingError::Shape("a surface without polygons"));
    };
    let srs = *first;
    if polygons.iter().any(|(other, _)| *other != srs) {
        return Err(DrawingError::Shape("more than one srsName in a surface"));
    }
    if polygons.iter().flat_map(|(_, rings)| rings).map(Vec::len).sum::<usize>() > CORNERS_MAX {
        return Err(DrawingError::Shape("more corners than are read"));
    }
    let rings: Vec<Vec<Ring>> = polygons.into_iter().map(|(_, rings)| rings).collect();
    let (zone, planar, swapped) = place(srs, rings)?;
    let mut mended: Vec<Mended> = swapped.then_some(Mended::AxesSwapped).into_iter().collect();
    let mut closed = Vec::new();
    for (p, rings) in planar.into_iter().enumerate() {
        let mut of_one = Vec::new();
        for (r, ring) in rings.into_iter().enumerate() {
            let (ring, was_open) = close(ring)?;
            mended.extend(was_open.then_some(Mended::RingOpen { polygon: p + 1, ring: r + 1 }));
            of_one.push(ring);
        }
        closed.push(of_one);
    }
    let surface = Surface { zone, polygons: closed };
    if surface.polygons.iter().any(|polygon| area_of(polygon) <= 0.0) {
        return Err(DrawingError::Shape("a polygon without area, or with holes larger than itself"));
    }
    Ok((surface, mended))
}

/// Polygons of an element, each with the reference system that holds for it.
fn gather(
    element: &Element,
    around: Option<&str>,
    out: &mut Vec<(Srs, Vec<Ring>)>,
) -> Result<(), DrawingError> {
    let name = element.attribute("", "srsName").or(around);
    let gml = &*element.namespace == GML;
    match element.name.as_str() {
        "Polygon" | "PolygonPatch" if gml => {
            let srs = Srs::read(name.ok_or(SrsError::Missing)?)?;
            out.push((srs, rings(element, srs)?));
            Ok(())
        }
        "MultiSurface" | "surfaceMember" | "surfaceMembers" | "CompositeSurface" | "Surface" | "patches"
            if gml =>
        {
            element.children.iter().filter(|c| !is_about(c)).try_for_each(|child| gather(child, name, out))
        }
        _ => Err(DrawingError::Shape("the geometry is neither Polygon, Surface nor MultiSurface")),
    }
}

/// Standard properties of any GML object.
fn is_about(element: &Element) -> bool {
    ["metaDataProperty", "description", "descriptionReference", "identifier", "name"]
        .contains(&element.name.as_str())
}

fn rings(polygon: &Element, srs: Srs) -> Result<Vec<Ring>, DrawingError> {
    let outer =
        polygon.only(GML, "exterior").ok_or(DrawingError::Shape("a polygon without its one exterior"))?;
    let all = std::iter::once(outer).chain(polygon.all(GML, "interior"));
    all.map(|boundary| {
        let ring = boundary
            .only(GML, "LinearRing")
            .ok_or(DrawingError::Shape("a boundary that is no LinearRing"))?;
        corners(ring, srs)
    })
    .collect()
}

/// `posList`, or one `pos` for each corner; a height is left out. Easting (longitude) first in what is returned.
fn corners(ring: &Element, srs: Srs) -> Result<Ring, DrawingError> {
    const BAD: DrawingError = DrawingError::Shape("coordinates that are no list of pairs of numbers");
    let dimension = |e: &Element| match e.attribute("", "srsDimension").or(ring.attribute("", "srsDimension"))
    {
        None | Some("2") => Ok(2),
        Some("3") => Ok(3),
        Some(_) => Err(DrawingError::Shape("srsDimension is neither 2 nor 3")),
    };
    let numbers = |e: &Element| -> Result<Vec<f64>, DrawingError> {
        e.text.split_whitespace().map(|n| n.parse().ok().filter(|n: &f64| n.is_finite()).ok_or(BAD)).collect()
    };
    let place = |pair: &[f64]| match (srs.north_first, pair) {
        (false, [east, north, ..]) | (true, [north, east, ..]) => Ok([*east, *north]),
        _ => Err(BAD),
    };
    if let Some(list) = ring.only(GML, "posList") {
        let (all, size) = (numbers(list)?, dimension(list)?);
        if !all.len().is_multiple_of(size) {
            return Err(BAD);
        }
        return all.chunks_exact(size).map(place).collect();
    }
    ring.all(GML, "pos").map(|pos| place(&numbers(pos)?)).collect()
}

/// Into the plane. Degrees in the wrong order are turned when that, and only that, brings all of them to Morocco.
fn place(srs: Srs, polygons: Vec<Vec<Ring>>) -> Result<(Zone, Vec<Vec<Ring>>, bool), DrawingError> {
    let inside = |p: &[f64; 2]| Zone::at_latitude(p[1]).forward(*p).is_ok();
    let every = |polygons: &[Vec<Ring>], holds: &dyn Fn(&[f64; 2]) -> bool| {
        polygons.iter().flatten().flatten().all(holds)
    };
    let zone = match srs.system {
        System::Lambert(zone) if every(&polygons, &|p| zone.inverse(*p).is_ok()) => {
            return Ok((zone, polygons, false));
        }
        System::Lambert(_) => return Err(DrawingError::Outside),
        System::Degrees => |polygons: &[Vec<Ring>]| {
            let latitude = polygons.first().and_then(|p| p.first()).and_then(|r| r.first()).map(|c| c[1]);
            Zone::at_latitude(latitude.unwrap_or_default())
        },
    };
    let swapped = !every(&polygons, &inside);
    let degrees: Vec<Vec<Ring>> = match swapped {
        false => polygons,
        true if every(&polygons, &|[a, b]| inside(&[*b, *a])) => {
            let turn = |ring: Ring| ring.into_iter().map(|[a, b]| [b, a]).collect();
            polygons.into_iter().map(|polygon| polygon.into_iter().map(turn).collect()).collect()
        }
        true => return Err(DrawingError::Outside),
    };
    let zone = zone(&degrees);
    let project = |ring: Ring| ring.into_iter().map(|p| zone.forward(p)).collect::<Result<Ring, _>>();
    let planar = degrees.into_iter().map(|polygon| polygon.into_iter().map(project).collect());
    let planar = planar.collect::<Result<Vec<Vec<Ring>>, _>>().map_err(|_| DrawingError::Outside)?;
    Ok((zone, planar, swapped))
}

/// The ring with its first corner at the end, and whether it had to be closed.
fn close(mut ring: Ring) -> Result<(Ring, bool), DrawingError> {
    let (Some(first), Some(last)) = (ring.first().copied(), ring.last_mut()) else {
        return Err(DrawingError::Shape("a ring without corners"));
    };
    let open = (first[0] - last[0]).hypot(first[1] - last[1]) > SAME_PLACE_M;
    if open {
        ring.push(first);
    } else {
        *last = first;
    }
    match ring.len() {
        0..4 => Err(DrawingError::Shape("a ring of fewer than three corners")),
        _ => Ok((ring, open)),
    }
}

impl Surface {
    /// Area in square metres on the plane of the projection; holes are left out.
    pub(super) fn area_m2(&self) -> f64 {
        self.polygons.iter().map(|polygon| area_of(polygon)).sum()
    }

    /// Longitude and latitude of the middle of the outer rings' corners: to show where it is.
    pub(super) fn centre(&self) -> Option<[f64; 2]> {
        let outer = self.polygons.iter().filter_map(|polygon| polygon.first());
        let corners: Vec<_> = outer.flat_map(|ring| ring.iter().skip(1)).collect();
        let mut sum = [0.0, 0.0];
        let mut count = 0.0;
        for [east, north] in corners {
            sum = [sum[0] + east, sum[1] + north];
            count += 1.0;
        }
        self.zone.inverse([sum[0] / count, sum[1] / count]).ok()
    }
}

/// The outer ring's area without that of its holes.
fn area_of(polygon: &[Ring]) -> f64 {
    let mut areas = polygon.iter().map(|ring| area(ring));
    areas.next().unwrap_or_default() - areas.sum::<f64>()
}

/// From the first corner, so that large false eastings do not eat the digits; whichever way it turns.
fn area(ring: &[[f64; 2]]) -> f64 {
    let Some(origin) = ring.first() else { return 0.0 };
    let sides = ring.windows(2).map(|side| {
        let [a, b] = [0, 1].map(|i| [side[i][0] - origin[0], side[i][1] - origin[1]]);
        a[0] * b[1] - b[0] * a[1]
    });
    (sides.sum::<f64>() / 2.0).abs()
}
