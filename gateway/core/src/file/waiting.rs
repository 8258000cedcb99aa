//! Why is this file waiting? What the state itself tells: every step that somebody still owes, and whose turn it is.
//! When something is tried again, and what stands in the way outside the file, is known to the store alone.

use jiff::civil::Date;
use serde::Serialize;
use wasl_schemas::agency::RequestKind;
use wasl_schemas::consultation::ConsultationStatus;
use wasl_schemas::id::{AgencyKind, ConsultationId};

use super::event::bank;
use super::state::{Dispatch, FeeStatus};
use super::{FileState, Status};

/// What is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum WaitStep {
    /// Nobody knows whether a request has arrived: two operators must settle it.
    Operator,
    /// The right by silence waits for what may not have been read.
    RightHeld,
    /// A request has not reached the agency yet.
    Sending,
    /// The agency studies the file.
    Opinion,
    /// The agency asked for complements; the commune must bring them.
    Complement,
    /// The president asked for modifications; the next deposit is awaited.
    Redeposit,
    /// The commune must decide.
    Decision,
    /// A fee must be paid before the delivery.
    Payment,
    /// The commune must deliver, or attest.
    Delivery,
}

impl WaitStep {
    /// All of them, in the order in which they are told.
    pub const ALL: [Self; 9] = [
        Self::Operator,
        Self::RightHeld,
        Self::Sending,
        Self::Opinion,
        Self::Complement,
        Self::Redeposit,
        Self::Decision,
        Self::Payment,
        Self::Delivery,
    ];

    /// The key in JSON and in text keys.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Operator => "operator",
            Self::RightHeld => "right-held",
            Self::Sending => "sending",
            Self::Opinion => "opinion",
            Self::Complement => "complement",
            Self::Redeposit => "redeposit",
            Self::Decision => "decision",
            Self::Payment => "payment",
            Self::Delivery => "delivery",
        }
    }
}

/// One thing that a file waits for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Wait {
    /// What.
    pub step: WaitStep,
    /// Whose turn it is, where it is an agency's.
    pub agency: Option<AgencyKind>,
    /// Consultation or order.
    pub consultation: Option<ConsultationId>,
    /// What was asked last.
    pub request: Option<RequestKind>,
    /// Which attempt of it.
    pub attempt: Option<u32>,
    /// Attempts that failed in a row.
    pub failures: u32,
    /// The last fault, as it was recorded.
    pub fault: Option<String>,
    /// The legal day that is at stake.
    pub due: Option<Date>,
}

impl Wait {
    const fn of_file(step: WaitStep, due: Option<Date>) -> Self {
        Self {
            step,
            agency: None,
            consultation: None,
            request: None,
            attempt: None,
            failures: 0,
            fault: None,
            due,
        }
    }

    fn with(step: WaitStep, agency: &AgencyKind, id: ConsultationId, dispatch: &Dispatch, due: Date) -> Self {
        Self {
            step: if dispatch.needs_operator() { WaitStep::Operator } else { step },
            agency: Some(agency.clone()),
            consultation: Some(id),
            request: Some(dispatch.kind),
            attempt: Some(dispatch.attempt),
            failures: dispatch.failures,
            fault: dispatch.last_fault.clone(),
            due: Some(due),
        }
    }
}

/// Everything that a file waits for, the most pressing first. Empty for a file that is over and owes nothing.
#[must_use]
pub fn waits(state: &FileState) -> Vec<Wait> {
    let mut found: Vec<Wait> = reviews(state).chain(fees(state)).collect();
    let due = state.dates.due;
    if state.hold.is_some() {
        found.push(Wait::of_file(WaitStep::RightHeld, due));
    }
    if !state.is_over() {
        if state.awaiting_redeposit {
            found.push(Wait::of_file(WaitStep::Redeposit, None));
        } else if state.awaits_decision() && state.status == Status::Reviewed {
            found.push(Wait::of_file(WaitStep::Decision, due));
        } else if state.decision.is_some() || state.right.is_some() {
            found.push(Wait::of_file(WaitStep::Delivery, None));
        }
    }
    found.sort_by_key(|wait| wait.step);
    found
}

fn reviews(state: &FileState) -> impl Iterator<Item = Wait> {
    state.consultations.iter().filter_map(|(id, c)| {
        let step = match c.status {
            _ if c.dispatch.waiting && c.status != ConsultationStatus::Undeliverable => WaitStep::Sending,
            ConsultationStatus::Incomplete => WaitStep::Complement,
            status if status.is_closed() => return None,
            ConsultationStatus::Planned => WaitStep::Sending,
            _ => WaitStep::Opinion,
        };
        Some(Wait::with(step, &c.agency, *id, &c.dispatch, c.due))
    })
}

fn fees(state: &FileState) -> impl Iterator<Item = Wait> {
    state.fees.values().filter_map(|fee| {
        let step = match fee.status {
            _ if fee.dispatch.waiting => WaitStep::Sending,
            FeeStatus::Assessed => WaitStep::Sending,
            FeeStatus::Ordered => WaitStep::Payment,
            _ => return None,
        };
        Some(Wait::with(step, &bank(), fee.order, &fee.dispatch, fee.payable_until))
    })
}
