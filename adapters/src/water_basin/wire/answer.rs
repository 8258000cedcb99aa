//! What the agency writes: acknowledgements and results (README, sections 6 and 7), read leniently.

use jiff::Timestamp;
use jiff::civil::Date;

use super::NS;
use crate::transport::xml::Element;

/// A file from the agency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) struct Incoming {
    /// `DateHeureCreationFichier`, when it can be read.
    pub(in super::super) created: Option<Timestamp>,
    /// `Destinataire/CdIntervenant`.
    pub(in super::super) receiver: String,
    /// `ReferenceDemande`, as it stands.
    pub(in super::super) reference: String,
    /// `NumeroDossierAgence`.
    pub(in super::super) agency_number: Option<String>,
    /// What it is.
    pub(in super::super) content: Content,
}

/// The two files that an agency writes. Coded values stay text: unknown ones are the mapping's matter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) enum Content {
    /// `Acquittement`.
    Acquittement { status: String, respond_by: Option<Date>, faults: Vec<Anomalie> },
    /// `ResultatAvis`.
    Resultat(Avis),
}

/// `Anomalie`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) struct Anomalie {
    pub(in super::super) code: String,
    pub(in super::super) label: Option<String>,
    pub(in super::super) place: Option<String>,
}

/// `Avis`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) struct Avis {
    pub(in super::super) sense: String,
    pub(in super::super) given_on: Option<Date>,
    pub(in super::super) reason: Option<String>,
    pub(in super::super) reserves: Vec<String>,
    pub(in super::super) flood_hazard: Option<String>,
    pub(in super::super) watercourse_m: Option<String>,
    pub(in super::super) signatory: Option<String>,
}

/// Why a well-formed file is not one of ours to read: fault code and reason.
pub(in super::super) type NotOurs = (&'static str, String);

impl Incoming {
    /// Reads a file leniently: order does not matter, unknown elements are passed over.
    pub(in super::super) fn read(root: &Element) -> Result<Self, NotOurs> {
        let (part, code) = match root.name.as_str() {
            "Acquittement" if &*root.namespace == NS => ("Accuse", "ACQ_AVIS_DPH"),
            "ResultatAvis" if &*root.namespace == NS => ("Avis", "RES_AVIS_DPH"),
            _ => return Err(scenario("l'élément racine n'est ni Acquittement ni ResultatAvis")),
        };
        let scenario_element = root.child(NS, "Scenario").ok_or_else(|| scenario("Scenario absent"))?;
        if scenario_element.child_text(NS, "CodeScenario") != Some(code) {
            return Err(scenario("CodeScenario ne correspond pas à l'élément racine"));
        }
        let version = scenario_element.child_text(NS, "VersionScenario").unwrap_or_default();
        if version.split('.').next() != Some("1") {
            return Err(scenario("VersionScenario inconnue"));
        }
        let receiver =
            scenario_element.child(NS, "Destinataire").and_then(|d| d.child_text(NS, "CdIntervenant"));
        let body = root.child(NS, part).ok_or_else(|| invalid(part))?;
        let text = |name: &str| body.child_text(NS, name).map(str::to_owned);
        let created = scenario_element.child_text(NS, "DateHeureCreationFichier");
        Ok(Self {
            created: created.and_then(|text| text.parse().ok()),
            receiver: receiver.ok_or_else(|| invalid("Scenario/Destinataire/CdIntervenant"))?.to_owned(),
            reference: text("ReferenceDemande").ok_or_else(|| invalid("ReferenceDemande"))?,
            agency_number: text("NumeroDossierAgence"),
            content: if part == "Avis" { Content::Resultat(avis(body)?) } else { acquittement(body)? },
        })
    }
}

fn scenario(why: &str) -> NotOurs {
    ("water-basin.file.scenario", why.to_owned())
}

fn invalid(element: &str) -> NotOurs {
    ("water-basin.file.invalid", format!("élément absent ou illisible : {element}"))
}

/// A date that may be absent, but not unreadable.
fn date(parent: &Element, name: &str) -> Result<Option<Date>, NotOurs> {
    parent.child_text(NS, name).map(|t| t.parse().map_err(|_| invalid(name))).transpose()
}

fn acquittement(body: &Element) -> Result<Content, NotOurs> {
    let text = |e: &Element, name: &str| e.child_text(NS, name).map(str::to_owned);
    let fault = |e: &Element| Anomalie {
        code: text(e, "CdAnomalie").unwrap_or_else(|| "unstated".to_owned()),
        label: text(e, "LbAnomalie"),
        place: text(e, "Localisation"),
    };
    Ok(Content::Acquittement {
        status: text(body, "Statut").ok_or_else(|| invalid("Statut"))?,
        respond_by: date(body, "DateLimiteComplement")?,
        faults: body.all(NS, "Anomalie").map(fault).collect(),
    })
}

fn avis(body: &Element) -> Result<Avis, NotOurs> {
    let text = |name: &str| body.child_text(NS, name).map(str::to_owned);
    let reserves = body.all(NS, "Reserve").map(|r| r.trimmed().to_owned()).filter(|r| !r.is_empty());
    Ok(Avis {
        sense: text("SensAvis").ok_or_else(|| invalid("SensAvis"))?,
        given_on: date(body, "DateAvis")?,
        reason: text("Motivation"),
        reserves: reserves.collect(),
        flood_hazard: text("AleaInondation"),
        watercourse_m: text("DistanceCoursEau"),
        signatory: text("Signataire"),
    })
}
