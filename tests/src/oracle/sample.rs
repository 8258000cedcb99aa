//! A small run that is right in every respect, written by hand, to plant faults in.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::evidence::{Entry, Evidence};
use crate::communes::journal::{Intent, Received, Sent};
use crate::world::clock::{LegalClock, Segment};

pub(super) const COMMUNE: &str = "015110105";
pub(super) const GRANTED: &str = "PCT-2026-00001";
pub(super) const SILENT: &str = "PCT-2026-00002";
const CONSULTATION: &str = "11111111-1111-4111-8111-111111111111";
const SILENT_CONSULTATION: &str = "22222222-2222-4222-8222-222222222222";
const ORDER: &str = "33333333-3333-4333-8333-333333333333";

/// A run in the making: a legal day lasts a second, and 2 November 2026, 09:00, is the wall's 0.
pub(super) struct Sample(pub(super) Evidence);

fn clock() -> LegalClock {
    let legal = "2026-11-02T09:00:00Z".parse().unwrap();
    LegalClock::new(vec![Segment { wall_ms: 0, legal, speed: 86_400.0 }])
}

impl Sample {
    fn wall(&self, legal: &str) -> (i64, Timestamp) {
        let legal: Timestamp = legal.parse().unwrap();
        (self.0.clock.wall_of(legal), legal)
    }

    pub(super) fn says(&mut self, at: &str, name: &str, reference: &str, data: Value, intent: Intent) {
        let (wall_ms, legal) = self.wall(at);
        self.0.sent.push(Sent {
            wall_ms,
            begun_ms: None,
            legal,
            source: format!("/communes/{COMMUNE}"),
            id: Some(format!("{name}-{reference}-{wall_ms}")),
            name: name.to_owned(),
            reference: reference.to_owned(),
            data,
            intent,
            confirmed: true,
        });
    }

    #[expect(clippy::needless_pass_by_value, reason = "callers write the data on the spot")]
    pub(super) fn hears(&mut self, at: &str, name: &str, reference: &str, data: Value) {
        let (wall_ms, legal) = self.wall(at);
        let number = self.0.received.len();
        self.0.received.push(Received {
            wall_ms,
            legal,
            commune: COMMUNE.to_owned(),
            repeated: false,
            envelope: json!({
                "id": format!("out-{number}"), "type": format!("ma.wasl.{name}.v1"), "subject": reference,
                "time": at, "sequence": format!("{number:012}"), "data": data,
            }),
        });
    }

    pub(super) fn notes(&mut self, at: &str, agency: &str, action: &str, reference: &str, detail: Value) {
        let (at_ms, _) = self.wall(at);
        self.0.ledger.push(Entry {
            seq: self.0.ledger.len() as u64 + 1,
            at_ms,
            agency: agency.to_owned(),
            action: action.to_owned(),
            reference: reference.to_owned(),
            file: None,
            detail,
        });
    }

    /// The first message of this name about a file that the commune received.
    pub(super) fn heard(&mut self, name: &str, reference: &str) -> &mut Received {
        let found = self.0.received.iter_mut().find(|one| one.name() == name && one.reference() == reference);
        found.unwrap()
    }

    pub(super) fn forgets(&mut self, name: &str, reference: &str) {
        self.0.received.retain(|one| !(one.name() == name && one.reference() == reference));
    }

    /// One file that is granted, paid and delivered; one on which the commune says nothing.
    pub(super) fn right() -> Self {
        let mut run = Self(Evidence { clock: clock(), ended_ms: 60_000, ..Evidence::default() });
        run.deposit(GRANTED, CONSULTATION);
        run.deposit(SILENT, SILENT_CONSULTATION);
        run.granted();
        run.silent();
        run
    }

    fn deposit(&mut self, reference: &str, consultation: &str) {
        let data = json!({
            "reference": reference, "commune": COMMUNE, "permit": "building", "project_class": "small",
            "deposit_version": 1, "receipt": {"number": "R-1", "issued_at": "2026-11-02T08:50:00Z"},
            "applicant": {"kind": "person"}, "project": {"use": "housing", "floors": 1, "height_cm": 650},
        });
        self.says("2026-11-02T09:00:00Z", "file.submitted", reference, data, Intent::Genuine);
        let registered = json!({
            "deposit_version": 1, "permit": "building", "project_class": "small",
            "plan": [{"consultation": consultation, "agency": "urban-agency", "binding": true, "due": "2026-11-12"}],
            "deadlines": {
                "filed": "2026-11-02", "due": "2026-11-17", "due_if_working_days": "2026-11-25", "steps": [],
                "silence_is_approval": true, "right_acquired_at": "2026-11-26T00:00:00Z",
            },
        });
        self.hears("2026-11-02T09:30:00Z", "file.registered", reference, registered);
        let about = json!({"consultation": consultation, "agency": "urban-agency", "due": "2026-11-12"});
        self.hears("2026-11-02T10:00:00Z", "consultation.sent", reference, about.clone());
        self.notes("2026-11-02T09:40:00Z", "urban-agency", "consultation-accepted", consultation, json!({}));
        self.notes(
            "2026-11-06T12:00:00Z",
            "urban-agency",
            "consultation-answered",
            consultation,
            json!({"opinion": "favourable"}),
        );
        let mut answered = about;
        answered["opinion"] = json!({"kind": "favourable"});
        self.hears("2026-11-06T15:00:00Z", "consultation.answered", reference, answered);
        let results = json!([{"agency": "urban-agency", "binding": true, "status": "answered",
            "opinion": {"kind": "favourable"}}]);
        let reviewed = json!({"deposit_version": 1, "results": results, "grant_blocked": false});
        self.hears("2026-11-06T15:00:00Z", "file.reviewed", reference, reviewed);
    }

    fn granted(&mut self) {
        let fee = json!({"fee": "building-tax", "amount_centimes": 250_000});
        self.says("2026-11-09T09:00:00Z", "fee.assessed", GRANTED, fee, Intent::Genuine);
        let paid = json!({"fee": "building-tax", "order": ORDER, "amount_centimes": 250_000});
        self.notes(
            "2026-11-09T10:00:00Z",
            "barid-bank",
            "order-created",
            ORDER,
            json!({"amount_centimes": 250_000}),
        );
        self.hears("2026-11-09T11:00:00Z", "payment.ordered", GRANTED, paid.clone());
        let decision = json!({"number": "ARR-1", "outcome": "granted", "decided_at": "2026-11-10T09:00:00Z"});
        self.says("2026-11-10T09:10:00Z", "decision.taken", GRANTED, decision, Intent::Genuine);
        let recorded = json!({"number": "ARR-1", "outcome": "granted", "late": false});
        self.hears("2026-11-10T12:00:00Z", "decision.recorded", GRANTED, recorded);
        let receipt = json!({"amount_centimes": 250_000, "transaction": "T1"});
        self.notes("2026-11-11T09:00:00Z", "barid-bank", "payment-captured", ORDER, receipt.clone());
        let mut confirmed = paid;
        confirmed["receipt"] = receipt;
        self.hears("2026-11-11T12:00:00Z", "payment.confirmed", GRANTED, confirmed);
        let delivered = json!({"number": "ARR-1", "by_silence": false});
        self.hears("2026-11-11T12:00:00Z", "permit.delivered", GRANTED, delivered);
    }

    fn silent(&mut self) {
        let passed = json!({"what": "decision", "due": "2026-11-17"});
        self.hears("2026-11-18T04:00:00Z", "deadline.passed", SILENT, passed);
        let right = json!({"acquired_at": "2026-11-26T00:00:00Z", "recorded_at": "2026-11-26T01:00:00Z"});
        self.hears("2026-11-26T04:00:00Z", "right.acquired", SILENT, right);
    }
}
