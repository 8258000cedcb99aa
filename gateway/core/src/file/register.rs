//! First deposit and re-deposits: the rule by the date of filing, the legal dates, the plan of reviews.

use std::sync::Arc;

use jiff::civil::Date;
use wasl_schemas::agency::CommuneRef;
use wasl_schemas::consultation::PlannedConsultation;
use wasl_schemas::file::PermitFile;
use wasl_schemas::id::{ConsultationId, FileId};
use wasl_schemas::problem::{Code, Fault};

use super::decide::{Decider, forbid_when};
use super::event::Deposit;
use super::{Event, FileState, Refusal};
use crate::deadline::{ClockState, legal_dates, reviewer_due};
use crate::procedure::Reviewer;
use crate::time::{add_days, local_date};

impl Decider<'_> {
    pub(super) fn submitted(
        &mut self,
        file: &PermitFile,
        commune: &CommuneRef,
        warnings: &[Fault],
    ) -> Result<(), Refusal> {
        if self.state.is_some() {
            return Err(Refusal::one(Fault::new(Code::FileReferenceTaken, "/data/reference")));
        }
        if file.deposit_version != 1 {
            return Err(Refusal::one(Fault::new(Code::FileVersionGap, "/data/deposit_version")));
        }
        let id = FileId::of(&file.commune, &file.reference);
        let (deposit, mut all) = self.plan(id, file, commune)?;
        all.extend_from_slice(warnings);
        let registration = registration_number(id, local_date(self.now()));
        let commune = commune.clone();
        self.emit(Event::Registered { id, registration, commune, deposit, at: self.now(), warnings: all });
        Ok(())
    }

    pub(super) fn redeposited(
        &mut self,
        state: &FileState,
        file: &PermitFile,
        warnings: &[Fault],
    ) -> Result<(), Refusal> {
        let present = state.permit_file.deposit_version;
        if file.deposit_version <= present {
            return Err(Refusal::one(Fault::new(Code::FileVersionStale, "/data/deposit_version")));
        }
        if file.deposit_version > present + 1 {
            return Err(Refusal::one(Fault::new(Code::FileVersionGap, "/data/deposit_version")));
        }
        forbid_when(!state.awaiting_redeposit || !state.awaits_decision())?;
        let (deposit, mut all) = self.plan(state.id, file, &state.commune)?;
        all.extend_from_slice(warnings);
        self.emit(Event::Redeposited { deposit, at: self.now(), warnings: all });
        Ok(())
    }

    /// All that follows from a deposit by rule, with warnings that stop nothing.
    fn plan(
        &self,
        id: FileId,
        file: &PermitFile,
        commune: &CommuneRef,
    ) -> Result<(Deposit, Vec<Fault>), Refusal> {
        let context = self.context;
        let filed = local_date(file.receipt.issued_at);
        let class = context.rules.class_of(file);
        let Some(rule) = context.rules.rule_for(file.permit, class, filed, file.project.investment) else {
            return Err(Refusal::one(Fault::new(Code::FileRuleMissing, "/data/permit")));
        };
        let clock = ClockState { filed, ..ClockState::default() };
        let reviewers = context.rules.reviewers(file, class, commune.province.as_str(), filed);
        let plan = self.consultations(id, file, commune, &clock, &reviewers, filed)?;
        let dates = legal_dates(rule, &clock, context.calendar);
        let mut warnings = Vec::new();
        let today = local_date(context.now);
        let eve = context.calendar.last_worked_on_or_before(add_days(today, -1));
        if filed < eve {
            warnings.push(Fault::new(Code::FileReceiptOld, "/data/receipt/issued_at"));
        }
        if class != file.project_class {
            warnings.push(Fault::new(Code::FileClassDiffers, "/data/project_class"));
        }
        let deposit = Deposit {
            permit_file: Arc::new(file.clone()),
            class,
            rule: rule.id.clone(),
            fees_due: rule.fees_due,
            clock,
            dates,
            plan,
        };
        Ok((deposit, warnings))
    }

    fn consultations(
        &self,
        id: FileId,
        file: &PermitFile,
        commune: &CommuneRef,
        clock: &ClockState,
        reviewers: &[Reviewer],
        filed: Date,
    ) -> Result<Vec<PlannedConsultation>, Refusal> {
        let mut plan = Vec::with_capacity(reviewers.len());
        let mut faults = Vec::new();
        for reviewer in reviewers {
            let (code, province) = (commune.code.as_str(), commune.province.as_str());
            let served =
                self.context.coverage.agency_for(&reviewer.agency, code, province, &commune.region, filed);
            let Some(entry) = served else {
                faults.push(Fault::new(Code::FileAgencyMissing, "/data/commune"));
                continue;
            };
            plan.push(PlannedConsultation {
                consultation: ConsultationId::of(id, file.deposit_version, &reviewer.agency, 1),
                agency: reviewer.agency.clone(),
                agency_id: entry.id.clone(),
                binding: reviewer.binding,
                due: reviewer_due(reviewer, clock, self.context.calendar),
            });
        }
        if faults.is_empty() { Ok(plan) } else { Err(Refusal(faults)) }
    }
}

/// The gateway's own number: `W26-` and 12 characters of Crockford's base 32 (60 bits of the file's id),
/// easy to say over the telephone. It starts no legal period.
fn registration_number(id: FileId, on: Date) -> String {
    const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    let bits = id.0.as_u128();
    let characters = (0..12).map(|n| {
        let index = usize::try_from((bits >> (n * 5)) & 31).unwrap_or(0);
        char::from(ALPHABET[index])
    });
    let mut text = format!("W{:02}", on.year().rem_euclid(100));
    for (position, character) in characters.enumerate() {
        if position % 4 == 0 {
            text.push('-');
        }
        text.push(character);
    }
    text
}
