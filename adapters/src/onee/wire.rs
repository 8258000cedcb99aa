//! The payload in our own namespace: `ServiceRequest` as written, `ServiceRequestStatus` as read
//! (`schemas/xsd/onee/service-request-1.xsd`).

use jiff::Timestamp;
use jiff::civil::Date;

use crate::canonical::Announced;
use crate::transport::xml::Element;
use crate::transport::xml_out::XmlOut;

/// Namespace of the payload.
pub(super) const SR: &str = "urn:ma:wasl:onee:service-request:1";

/// `ServiceRequest`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ServiceRequest {
    pub(super) reference: String,
    pub(super) deposit_version: u32,
    pub(super) supplement: i64,
    pub(super) permit_reference: String,
    pub(super) permit_type: &'static str,
    pub(super) large: bool,
    pub(super) commune: String,
    pub(super) answer_before: Date,
    pub(super) company: bool,
    pub(super) identifier: String,
    pub(super) name_fr: String,
    pub(super) name_ar: String,
    pub(super) project: Project,
    pub(super) sites: Vec<Site>,
    pub(super) documents: Vec<Announced>,
}

/// `project`. Zero stands for "not said" where the canonical project has no other way to say it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Project {
    pub(super) purpose: &'static str,
    pub(super) floors: u16,
    pub(super) height_cm: u32,
    pub(super) dwellings: u32,
    pub(super) floor_area_m2: u32,
    pub(super) networks: Vec<&'static str>,
}

/// `site`: a parcel, with a point on it (longitude, latitude).
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Site {
    pub(super) title: Option<String>,
    pub(super) area_m2: Option<u32>,
    pub(super) point: Option<[f64; 2]>,
}

impl ServiceRequest {
    /// Writes it in the schema's order.
    pub(super) fn write(&self, out: &mut XmlOut) {
        out.open("sr:ServiceRequest", &[("xmlns:sr", SR)]);
        out.leaf("sr:consultationReference", &self.reference);
        out.leaf("sr:depositVersion", &self.deposit_version.to_string());
        out.leaf("sr:supplement", &self.supplement.to_string());
        out.leaf("sr:permitReference", &self.permit_reference);
        out.leaf("sr:permitType", self.permit_type);
        out.leaf("sr:projectClass", if self.large { "large" } else { "small" });
        out.leaf("sr:communeCode", &self.commune);
        out.leaf("sr:answerBefore", &self.answer_before.to_string());
        out.open("sr:applicant", &[]);
        out.leaf("sr:kind", if self.company { "company" } else { "person" });
        out.leaf("sr:identifier", &self.identifier);
        out.leaf_opt("sr:nameFrench", Some(self.name_fr.as_str()).filter(|n| !n.is_empty()));
        out.leaf_opt("sr:nameArabic", Some(self.name_ar.as_str()).filter(|n| !n.is_empty()));
        out.close();
        self.project.write(out);
        for site in &self.sites {
            site.write(out);
        }
        for document in &self.documents {
            write_document(document, out);
        }
        out.close();
    }
}

impl Project {
    fn write(&self, out: &mut XmlOut) {
        out.open("sr:project", &[]);
        out.leaf("sr:use", self.purpose);
        out.leaf("sr:floors", &self.floors.to_string());
        if self.height_cm > 0 {
            out.leaf("sr:heightMetres", &format!("{}.{:02}", self.height_cm / 100, self.height_cm % 100));
        }
        if self.dwellings > 0 {
            out.leaf("sr:dwellings", &self.dwellings.to_string());
        }
        if self.floor_area_m2 > 0 {
            out.leaf("sr:floorAreaSquareMetres", &format!("{}.00", self.floor_area_m2));
        }
        for network in &self.networks {
            out.leaf("sr:network", network);
        }
        out.close();
    }
}

impl Site {
    fn write(&self, out: &mut XmlOut) {
        out.open("sr:site", &[]);
        out.leaf_opt("sr:landTitle", self.title.as_deref());
        out.leaf_opt("sr:areaSquareMetres", self.area_m2.map(|a| format!("{a}.00")).as_deref());
        if let Some([longitude, latitude]) = self.point {
            out.leaf("sr:longitude", &format!("{longitude:.7}"));
            out.leaf("sr:latitude", &format!("{latitude:.7}"));
        }
        out.close();
    }
}

fn write_document(document: &Announced, out: &mut XmlOut) {
    out.open("sr:document", &[]);
    out.leaf("sr:kind", &document.kind);
    out.leaf("sr:mediaType", &document.media_type);
    out.leaf("sr:sizeBytes", &document.size_bytes.to_string());
    out.leaf("sr:sha256", &document.sha256);
    out.leaf_opt("sr:url", document.url.as_deref());
    out.close();
}

/// `ServiceRequestStatus`. Coded values stay text: unknown ones are the mapping's matter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Status {
    pub(super) reference: String,
    pub(super) number: Option<String>,
    pub(super) status: String,
    pub(super) status_time: Option<Timestamp>,
    pub(super) complete_before: Option<Date>,
    pub(super) missing: Vec<(String, Option<String>)>,
    pub(super) opinion: Option<Opinion>,
}

/// `opinion`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Opinion {
    pub(super) outcome: String,
    pub(super) issued_on: Option<Date>,
    pub(super) reason: Option<String>,
    pub(super) conditions: Vec<String>,
    pub(super) connections: Vec<Connection>,
    pub(super) signatory: Option<String>,
}

/// `connection`, as text for facts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Connection {
    pub(super) network: String,
    pub(super) feasible: Option<String>,
    pub(super) distance_m: Option<String>,
    pub(super) reinforcement: Option<String>,
}

fn text(element: &Element, name: &str) -> Option<String> {
    element.child_text(SR, name).map(str::to_owned)
}

/// A value that may be absent, but not unreadable.
fn parsed<T: std::str::FromStr>(element: &Element, name: &str) -> Result<Option<T>, String> {
    element.child_text(SR, name).map(|t| t.parse().map_err(|_| format!("{name} cannot be read"))).transpose()
}

impl Status {
    /// Reads it out of a `Payload`; `None` when the payload holds none.
    pub(super) fn read(payload: &Element) -> Result<Option<Self>, String> {
        let Some(e) = payload.child(SR, "ServiceRequestStatus") else { return Ok(None) };
        let missing = e
            .all(SR, "missing")
            .map(|m| (text(m, "code").unwrap_or_else(|| "unstated".to_owned()), text(m, "label")));
        Ok(Some(Self {
            reference: text(e, "consultationReference").ok_or("consultationReference is missing")?,
            number: text(e, "serviceRequestNumber"),
            status: text(e, "status").ok_or("status is missing")?,
            status_time: parsed(e, "statusTime")?,
            complete_before: parsed(e, "completeBefore")?,
            missing: missing.collect(),
            opinion: e.child(SR, "opinion").map(Opinion::read).transpose()?,
        }))
    }
}

impl Opinion {
    fn read(e: &Element) -> Result<Self, String> {
        let conditions = e.all(SR, "condition").map(|c| c.trimmed().to_owned()).filter(|c| !c.is_empty());
        let connections = e.all(SR, "connection").map(|c| Connection {
            network: text(c, "network").unwrap_or_else(|| "unstated".to_owned()),
            feasible: text(c, "feasible"),
            distance_m: text(c, "distanceMetres"),
            reinforcement: text(c, "reinforcement"),
        });
        Ok(Self {
            outcome: text(e, "outcome").ok_or("outcome is missing")?,
            issued_on: parsed(e, "issuedOn")?,
            reason: text(e, "reason"),
            conditions: conditions.collect(),
            connections: connections.collect(),
            signatory: text(e, "signatory"),
        })
    }
}
