//! How the cadastre draws a title: INSPIRE `cp:CadastralParcel` 4.0, in the spellings that servers use, with the
//! faults that they have.

use super::super::xml::tag;

/// Corner of every drawing: easting and northing in 26191, and about the same place in degrees.
const CORNER_M: (f64, f64) = (365_968.0, 381_053.0);
const CORNER_DEGREES: (f64, f64) = (-6.85, 34.02);
/// Metres in a degree there, along a parallel and along a meridian.
const DEGREE_M: (f64, f64) = (92_400.0, 110_930.0);

/// One way to draw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// Polygon in Merchich Lambert, easting first.
    Lambert,
    /// Polygon in degrees, latitude first, as the URN of EPSG:4326 means.
    LatitudeFirst,
    /// Polygon in degrees, longitude first, as the short form means.
    LongitudeFirst,
    /// MultiSurface of EPSG:4258 by URL: a polygon with a hole, and another one.
    MultiSurface,
    /// The last corner is left out.
    OpenRing,
    /// Nothing is drawn for the title.
    Nothing,
    /// The service refuses.
    Exception,
}

impl Shape {
    /// What the seed says of a title.
    pub(super) fn drawn(point: f64) -> Self {
        match point {
            p if p < 0.40 => Self::Lambert,
            p if p < 0.55 => Self::LatitudeFirst,
            p if p < 0.70 => Self::LongitudeFirst,
            p if p < 0.82 => Self::MultiSurface,
            p if p < 0.92 => Self::OpenRing,
            p if p < 0.96 => Self::Nothing,
            _ => Self::Exception,
        }
    }
}

/// The collection for a title with this area in hundredths of a square metre.
pub(super) fn collection(shape: Shape, title: &str, area: u64) -> String {
    let member = match shape {
        Shape::Nothing | Shape::Exception => String::new(),
        _ => format!(
            "<wfs:member><cp:CadastralParcel gml:id=\"CP.1\"><cp:areaValue uom=\"m2\">{}.{:02}</cp:areaValue>\
             <cp:beginLifespanVersion>2021-03-15T00:00:00Z</cp:beginLifespanVersion><cp:geometry>{}</cp:geometry>\
             <cp:inspireId><base:Identifier><base:localId>1</base:localId><base:namespace>MA.ANCFCC.CP\
             </base:namespace></base:Identifier></cp:inspireId><cp:label>1</cp:label>{}</cp:CadastralParcel>\
             </wfs:member>",
            area / 100,
            area % 100,
            geometry(shape, area),
            tag("cp:nationalCadastralReference", title),
        ),
    };
    let count = usize::from(!member.is_empty());
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<wfs:FeatureCollection \
         xmlns:wfs=\"http://www.opengis.net/wfs/2.0\" xmlns:gml=\"http://www.opengis.net/gml/3.2\" \
         xmlns:cp=\"http://inspire.ec.europa.eu/schemas/cp/4.0\" \
         xmlns:base=\"http://inspire.ec.europa.eu/schemas/base/3.3\" timeStamp=\"2026-10-05T09:30:03Z\" \
         numberMatched=\"{count}\" numberReturned=\"{count}\">{member}</wfs:FeatureCollection>"
    )
}

fn geometry(shape: Shape, area: u64) -> String {
    // A square of the stated area; the tests of the wire need no more.
    let hundredths = u32::try_from(area).unwrap_or(u32::MAX);
    let side = (f64::from(hundredths) / 100.0).sqrt();
    let (east, north) = CORNER_M;
    let (longitude, latitude) = CORNER_DEGREES;
    let (dx, dy) = (side / DEGREE_M.0, side / DEGREE_M.1);
    match shape {
        Shape::LatitudeFirst => {
            polygon("urn:ogc:def:crs:EPSG::4326", &ring(latitude, longitude, dy, dx, true), "")
        }
        Shape::LongitudeFirst => polygon("EPSG:4326", &ring(longitude, latitude, dx, dy, true), ""),
        Shape::OpenRing => polygon("EPSG:26191", &ring(east, north, side, side, false), ""),
        Shape::MultiSurface => {
            let outer = ring(latitude, longitude, dy, dx, true);
            let hole = ring(latitude + dy / 4.0, longitude + dx / 4.0, dy / 2.0, dx / 2.0, true);
            let other = ring(latitude + 2.0 * dy, longitude, dy / 2.0, dx / 2.0, true);
            let hole = format!("<gml:interior>{}</gml:interior>", linear(&hole));
            format!(
                "<gml:MultiSurface gml:id=\"CP.1.G\" srsName=\"http://www.opengis.net/def/crs/EPSG/0/4258\">\
                 <gml:surfaceMember>{}</gml:surfaceMember><gml:surfaceMember>{}</gml:surfaceMember>\
                 </gml:MultiSurface>",
                polygon("http://www.opengis.net/def/crs/EPSG/0/4258", &outer, &hole),
                polygon("http://www.opengis.net/def/crs/EPSG/0/4258", &other, "").replace("CP.1.P", "CP.1.Q"),
            )
        }
        _ => polygon("urn:ogc:def:crs:EPSG::26191", &ring(east, north, side, side, true), ""),
    }
}

fn polygon(srs: &str, outer: &str, holes: &str) -> String {
    format!(
        "<gml:Polygon gml:id=\"CP.1.P\" srsName=\"{srs}\"><gml:exterior>{}</gml:exterior>{holes}</gml:Polygon>",
        linear(outer)
    )
}

fn linear(places: &str) -> String {
    format!("<gml:LinearRing><gml:posList>{places}</gml:posList></gml:LinearRing>")
}

/// Corners of a rectangle, counter-clockwise in the order of its axes.
fn ring(a: f64, b: f64, da: f64, db: f64, closed: bool) -> String {
    let corners = [(a, b), (a + da, b), (a + da, b + db), (a, b + db), (a, b)];
    let taken = corners.iter().take(if closed { 5 } else { 4 });
    taken.map(|(a, b)| format!("{a:.9} {b:.9}")).collect::<Vec<_>>().join(" ")
}
