//! A commune's desk for one file: what it does on what it reads, and when. Every choice follows from the course
//! that was drawn; only the instants depend on when messages come.

use jiff::Timestamp;
use jiff::civil::{Date, Time, time};
use serde_json::Value;

use super::chance::Chance;
use super::course::{Detour, Ending, Slip};
use super::day::{Planned, key};
use super::journal::{Intent, Received};
use super::letters::{self, Block};
use super::office::{days_after, when_open};
use super::wire::{Message, Sender};
use crate::oracle::limits;
use crate::world::clock::{end_of_day, instant};

/// When a decision on the last day is taken.
const LAST_MORNING: Time = time(11, 0, 0, 0);

/// Something to do about a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Bring what a reviewer misses.
    Supplement(String),
    /// Pass on the opinion of a reviewer that is not connected.
    RecordOpinion(&'static str),
    /// Pass on the commission's minutes.
    Minutes,
    /// Assess what is to be paid.
    Fee,
    /// Tell the applicant the result of the review.
    Inform,
    /// Decide as the course says.
    Decide,
    /// Refuse with reasons, after a decision that could not stand.
    Refuse,
    /// The applicant withdraws.
    Withdraw,
    /// The president asks for modifications.
    RequestChange,
    /// The next deposit.
    Redeposit,
    /// By mistake, the same deposit once more as if it were new.
    StaleDeposit,
    /// The clock stops.
    Suspend,
    /// The clock goes on.
    Resume,
    /// Days are added.
    Extend,
    /// The applicant invokes the silence.
    Invoke,
    /// The province attests it.
    Attest,
}

/// A step and its legal instant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Todo {
    /// When.
    pub at: Timestamp,
    /// What.
    pub step: Step,
}

/// A message to send, and why.
#[derive(Debug, Clone, PartialEq)]
pub struct Letter {
    /// The message.
    pub message: Message,
    /// Why.
    pub intent: Intent,
}

/// One file on its commune's desk.
#[derive(Debug, Clone)]
pub struct Desk {
    pub(super) plan: Planned,
    pub(super) chance: Chance,
    pub(super) key: String,
    pub(super) version: u32,
    pub(super) suspended_from: Option<Date>,
    pub(super) changed: bool,
    /// Why a grant would be rejected, as `file.reviewed` tells it.
    pub(super) blocked: Option<Block>,
    pub(super) slipped: bool,
    /// The last deposit whose review was complete.
    reviewed_version: u32,
    /// Refused or withdrawn: nothing more is said.
    over: bool,
    /// Granted: only what follows from it is said.
    granted: bool,
    right: bool,
    /// Reviewers that were given up: nothing more is brought to them.
    given_up: Vec<String>,
    last_day: Option<Date>,
    hold_until: Option<Timestamp>,
    counters: Vec<(&'static str, u32)>,
}

impl Desk {
    /// A desk for a planned file.
    #[must_use]
    pub fn new(plan: Planned, chance: Chance) -> Self {
        let key = key(&plan.reference, &plan.place);
        Self {
            plan,
            chance,
            key,
            version: 1,
            suspended_from: None,
            changed: false,
            blocked: None,
            slipped: false,
            reviewed_version: 0,
            over: false,
            granted: false,
            right: false,
            given_up: Vec::new(),
            last_day: None,
            hold_until: None,
            counters: Vec::new(),
        }
    }

    /// The commune.
    #[must_use]
    pub fn sender(&self) -> Sender {
        Sender::Commune(self.plan.place.code.clone())
    }

    /// The first deposit.
    #[must_use]
    pub fn submission(&mut self, at: Timestamp) -> Letter {
        let data = self.plan.body.clone();
        self.letter("file.submitted", at, data, Intent::Genuine)
    }

    pub(super) fn letter(
        &mut self,
        name: &'static str,
        at: Timestamp,
        data: Value,
        intent: Intent,
    ) -> Letter {
        self.letter_from(self.sender(), name, at, data, intent)
    }

    pub(super) fn letter_from(
        &mut self,
        sender: Sender,
        name: &'static str,
        at: Timestamp,
        data: Value,
        intent: Intent,
    ) -> Letter {
        let number = match self.counters.iter_mut().find(|(known, _)| *known == name) {
            Some((_, count)) => {
                *count += 1;
                *count
            }
            None => {
                self.counters.push((name, 1));
                1
            }
        };
        let message = Message::new(self.chance.seed(), sender, name, number, &self.plan.reference, at, data);
        Letter { message, intent }
    }

    /// In office hours, `min` to `max` days after an instant.
    fn later(&self, at: Timestamp, question: &str, min: f64, max: f64) -> Timestamp {
        let days = min + (max - min) * self.chance.unit(&self.key, question);
        when_open(days_after(at, days), self.chance.between(&self.key, question, 5, 90))
    }

    /// What an event in the commune's queue gives rise to.
    pub fn react(&mut self, event: &Received) -> Vec<Todo> {
        let (at, data) = (event.legal, event.data());
        match event.name() {
            "file.registered" => self.registered(at, data),
            "deadline.moved" => {
                self.last_day = last_day(&data["after"]);
                Vec::new()
            }
            "consultation.incomplete" if self.plan.course.supplements => {
                let id = data["consultation"].as_str().unwrap_or_default().to_owned();
                let when = self.later(at, "supplement-time", 0.3, 1.4);
                vec![Todo { at: when, step: Step::Supplement(id) }]
            }
            "consultation.unanswered" | "consultation.undeliverable" => {
                self.given_up.extend(data["consultation"].as_str().map(str::to_owned));
                Vec::new()
            }
            "file.reviewed" => self.reviewed(at, data),
            "decision.rejected" => self.mend(at),
            "file.refused" if data["refused_type"] == "ma.wasl.decision.taken.v1" => self.mend(at),
            "right.acquired" => self.acquired(at),
            _ => Vec::new(),
        }
    }

    fn registered(&mut self, at: Timestamp, data: &Value) -> Vec<Todo> {
        self.last_day = last_day(&data["deadlines"]);
        if data["deposit_version"].as_u64() != Some(1) {
            return Vec::new();
        }
        let mut todos = Vec::new();
        if self.plan.course.ending == Ending::Withdraw {
            let when = self.later(at, "withdraw-time", 0.6, 6.0);
            todos.push(Todo { at: when, step: Step::Withdraw });
        }
        match self.plan.course.detour {
            Some(Detour::Modify) => {
                let when = self.later(at, "change-time", 1.5, 3.5);
                todos.push(Todo { at: when, step: Step::RequestChange });
            }
            Some(Detour::Suspend) => {
                let when = self.later(at, "suspend-time", 1.5, 2.5);
                let again = self.later(when, "resume-time", 3.0, 6.0);
                self.hold_until = Some(again);
                todos.push(Todo { at: when, step: Step::Suspend });
                todos.push(Todo { at: again, step: Step::Resume });
            }
            Some(Detour::Extend) => {
                let when = self.later(at, "extend-time", 1.5, 3.0);
                self.hold_until = Some(when);
                todos.push(Todo { at: when, step: Step::Extend });
            }
            None => {}
        }
        todos.extend(self.unconnected(at));
        todos
    }

    /// Opinions of reviewers that are not connected come through the commune.
    fn unconnected(&self, at: Timestamp) -> Vec<Todo> {
        let asked: &[&'static str] = match self.plan.permit {
            "subdivision" | "housing-group" => &["prefecture", "civil-protection"],
            "building" => &["prefecture"],
            "classified-2" | "classified-3" => &["civil-protection"],
            _ => &[],
        };
        asked
            .iter()
            .filter(|reviewer| self.chance.happens(&self.key, &format!("opinion-{reviewer}"), 0.4))
            .map(|reviewer| {
                let when = self.later(at, &format!("opinion-time-{reviewer}"), 0.5, 1.4);
                Todo { at: when, step: Step::RecordOpinion(reviewer) }
            })
            .collect()
    }

    fn reviewed(&mut self, at: Timestamp, data: &Value) -> Vec<Todo> {
        let present = data["deposit_version"].as_u64() == Some(u64::from(self.version));
        let waits_for_change = self.plan.course.detour == Some(Detour::Modify) && self.version == 1;
        if !present || self.over || self.granted || waits_for_change {
            return Vec::new();
        }
        // A late opinion completes the review once more: the commune decides on the latest one, once.
        self.blocked = letters::block(data);
        if self.reviewed_version == self.version {
            return Vec::new();
        }
        self.reviewed_version = self.version;
        let decides = matches!(self.plan.course.ending, Ending::Grant | Ending::Refuse);
        let minutes = self.later(at, "minutes-time", 0.05, 0.3);
        let mut todos = vec![Todo { at: minutes, step: Step::Minutes }];
        if !decides {
            return todos;
        }
        todos.push(Todo { at: self.later(minutes, "inform-time", 0.05, 0.4), step: Step::Inform });
        if self.fee_is_due() && self.plan.course.ending == Ending::Grant && self.blocked.is_none() {
            todos.push(Todo { at: self.later(minutes, "fee-time", 0.05, 0.4), step: Step::Fee });
        }
        todos.push(Todo { at: self.decision_time(at), step: Step::Decide });
        todos
    }

    /// In a drawn while, but a whole day before the limit, and after a suspension or an extension.
    fn decision_time(&self, at: Timestamp) -> Timestamp {
        if self.plan.course.last_day
            && let Some(day) = self.last_day
        {
            return at.max(instant(day.to_datetime(LAST_MORNING)));
        }
        let drawn = self.later(at, "decision-time", 0.5, 2.5);
        let held = self.hold_until.map_or(drawn, |until| drawn.max(days_after(until, 0.5)));
        let latest = self.last_day.map_or(Timestamp::MAX, |day| days_after(end_of_day(day), -1.5));
        if held > latest { at } else { held }
    }

    /// After a decision that could not stand: a refusal that can.
    fn mend(&self, at: Timestamp) -> Vec<Todo> {
        if self.over || !self.slipped {
            return Vec::new();
        }
        vec![Todo { at: self.later(at, "mend-time", 0.1, 0.4), step: Step::Refuse }]
    }

    fn acquired(&mut self, at: Timestamp) -> Vec<Todo> {
        self.right = true;
        let Ending::Silence { invoked: true, attested } = self.plan.course.ending else { return Vec::new() };
        let invoke = self.later(at, "invoke-time", 0.2, 0.8);
        let mut todos = vec![Todo { at: invoke, step: Step::Invoke }];
        if attested {
            let attest = self.later(invoke, "attest-time", 0.6, 1.5);
            todos.push(Todo { at: attest, step: Step::Attest });
            if self.fee_is_due() {
                todos.push(Todo { at: self.later(attest, "late-fee-time", 0.2, 0.6), step: Step::Fee });
            }
        }
        todos
    }

    pub(super) fn fee_is_due(&self) -> bool {
        let due = limits::limit(self.plan.permit, false).is_some_and(|limit| limit.fee);
        due && !self.is_exempt()
    }

    /// Some acts are free of fees, and say so in the decision.
    pub(super) fn is_exempt(&self) -> bool {
        let decided = matches!(self.plan.course.ending, Ending::Grant);
        decided && self.chance.happens(&self.key, "exempt", 0.05)
    }

    /// The message of a step, with the instant at which it was planned; `None` when it makes no sense any more.
    /// What must follow it is in the list.
    pub fn perform(&mut self, step: &Step, at: Timestamp) -> (Option<Letter>, Vec<Todo>) {
        let after_the_end =
            matches!(step, Step::Fee | Step::Inform | Step::Invoke | Step::Attest | Step::StaleDeposit);
        let given_up = matches!(step, Step::Supplement(id) if self.given_up.contains(id));
        if self.over || given_up || (!after_the_end && (self.right || self.granted)) {
            return (None, Vec::new());
        }
        let mut todos = Vec::new();
        let letter = match step {
            Step::Supplement(consultation) => self.supplement(consultation, at),
            Step::Decide => self.decide(at),
            Step::Refuse => {
                self.over = true;
                self.refusal(at)
            }
            Step::Withdraw => {
                self.over = true;
                self.withdrawal(at)
            }
            Step::RequestChange => {
                self.changed = true;
                todos.push(Todo { at: self.later(at, "redeposit-time", 1.0, 2.5), step: Step::Redeposit });
                self.change_request(at)
            }
            Step::Redeposit => {
                self.version += 1;
                todos.push(Todo { at: self.later(at, "stale-time", 0.2, 0.5), step: Step::StaleDeposit });
                self.redeposit(at, Intent::Genuine)
            }
            Step::StaleDeposit => {
                let codes = vec!["file.version-stale".to_owned()];
                self.redeposit(at, Intent::Wrong { codes })
            }
            other => self.plain(other, at),
        };
        (Some(letter), todos)
    }

    fn decide(&mut self, at: Timestamp) -> Letter {
        let course = self.plan.course;
        if course.ending == Ending::Refuse && course.slip == Some(Slip::NoReasons) && !self.slipped {
            self.slipped = true;
            return self.refusal_without_reasons(at);
        }
        match self.blocked {
            // Only where no late opinion can make it right after all.
            Some(block)
                if block.for_good
                    && course.ending == Ending::Grant
                    && course.slip == Some(Slip::AgainstBinding) =>
            {
                self.slipped = true;
                self.grant(at, Intent::Overruled { codes: vec![block.code.to_owned()] })
            }
            None if course.ending == Ending::Grant => {
                self.granted = true;
                self.grant(at, Intent::Genuine)
            }
            _ => {
                self.over = true;
                self.refusal(at)
            }
        }
    }
}

/// The last day in the later reading.
fn last_day(deadlines: &Value) -> Option<Date> {
    let later = deadlines["due_if_working_days"].as_str().or_else(|| deadlines["due"].as_str());
    later?.parse().ok()
}
