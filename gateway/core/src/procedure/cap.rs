//! The ceiling of law 55-19: 60 days for every act, 30 for an investment act.
//!
//! A row whose limit can be longer than the investment ceiling becomes two rules: itself for all other
//! acts, and a shortened one with the suffix `-investment`.

use jiff::civil::Date;

use super::rule::{Rule, Unit};
use crate::rows::Row;

/// The table `[cap]`.
#[derive(Debug, Clone)]
pub(super) struct Cap {
    pub(super) act_days: u16,
    pub(super) investment_days: u16,
    pub(super) basis: String,
    pub(super) valid_from: Date,
}

impl Cap {
    pub(super) fn read(row: &mut Row<'_>) -> Option<Self> {
        let (act, investment) = (row.whole("act_days", 1, 365), row.whole("investment_days", 1, 365));
        let (basis, valid_from) = (row.text("basis"), row.date("valid_from"));
        let (act, investment) = (row.required("act_days", act), row.required("investment_days", investment));
        let (basis, valid_from) = (row.required("basis", basis), row.required("valid_from", valid_from));
        Some(Self { act_days: act?, investment_days: investment?, basis: basis?, valid_from: valid_from? })
    }

    /// Puts the ceiling on a rule; faults go to its row.
    pub(super) fn apply(&self, mut rule: Rule, row: &mut Row<'_>) -> Vec<Rule> {
        let days_max = longest_days(&rule);
        if rule.valid_from < self.valid_from {
            if rule.valid_to.is_none_or(|end| end > self.valid_from) && days_max > self.investment_days {
                row.fault(format!(
                    "holds across {}, where a ceiling begins ({}): split it there",
                    self.valid_from, self.basis
                ));
            }
            return vec![rule];
        }
        let for_investment = rule.investment == Some(true);
        let ceiling = if for_investment { self.investment_days } else { self.act_days };
        if rule.unit != Unit::Months && rule.limit > ceiling {
            row.fault(format!(
                "a limit of {} days is above the ceiling of {ceiling} ({})",
                rule.limit, self.basis
            ));
        }
        rule.cap_days = Some(ceiling);
        if rule.investment.is_some() || days_max <= self.investment_days {
            return vec![rule];
        }
        if !rule.steps.is_empty() {
            row.fault("has steps and is above the ceiling for investment acts: write a row for those too");
        }
        let shortened = self.shortened(&rule);
        rule.investment = Some(false);
        vec![rule, shortened]
    }

    fn shortened(&self, rule: &Rule) -> Rule {
        let limit = if rule.unit == Unit::Months { rule.limit } else { rule.limit.min(self.investment_days) };
        Rule {
            id: format!("{}-investment", rule.id),
            investment: Some(true),
            limit,
            cap_days: Some(self.investment_days),
            extension_days_max: rule.extension_days_max.min(self.investment_days),
            basis: if rule.basis.contains(&self.basis) {
                rule.basis.clone()
            } else {
                format!("{}; {}", rule.basis, self.basis)
            },
            ..rule.clone()
        }
    }
}

/// The longest number of days that a limit can mean.
fn longest_days(rule: &Rule) -> u16 {
    match rule.unit {
        Unit::Months => rule.limit.saturating_mul(31),
        Unit::WorkingDays | Unit::CalendarDays | Unit::Doubtful => rule.limit,
    }
}
