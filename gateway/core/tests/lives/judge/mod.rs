//! What must hold in every life. Each invariant has a name, and a planted fault that it catches.

pub(crate) mod dates;
mod ends;
mod money;
mod rights;

use wasl_core::file::evolve::evolve;
use wasl_core::file::{Event, FileState};

use crate::life::Life;
use crate::world::World;

/// What was met over all lives.
#[derive(Default)]
pub(crate) struct Seen {
    rights: u32,
    attested: u32,
    delivered: u32,
    redeposited: u32,
    moved: u32,
    extended: u32,
    unanswered: u32,
    retried: u32,
    late_decisions: u32,
    on_the_instant: u32,
    after_outages: u32,
    held: u32,
    refunded: u32,
}

impl Seen {
    pub(crate) fn demand_variety(&self) {
        let all = [
            self.rights,
            self.attested,
            self.delivered,
            self.redeposited,
            self.moved,
            self.extended,
            self.unanswered,
            self.retried,
            self.late_decisions,
            self.on_the_instant,
            self.after_outages,
            self.held,
            self.refunded,
        ];
        assert!(all.iter().all(|n| *n >= 10), "too little was met: {all:?}");
    }

    fn note(&mut self, life: &Life) {
        let instant = life.state.dates.right_acquired_at;
        for event in &life.events {
            match event {
                Event::RightAcquired { acquired_at, at, .. } => {
                    self.rights += 1;
                    self.after_outages += u32::from(at != acquired_at && life.is_back(*at));
                }
                Event::DecisionRejected { at, .. } => self.on_the_instant += u32::from(Some(*at) == instant),
                Event::SilenceHeld { .. } => self.held += 1,
                Event::PaymentRefunded { .. } => self.refunded += 1,
                Event::SilenceAttested { .. } => self.attested += 1,
                Event::Delivered { .. } => self.delivered += 1,
                Event::Redeposited { .. } => self.redeposited += 1,
                Event::ClockMoved { why, .. } => {
                    self.moved += 1;
                    self.extended += u32::from(why == "extended");
                }
                Event::ConsultationUnanswered { .. } => self.unanswered += 1,
                Event::Requested { .. } => self.retried += 1,
                Event::DecisionRecorded { at, late, .. } => {
                    self.late_decisions += u32::from(*late);
                    self.on_the_instant += u32::from(Some(*at) == instant);
                }
                _ => {}
            }
        }
    }
}

/// The first promise that a life breaks.
pub(crate) fn judge(world: &World, life: &Life, seen: &mut Seen) -> Result<(), String> {
    rights::judge(life)?;
    dates::judge(world, life)?;
    opinions(life)?;
    money::judge(life)?;
    ends::judge(life)?;
    stored(life)?;
    if let Some(wrong) = life.wrong_timers.first() {
        return Err(format!("a timer acted early or twice: {wrong}"));
    }
    if !life.ended {
        return Err("a file that nothing wakes, or that never rests".into());
    }
    seen.note(life);
    Ok(())
}

/// A state that is read is the one that was written: it makes no difference whether a file was kept in memory. Looked at
/// in the middle of the life, and at its end.
fn stored(life: &Life) -> Result<(), String> {
    let half = life.events.iter().take(life.events.len() / 2).fold(None, evolve);
    for state in half.iter().chain([&life.state]) {
        let text =
            serde_json::to_string(state).map_err(|e| format!("a state that cannot be written: {e}"))?;
        let read: Option<FileState> = serde_json::from_str(&text).ok();
        if read.as_ref() != Some(state) {
            return Err("a state is read otherwise than it was written".into());
        }
    }
    Ok(())
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
