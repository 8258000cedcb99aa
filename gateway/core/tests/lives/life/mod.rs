//! One drawn life: the pure core between agencies, an applicant and a commune that are played here.
//!
//! Whatever is said may be said twice and come late, after what was said later. Timers fire at their instant, but in
//! lives with an outage: what was said meanwhile is read after it, and then the timers fire.

mod agencies;
mod commune;

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::date;
use jiff::{SignedDuration, Timestamp, ToSpan};
use wasl_core::file::{Effect, Event, FileState, Input, Step, TimerKind, When, step};
use wasl_core::time::{end_of_day, start_of_day};
use wasl_schemas::agency::CommuneRef;
use wasl_schemas::command::Command;
use wasl_schemas::id::{CommuneCode, ConsultationId, ProvinceCode};
use wasl_schemas::opinion::Opinion;

use crate::draw::Draw;
use crate::world::World;

/// Inputs in one life at the most: past them the life does not end, which is a fault.
const INPUTS_MAX: usize = 3_000;

/// What happened in a life.
#[derive(Clone)]
pub(crate) struct Life {
    pub(crate) events: Vec<Event>,
    pub(crate) state: FileState,
    /// Opinions that agencies really gave.
    pub(crate) given: Vec<Opinion>,
    /// Timers that were set and never cleared or fired.
    pub(crate) timers_left: Vec<String>,
    pub(crate) ended: bool,
    /// Inputs after which a date was another one: which events (from, to) they gave.
    pub(crate) moved: Vec<(usize, usize)>,
    /// Timers that did something before their instant, or once more after it.
    pub(crate) wrong_timers: Vec<String>,
    /// Nothing was read and no timer fired between these instants.
    pub(crate) outage: Option<(Timestamp, Timestamp)>,
    /// Legal time at the end.
    pub(crate) end: Timestamp,
}

struct Player<'w> {
    world: &'w World,
    draw: Draw,
    now: Timestamp,
    commune: CommuneRef,
    /// What will be said, by (when, order).
    agenda: BTreeMap<(Timestamp, u64), Input>,
    timers: BTreeMap<String, (Timestamp, TimerKind)>,
    order: u64,
    /// Consultations and orders that an agency has accepted.
    known: BTreeSet<ConsultationId>,
    life: Life,
}

/// The seed of one life of a run.
pub(crate) fn seed_of(run: u64, number: u64) -> u64 {
    run.wrapping_mul(1_000_003).wrapping_add(number)
}

pub(crate) fn live(world: &World, seed: u64) -> Life {
    let mut draw = Draw(seed);
    let filed = date(2023, 8, 1) + draw.between(0, 1_200).days();
    let file =
        commune::submission(&world.sample, &mut draw, start_of_day(filed) + SignedDuration::from_hours(9));
    let commune = CommuneRef {
        code: CommuneCode::try_new("015110106").unwrap(),
        name: wasl_schemas::file::Name { fr: "Souani".into(), ar: "السواني".into() },
        province: ProvinceCode::try_new("01511").unwrap(),
        region: "01".into(),
    };
    let now = file.receipt.issued_at + SignedDuration::from_mins(5);
    let first = Input::Message {
        command: Command::FileSubmitted(Box::new(file)),
        commune: commune.clone(),
        warnings: vec![],
    };
    let born = step(None, &first, &world.at(now)).unwrap();
    let life = Life {
        events: vec![],
        state: born.state.clone().unwrap(),
        given: vec![],
        timers_left: vec![],
        ended: false,
        moved: vec![],
        wrong_timers: vec![],
        outage: outage(&mut draw, now),
        end: now,
    };
    let (agenda, timers) = (BTreeMap::new(), BTreeMap::new());
    let mut player =
        Player { world, draw, now, commune, agenda, timers, order: 0, known: BTreeSet::new(), life };
    player.take(born);
    player.meddle();
    player.play()
}

impl Player<'_> {
    fn play(mut self) -> Life {
        for _ in 0..INPUTS_MAX {
            let said = self.agenda.first_key_value().map(|(key, _)| *key);
            let timer = self.timers.iter().map(|(key, (at, _))| (*at, key.clone())).min();
            let next = said.map(|key| key.0).into_iter().chain(timer.as_ref().map(|(at, _)| *at)).min();
            let outage = self.life.outage.filter(|(from, _)| next.is_some_and(|next| next >= *from));
            let back = outage.map_or(Timestamp::MIN, |(_, to)| to);
            self.now = self.now.max(back);
            let input = match (said, timer) {
                (None, None) => {
                    self.life.ended = true;
                    break;
                }
                (Some(key), timer) if timer.as_ref().is_none_or(|(at, _)| key.0 <= back.max(*at)) => {
                    self.now = self.now.max(key.0);
                    self.agenda.remove(&key).unwrap()
                }
                (_, Some((at, key))) => {
                    self.now = self.now.max(at);
                    match self.timers.remove(&key).unwrap().1 {
                        // All that was sent before has been read; sometimes a message is set aside.
                        TimerKind::Silence => Input::Silence { set_aside: self.draw.percent(5) },
                        kind => Input::Timer(kind),
                    }
                }
                _ => break,
            };
            if self.life.ended_for_good(self.now) {
                self.life.ended = true;
                break;
            }
            self.early(&input);
            if let Ok(done) = step(Some(&self.life.state), &input, &self.world.at(self.now)) {
                self.take(done);
            }
            self.again(&input);
        }
        self.life.timers_left = self.timers.into_keys().collect();
        self.life.end = self.now;
        self.life
    }

    /// Of the timers that the core itself guards: a moment before its instant none does anything.
    fn early(&mut self, input: &Input) {
        let Some(kind) = guarded(input) else { return };
        if self.draw.percent(20) && self.due_of(kind) == Some(self.now) {
            let before = self.now - SignedDuration::from_nanos(1);
            let done = step(Some(&self.life.state), input, &self.world.at(before));
            if done.is_ok_and(|done| !done.events.is_empty()) {
                self.life.wrong_timers.push(format!("{kind} before its instant {}", self.now));
            }
        }
    }

    /// Nor does one once more, but look again at a right that waits.
    fn again(&mut self, input: &Input) {
        let Some(kind) = guarded(input) else { return };
        if self.draw.percent(20) {
            let done = step(Some(&self.life.state), input, &self.world.at(self.now));
            let events = done.map(|done| done.events).unwrap_or_default();
            if events.iter().any(|event| !matches!(event, Event::SilenceHeld { .. })) {
                self.life.wrong_timers.push(format!("{kind} once more at {}", self.now));
            }
        }
    }

    /// The legal instant of a guarded timer, by the dates as they stand.
    fn due_of(&self, kind: &TimerKind) -> Option<Timestamp> {
        let state = &self.life.state;
        match kind {
            TimerKind::Silence => state.dates.right_acquired_at,
            TimerKind::Due(what) if what == "decision" => state.dates.due.map(end_of_day),
            TimerKind::Due(what) => {
                state.dates.steps.iter().find(|step| &step.name == what).map(|step| end_of_day(step.due))
            }
            TimerKind::ReviewerDue(id) => state.consultations.get(id).map(|c| end_of_day(c.due)),
            _ => None,
        }
    }

    fn take(&mut self, done: Step) {
        let (from, state) = (self.life.events.len(), done.state.unwrap());
        self.life.events.extend(done.events);
        if state.dates != self.life.state.dates {
            self.life.moved.push((from, self.life.events.len()));
        }
        self.life.state = state;
        for (_, effect) in done.effects {
            match effect {
                Effect::SetTimer(kind, When::Legal(at)) => {
                    self.timers.insert(kind.to_string(), (at, kind));
                }
                Effect::SetTimer(kind, When::WallAfterMs(ms)) => {
                    let at = self.now + SignedDuration::from_millis(i64::try_from(ms).unwrap());
                    self.timers.insert(kind.to_string(), (at, kind));
                }
                Effect::ClearTimer(kind) => {
                    self.timers.remove(&kind.to_string());
                }
                Effect::ClearLegalTimers => self.timers.retain(|_, (_, kind)| !kind.is_legal()),
                Effect::ClearAllTimers => self.timers.clear(),
                Effect::Request(request) => self.agency(&request),
                Effect::Notify(notice) => self.commune(&notice),
                Effect::Escalate(..) => {}
            }
        }
    }

    /// Says something later; sometimes much later than it was meant, so that it is overtaken; sometimes twice.
    fn later(&mut self, hours: i64, input: Input) {
        // Nothing takes no time at all; what takes "no hour" comes within half a minute.
        let at = self.now
            + SignedDuration::from_hours(hours)
            + SignedDuration::from_secs(self.draw.between(1, 30));
        let late = if self.draw.percent(8) { self.draw.between(1, 600) } else { 0 };
        let at = at + SignedDuration::from_hours(late);
        self.order += 1;
        self.agenda.insert((at, self.order), input.clone());
        if self.draw.percent(20) {
            self.order += 1;
            let again = at + SignedDuration::from_hours(self.draw.between(0, 300));
            self.agenda.insert((again, self.order), input);
        }
    }
}

/// Some lives have one, of days or weeks.
fn outage(draw: &mut Draw, filed: Timestamp) -> Option<(Timestamp, Timestamp)> {
    let from = filed + SignedDuration::from_hours(draw.between(1, 1_500));
    let to = from + SignedDuration::from_hours(draw.between(1, 800));
    draw.percent(20).then_some((from, to))
}

/// The timer of an input, where the core itself keeps it from firing early or twice. (A reminder, a retry and a poll
/// are kept from it by their row, which goes with the transaction that fires it.)
fn guarded(input: &Input) -> Option<&TimerKind> {
    match input {
        Input::Silence { .. } => Some(&TimerKind::Silence),
        Input::Timer(
            kind @ (TimerKind::Due(_) | TimerKind::ReviewerDue(_) | TimerKind::ReviewerGrace(_)),
        ) => Some(kind),
        _ => None,
    }
}

impl Life {
    /// Its events, one a line, for whoever replays it.
    pub(crate) fn told(&self) -> String {
        let line = |event: &Event| serde_json::to_string(event).unwrap();
        self.events.iter().map(line).collect::<Vec<_>>().join("\n")
    }

    /// An outage ended at this instant.
    pub(crate) fn is_back(&self, at: Timestamp) -> bool {
        self.outage.is_some_and(|(_, to)| to == at)
    }

    /// A year after everything was over only echoes and unanswered polls remain.
    fn ended_for_good(&self, now: Timestamp) -> bool {
        let filed = start_of_day(self.state.clock.filed);
        now.duration_since(filed) > SignedDuration::from_hours(24 * 365)
    }
}
