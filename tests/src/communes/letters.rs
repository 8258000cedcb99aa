//! The payloads that a commune writes about a file.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::desk::{Desk, Letter, Step};
use super::journal::Intent;
use super::wire::Sender;
use super::{document, identity};
use crate::world::clock::local_date;

/// Why a grant would be rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Block {
    /// Fault code.
    pub(super) code: &'static str,
    /// No late opinion can change it.
    pub(super) for_good: bool,
}

/// Which fault stands against a grant, from `file.reviewed`.
pub(super) fn block(reviewed: &Value) -> Option<Block> {
    let mut binding = reviewed["results"].as_array()?.iter().filter(|result| result["binding"] == true);
    binding.find_map(|result| match result["opinion"]["kind"].as_str() {
        Some("favourable" | "favourable-with-conditions") => None,
        Some("unfavourable") => Some(Block { code: "decision.binding-opinion-unfavourable", for_good: true }),
        kind => {
            let for_good = kind.is_some() || result["status"] == "undeliverable";
            Some(Block { code: "decision.binding-opinion-missing", for_good })
        }
    })
}

impl Desk {
    fn number(&self, what: &str) -> String {
        format!("{what}-{}-{}", self.plan.place.code, self.chance.between(&self.key, what, 1, 99_999))
    }

    pub(super) fn supplement(&mut self, consultation: &str, at: Timestamp) -> Letter {
        let extra = document::entry(&self.plan.reference, &format!("complement-{}", self.version), false);
        let data = json!({
            "consultation": consultation,
            "supplemented_at": at.to_string(),
            "documents": [extra],
            "note": "Pièces demandées, version signée.",
        });
        self.letter("file.supplemented", at, data, Intent::Genuine)
    }

    pub(super) fn grant(&mut self, at: Timestamp, intent: Intent) -> Letter {
        let mut data = json!({
            "number": self.number("ARR"),
            "outcome": "granted",
            "decided_at": at.to_string(),
        });
        if self.is_exempt() {
            data["fee_exempt"] = json!(true);
        }
        self.letter("decision.taken", at, data, intent)
    }

    pub(super) fn refusal(&mut self, at: Timestamp) -> Letter {
        let reason = if self.blocked.is_some() {
            "Avis conforme de l'agence urbaine défavorable ou manquant."
        } else {
            "Le projet ne respecte pas le coefficient d'occupation du sol de la zone."
        };
        let data = json!({
            "number": self.number("REF"),
            "outcome": "refused",
            "decided_at": at.to_string(),
            "reasons": [reason],
        });
        self.letter("decision.taken", at, data, Intent::Genuine)
    }

    pub(super) fn refusal_without_reasons(&mut self, at: Timestamp) -> Letter {
        let data = json!({"number": self.number("REF"), "outcome": "refused", "decided_at": at.to_string()});
        let intent = Intent::Wrong { codes: vec!["decision.reason-missing".to_owned()] };
        self.letter("decision.taken", at, data, intent)
    }

    pub(super) fn withdrawal(&mut self, at: Timestamp) -> Letter {
        let data = json!({"withdrawn_at": at.to_string(), "reason": "تنازل صاحب الطلب عن المشروع"});
        self.letter("file.withdrawn", at, data, Intent::Genuine)
    }

    pub(super) fn change_request(&mut self, at: Timestamp) -> Letter {
        let data = json!({
            "requested_at": at.to_string(),
            "reasons": ["Réduire la hauteur et respecter le recul sur la voie."],
        });
        self.letter("modification.requested", at, data, Intent::Genuine)
    }

    pub(super) fn redeposit(&mut self, at: Timestamp, intent: Intent) -> Letter {
        let mut data = self.plan.body.clone();
        data["deposit_version"] = json!(self.version);
        let issued_at =
            at - SignedDuration::from_mins(i64::from(self.chance.between(&self.key, "receipt-2", 2, 20)));
        data["receipt"] = json!({"number": self.number("R"), "issued_at": issued_at.to_string()});
        let changed = document::entry(&self.plan.reference, &format!("plan-masse-v{}", self.version), false);
        if let Some(documents) = data["documents"].as_array_mut() {
            documents.push(changed);
        }
        self.letter("file.redeposited", at, data, intent)
    }

    /// Steps whose message depends on nothing but the instant.
    pub(super) fn plain(&mut self, step: &Step, at: Timestamp) -> Letter {
        let (day, time) = (local_date(at), at.to_string());
        let (name, data) = match step {
            Step::Minutes => ("minutes.recorded", json!({"held_on": day, "recorded_at": time})),
            Step::Fee => ("fee.assessed", self.fee(&time)),
            Step::Invoke => ("silence.invoked", json!({"invoked_at": time})),
            Step::Attest => return self.attestation(at),
            Step::Suspend => {
                self.suspended_from = Some(day);
                ("clock.suspended", json!({"from": day, "reason": "Expertise judiciaire en cours."}))
            }
            Step::Resume => ("clock.resumed", json!({"to": day})),
            Step::Extend => {
                let days = self.chance.between(&self.key, "extension-days", 3, 10);
                ("clock.extended", json!({"extended_on": day, "days": days, "ground": "public-inquiry"}))
            }
            Step::RecordOpinion(reviewer) => {
                let opinion = json!({"kind": "favourable", "given_at": time});
                ("opinion.recorded", json!({"reviewer": reviewer, "opinion": opinion}))
            }
            _ => ("applicant.informed", json!({"informed_at": time})),
        };
        self.letter(name, at, data, Intent::Genuine)
    }

    fn attestation(&mut self, at: Timestamp) -> Letter {
        let authority =
            if self.chance.happens(&self.plan.place.province, "wali", 0.2) { "wali" } else { "governor" };
        let data = json!({
            "commune": self.plan.place.code,
            "number": self.number("ATT"),
            "authority": authority,
            "attested_at": at.to_string(),
        });
        let province = Sender::Province(self.plan.place.province.clone());
        self.letter_from(province, "silence.attested", at, data, Intent::Genuine)
    }

    /// Building tax (law 47-06): 20 to 30 DH for a square metre of a house of one's own, 10 to 20 for collective,
    /// commercial and industrial buildings, repairs a fixed sum up to 500 DH; each commune sets its rates.
    fn fee(&self, time: &str) -> Value {
        let project = &self.plan.body["project"];
        let area_m2 = i64::from(u32::try_from(project["floor_area_m2"].as_u64().unwrap_or(0)).unwrap_or(0));
        let own_house = project["use"] == "housing" && project["dwellings"].as_u64().unwrap_or(0) < 4;
        let (min, max) = if own_house { (20, 30) } else { (10, 20) };
        let rate = i64::from(self.chance.between(&self.plan.place.code, "rate", min, max));
        let (fee, label, dirhams) = match self.plan.permit {
            "building" | "housing-group" | "regularisation" if area_m2 > 0 => {
                ("building-tax", "Taxe sur les opérations de construction", rate * area_m2)
            }
            "repair" => (
                "repair-tax",
                "رسم على عمليات الإصلاح",
                i64::from(self.chance.between(&self.key, "repair", 100, 500)),
            ),
            "public-domain" => {
                ("occupation-fee", "Redevance d'occupation du domaine public", 40 * area_m2.max(1))
            }
            _ => (
                "service-fee",
                "Droits de dossier",
                i64::from(self.chance.between(&self.key, "service", 200, 3_000)),
            ),
        };
        json!({
            "fee": fee,
            "label": label,
            "amount_centimes": dirhams * 100,
            "currency": "MAD",
            "beneficiary": {
                "name": format!("Commune de {}", self.plan.place.name_fr),
                "rib": identity::rib(self.chance, &self.plan.place.code),
            },
            "assessed_at": time,
        })
    }
}
