//! The right by silence, with and without something that waits.

use jiff::Timestamp;
use wasl_schemas::agency::{CommuneRef, Outcome, OutcomeMessage, RequestKind, Via};
use wasl_schemas::command::Command;
use wasl_schemas::file::{Permit, PermitFile};
use wasl_schemas::id::{AgencyKind, CommuneCode, ProvinceCode};

use super::*;
use crate::calendar::Calendar;
use crate::file::{Context, Effect, Input, TimerKind, When, step};
use crate::procedure::Rules;
use crate::routing::Coverage;
use crate::test_data;

const HOUR_S: i64 = 3_600;

struct World {
    rules: Rules,
    calendar: Calendar,
    coverage: Coverage,
    policy: Policy,
}

impl World {
    fn new() -> Self {
        let (rules, calendar) = (test_data::rules(), test_data::calendar());
        Self { rules, calendar, coverage: test_data::coverage(), policy: Policy::default() }
    }

    fn at(&self, now: Timestamp) -> Context<'_> {
        let Self { rules, calendar, coverage, policy } = self;
        Context { now, rules, calendar, coverage, policy }
    }

    fn file(&self, permit: Permit) -> FileState {
        let sample = include_str!("../../../../../schemas/samples/valid/file.submitted.json");
        let sample: serde_json::Value = serde_json::from_str(sample).unwrap();
        let mut file: PermitFile = serde_json::from_value(sample["data"].clone()).unwrap();
        file.permit = permit;
        let commune = CommuneRef {
            code: CommuneCode::try_new("015110106").unwrap(),
            name: wasl_schemas::file::Name { fr: "Souani".into(), ar: "السواني".into() },
            province: ProvinceCode::try_new("01511").unwrap(),
            region: "01".into(),
        };
        let at = file.receipt.issued_at;
        let input =
            Input::Message { command: Command::FileSubmitted(Box::new(file)), commune, warnings: vec![] };
        step(None, &input, &self.at(at)).unwrap().state.unwrap()
    }

    fn silence(
        &self,
        state: &FileState,
        at: Timestamp,
        set_aside: bool,
    ) -> (FileState, Vec<Event>, Option<Timestamp>) {
        let done = step(Some(state), &Input::Silence { set_aside }, &self.at(at)).unwrap();
        let next = done.effects.iter().find_map(|(_, effect)| match effect {
            Effect::SetTimer(TimerKind::Silence, When::Legal(at)) => Some(*at),
            _ => None,
        });
        (done.state.unwrap(), done.events, next)
    }
}

/// Every consultation of the file has reached its agency.
fn delivered(world: &World, mut state: FileState) -> FileState {
    let ids: Vec<_> = state.consultations.keys().copied().collect();
    for id in ids {
        state = step(Some(&state), &sent(&state, id), &world.at(state.registered_at)).unwrap().state.unwrap();
    }
    state
}

fn sent(state: &FileState, consultation: wasl_schemas::id::ConsultationId) -> Input {
    let agency: AgencyKind = state.consultations[&consultation].agency.clone();
    Input::Outcome(Box::new(OutcomeMessage {
        id: OutcomeMessage::id_of_event(&agency, "1"),
        agency,
        consultation,
        request: RequestKind::Consult,
        attempt: 1,
        via: Via::Request,
        outcome: Outcome::Delivered { agency_reference: None },
        exchanges: Vec::new(),
    }))
}

fn right(events: &[Event]) -> Option<(Timestamp, Timestamp, Option<HoldReason>)> {
    events.iter().find_map(|event| match event {
        Event::RightAcquired { acquired_at, at, despite } => Some((*acquired_at, *at, *despite)),
        _ => None,
    })
}

#[test]
fn with_nothing_in_the_way_the_right_is_acquired_at_the_instant_and_not_a_second_before() {
    let world = World::new();
    let state = delivered(&world, world.file(Permit::Repair));
    let due = state.dates.right_acquired_at.unwrap();
    let early = due - SignedDuration::from_secs(1);
    assert!(world.silence(&state, early, false).1.is_empty());
    let (after, events, _) = world.silence(&state, due, false);
    assert_eq!(right(&events), Some((due, due, None)));
    assert!(world.silence(&after, due, false).1.is_empty(), "once");
}

#[test]
fn what_is_set_aside_holds_the_right_back_with_longer_and_longer_pauses_and_a_bound() {
    let world = World::new();
    let mut state = delivered(&world, world.file(Permit::Repair));
    let due = state.dates.right_acquired_at.unwrap();
    let (mut at, mut looks) = (due, Vec::new());
    let recorded = loop {
        let (after, events, next) = world.silence(&state, at, true);
        if let Some(recorded) = right(&events) {
            break recorded;
        }
        let next = next.unwrap();
        looks.push(next.duration_since(at).as_secs());
        (state, at) = (after, next);
    };
    assert_eq!(looks[..5], [900, 1_800, HOUR_S, 2 * HOUR_S, 4 * HOUR_S]);
    assert!(looks.iter().all(|pause| *pause <= 4 * HOUR_S));
    let bound = due + SignedDuration::from_hours(72);
    assert_eq!(recorded, (due, bound, Some(HoldReason::SetAside)), "the legal instant stays");
}

#[test]
fn once_it_is_dealt_with_the_right_is_free() {
    let world = World::new();
    let state = delivered(&world, world.file(Permit::Repair));
    let due = state.dates.right_acquired_at.unwrap();
    let (held, events, next) = world.silence(&state, due, true);
    assert!(matches!(events[..], [Event::SilenceHeld { reason: HoldReason::SetAside, .. }]), "{events:?}");
    let later = next.unwrap();
    let (after, events, _) = world.silence(&held, later, false);
    assert_eq!(right(&events), Some((due, later, None)));
    assert_eq!(after.hold, None);
}

#[test]
fn an_attempt_of_which_nothing_is_known_holds_it_back_until_its_outcome_comes() {
    let world = World::new();
    let state = world.file(Permit::Building);
    assert!(!state.consultations.is_empty(), "somebody is asked");
    let due = state.dates.right_acquired_at.unwrap();
    let (mut held, events, _) = world.silence(&state, due, false);
    assert!(matches!(events[..], [Event::SilenceHeld { reason: HoldReason::OpenAttempt, .. }]), "{events:?}");
    let soon = due + SignedDuration::from_secs(5);
    let ids: Vec<_> = held.consultations.keys().copied().collect();
    let mut woken = false;
    for id in ids {
        let done = step(Some(&held), &sent(&held, id), &world.at(soon)).unwrap();
        woken |= done
            .effects
            .iter()
            .any(|(_, effect)| *effect == Effect::SetTimer(TimerKind::Silence, When::Legal(soon)));
        held = done.state.unwrap();
    }
    assert!(woken, "what it waited for has come: it is looked at at once");
    assert_eq!(right(&world.silence(&held, soon, false).1), Some((due, soon, None)));
}

#[test]
fn an_act_whose_silence_is_not_approval_gives_no_right_and_waits_for_nothing() {
    let world = World::new();
    let state = delivered(&world, world.file(Permit::ActivityDeclaration));
    for set_aside in [false, true] {
        assert!(world.silence(&state, Timestamp::MAX, set_aside).1.is_empty());
    }
}
