//! What must hold in every life. Each invariant has a name, and a planted fault that it catches.

use wasl_core::file::evolve::evolve;
use wasl_core::file::{Event, FileState};
use wasl_schemas::decision::DecisionOutcome;

use crate::life::Life;

/// What was met over all lives.
#[derive(Default)]
pub(crate) struct Seen {
    rights: u32,
    attested: u32,
    delivered: u32,
    redeposited: u32,
    moved: u32,
    unanswered: u32,
    retried: u32,
}

impl Seen {
    pub(crate) fn demand_variety(&self) {
        let all = [
            self.rights,
            self.attested,
            self.delivered,
            self.redeposited,
            self.moved,
            self.unanswered,
            self.retried,
        ];
        assert!(all.iter().all(|n| *n >= 10), "too little was met: {all:?}");
    }
}

pub(crate) fn has_right(life: &Life) -> bool {
    life.state.right.is_some()
}

pub(crate) fn has_opinion(life: &Life) -> bool {
    life.events.iter().any(|e| matches!(e, Event::ConsultationAnswered { .. }))
}

/// The invariant that must catch a fault, and what plants it.
type Plant = (&'static str, fn(&mut Life));

/// Faults to plant.
pub(crate) const PLANTS: [Plant; 5] = [
    ("right acquired twice", |life| {
        let right = life.events.iter().find(|e| matches!(e, Event::RightAcquired { .. })).unwrap().clone();
        life.events.push(right);
    }),
    ("right acquired early", |life| {
        for event in &mut life.events {
            if let Event::RightAcquired { acquired_at, at } = event {
                *at = *acquired_at - jiff::SignedDuration::from_secs(1);
            }
        }
    }),
    ("invented opinion", |life| life.given.clear()),
    ("state differs from its events", |life| life.state.registration.push('x')),
    ("a file that nothing wakes", |life| {
        life.ended = false;
    }),
];

pub(crate) fn judge(life: &Life, seen: &mut Seen) -> Result<(), String> {
    rights(life)?;
    opinions(life)?;
    replay(life)?;
    ends(life)?;
    if !life.ended {
        return Err("a file that nothing wakes, or that never rests".into());
    }
    let count =
        |wanted: fn(&Event) -> bool| u32::try_from(life.events.iter().filter(|e| wanted(e)).count()).unwrap();
    seen.rights += count(|e| matches!(e, Event::RightAcquired { .. }));
    seen.attested += count(|e| matches!(e, Event::SilenceAttested { .. }));
    seen.delivered += count(|e| matches!(e, Event::Delivered { .. }));
    seen.redeposited += count(|e| matches!(e, Event::Redeposited { .. }));
    seen.moved += count(|e| matches!(e, Event::ClockMoved { .. }));
    seen.unanswered += count(|e| matches!(e, Event::ConsultationUnanswered { .. }));
    seen.retried += count(|e| matches!(e, Event::Requested { .. }));
    Ok(())
}

/// Exactly when due, exactly once, only where silence is approval, and surely when nothing was decided.
fn rights(life: &Life) -> Result<(), String> {
    let mut state: Option<FileState> = None;
    let mut acquired = 0;
    for event in &life.events {
        if let (Event::RightAcquired { acquired_at, at }, Some(before)) = (event, &state) {
            acquired += 1;
            if acquired > 1 {
                return Err("right acquired twice".into());
            }
            if at < acquired_at {
                return Err("right acquired early".into());
            }
            if before.dates.right_acquired_at != Some(*acquired_at) || !before.dates.silence_is_approval {
                return Err("right acquired against the dates".into());
            }
            if before.decision.is_some() {
                return Err("right acquired after a decision".into());
            }
        }
        state = evolve(state, event);
    }
    let last = state.ok_or("no state")?;
    let due = last.dates.right_acquired_at.filter(|_| last.dates.silence_is_approval);
    match due {
        Some(at) if last.awaits_decision() && at < life.end => Err(format!("right lost: due {at}")),
        _ => Ok(()),
    }
}

/// Every opinion that is recorded was given; silence is never one.
fn opinions(life: &Life) -> Result<(), String> {
    let recorded = life.events.iter().filter_map(|e| match e {
        Event::ConsultationAnswered { opinion, .. } => Some(opinion),
        _ => None,
    });
    for opinion in recorded {
        if !life.given.contains(opinion) {
            return Err("invented opinion".into());
        }
    }
    let silent =
        life.state.consultations.values().any(|c| c.status.as_str() == "no-answer" && c.opinion.is_some());
    if silent { Err("invented opinion: silence has one".into()) } else { Ok(()) }
}

/// Events are the truth; dates move only with the events that say so.
fn replay(life: &Life) -> Result<(), String> {
    let mut state: Option<FileState> = None;
    for event in &life.events {
        let before = state.as_ref().map(|s| s.dates.clone());
        let blocked = state.as_ref().is_some_and(|s| s.grant_blocked().is_some());
        state = evolve(state, event);
        if let Event::DecisionRecorded { decision, .. } = event
            && decision.outcome == DecisionOutcome::Granted
            && blocked
        {
            return Err("granted against a binding opinion".into());
        }
        let moves = matches!(
            event,
            Event::Registered { .. }
                | Event::Redeposited { .. }
                | Event::ModificationRequested { .. }
                | Event::ClockMoved { .. }
        );
        if !moves && state.as_ref().map(|s| s.dates.clone()) != before {
            return Err(format!("a date moved without an event that says so: {event:?}"));
        }
        let written = serde_json::to_string(event).map_err(|e| e.to_string())?;
        let read: Event = serde_json::from_str(&written).map_err(|e| format!("{e}: {written}"))?;
        if &read != event {
            return Err(format!("an event changes when it is stored: {written}"));
        }
    }
    if state.as_ref() == Some(&life.state) { Ok(()) } else { Err("state differs from its events".into()) }
}

/// One end; a delivery has its act and its money; a blocked grant is never recorded.
fn ends(life: &Life) -> Result<(), String> {
    let state = &life.state;
    let count = |wanted: fn(&Event) -> bool| life.events.iter().filter(|e| wanted(e)).count();
    let deliveries = count(|e| matches!(e, Event::Delivered { .. }));
    if deliveries > 1 || count(|e| matches!(e, Event::DecisionRecorded { .. })) > 1 {
        return Err("two ends".into());
    }
    let granted = state.decision.as_ref().is_some_and(|d| d.outcome == DecisionOutcome::Granted);
    let attested = state.right.as_ref().is_some_and(|r| r.attestation.is_some());
    if deliveries == 1 && !(granted || attested) {
        return Err("delivered without an act".into());
    }
    if deliveries == 1 && !state.fees_settled() {
        return Err("delivered before payment".into());
    }
    let stuck = state.consultations.iter().find(|(id, c)| {
        let woken = life.timers_left.iter().any(|key| key.ends_with(&id.to_string()));
        !c.status.is_closed() && !woken && state.awaits_decision()
    });
    match stuck {
        Some((id, _)) if !state.awaiting_redeposit && state.dates.due.is_some() => {
            Err(format!("a file that nothing wakes: consultation {id}"))
        }
        _ => Ok(()),
    }
}
