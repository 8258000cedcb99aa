//! What the agencies of a drawn life do: answer, find incomplete, refuse, be away, be paid.

use jiff::SignedDuration;
use wasl_core::file::Input;
use wasl_schemas::agency::{AgencyRequest, Outcome, OutcomeMessage, RequestKind, Via};
use wasl_schemas::opinion::{Opinion, OpinionKind};

use super::Player;

impl Player<'_> {
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

    pub(super) fn agency(&mut self, request: &AgencyRequest) {
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
            RequestKind::Refund => self.give_back(request, trouble),
            RequestKind::Query => {}
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

    /// Whatever happens on the line, the bank gives the money back once: a repeat gets the same answer.
    fn give_back(&mut self, request: &AgencyRequest, trouble: i64) {
        let amount_centimes = request.order.as_ref().unwrap().amount_centimes;
        let outcome = match trouble {
            1..=15 => Outcome::TryLater { reason: "503".into(), retry_after_ms: None },
            16..=30 => Outcome::InDoubt { reason: "cut".into() },
            31..=40 => return,
            41..=55 if request.attempt == 1 => {
                Outcome::Refused { code: "AC04".into(), reason: "closed".into() }
            }
            _ => Outcome::Refunded { amount_centimes, transaction: "V1".into() },
        };
        self.outcome(request, Via::Request, 0, outcome);
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
