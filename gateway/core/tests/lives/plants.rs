//! A fault for each promise, planted in a life that keeps it.

use jiff::SignedDuration;
use wasl_core::deadline::Span;
use wasl_core::file::evolve::evolve;
use wasl_core::file::{Event, Status};

use crate::judge::dates::says_so;
use crate::life::Life;

/// How the verdict must begin, which life the fault fits in, and what plants it.
type Plant = (&'static str, fn(&Life) -> bool, fn(&mut Life));

pub(crate) const PLANTS: [Plant; 14] = [
    ("right acquired twice", has_right, |life| {
        let right = life.events.iter().find(|e| matches!(e, Event::RightAcquired { .. })).unwrap().clone();
        life.events.push(right);
    }),
    ("right acquired early", has_right, |life| right(life, -1)),
    ("right recorded late", has_prompt_right, |life| right(life, 1)),
    ("right lost", has_right, |life| {
        life.events.retain(|e| !matches!(e, Event::RightAcquired { .. } | Event::SilenceInvoked { .. }));
        let rest = life.events.iter().fold(None, evolve).unwrap();
        life.state = rest;
    }),
    ("right taken away by what came after it", has_decision_after_right, |life| {
        life.events.retain(|e| !matches!(e, Event::RightAcquired { .. } | Event::SilenceInvoked { .. }));
    }),
    ("invented opinion", has_opinion, |life| life.given.clear()),
    ("a date moved without an event", has_move, |life| {
        let at = life.events.iter().position(|e| !says_so(e)).unwrap();
        life.moved.push((at, at + 1));
    }),
    ("dates that the engine does not count", has_move, |life| {
        for event in &mut life.events {
            if let Event::ClockMoved { dates, .. } = event {
                dates.steps.clear();
                dates.due = dates.due.map(|due| due.tomorrow().unwrap());
            }
        }
    }),
    ("a restart that is no new filing", has_restart, |life| {
        for event in &mut life.events {
            if let Event::Redeposited { deposit, .. } = event {
                // Something of the earlier period is left, though it changes no date.
                let (to, from) = (deposit.clock.filed, deposit.clock.filed.yesterday().unwrap());
                deposit.clock.suspensions.push(Span { from, to: Some(to) });
            }
        }
    }),
    ("state differs from its events", |_| true, |life| life.state.registration.push('x')),
    (
        "two ends",
        |life| life.state.status == Status::Delivered,
        |life| {
            let at = life.end;
            life.events.push(Event::Withdrawn { withdrawn_at: at, reason: None, at });
            life.state = life.events.iter().fold(None, evolve).unwrap();
        },
    ),
    ("money booked 1 times, given back 2 times", is_refunded, |life| {
        let back = |e: &&Event| matches!(e, Event::PaymentRefunded { .. });
        let again = life.events.iter().find(back).unwrap().clone();
        life.events.push(again);
        life.state = life.events.iter().fold(None, evolve).unwrap();
    }),
    ("money given back that nobody asked for", is_refunded, |life| {
        life.events.retain(|e| !matches!(e, Event::RefundRequested { .. }));
        life.state = life.events.iter().fold(None, evolve).unwrap();
    }),
    ("a file that nothing wakes", |_| true, |life| life.ended = false),
];

fn is_refunded(life: &Life) -> bool {
    life.events.iter().any(|e| matches!(e, Event::PaymentRefunded { .. }))
}

fn has_right(life: &Life) -> bool {
    life.state.right.is_some() && life.state.decision.is_none()
}

/// The dates of this file never moved after its registration.
fn has_prompt_right(life: &Life) -> bool {
    has_right(life)
        && !life.events.iter().any(|e| matches!(e, Event::ClockMoved { .. } | Event::Redeposited { .. }))
}

fn has_decision_after_right(life: &Life) -> bool {
    let Some(right) = &life.state.right else { return false };
    life.state.decision.as_ref().is_some_and(|decision| decision.decided_at >= right.acquired_at)
}

fn has_opinion(life: &Life) -> bool {
    life.events.iter().any(|e| matches!(e, Event::ConsultationAnswered { .. }))
}

fn has_move(life: &Life) -> bool {
    let dated = |e: &Event| matches!(e, Event::ClockMoved { dates, .. } if dates.due.is_some());
    life.events.iter().any(dated) && !has_right(life)
}

fn has_restart(life: &Life) -> bool {
    life.events.iter().any(|e| matches!(e, Event::Redeposited { .. })) && life.state.right.is_none()
}

/// Moves the recording of the right by so many seconds.
fn right(life: &mut Life, seconds: i64) {
    for event in &mut life.events {
        if let Event::RightAcquired { acquired_at, at, .. } = event {
            *at = *acquired_at + SignedDuration::from_secs(seconds);
        }
    }
}
