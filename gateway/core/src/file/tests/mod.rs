//! Lives of one file, told step by step: what is said, to whom, and how often.

mod ending;
mod escalated;
mod money;
mod order;
mod overtaken;
mod passing;
mod polling;
mod release;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value, json};
use wasl_schemas::agency::{AgencyRequest, CommuneRef};
use wasl_schemas::command::Command;
use wasl_schemas::file::{Permit, PermitFile};
use wasl_schemas::id::{CommuneCode, ProvinceCode};
use wasl_schemas::notice::{EscalationLevel, Notice};
use wasl_schemas::problem::Fault;

use super::{Context, Effect, Event, FileState, Input, Refusal, TimerKind, When, step};
use crate::calendar::Calendar;
use crate::policy::Policy;
use crate::procedure::Rules;
use crate::routing::Coverage;
use crate::test_data;

/// Monday 2 November 2026: ten working days end on Tuesday 17, fifteen calendar days too.
const FILED: &str = "2026-11-02T09:00:00Z";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A file, the world around it, and a clock that is set by hand.
struct Desk {
    rules: Rules,
    calendar: Calendar,
    coverage: Coverage,
    policy: Policy,
    now: Timestamp,
    state: Option<FileState>,
    timers: BTreeMap<String, (Timestamp, TimerKind)>,
    /// Timers of the wall clock with their milliseconds: kept, and fired only by a test's own word.
    waits: BTreeMap<String, u64>,
    asked: Vec<AgencyRequest>,
    events: Vec<Event>,
    told: Vec<Notice>,
    escalated: Vec<(EscalationLevel, Notice)>,
}

impl Desk {
    /// Nobody is asked: the rules know no reviewers here.
    fn with(permit: Permit) -> Self {
        let mut desk = Self {
            rules: test_data::rules(),
            calendar: test_data::calendar(),
            coverage: test_data::coverage(),
            policy: Policy::default(),
            now: at(FILED),
            state: None,
            timers: BTreeMap::new(),
            waits: BTreeMap::new(),
            asked: Vec::new(),
            events: Vec::new(),
            told: Vec::new(),
            escalated: Vec::new(),
        };
        let sample = include_str!("../../../../../schemas/samples/valid/file.submitted.json");
        let sample: Value = serde_json::from_str(sample).unwrap();
        let mut file: PermitFile = serde_json::from_value(sample["data"].clone()).unwrap();
        file.permit = permit;
        file.receipt.issued_at = at(FILED);
        desk.message(Command::FileSubmitted(Box::new(file)), &[]).unwrap();
        desk
    }

    fn state(&self) -> &FileState {
        self.state.as_ref().unwrap()
    }

    fn message(&mut self, command: Command, warnings: &[Fault]) -> Result<(), Refusal> {
        let commune = CommuneRef {
            code: CommuneCode::try_new("015110106").unwrap(),
            name: wasl_schemas::file::Name { fr: "Souani".into(), ar: "السواني".into() },
            province: ProvinceCode::try_new("01511").unwrap(),
            region: "01".into(),
        };
        self.input(&Input::Message { command, commune, warnings: warnings.to_vec() })
    }

    /// The commune says something at that instant, after everything that was due before.
    #[expect(clippy::needless_pass_by_value, reason = "a test writes what is said where it is said")]
    fn says(&mut self, when: &str, name: &str, data: Value) -> Result<(), Refusal> {
        self.until(when);
        self.says_before_timers(when, name, &data)
    }

    /// The commune is heard before the timers of that same instant are.
    fn says_before_timers(&mut self, when: &str, name: &str, data: &Value) -> Result<(), Refusal> {
        self.now = at(when);
        self.message(serde_json::from_value(json!({"name": name, "data": data})).unwrap(), &[])
    }

    fn input(&mut self, input: &Input) -> Result<(), Refusal> {
        let Self { rules, calendar, coverage, policy, now, .. } = &*self;
        let context = Context { now: *now, rules, calendar, coverage, policy };
        let done = step(self.state.as_ref(), input, &context)?;
        self.state = done.state;
        self.events.extend(done.events);
        for (_, effect) in done.effects {
            match effect {
                Effect::SetTimer(kind, When::Legal(at)) => {
                    self.timers.insert(kind.to_string(), (at, kind));
                }
                Effect::ClearTimer(kind) => {
                    self.timers.remove(&kind.to_string());
                    self.waits.remove(&kind.to_string());
                }
                Effect::ClearLegalTimers => self.timers.clear(),
                Effect::ClearAllTimers => {
                    self.timers.clear();
                    self.waits.clear();
                }
                Effect::Notify(notice) => self.told.push(*notice),
                Effect::Escalate(level, notice) => self.escalated.push((level, *notice)),
                Effect::SetTimer(kind, When::WallAfterMs(ms)) => {
                    self.waits.insert(kind.to_string(), ms);
                }
                Effect::Request(request) => self.asked.push(*request),
            }
        }
        Ok(())
    }

    /// Fires all timers up to that instant, the oldest first.
    fn until(&mut self, when: &str) {
        let end = at(when);
        while let Some((due, key)) = self.timers.iter().map(|(key, (due, _))| (*due, key.clone())).min() {
            if due > end {
                break;
            }
            self.now = self.now.max(due);
            let (_, kind) = self.timers.remove(&key).unwrap();
            self.input(&Input::Timer(kind)).unwrap();
        }
        self.now = end;
    }

    /// A calendar with these days off as well takes the place of the present one.
    fn days_off(&mut self, when: &str, days: &[&str]) {
        self.until(when);
        let name = "name = { fr = \"a\", ar = \"a\", en = \"a\" }\nsource = \"this test\"";
        let mut text = test_data::CALENDAR[2].1.to_owned();
        for day in days {
            text.push_str(&format!("\n[[exceptional]]\ndate = {day}\n{name}\n"));
        }
        let [fixed, lunar, _] = test_data::CALENDAR;
        self.calendar = Calendar::from_toml(&[fixed, lunar, ("exceptional.toml", &text)]).unwrap();
        self.input(&Input::Recompute).unwrap();
    }

    fn passed(&self) -> Vec<String> {
        let passed = self.events.iter().filter_map(|event| match event {
            Event::DeadlinePassed { what, due, at } => Some(format!("{what} of {due} at {at}")),
            _ => None,
        });
        passed.collect()
    }

    fn levels(&self) -> Vec<String> {
        let told = self.events.iter().filter_map(|event| match event {
            Event::DeadlineEscalated { what, due, level, at } => {
                Some(format!("{what} of {due} to {} at {at}", level.as_str()))
            }
            _ => None,
        });
        told.collect()
    }
}

fn decision(outcome: &str, decided_at: &str) -> Value {
    json!({"number": "D-1", "outcome": outcome, "decided_at": decided_at, "reasons": ["R"]})
}
