//! From the registry's facts to an opinion, by the written table (README, section 5). Pure.

use wasl_schemas::agency::Outcome;
use wasl_schemas::opinion::{Fact, Opinion, OpinionKind};

use super::parcel::facts::{DrawingFacts, named};
use super::table::{BLOCKING, HOLDS, Row, STATES, TABLE, When};
use super::wire::{Answer, Error, Land, Parcel, Question, State};
use crate::transport::xml_out::token;

/// What one parcel says.
struct Verdict {
    kind: OpinionKind,
    /// Reasons, or conditions, of the rows that decide.
    says: Vec<String>,
}

/// The opinion on all parcels: the worst one decides. A value that we do not know makes it pending. `drawings` are
/// in the order of the question; they may be missing.
pub(super) fn opinion(
    question: &Question,
    answer: &Answer,
    drawings: &[DrawingFacts],
    tolerance_permille: u64,
) -> Outcome {
    let mut verdicts = Vec::new();
    let mut facts = Vec::new();
    for (index, parcel) in question.parcels.iter().enumerate() {
        let seq = index + 1;
        facts.extend(facts_of_question(parcel, seq));
        let drawing = drawings.get(index);
        let verdict = match answer.states.iter().find(|s| s.seq == seq) {
            Some(state) => {
                facts.extend(facts_of_state(state));
                let registered = registered(state, drawing);
                verdict(parcel, state, registered.as_ref(), tolerance_permille)
            }
            None => {
                let error = answer.errors.iter().find(|e| e.seq == Some(seq));
                facts.extend(error.map(|e| fact(seq, "error", &words(e))));
                without_state(seq, error)
            }
        };
        facts.extend(drawing.into_iter().flat_map(|found| named(seq, found)));
        match verdict {
            Ok(verdict) => verdicts.push(verdict),
            Err(unknown) => return Outcome::Pending { unknown: Some(unknown) },
        }
    }
    facts.extend(
        answer.extract_number.iter().map(|n| Fact { name: "extract-number".to_owned(), value: n.clone() }),
    );
    let opinion = Opinion { given_at: answer.extract_time, facts, ..worst(verdicts) };
    crate::opinions::answered(opinion)
}

/// Order from best to worst.
const fn rank(kind: OpinionKind) -> u8 {
    match kind {
        OpinionKind::Favourable => 0,
        OpinionKind::FavourableWithConditions => 1,
        OpinionKind::Unfavourable => 2,
        OpinionKind::NoOpinion => 3,
    }
}

/// Reasons and conditions of parcels that are as bad as the worst are all told.
fn worst(verdicts: Vec<Verdict>) -> Opinion {
    let kind =
        verdicts.iter().map(|v| v.kind).max_by_key(|kind| rank(*kind)).unwrap_or(OpinionKind::NoOpinion);
    let says: Vec<String> = verdicts.into_iter().filter(|v| v.kind == kind).flat_map(|v| v.says).collect();
    match kind {
        OpinionKind::Favourable => Opinion::plain(kind),
        OpinionKind::FavourableWithConditions => Opinion { conditions: says, ..Opinion::plain(kind) },
        OpinionKind::Unfavourable | OpinionKind::NoOpinion => {
            Opinion { reason: (!says.is_empty()).then(|| says.join(" ; ")), ..Opinion::plain(kind) }
        }
    }
}

/// The registered area as written and in hundredths: that of the title; where the title states none, the cadastre's.
fn registered(state: &State, drawing: Option<&DrawingFacts>) -> Option<(String, u64)> {
    let of_cadastre = || drawing?.area.map(|a| (format!("{}.{:02}", a / 100, a % 100), a));
    state.registered.clone().or_else(of_cadastre)
}

/// The rows that hold; `Err` is a value that the table does not know.
fn verdict(
    parcel: &Parcel,
    state: &State,
    registered: Option<&(String, u64)>,
    tolerance_permille: u64,
) -> Result<Verdict, String> {
    if !STATES.iter().any(|(code, _)| *code == state.code) {
        return Err(format!("resultCode {}", token(&state.code, 64)));
    }
    let holds = state.holds.as_deref();
    if let Some(other) = holds.filter(|value| state.code == "R00" && !HOLDS.contains(value)) {
        return Err(format!("applicantHolds {}", token(other, 64)));
    }
    let blocked: Vec<&str> = state
        .charges
        .iter()
        .filter(|charge| BLOCKING.contains(&charge.kind.as_str()))
        .map(|charge| charge.label.as_deref().unwrap_or(&charge.kind))
        .collect();
    let areas = parcel.declared_m2.zip(registered);
    let is_outside = areas.is_some_and(|(d, (_, r))| outside(d, *r, tolerance_permille));
    let rows = TABLE.iter().filter(|row| {
        row.code == state.code
            && match row.when {
                When::Always => true,
                When::Holds(value) => holds == Some(value),
                When::HoldsUnsaid => holds.is_none(),
                When::Blocked => !blocked.is_empty(),
                When::AreaOutside => is_outside,
            }
    });
    let sentences = |row: &Row| -> Vec<String> {
        match (row.when, areas) {
            (When::Blocked, _) => blocked.iter().map(|label| row.says.replace("{charge}", label)).collect(),
            (When::AreaOutside, Some((declared, (written, _)))) => {
                let says = row.says.replace("{declared}", &declared.to_string());
                vec![says.replace("{registered}", written)]
            }
            _ => vec![row.says.to_owned()],
        }
    };
    Ok(of_rows(state.seq, rows, sentences))
}

/// A parcel about which there is an error, or nothing at all.
fn without_state(seq: usize, error: Option<&Error>) -> Result<Verdict, String> {
    let said = error.map_or_else(|| "sans réponse".to_owned(), words);
    let code = error.map_or("", |e| e.code.as_str());
    let found = of_rows(seq, TABLE.iter().filter(|row| row.code == code), |row: &Row| {
        vec![row.says.replace("{error}", &said)]
    });
    let unanswered = Verdict { kind: OpinionKind::NoOpinion, says: vec![format!("Parcelle {seq} : {said}")] };
    Ok(if code.is_empty() { unanswered } else { found })
}

/// Of the rows that hold the worst decide, all of them.
fn of_rows<'a>(
    seq: usize,
    rows: impl Iterator<Item = &'a Row>,
    sentences: impl Fn(&Row) -> Vec<String>,
) -> Verdict {
    let rows: Vec<&Row> = rows.collect();
    let kinds = rows.iter().map(|row| row.opinion);
    let kind = kinds.max_by_key(|kind| rank(*kind)).unwrap_or(OpinionKind::NoOpinion);
    let deciding = rows.into_iter().filter(|row| row.opinion == kind && !row.says.is_empty());
    let says = deciding.flat_map(sentences).map(|said| format!("Parcelle {seq} : {said}")).collect();
    Verdict { kind, says }
}

/// Whether two areas differ by more than the tolerance, in permille of the registered one (hundredths of m²).
fn outside(declared_m2: u32, registered: u64, tolerance_permille: u64) -> bool {
    let declared = u128::from(declared_m2) * 100;
    let registered = u128::from(registered);
    declared.abs_diff(registered) * 1000 > registered * u128::from(tolerance_permille)
}

fn words(error: &Error) -> String {
    format!("{} {}", error.code, error.text)
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
    let known = STATES.iter().find(|(code, _)| *code == state.code);
    facts.extend(known.map(|(_, name)| fact(seq, "state", name)));
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
