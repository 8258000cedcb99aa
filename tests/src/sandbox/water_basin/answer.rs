//! The files from the agency: acknowledgement (`ACQ_`) and result (`RES_`).

use sha2::{Digest, Sha256};

use super::super::clock;
use super::super::draw::Behaviour;
use super::super::filing::refusal_code;
use super::super::office::Office;
use super::super::review::{CONDITIONS, Review, Stamp, State};
use super::super::xml::{optional_tag, tag};
use super::demand::Name;

/// The code that stands for an agency which a request named none of.
const NAMELESS: &str = "ABH";

/// Name and text of the file that tells where a request stands. Everything in it comes from the
/// request and the ledger entry, so that writing it again is writing the same bytes.
pub(super) fn file(office: &Office, review: &Review, stamp: Stamp, copy: &str) -> (String, String) {
    let answered = review.state == State::Answered;
    let prefix = if answered { "RES" } else { "ACQ" };
    let name = format!("{prefix}_{}_{:06}{copy}.xml", review.reference, stamp.seq);
    let agency = review.kept["agency"].as_str().unwrap_or(NAMELESS);
    let text = if answered {
        document(office, "ResultatAvis", agency, stamp.at_ms, &result(office, review, stamp))
    } else {
        document(office, "Acquittement", agency, stamp.at_ms, &acknowledgement(office, review, stamp))
    };
    (name, text)
}

/// Name and text of an acknowledgement that rejects a file. The serial is made of the content.
pub(super) fn rejection(office: &Office, name: &Name, code: &str, faults: &[String]) -> (String, String) {
    let hash = Sha256::digest(format!("{code}/{}/{faults:?}", name.mark()));
    let serial: String = hash[..5].iter().map(|byte| format!("{byte:02x}")).collect();
    let now_ms = clock::now_ms();
    let anomalies: String = faults.iter().take(100).map(|fault| anomaly(code, fault)).collect();
    let agreed = office.secrets.water_basin.agency_code.clone();
    let agency = if agreed.is_empty() { NAMELESS } else { &agreed };
    let inner = format!(
        "<Accuse>{}{}<Statut>REJETE</Statut>{}{anomalies}</Accuse>",
        tag("ReferenceDemande", &name.reference),
        tag("VersionDossier", &name.deposit.max(1).to_string()),
        tag("DateHeureAccuse", &office.legal_text(now_ms)),
    );
    let text = document(office, "Acquittement", agency, now_ms, &inner);
    (format!("ACQ_{}_R{serial}.xml", name.reference), text)
}

fn document(office: &Office, root: &str, agency: &str, at_ms: u64, inner: &str) -> String {
    let scenario = if root == "ResultatAvis" { "RES_AVIS_DPH" } else { "ACQ_AVIS_DPH" };
    let party = |name: &str, code: &str| {
        format!("<{name}><CdIntervenant schemeAgencyID=\"WASL\">{code}</CdIntervenant></{name}>")
    };
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<{root} xmlns=\"urn:ma:wasl:water-basin:avis-dph:1\"><Scenario>\
         {}<VersionScenario>1.0</VersionScenario>{}{}{}</Scenario>{inner}</{root}>\n",
        tag("CodeScenario", scenario),
        tag("DateHeureCreationFichier", &office.legal_text(at_ms)),
        party("Emetteur", agency),
        party("Destinataire", &office.secrets.water_basin.gateway_code),
    )
}

fn acknowledgement(office: &Office, review: &Review, stamp: Stamp) -> String {
    let (status, anomaly) = match review.state {
        State::Incomplete => {
            ("INCOMPLET", anomaly("hydraulic-study", "Etude hydraulique exigée en bordure de cours d'eau"))
        }
        State::Refused => {
            ("REJETE", anomaly(refusal_code(super::Agency::WaterBasin), "Emprise hors du bassin de l'agence"))
        }
        _ => ("ACCEPTE", String::new()),
    };
    let number = if review.state == State::Refused { "" } else { &review.number };
    let limit =
        if review.state == State::Incomplete { office.legal_date(stamp.at_ms, 7) } else { String::new() };
    format!(
        "<Accuse>{}{}{}{}{}{}{anomaly}</Accuse>",
        tag("ReferenceDemande", &review.reference),
        tag("VersionDossier", &review.deposit.to_string()),
        optional_tag("NumeroDossierAgence", number),
        tag("Statut", status),
        tag("DateHeureAccuse", &office.legal_text(stamp.at_ms)),
        optional_tag("DateLimiteComplement", &limit),
    )
}

fn anomaly(code: &str, text: &str) -> String {
    format!(
        "<Anomalie>{}{}<Gravite>BLOQUANT</Gravite></Anomalie>",
        tag("CdAnomalie", code),
        tag("LbAnomalie", text)
    )
}

fn result(office: &Office, review: &Review, stamp: Stamp) -> String {
    let (sense, reason, hazard) = match review.draw.behaviour {
        Behaviour::Conditions => ("FAVORABLE_AVEC_RESERVES", "Terrain en bordure d'un affluent", "MOYEN"),
        Behaviour::Unfavourable => {
            ("DEFAVORABLE", "Terrain en zone inondable d'aléa fort (loi 36-15)", "FORT")
        }
        Behaviour::NoOpinion => ("SANS_AVIS", "Hors du domaine public hydraulique", "NUL"),
        _ => ("FAVORABLE", "", "FAIBLE"),
    };
    let conditions = if review.draw.behaviour == Behaviour::Conditions { &CONDITIONS[..] } else { &[] };
    let conditions: String = conditions.iter().map(|condition| tag("Reserve", condition)).collect();
    format!(
        "<Avis>{}{}{}{}{}{}{conditions}{}<DistanceCoursEau uom=\"m\">42.00</DistanceCoursEau>\
         <Signataire>Direction de l'agence</Signataire></Avis>",
        tag("ReferenceDemande", &review.reference),
        tag("VersionDossier", &review.deposit.to_string()),
        tag("NumeroDossierAgence", &review.number),
        tag("SensAvis", sense),
        tag("DateAvis", &office.legal_date(stamp.at_ms, 0)),
        optional_tag("Motivation", reason),
        tag("AleaInondation", hazard),
    )
}
