//! How often an agency does what: shares of behaviours and ranges of delays, all configurable.

use std::collections::BTreeMap;

use anyhow::bail;
use serde::Deserialize;

use super::agency::Agency;

/// Shares per agency, with defaults that make every outcome appear in a day of the country.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Profile {
    /// For every reviewing agency that `agencies` does not name.
    pub reviewer: ReviewerShares,
    /// Overrides, by agency key (`onee`, `urban-agency`, `water-basin`, `land-registry`).
    pub agencies: BTreeMap<Agency, ReviewerShares>,
    /// The payer and the bank.
    pub bank: BankShares,
}

/// Shares of a reviewing agency; what is left is favourable.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ReviewerShares {
    /// The request is refused with a code.
    pub refused: f64,
    /// Something is missing; complete once it is sent.
    pub incomplete: f64,
    /// Taken in and never answered.
    pub never: f64,
    /// Unfavourable opinion.
    pub unfavourable: f64,
    /// Favourable with conditions.
    pub conditions: f64,
    /// No opinion, with a reason.
    pub no_opinion: f64,
    /// Shortest answer, in legal days.
    pub delay_days_min: f64,
    /// Longest answer, in legal days.
    pub delay_days_max: f64,
    /// Share of the answers that are pushed where the agency can push (ONEE); the rest waits for a poll.
    pub pushed: f64,
}

impl Default for ReviewerShares {
    fn default() -> Self {
        Self {
            refused: 0.04,
            incomplete: 0.05,
            never: 0.05,
            unfavourable: 0.06,
            conditions: 0.15,
            no_opinion: 0.02,
            delay_days_min: 1.0,
            delay_days_max: 9.0,
            pushed: 0.7,
        }
    }
}

/// Shares of the payer's behaviours; what is left pays at the first try.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BankShares {
    /// The card is refused once, then the payer pays.
    pub refused_then_paid: f64,
    /// The card is refused for good.
    pub failed: f64,
    /// The bank rejects the order itself (RJCT).
    pub rejected: f64,
    /// The payer pays at a counter.
    pub counter: f64,
    /// Share of the paid orders whose callback is sent twice.
    pub callback_twice: f64,
    /// The payer pays at the earliest after this, in legal days.
    pub delay_days_min: f64,
    /// The payer pays at the latest after this, in legal days.
    pub delay_days_max: f64,
}

impl Default for BankShares {
    fn default() -> Self {
        Self {
            refused_then_paid: 0.10,
            failed: 0.07,
            rejected: 0.03,
            counter: 0.10,
            callback_twice: 0.10,
            delay_days_min: 0.2,
            delay_days_max: 2.0,
        }
    }
}

impl Profile {
    /// The shares of one reviewing agency.
    #[must_use]
    pub fn reviewer(&self, agency: Agency) -> &ReviewerShares {
        self.agencies.get(&agency).unwrap_or(&self.reviewer)
    }

    /// # Errors
    /// A share outside 0–1, shares that add up to more than 1, an empty range of delays.
    pub fn check(&self) -> anyhow::Result<()> {
        for shares in self.agencies.values().chain([&self.reviewer]) {
            let drawn = [shares.refused, shares.incomplete, shares.never];
            let opinions = [shares.unfavourable, shares.conditions, shares.no_opinion];
            shares_fit("reviewer", drawn.iter().chain(&opinions))?;
            shares_fit("pushed", [shares.pushed].iter())?;
            range_fits(shares.delay_days_min, shares.delay_days_max)?;
        }
        let bank = &self.bank;
        shares_fit("bank", [bank.refused_then_paid, bank.failed, bank.rejected, bank.counter].iter())?;
        shares_fit("callback_twice", [bank.callback_twice].iter())?;
        range_fits(bank.delay_days_min, bank.delay_days_max)
    }
}

fn shares_fit<'a>(name: &str, shares: impl Iterator<Item = &'a f64> + Clone) -> anyhow::Result<()> {
    let each = shares.clone().all(|share| (0.0..=1.0).contains(share));
    if !each || shares.sum::<f64>() > 1.0 + 1e-9 {
        bail!("profile: the shares of {name} must each lie in 0..1 and add up to 1 at most");
    }
    Ok(())
}

fn range_fits(min: f64, max: f64) -> anyhow::Result<()> {
    if !(min >= 0.0 && max >= min && max.is_finite()) {
        bail!("profile: delay_days_min must lie between 0 and delay_days_max");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_above_one_are_refused() {
        let mut profile = Profile::default();
        profile.check().unwrap();
        profile.reviewer.refused = 0.9;
        assert!(profile.check().is_err());
    }

    #[test]
    fn an_override_counts_for_its_agency_only() {
        let profile: Profile = toml::from_str("[agencies.onee]\nnever = 0.5\n").unwrap();
        assert!((profile.reviewer(Agency::Onee).never - 0.5).abs() < f64::EPSILON);
        assert!((profile.reviewer(Agency::UrbanAgency).never - 0.05).abs() < f64::EPSILON);
    }
}
