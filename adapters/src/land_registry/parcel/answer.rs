//! What the cadastre says: a feature collection of parcels, or an exception report, which may stand in a 200.

use super::GML;
use super::gml::{self, DrawingError, Mended, Surface};
use crate::land_registry::wire::hundredths;
use crate::transport::xml::{self, Element, XmlLimits};

const WFS: &str = "http://www.opengis.net/wfs/2.0";
const CP: &str = "http://inspire.ec.europa.eu/schemas/cp/4.0";
/// OWS Common 1.1 (that of WFS 2.0) and 2.0.
const OWS: [&str; 2] = ["http://www.opengis.net/ows/1.1", "http://www.opengis.net/ows/2.0"];
const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";
/// Elements and attributes of one answer, at most: a title may have many parcels.
const NODES_MAX: usize = 200_000;

/// An answer to `GetFeature`.
#[derive(Debug, Clone, PartialEq)]
pub(in super::super) enum Drawn {
    /// The parcels of the title that are in force; none is an answer too.
    Parcels(Vec<Feature>),
    /// `ows:ExceptionReport`: the first code and its words.
    Exception { code: String, text: String },
    /// The server could not be asked, or what it said could not be believed or read.
    Unavailable(String),
}

/// A `cp:CadastralParcel` in force.
#[derive(Debug, Clone, PartialEq)]
pub(in super::super) struct Feature {
    /// `nationalCadastralReference`: the title.
    pub(in super::super) reference: Option<String>,
    /// `areaValue` in square metres, in hundredths.
    pub(super) area: Option<u64>,
    /// Its drawing.
    pub(super) surface: Result<Surface, DrawingError>,
    /// What was mended in it.
    pub(super) mended: Vec<Mended>,
}

impl Drawn {
    /// Reads the bytes of an answer; with its root, for drift.
    pub(in super::super) fn parse(bytes: &[u8]) -> Result<(Element, Self), String> {
        let limits = XmlLimits { body_bytes_max: usize::MAX, nodes_max: NODES_MAX, ..XmlLimits::default() };
        let root = xml::parse(bytes, limits).map_err(|e| e.to_string())?;
        let drawn = Self::read(&root)?;
        Ok((root, drawn))
    }

    /// Reads the root of an answer; the fault says why it is none.
    pub(in super::super) fn read(root: &Element) -> Result<Self, String> {
        if OWS.iter().any(|ows| root.is(ows, "ExceptionReport")) {
            return Ok(exception(root));
        }
        if !root.is(WFS, "FeatureCollection") {
            return Err("neither a wfs:FeatureCollection nor an ows:ExceptionReport".to_owned());
        }
        let mut parcels = Vec::new();
        members(root, root_srs(root), &mut parcels);
        // "unknown" is allowed; a number must be true, or something was lost on the way.
        let told = root.attribute("", "numberReturned").and_then(|n| n.parse::<usize>().ok());
        if told.is_some_and(|told| told != parcels.len()) {
            return Err("numberReturned is not what the collection holds".to_owned());
        }
        let in_force = parcels.into_iter().filter(|(parcel, _)| text(parcel, "endLifespanVersion").is_none());
        Ok(Self::Parcels(in_force.map(|(parcel, srs)| Feature::read(parcel, srs)).collect()))
    }
}

/// `gml:boundedBy/gml:Envelope/@srsName` of the collection holds where a geometry names none.
fn root_srs(of: &Element) -> Option<&str> {
    let bounded = of.child(GML, "boundedBy").or(of.child(WFS, "boundedBy"))?;
    bounded.child(GML, "Envelope")?.attribute("", "srsName")
}

/// Parcels of a collection and of collections in it, each with the srsName around it.
fn members<'a>(of: &'a Element, srs: Option<&'a str>, out: &mut Vec<(&'a Element, Option<&'a str>)>) {
    for inside in of.all(WFS, "member").flat_map(|member| &member.children) {
        if inside.is(CP, "CadastralParcel") {
            out.push((inside, root_srs(inside).or(srs)));
        } else if inside.is(WFS, "FeatureCollection") {
            members(inside, root_srs(inside).or(srs), out);
        }
    }
}

fn exception(root: &Element) -> Drawn {
    let first = root.children.iter().find(|c| c.name == "Exception");
    let code = first.and_then(|e| e.attribute("", "exceptionCode")).unwrap_or("unstated").to_owned();
    let said = first.and_then(|e| e.children.iter().find(|c| c.name == "ExceptionText"));
    Drawn::Exception { code, text: said.map_or(String::new(), |e| e.trimmed().to_owned()) }
}

/// The text of a property; nil and empty are none.
fn text<'a>(parcel: &'a Element, name: &str) -> Option<&'a str> {
    let property = parcel.child(CP, name)?;
    let nil = matches!(property.attribute(XSI, "nil"), Some("true" | "1"));
    Some(property.trimmed()).filter(|text| !nil && !text.is_empty())
}

impl Feature {
    fn read(parcel: &Element, srs: Option<&str>) -> Self {
        let metres = |e: &&Element| matches!(e.attribute("", "uom"), Some("m2" | "urn:ogc:def:uom:UCUM::m2"));
        let area = parcel.child(CP, "areaValue").filter(metres).and(text(parcel, "areaValue"));
        let geometry = parcel.child(CP, "geometry").map(|g| g.children.as_slice());
        let drawing = match geometry {
            Some([one]) => gml::read(one, srs),
            Some(_) => Err(DrawingError::Shape("the property geometry does not hold one geometry")),
            None => Err(DrawingError::Shape("the parcel has no geometry")),
        };
        let (surface, mended) = match drawing {
            Ok((surface, mended)) => (Ok(surface), mended),
            Err(fault) => (Err(fault), Vec::new()),
        };
        Self {
            reference: text(parcel, "nationalCadastralReference").map(str::to_owned),
            area: area.and_then(hundredths),
            surface,
            mended,
        }
    }
}
