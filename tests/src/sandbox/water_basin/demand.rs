//! Reads a request file: its name, its form, and that both say the same.

use super::super::secrets::WaterBasinNames;
use super::super::xml::{self, Element};
use super::super::xsd::{Schema, faults};
use super::geometry;

/// What a request is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Initial,
    Complement,
    Cancellation,
}

/// What the name of a file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Name {
    pub(super) kind: Kind,
    pub(super) reference: String,
    pub(super) deposit: u64,
    pub(super) rank: u64,
}

impl Name {
    /// `DEM_<consultation>_V<version>-<n>.xml` and its two siblings; none for any other name.
    pub(super) fn read(name: &str) -> Option<Self> {
        let (prefix, rest) = name.strip_suffix(".xml")?.split_once('_')?;
        let (reference, version) = rest.split_once("_V")?;
        let (deposit, rank) = version.split_once('-')?;
        let kind = match prefix {
            "DEM" => Kind::Initial,
            "COM" => Kind::Complement,
            "ANN" => Kind::Cancellation,
            _ => return None,
        };
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        let good = (1..=64).contains(&reference.len()) && reference.bytes().all(plain);
        let (deposit, rank) = (deposit.parse().ok()?, rank.parse().ok()?);
        good.then(|| Self { kind, reference: reference.to_owned(), deposit, rank })
    }

    /// The mark of a complement or a new deposit.
    pub(super) fn mark(&self) -> String {
        format!("V{}-{}", self.deposit, self.rank)
    }
}

/// What the agency takes from a file.
#[derive(Debug)]
pub(super) struct Demand {
    pub(super) file: String,
    pub(super) commune: String,
    /// The agency's code, as the gateway addressed it.
    pub(super) addressee: String,
}

/// Reads and checks the content of a file of that name.
///
/// # Errors
/// Every fault, as a sentence with its place.
pub(super) fn read(
    schema: &Schema,
    agreed: &WaterBasinNames,
    name: &Name,
    bytes: &[u8],
) -> Result<Demand, Vec<String>> {
    if bytes.starts_with(b"\xef\xbb\xbf") {
        return Err(vec!["a byte order mark".to_owned()]);
    }
    let root = xml::parse(bytes).map_err(|fault| vec![fault])?;
    let mut found = faults(schema, &root);
    if root.name != "DemandeAvis" {
        found.push("the root element is not DemandeAvis".to_owned());
    }
    found.extend(agreement(agreed, name, &root));
    found.extend(geometry::faults(&root));
    if !found.is_empty() {
        return Err(found);
    }
    let text = |path: &[&str]| root.text_at(path).to_owned();
    Ok(Demand {
        file: text(&["Demande", "ReferenceDossier"]),
        commune: text(&["Demande", "CdCommune"]),
        addressee: text(&["Scenario", "Destinataire", "CdIntervenant"]),
    })
}

/// What the contract says between name, header and request.
fn agreement(agreed: &WaterBasinNames, name: &Name, root: &Element) -> Vec<String> {
    let text = |path: &[&str]| root.text_at(path);
    let number = |path: &[&str]| text(path).parse::<u64>().ok();
    let kind = match name.kind {
        Kind::Initial => "INITIALE",
        Kind::Complement => "COMPLEMENT",
        Kind::Cancellation => "ANNULATION",
    };
    let demand = root.child("Demande").cloned().unwrap_or_default();
    let cancelled = name.kind == Kind::Cancellation;
    let stops = demand.children.last().is_some_and(|last| last.name == "CdCommune");
    let rank_fits = (name.rank == 0) == (name.kind != Kind::Complement);
    let addressee = text(&["Scenario", "Destinataire", "CdIntervenant"]);
    [
        (text(&["Scenario", "CodeScenario"]) == "DEM_AVIS_DPH", "CodeScenario"),
        (text(&["Scenario", "VersionScenario"]) == "1.0", "VersionScenario"),
        (text(&["Scenario", "Emetteur", "CdIntervenant"]) == agreed.gateway_code, "Emetteur"),
        (agreed.agency_code.is_empty() || addressee == agreed.agency_code, "Destinataire"),
        (demand.text_at(&["ReferenceDemande"]) == name.reference, "ReferenceDemande is not the name's"),
        (number(&["Demande", "VersionDossier"]) == Some(name.deposit), "VersionDossier is not the name's"),
        (number(&["Demande", "RangComplement"]) == Some(name.rank), "RangComplement is not the name's"),
        (demand.text_at(&["TypeDemande"]) == kind, "TypeDemande is not the name's"),
        (rank_fits, "a rank where none belongs, or none in a complement"),
        (cancelled == stops, "a cancellation stops after CdCommune, and nothing else does"),
        (cancelled == demand.child("Demandeur").is_none(), "Demandeur missing, or in a cancellation"),
    ]
    .into_iter()
    .filter(|(good, _)| !good)
    .map(|(_, reason)| reason.to_owned())
    .collect()
}
