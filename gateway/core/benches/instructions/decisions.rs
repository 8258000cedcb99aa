//! One step of a file's life: the deposit, each agency's receipt, each agency's opinion, the decision; and each
//! message of a commune to the first state of the file in which it means something.

use std::hint::black_box;

use serde_json::{Value, json};
use wasl_core::file::{FileState, Input, TimerKind, step};
use wasl_schemas::agency::{CommuneRef, Outcome, OutcomeMessage, RequestKind, Via};
use wasl_schemas::file::Name;
use wasl_schemas::id::{AgencyKind, CommuneCode, ConsultationId, ProvinceCode};
use wasl_schemas::opinion::{Opinion, OpinionKind};

use crate::count::{Case, Work};
use crate::now;
use crate::samples::Sample;
use crate::world::World;

/// Its agencies: as many requests, then as many opinions.
const AGENCIES: usize = 4;
/// Steps before which a message is tried: all asked, all answered, decided.
const STAGES: [usize; 3] = [1 + AGENCIES, 1 + 2 * AGENCIES, 2 + 2 * AGENCIES];

pub(crate) fn cases(samples: &[Sample]) -> Vec<Case> {
    let lived = [
        ("submitted", 0),
        ("outcome-delivered", 1),
        ("outcome-answered", 1 + AGENCIES),
        ("outcome-last-answer", 2 * AGENCIES),
        ("granted", 2 * AGENCIES + 1),
    ];
    let mut cases: Vec<Case> = lived
        .map(|(name, number)| Case::new(format!("decide.{name}"), move || Some(decided(number))))
        .into_iter()
        .collect();
    cases.push(Case::new("decide.timer-limit-passed", || Some(limit_passed())));
    cases.push(Case::new("decide.recompute", || Some(recomputed())));
    cases.extend(samples.iter().map(|sample| {
        let name = format!("decide.{}", sample.stem);
        let sample = sample.clone();
        Case::new(name, move || said(&sample))
    }));
    cases
}

fn decided(number: usize) -> Work {
    let world = World::shipped();
    let state = after(&world, number);
    let input = input(&world, state.as_ref(), number);
    Box::new(move || {
        let context = world.at(now());
        black_box(step(state.as_ref(), &input, &context)).unwrap();
    })
}

/// The message of a sample, where it means something at some stage.
fn said(sample: &Sample) -> Option<Work> {
    let world = World::shipped();
    let input = message(sample.name.as_str(), &sample.data);
    let moves = |state: &Option<FileState>| {
        let done = step(state.as_ref(), &input, &world.at(now()));
        done.is_ok_and(|done| !done.events.is_empty())
    };
    let state = STAGES.iter().map(|stage| after(&world, *stage)).find(moves)?;
    Some(Box::new(move || {
        black_box(step(state.as_ref(), &input, &world.at(now()))).unwrap();
    }))
}

fn limit_passed() -> Work {
    let world = World::shipped();
    let state = after(&world, 1 + 2 * AGENCIES).unwrap();
    let end = state.dates.right_acquired_at.unwrap();
    let input = Input::Timer(TimerKind::Due("decision".to_owned()));
    Box::new(move || {
        let done = black_box(step(Some(&state), &input, &world.at(end))).unwrap();
        assert!(!done.events.is_empty());
    })
}

/// Rules and calendar are read again and nothing has changed for this file, as for most.
fn recomputed() -> Work {
    let world = World::shipped();
    let state = after(&world, 1 + AGENCIES);
    Box::new(move || {
        black_box(step(state.as_ref(), &Input::Recompute, &world.at(now()))).unwrap();
    })
}

/// The file after so many steps.
fn after(world: &World, steps: usize) -> Option<FileState> {
    (0..steps).fold(None, |state: Option<FileState>, number| {
        let input = input(world, state.as_ref(), number);
        let done = step(state.as_ref(), &input, &world.at(now())).unwrap();
        assert!(!done.events.is_empty(), "step {number} does nothing");
        done.state
    })
}

fn input(world: &World, state: Option<&FileState>, number: usize) -> Input {
    let Some(state) = state else {
        let mut file = world.sample.clone();
        file.project.floors = 7;
        file.project.height_cm = 2_400;
        // All reviewers are asked.
        let conditions = json!(["new-connection", "near-watercourse", "no-title"]);
        file.conditions = serde_json::from_value(conditions).unwrap();
        let data = serde_json::to_value(&file).unwrap();
        return message("file.submitted", &data);
    };
    let ids: Vec<ConsultationId> = state.consultations.keys().copied().collect();
    assert_eq!(ids.len(), AGENCIES, "the sample's agencies");
    match number - 1 {
        n if n < AGENCIES => {
            outcome(state, ids[n], Outcome::Delivered { agency_reference: Some("A1".into()) })
        }
        n if n < 2 * AGENCIES => {
            let opinion = Opinion::plain(OpinionKind::Favourable);
            outcome(state, ids[n - AGENCIES], Outcome::Answered { opinion })
        }
        _ => message(
            "decision.taken",
            &json!({"number": "D1", "outcome": "granted", "decided_at": now(), "reasons": []}),
        ),
    }
}

fn message(name: &str, data: &Value) -> Input {
    let commune = CommuneRef {
        code: CommuneCode::try_new("015110106").unwrap(),
        name: Name { fr: "Souani".into(), ar: "السواني".into() },
        province: ProvinceCode::try_new("01511").unwrap(),
        region: "01".into(),
    };
    let command = serde_json::from_value(json!({"name": name, "data": data})).unwrap();
    Input::Message { command, commune, warnings: vec![] }
}

fn outcome(state: &FileState, consultation: ConsultationId, outcome: Outcome) -> Input {
    let agency: AgencyKind = state.consultations[&consultation].agency.clone();
    Input::Outcome(Box::new(OutcomeMessage {
        id: OutcomeMessage::id_of_attempt(consultation, RequestKind::Consult, 1, &outcome),
        agency,
        consultation,
        request: RequestKind::Consult,
        attempt: 1,
        via: Via::Request,
        outcome,
        exchanges: vec![],
    }))
}
