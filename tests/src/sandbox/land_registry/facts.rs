//! What the registry knows of a parcel: drawn, and the opinion that the contract's table makes of it.

use serde_json::{Value, json};

use super::super::agency::Agency;
use super::super::draw::{Behaviour, Draw, uniform};
use super::super::office::Office;
use super::question::{Land, Parcel, Question};

/// The facts of all parcels, or the errors.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) states: Vec<ParcelState>,
    pub(super) errors: Vec<RegistryError>,
}

/// The facts of one parcel.
#[derive(Debug)]
pub(super) struct ParcelState {
    pub(super) seq: String,
    pub(super) code: &'static str,
    pub(super) title: Option<String>,
    /// Registered area in hundredths of a square metre.
    pub(super) area: Option<u64>,
    pub(super) holds: Option<&'static str>,
    pub(super) charge: Option<(&'static str, &'static str)>,
    opinion: &'static str,
}

/// A business error in a 200.
#[derive(Debug)]
pub(super) struct RegistryError {
    pub(super) seq: Option<String>,
    pub(super) code: &'static str,
    pub(super) text: &'static str,
}

impl Found {
    /// The office is momentarily away.
    pub(super) fn away() -> Self {
        let text = "Conservation momentanément indisponible";
        Self { states: Vec::new(), errors: vec![RegistryError { seq: None, code: "90", text }] }
    }

    /// Is it a refusal, and no answer?
    pub(super) fn refused(&self) -> bool {
        self.errors.iter().any(|error| matches!(error.code, "11" | "22"))
    }

    /// The opinion of the worst parcel, by the contract's table.
    pub(super) fn opinion(&self) -> &'static str {
        if !self.errors.is_empty() {
            return "no-opinion";
        }
        let rank = |opinion: &str| ORDER.iter().position(|known| *known == opinion).unwrap_or(0);
        self.states
            .iter()
            .map(|state| state.opinion)
            .max_by_key(|opinion| rank(opinion))
            .unwrap_or("no-opinion")
    }

    /// What the ledger says of it.
    pub(super) fn detail(&self, deposit: u64) -> Value {
        if self.refused() {
            let codes: Vec<_> = self.errors.iter().map(|error| error.code).collect();
            return json!({"code": codes.first(), "codes": codes, "deposit": deposit, "filed": false});
        }
        let codes: Vec<_> = self.states.iter().map(|state| state.code).collect();
        let errors: Vec<_> = self.errors.iter().map(|error| error.code).collect();
        json!({"opinion": self.opinion(), "codes": codes, "errors": errors, "deposit": deposit})
    }
}

/// From best to worst.
const ORDER: [&str; 4] = ["favourable", "favourable-with-conditions", "unfavourable", "no-opinion"];

/// Finds what the draw says; the first parcel carries the trouble, the others are in order.
pub(super) fn find(office: &Office, question: &Question, draw: &Draw) -> Found {
    let behaviour = if draw.behaviour == Behaviour::Incomplete { draw.then } else { draw.behaviour };
    let point = uniform(office.settings.seed, Agency::LandRegistry, &question.file, "facts");
    let mut found = Found::default();
    for (index, parcel) in question.parcels.iter().enumerate() {
        let here = if index == 0 { behaviour } else { Behaviour::Favourable };
        one(&mut found, parcel, here, point);
    }
    found
}

fn one(found: &mut Found, parcel: &Parcel, behaviour: Behaviour, point: f64) {
    let error = |code, text| RegistryError { seq: Some(parcel.seq.clone()), code, text };
    if behaviour == Behaviour::Refused {
        found.errors.push(error("11", "Numéro de titre mal formé"));
        return;
    }
    let plain = |code, title| ParcelState {
        seq: parcel.seq.clone(),
        code,
        title,
        area: None,
        holds: None,
        charge: None,
        opinion: "no-opinion",
    };
    let title = match &parcel.land {
        Land::Untitled => return found.states.push(plain("R20", None)),
        Land::Requisition(number) => return found.states.push(plain("R10", Some(number.clone()))),
        Land::Title(title) => title.clone(),
    };
    let declared = parcel.declared.unwrap_or(40_000);
    let registered =
        ParcelState { area: Some(declared), holds: Some("yes"), ..plain("R00", Some(title.clone())) };
    let state = match behaviour {
        Behaviour::NoOpinion if point < 0.5 => return found.errors.push(error("12", "Titre introuvable")),
        Behaviour::NoOpinion => plain("R30", Some(title)),
        Behaviour::Unfavourable => ParcelState { holds: Some("no"), opinion: "unfavourable", ..registered },
        Behaviour::Conditions => conditional(registered, parcel.declared.is_some(), point),
        // A mortgage is noted and changes nothing.
        _ => ParcelState {
            charge: (point < 0.3).then_some(("mortgage", "Hypothèque de premier rang")),
            opinion: "favourable",
            ..registered
        },
    };
    found.states.push(state);
}

/// One of the three reasons for which the table wants a condition.
fn conditional(registered: ParcelState, area_declared: bool, point: f64) -> ParcelState {
    let opinion = "favourable-with-conditions";
    match registered.area {
        Some(area) if point < 0.33 && area_declared => {
            ParcelState { area: Some(area + area / 10 + 100), opinion, ..registered }
        }
        _ if point < 0.66 => ParcelState { holds: Some("shared"), opinion, ..registered },
        _ => ParcelState { charge: Some(("pre-notation", "Prénotation judiciaire")), opinion, ..registered },
    }
}
