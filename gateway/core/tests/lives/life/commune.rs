//! What the commune of a drawn life does: deposit, decide, and everything that it may do in between.

use jiff::{SignedDuration, Timestamp, ToSpan};
use serde_json::json;
use wasl_core::file::Input;
use wasl_schemas::command::Command;
use wasl_schemas::file::{Permit, PermitFile};
use wasl_schemas::notice::Notice;

use super::Player;
use crate::draw::Draw;

impl Player<'_> {
    /// The commune's own messages, some of them in no good order.
    pub(super) fn commune(&mut self, notice: &Notice) {
        match notice {
            Notice::FileReviewed { grant_blocked, .. } if self.draw.percent(80) => {
                let hours = self.draw.between(1, 200);
                let grant = !*grant_blocked && self.draw.percent(85);
                self.decide(hours, grant);
            }
            Notice::ConsultationIncomplete(about) if self.draw.percent(80) => {
                let data = json!({"consultation": about.consultation, "supplemented_at": self.now});
                let hours = self.draw.between(1, 100);
                self.say("file.supplemented", hours, data);
            }
            Notice::RightAcquired { acquired_at, .. } if self.draw.percent(60) => {
                self.say("silence.invoked", 10, json!({"invoked_at": acquired_at}));
                let attested = json!({"commune": self.commune.code, "number": "AT1", "authority": "governor",
                    "attested_at": acquired_at});
                self.say("silence.attested", 40, attested);
            }
            // Some are asked back, and some of these twice.
            Notice::PaymentConfirmed { fee, .. } if self.draw.percent(15) => {
                for _ in 0..self.draw.between(1, 2) {
                    let (hours, reason) = (self.draw.between(1, 50), "assessed twice");
                    let data = json!({"fee": fee, "requested_at": self.now, "reason": reason});
                    self.say("refund.requested", hours, data);
                }
            }
            _ => {}
        }
    }

    pub(super) fn decide(&mut self, hours: i64, grant: bool) {
        let at = self.now + SignedDuration::from_hours(hours) - SignedDuration::from_mins(5);
        let outcome = if grant { "granted" } else { "refused" };
        self.say(
            "decision.taken",
            hours,
            json!({"number": "D1", "outcome": outcome, "decided_at": at, "reasons": ["r"]}),
        );
    }

    /// In the last second of the limit, at its very instant, or in the first second after it.
    fn decide_on_the_instant(&mut self) {
        let Some(instant) = self.life.state.dates.right_acquired_at else { return };
        let at = instant + SignedDuration::from_secs(self.draw.between(-1, 1));
        let data = json!({"number": "D2", "outcome": "refused", "decided_at": at, "reasons": ["r"]});
        let input = self.message("decision.taken", data);
        self.order += 1;
        self.agenda.insert((at, self.order), input);
    }

    pub(super) fn say(&mut self, name: &str, hours: i64, data: serde_json::Value) {
        let input = self.message(name, data);
        self.later(hours, input);
    }

    fn message(&self, name: &str, data: serde_json::Value) -> Input {
        let mut message = json!({"name": name});
        message["data"] = data;
        let command: Command = serde_json::from_value(message).unwrap();
        Input::Message { command, commune: self.commune.clone(), warnings: vec![] }
    }

    /// Fees, suspensions, extensions, modifications, withdrawals: each sometimes, in any order.
    pub(super) fn meddle(&mut self) {
        let filed = self.life.state.clock.filed;
        if self.draw.percent(70) {
            let fee = json!({"fee": "tax", "label": "taxe", "amount_centimes": 120_050, "currency": "MAD",
                "beneficiary": {"name": "commune", "rib": rib()}, "assessed_at": self.now});
            let hours = self.draw.between(1, 400);
            self.say("fee.assessed", hours, fee);
        }
        if self.draw.percent(15) {
            let (from, hours) = (filed + self.draw.between(2, 10).days(), self.draw.between(24, 300));
            self.say("clock.suspended", hours, json!({"from": from, "reason": "enquiry"}));
            if self.draw.percent(80) {
                let to = from + self.draw.between(3, 30).days();
                let resumed = hours + self.draw.between(1, 400);
                self.say("clock.resumed", resumed, json!({"to": to}));
            }
        }
        if self.draw.percent(15) {
            let hours = self.draw.between(24, 500);
            self.say(
                "clock.extended",
                hours,
                json!({"extended_on": filed, "days": 15, "ground": "expertise"}),
            );
        }
        if self.draw.percent(10) {
            let hours = self.draw.between(24, 300);
            self.say("modification.requested", hours, json!({"requested_at": self.now, "reasons": ["r"]}));
            if self.draw.percent(80) {
                let mut next = (*self.life.state.permit_file).clone();
                next.deposit_version = 2;
                next.receipt.issued_at = self.now + SignedDuration::from_hours(hours + 30);
                let commune = self.commune.clone();
                let command = Command::FileRedeposited(Box::new(next));
                self.later(hours + 31, Input::Message { command, commune, warnings: vec![] });
            }
        }
        if self.draw.percent(5) {
            let hours = self.draw.between(1, 900);
            self.say("file.withdrawn", hours, json!({"withdrawn_at": self.now}));
        }
        if self.draw.percent(10) {
            let hours = self.draw.between(1, 900);
            self.decide(hours, true);
        }
        if self.draw.percent(5) {
            self.decide_on_the_instant();
        }
    }
}

/// An account with the right key.
fn rib() -> String {
    let first = "0117800000123456789012";
    let rest = format!("{first}00").bytes().fold(0_u32, |r, b| (r * 10 + u32::from(b - b'0')) % 97);
    format!("{first}{:02}", 97 - rest)
}

pub(super) fn submission(sample: &PermitFile, draw: &mut Draw, issued_at: Timestamp) -> PermitFile {
    let mut file = sample.clone();
    file.permit = draw.pick(&Permit::ALL);
    file.receipt.issued_at = issued_at;
    if draw.percent(25) {
        file.project.height_cm = 2_400;
        file.project.floors = 7;
    }
    file.project.investment = draw.percent(10);
    file
}
