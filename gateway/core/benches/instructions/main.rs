//! Instructions of the pure core and of the checks before it: one message, one decision, one deadline.
//! `make bench-instructions` runs it.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a measurement that cannot go on must stop")]
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "the figures")]

mod count;
#[path = "../../tests/lives/world.rs"]
mod world;

use std::hint::black_box;
use std::path::Path;
use std::process::ExitCode;

use jiff::SignedDuration;
use serde_json::{Value, json};
use wasl_core::deadline::{ClockState, Span, legal_dates, reminders};
use wasl_core::file::{FileState, Input, TimerKind, step};
use wasl_schemas::agency::{CommuneRef, Outcome, OutcomeMessage, RequestKind, Via};
use wasl_schemas::check::{CheckContext, RawMessage, TitlePattern, check};
use wasl_schemas::directory::Directory;
use wasl_schemas::file::Name;
use wasl_schemas::id::{AgencyKind, CommuneCode, ConsultationId, ProvinceCode};
use wasl_schemas::opinion::{Opinion, OpinionKind};
use world::World;

const SUBMITTED: &str = include_str!("../../../../schemas/samples/valid/file.submitted.json");
const FEE: &str = include_str!("../../../../schemas/samples/valid/fee.assessed.json");
const NOW: &str = "2026-12-15T09:31:07Z";

/// Its agencies: as many requests, then as many opinions.
const AGENCIES: usize = 4;

const CASES: [count::Case; 11] = [
    ("check.file-submitted", || checked("file.submitted", SUBMITTED)),
    ("check.fee-assessed", || checked("fee.assessed", FEE)),
    ("decide.submitted", || decided(0)),
    ("decide.delivered", || decided(1)),
    ("decide.answered", || decided(1 + AGENCIES)),
    ("decide.last-answer", || decided(2 * AGENCIES)),
    ("decide.granted", || decided(2 * AGENCIES + 1)),
    ("decide.limit-passed", limit_passed),
    ("deadline.working-days-or-calendar", || dates(|_| {})),
    ("deadline.suspended", || dates(suspended)),
    ("deadline.reminders", reminded),
];

fn main() -> ExitCode {
    count::main(&CASES, &Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/instructions/counts.toml"))
}

/// A message as it comes from the broker, and all its checks.
fn checked(name: &'static str, body: &'static str) -> Box<dyn FnMut()> {
    let directory = Directory::compiled_in().unwrap();
    let pattern = TitlePattern::try_new(TitlePattern::DEFAULT).unwrap();
    let routing_key = format!("commune.015110106.{name}");
    Box::new(move || {
        let raw = RawMessage {
            content_type: Some("application/cloudevents+json"),
            headers: &[],
            body: body.as_bytes(),
            user_id: Some("commune-015110106"),
            routing_key: &routing_key,
        };
        let context = CheckContext {
            communes: &directory,
            now: NOW.parse().unwrap(),
            title_pattern: &pattern,
            future_tolerance: SignedDuration::from_mins(5),
            message_bytes_max: 1 << 20,
        };
        black_box(check(&raw, &context)).unwrap_or_else(|refused| panic!("{refused:?}"));
    })
}

/// One step of the file's life: the deposit, each agency's receipt, each agency's opinion, the decision.
fn decided(number: usize) -> Box<dyn FnMut()> {
    let world = World::shipped();
    let state =
        (0..number).fold(None, |state: Option<FileState>, number| lived(&world, state.as_ref(), number));
    let input = input(&world, state.as_ref(), number);
    Box::new(move || {
        let context = world.at(NOW.parse().unwrap());
        black_box(step(state.as_ref(), &input, &context)).unwrap();
    })
}

fn limit_passed() -> Box<dyn FnMut()> {
    let world = World::shipped();
    let state = (0..=2 * AGENCIES)
        .fold(None, |state: Option<FileState>, number| lived(&world, state.as_ref(), number))
        .unwrap();
    let end = state.dates.right_acquired_at.unwrap();
    let input = Input::Timer(TimerKind::Due("decision".to_owned()));
    Box::new(move || {
        let done = black_box(step(Some(&state), &input, &world.at(end))).unwrap();
        assert!(!done.events.is_empty());
    })
}

fn lived(world: &World, state: Option<&FileState>, number: usize) -> Option<FileState> {
    let input = input(world, state, number);
    let done = step(state, &input, &world.at(NOW.parse().unwrap())).unwrap();
    assert!(!done.events.is_empty(), "step {number} does nothing");
    done.state
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
            &json!({"number": "D1", "outcome": "granted", "decided_at": NOW, "reasons": []}),
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

/// All legal dates of a file by a rule with a doubtful unit: both readings are counted.
fn dates(change: fn(&mut ClockState)) -> Box<dyn FnMut()> {
    let world = World::shipped();
    let mut clock = ClockState::filed_on("2026-11-02".parse().unwrap());
    change(&mut clock);
    Box::new(move || {
        let rule = world.rules.rule("building-large-2023").unwrap();
        black_box(legal_dates(black_box(rule), &clock, &world.calendar));
    })
}

fn suspended(clock: &mut ClockState) {
    clock.started_on = Some(clock.filed);
    clock.extension_days = 15;
    let span = |from: &str, to: &str| Span { from: from.parse().unwrap(), to: Some(to.parse().unwrap()) };
    clock.suspensions = vec![span("2026-11-05", "2026-11-12"), span("2026-11-20", "2026-12-01")];
}

fn reminded() -> Box<dyn FnMut()> {
    let world = World::shipped();
    let clock = ClockState::filed_on("2026-11-02".parse().unwrap());
    Box::new(move || {
        let rule = world.rules.rule("building-large-2023").unwrap();
        let dates = legal_dates(rule, &clock, &world.calendar);
        black_box(reminders(rule, black_box(&dates), &clock, &world.calendar));
    })
}
