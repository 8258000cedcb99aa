//! One drawn life: the pure core between agencies, an applicant and a commune that are played here.

mod commune;

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::date;
use jiff::{SignedDuration, Timestamp, ToSpan};
use wasl_core::file::{Context, Effect, Event, FileState, Input, Step, TimerKind, When, step};
use wasl_core::time::start_of_day;
use wasl_schemas::agency::{AgencyRequest, CommuneRef, Outcome, OutcomeMessage, RequestKind, Via};
use wasl_schemas::command::Command;
use wasl_schemas::id::{AgencyKind, CommuneCode, ConsultationId, ProvinceCode};
use wasl_schemas::opinion::{Opinion, OpinionKind};

use crate::World;
use crate::draw::Draw;

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
    /// Legal time at the end.
    pub(crate) end: Timestamp,
}

pub(crate) fn agency(kind: &str) -> AgencyKind {
    AgencyKind::try_new(kind).unwrap()
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

pub(crate) fn live(world: &World, seed: u64) -> Life {
    let mut draw = Draw(seed);
    let filed = date(2023, 8, 1) + draw.between(0, 1_200).days();
    let file = commune::submission(&mut draw, start_of_day(filed) + SignedDuration::from_hours(9));
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
    let context = Context {
        now,
        rules: &world.rules,
        calendar: &world.calendar,
        coverage: &world.coverage,
        policy: &world.policy,
    };
    let born = step(None, &first, &context).unwrap();
    let life = Life {
        events: vec![],
        state: born.state.clone().unwrap(),
        given: vec![],
        timers_left: vec![],
        ended: false,
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
            let input = match (said, timer) {
                (None, None) => {
                    self.life.ended = true;
                    break;
                }
                (Some(key), timer) if timer.as_ref().is_none_or(|(at, _)| key.0 <= *at) => {
                    self.now = self.now.max(key.0);
                    self.agenda.remove(&key).unwrap()
                }
                (_, Some((at, key))) => {
                    self.now = self.now.max(at);
                    Input::Timer(self.timers.remove(&key).unwrap().1)
                }
                _ => break,
            };
            if self.life.ended_for_good(self.now) {
                self.life.ended = true;
                break;
            }
            let world = self.world;
            let context = Context {
                now: self.now,
                rules: &world.rules,
                calendar: &world.calendar,
                coverage: &world.coverage,
                policy: &world.policy,
            };
            if let Ok(done) = step(Some(&self.life.state), &input, &context) {
                self.take(done);
            }
        }
        self.life.timers_left = self.timers.into_keys().collect();
        self.life.end = self.now;
        self.life
    }

    fn take(&mut self, done: Step) {
        self.life.events.extend(done.events);
        self.life.state = done.state.unwrap();
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
            }
        }
    }

    /// Says something later, sometimes twice.
    fn later(&mut self, hours: i64, input: Input) {
        // Nothing takes no time at all; what takes "no hour" comes within half a minute.
        let at = self.now
            + SignedDuration::from_hours(hours)
            + SignedDuration::from_secs(self.draw.between(1, 30));
        self.order += 1;
        self.agenda.insert((at, self.order), input.clone());
        if self.draw.percent(20) {
            self.order += 1;
            let again = at + SignedDuration::from_hours(self.draw.between(0, 300));
            self.agenda.insert((again, self.order), input);
        }
    }

    fn outcome(&mut self, request: &AgencyRequest, via: Via, hours: i64, outcome: Outcome) {
        let id = OutcomeMessage::id_of_attempt(request.consultation, request.kind, request.attempt, &outcome);
        let (kind, attempt) =
            if via == Via::Request { (request.kind, request.attempt) } else { (RequestKind::Query, 0) };
        let message = OutcomeMessage {
            id,
            agency: request.agency.clone(),
            consultation: request.consultation,
            request: kind,
            attempt,
            via,
            outcome,
            exchanges: vec![],
        };
        self.later(hours, Input::Outcome(Box::new(message)));
    }

    fn agency(&mut self, request: &AgencyRequest) {
        let trouble = self.draw.between(1, 100);
        match request.kind {
            RequestKind::Consult | RequestKind::Pay if trouble <= 8 => {
                let outcome = Outcome::TryLater { reason: "503".into(), retry_after_ms: None };
                self.outcome(request, Via::Request, 0, outcome);
            }
            RequestKind::Consult | RequestKind::Pay if trouble <= 12 => {
                self.outcome(request, Via::Request, 0, Outcome::InDoubt { reason: "cut".into() });
            }
            RequestKind::Consult | RequestKind::Pay | RequestKind::Supplement if trouble <= 15 => {}
            RequestKind::Consult if trouble <= 19 => {
                let outcome = Outcome::Refused { code: "R1".into(), reason: "no".into() };
                self.outcome(request, Via::Request, 0, outcome);
            }
            // The agency knows our reference: a second sending is the same consultation.
            RequestKind::Consult if !self.known.insert(request.consultation) => {
                self.outcome(
                    request,
                    Via::Request,
                    0,
                    Outcome::Delivered { agency_reference: Some("A1".into()) },
                );
            }
            RequestKind::Consult => self.consulted(request),
            RequestKind::Supplement => {
                self.outcome(request, Via::Request, 0, Outcome::Delivered { agency_reference: None });
                self.answer(request);
            }
            RequestKind::Pay => {
                let ordered = Outcome::Ordered { bank_reference: "B1".into(), pay_url: None };
                self.outcome(request, Via::Request, 0, ordered);
                if self.known.insert(request.consultation) {
                    self.pay(request);
                }
            }
            RequestKind::Cancel => self.outcome(request, Via::Request, 0, Outcome::Cancelled),
            RequestKind::Query | RequestKind::Refund => {}
        }
    }

    fn consulted(&mut self, request: &AgencyRequest) {
        self.outcome(request, Via::Request, 0, Outcome::Delivered { agency_reference: Some("A1".into()) });
        match self.draw.between(1, 10) {
            1 => {}
            2 => {
                let missing =
                    vec![wasl_schemas::consultation::MissingItem { code: "P1".into(), text: "plan".into() }];
                let hours = self.draw.between(5, 100);
                self.outcome(
                    request,
                    Via::Callback,
                    hours,
                    Outcome::Incomplete { missing, respond_by: None },
                );
            }
            _ => self.answer(request),
        }
    }

    fn answer(&mut self, request: &AgencyRequest) {
        use OpinionKind::{Favourable, FavourableWithConditions, NoOpinion, Unfavourable};
        let kind = self.draw.pick(&[
            Favourable,
            Favourable,
            Favourable,
            FavourableWithConditions,
            Unfavourable,
            NoOpinion,
        ]);
        let hours = self.draw.between(1, 30 * 24);
        let opinion = Opinion {
            given_at: Some(self.now + SignedDuration::from_hours(hours - 1)),
            ..Opinion::plain(kind)
        };
        self.life.given.push(opinion.clone());
        self.outcome(request, Via::Callback, hours, Outcome::Answered { opinion });
    }

    fn pay(&mut self, request: &AgencyRequest) {
        let amount = request.order.as_ref().unwrap().amount_centimes;
        let refused = Outcome::PaymentRefused { transaction: "T0".into(), code: "51".into() };
        let receipt = wasl_schemas::payment::PaymentReceipt {
            transaction: "T1".into(),
            amount_centimes: amount,
            means: wasl_schemas::payment::PaymentMeans::Card,
            paid_at: None,
        };
        let paid = Outcome::Paid { receipt };
        let hours = self.draw.between(2, 60);
        match self.draw.between(1, 10) {
            1 => {
                let failed = Outcome::PaymentFailed { code: "CANC".into(), reason: "expired".into() };
                self.outcome(request, Via::Callback, hours, failed);
            }
            2 => {
                self.outcome(request, Via::Callback, hours, refused);
                self.outcome(request, Via::Callback, hours + 1, paid);
            }
            _ => self.outcome(request, Via::Callback, hours, paid),
        }
    }
}

impl Life {
    /// A year after everything was over only echoes and unanswered polls remain.
    fn ended_for_good(&self, now: Timestamp) -> bool {
        let filed = start_of_day(self.state.clock.filed);
        now.duration_since(filed) > SignedDuration::from_hours(24 * 365)
    }
}
