//! From the registry's facts to an opinion, by the written table (README, section 5). Pure.

use wasl_schemas::agency::Outcome;
use wasl_schemas::opinion::{Fact, Opinion, OpinionKind};

use super::wire::{Answer, Land, Parcel, Question, State};
use crate::transport::xml_out::token;

/// Inscriptions that must be released before anything is built or divided.
const BLOCKING: [&str; 2] = ["seizure", "pre-notation"];

/// What one parcel says, from best to worst.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Verdict {
    Favourable,
    Conditions(Vec<String>),
    Unfavourable(String),
    NoOpinion(String),
}

/// The opinion on all parcels: the worst one decides. A value that we do not know makes it pending.
pub(super) fn opinion(question: &Question, answer: &Answer, tolerance_permille: u64) -> Outcome {
    let mut verdicts = Vec::new();
    let mut facts = Vec::new();
    for (index, parcel) in question.parcels.iter().enumerate() {
        let seq = index + 1;
        facts.extend(facts_of_question(parcel, seq));
        let verdict = match answer.states.iter().find(|s| s.seq == seq) {
            Some(state) => {
                facts.extend(facts_of_state(state));
                match verdict(parcel, state, tolerance_permille) {
                    Ok(verdict) => verdict,
                    Err(unknown) => return Outcome::Pending { unknown: Some(unknown) },
                }
            }
            None => {
                let said = answer.errors.iter().find(|e| e.seq == Some(seq));
                let said =
                    said.map_or_else(|| "sans réponse".to_owned(), |e| format!("{} {}", e.code, e.text));
                facts.push(fact(seq, "error", &said));
                Verdict::NoOpinion(format!("Parcelle {seq} : {said}"))
            }
        };
        verdicts.push(verdict);
    }
    facts.extend(
        answer.extract_number.iter().map(|n| Fact { name: "extract-number".to_owned(), value: n.clone() }),
    );
    let opinion = Opinion { given_at: answer.extract_time, facts, ..worst(verdicts) };
    crate::opinions::answered(opinion)
}

/// Reasons and conditions of parcels that are as bad as the worst are all told.
fn worst(verdicts: Vec<Verdict>) -> Opinion {
    let rank = |v: &Verdict| match v {
        Verdict::Favourable => 0,
        Verdict::Conditions(_) => 1,
        Verdict::Unfavourable(_) => 2,
        Verdict::NoOpinion(_) => 3,
    };
    let highest = verdicts.iter().map(rank).max();
    let kind = match highest {
        Some(0) => OpinionKind::Favourable,
        Some(1) => OpinionKind::FavourableWithConditions,
        Some(2) => OpinionKind::Unfavourable,
        _ => OpinionKind::NoOpinion,
    };
    let (mut reasons, mut conditions) = (Vec::new(), Vec::new());
    for verdict in verdicts.into_iter().filter(|v| Some(rank(v)) == highest) {
        match verdict {
            Verdict::Favourable => {}
            Verdict::Conditions(more) => conditions.extend(more),
            Verdict::Unfavourable(reason) | Verdict::NoOpinion(reason) => reasons.push(reason),
        }
    }
    let reason = (!reasons.is_empty()).then(|| reasons.join(" ; "));
    Opinion { reason, conditions, ..Opinion::plain(kind) }
}

/// One row of the table; `Err` is a value that we do not know.
fn verdict(parcel: &Parcel, state: &State, tolerance_permille: u64) -> Result<Verdict, String> {
    let seq = state.seq;
    let no_opinion = |why: &str| Ok(Verdict::NoOpinion(format!("Parcelle {seq} : {why}")));
    match state.code.as_str() {
        "R00" => {}
        "R10" => return no_opinion("réquisition d'immatriculation en cours"),
        "R20" => return no_opinion("immeuble non immatriculé"),
        "R30" => return no_opinion("titre clos (fusionné, morcelé ou annulé)"),
        other => return Err(format!("resultCode {}", token(other, 64))),
    }
    match state.holds.as_deref() {
        Some("yes") => {}
        Some("shared") => {
            return Ok(Verdict::Conditions(vec![format!(
                "Parcelle {seq} : accord des copropriétaires inscrits"
            )]));
        }
        Some("no") => {
            let why = format!("Parcelle {seq} : le demandeur n'est pas inscrit sur le titre");
            return Ok(Verdict::Unfavourable(why));
        }
        Some(other) => return Err(format!("applicantHolds {}", token(other, 64))),
        None => return no_opinion("la conservation ne dit pas si le demandeur est inscrit"),
    }
    let mut conditions = Vec::new();
    for charge in state.charges.iter().filter(|c| BLOCKING.contains(&c.kind.as_str())) {
        let label = charge.label.as_deref().unwrap_or(&charge.kind);
        conditions.push(format!("Parcelle {seq} : mainlevée de l'inscription « {label} »"));
    }
    if let (Some(declared), Some((written, registered))) = (parcel.declared_m2, &state.registered)
        && outside(declared, *registered, tolerance_permille)
    {
        conditions.push(format!(
            "Parcelle {seq} : levé topographique pour concilier la superficie déclarée ({declared} m²) \
             et celle du titre ({written} m²)"
        ));
    }
    Ok(if conditions.is_empty() { Verdict::Favourable } else { Verdict::Conditions(conditions) })
}

/// Whether two areas differ by more than the tolerance, in permille of the registered one (hundredths of m²).
fn outside(declared_m2: u32, registered: u64, tolerance_permille: u64) -> bool {
    let declared = u128::from(declared_m2) * 100;
    let registered = u128::from(registered);
    declared.abs_diff(registered) * 1000 > registered * u128::from(tolerance_permille)
}

fn fact(seq: usize, name: &str, value: &str) -> Fact {
    Fact { name: format!("parcel-{seq}.{name}"), value: value.to_owned() }
}

fn facts_of_question(parcel: &Parcel, seq: usize) -> Vec<Fact> {
    let stated = match &parcel.land {
        Land::Title(title) => fact(seq, "title-stated", title),
        Land::Requisition(number) => fact(seq, "requisition-stated", number),
        Land::Untitled => fact(seq, "title-stated", "none"),
    };
    let area = parcel.declared_m2.map(|area| fact(seq, "area-file-m2", &area.to_string()));
    std::iter::once(stated).chain(area).collect()
}

fn facts_of_state(state: &State) -> Vec<Fact> {
    let seq = state.seq;
    let mut facts = vec![fact(seq, "code", &state.code)];
    facts.extend(state.title.iter().map(|t| fact(seq, "title", t)));
    facts.extend(state.registered.iter().map(|(written, _)| fact(seq, "area-title-m2", written)));
    facts.extend(state.holds.iter().map(|h| fact(seq, "applicant-holds", h)));
    facts.extend(state.charges.iter().map(|charge| {
        let parts = [Some(&charge.kind), charge.inscribed_on.as_ref(), charge.label.as_ref()];
        let parts: Vec<&str> = parts.into_iter().flatten().map(String::as_str).collect();
        fact(seq, "charge", &parts.join(", "))
    }));
    facts
}
