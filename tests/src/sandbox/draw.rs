//! What an agency does with a request: a hash of (seed, agency, reference), never of arrival order,
//! so that a run with the same seed and files replays.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::agency::Agency;
use super::locked;
use super::profile::{BankShares, Profile, ReviewerShares};
use super::scenario::{Mark, Scenario, Scenarios, marks};

/// What a party does with one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Behaviour {
    /// Reviewer: favourable.
    Favourable,
    /// Reviewer: favourable with conditions.
    Conditions,
    /// Reviewer: unfavourable.
    Unfavourable,
    /// Reviewer: no opinion, with a reason.
    NoOpinion,
    /// Reviewer: refuses the request with a code.
    Refused,
    /// Reviewer: says what is missing; answers once it has come.
    Incomplete,
    /// Reviewer: takes the request in and never answers.
    Never,
    /// Payer: pays.
    Paid,
    /// Payer: the card is refused once, then pays.
    RefusedThenPaid,
    /// Payer: the card is refused for good.
    Failed,
    /// Payer: pays at a counter or cash machine.
    Counter,
    /// Payer: pays half of it at a counter, and the rest never; only by plan.
    CounterPartial,
    /// Payer: pays one dirham too much at a counter; only by plan.
    CounterOver,
    /// Payer: pays at a counter, and once more; only by plan.
    CounterTwice,
    /// Bank: checks the order for a while (PDNG), then the payer pays; only by plan.
    Pending,
    /// Bank: rejects the order (RJCT).
    Rejected,
}

/// A behaviour with what goes with it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Draw {
    /// What happens.
    pub behaviour: Behaviour,
    /// After how many legal days the answer (or the payment) comes.
    pub delay_days: f64,
    /// The answer is pushed where the agency can push; else it waits for a poll.
    pub pushed: bool,
    /// The bank sends its callback twice.
    pub twice: bool,
    /// What could be said at once or later is said at once (refusals, missing documents).
    pub at_once: bool,
    /// Which opinion follows once a supplement has come.
    pub then: Behaviour,
    /// The answer comes before its acknowledgement.
    #[serde(default)]
    pub out_of_order: bool,
}

/// A number in [0, 1) that depends on nothing but its arguments.
#[must_use]
pub fn uniform(seed: u64, agency: Agency, reference: &str, question: &str) -> f64 {
    let mut hash = Sha256::new();
    hash.update(seed.to_be_bytes());
    for part in [agency.key(), reference, question] {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    let mut upper = [0u8; 4];
    upper.copy_from_slice(&hash.finalize()[..4]);
    f64::from(u32::from_be_bytes(upper)) / (f64::from(u32::MAX) + 1.0)
}

fn pick(mut point: f64, shares: &[(f64, Behaviour)], rest: Behaviour) -> Behaviour {
    for (share, behaviour) in shares {
        if point < *share {
            return *behaviour;
        }
        point -= share;
    }
    rest
}

/// How much longer a late answer takes.
const LATE_TIMES: f64 = 10.0;
/// When an answer comes that was asked for soon, in legal days.
const SOON_DAYS: f64 = 0.01;

/// Draws behaviours, and lets a test fix them.
#[derive(Debug, Default)]
pub struct Draws {
    seed: u64,
    profile: Profile,
    plans: Mutex<HashMap<(Agency, String), PlannedDraw>>,
    scenarios: Arc<Scenarios>,
}

/// What a test fixed for one reference; what it left out is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PlannedDraw {
    /// What happens.
    pub behaviour: Behaviour,
    /// Delay in legal days.
    #[serde(default)]
    pub delay_days: Option<f64>,
    /// Pushed or polled.
    #[serde(default)]
    pub pushed: Option<bool>,
    /// Callback sent twice.
    #[serde(default)]
    pub twice: Option<bool>,
    /// Said at once or later.
    #[serde(default)]
    pub at_once: Option<bool>,
    /// The opinion after a supplement.
    #[serde(default)]
    pub then: Option<Behaviour>,
}

impl PlannedDraw {
    /// This behaviour, all else drawn.
    #[must_use]
    pub const fn of(behaviour: Behaviour) -> Self {
        Self { behaviour, delay_days: None, pushed: None, twice: None, at_once: None, then: None }
    }
}

impl Draws {
    /// Draws by a seed and a profile.
    #[must_use]
    pub(super) fn new(seed: u64, profile: Profile, scenarios: Arc<Scenarios>) -> Self {
        Self { seed, profile, plans: Mutex::default(), scenarios }
    }

    /// Fixes what a reference (ours, or the commune's file reference) gets at an agency.
    pub fn plan(&self, agency: Agency, reference: &str, planned: PlannedDraw) {
        locked(&self.plans).insert((agency, reference.to_owned()), planned);
    }

    /// What the agency does with this request. `references` in the order in which a plan is looked
    /// up; the last one that is there feeds the draw, so put the commune's file reference last.
    pub fn draw(&self, agency: Agency, references: &[&str]) -> Draw {
        let key = references.iter().rev().find(|reference| !reference.is_empty()).copied().unwrap_or("");
        let drawn = if agency == Agency::BaridBank {
            self.payer(&self.profile.bank, key)
        } else {
            self.reviewer(agency, self.profile.reviewer(agency), key)
        };
        let drawn = self.asked(agency, references, key, drawn);
        let plans = locked(&self.plans);
        let planned =
            references.iter().find_map(|reference| plans.get(&(agency, (*reference).to_owned()))).copied();
        planned.map_or(drawn, |planned| Draw {
            behaviour: planned.behaviour,
            delay_days: planned.delay_days.unwrap_or(drawn.delay_days),
            pushed: planned.pushed.unwrap_or(drawn.pushed),
            twice: planned.twice.unwrap_or(drawn.twice),
            at_once: planned.at_once.unwrap_or(drawn.at_once),
            then: planned.then.unwrap_or(drawn.then),
            out_of_order: drawn.out_of_order,
        })
    }

    /// What the scenario of the run and the marks in the file's reference make of a draw.
    fn asked(&self, agency: Agency, references: &[&str], key: &str, mut draw: Draw) -> Draw {
        // Each agency names the file in another place.
        let marked = references.iter().find(|reference| !marks(agency, reference).is_empty());
        let file = marked.copied().unwrap_or_default();
        if let Some(ours) = references.first() {
            self.scenarios.remember(agency, ours, file);
        }
        let marks = marks(agency, file);
        for mark in &marks {
            if let Mark::Opinion(behaviour) = mark {
                draw.behaviour = *behaviour;
            }
        }
        let asked = |fault| marks.contains(&Mark::Fault(fault)) || self.scenarios.drawn(fault, agency, key);
        if asked(Scenario::Late) {
            draw.delay_days *= LATE_TIMES;
        }
        if asked(Scenario::Soon) {
            draw.delay_days = SOON_DAYS;
        }
        draw.twice |= asked(Scenario::Duplicate);
        draw.out_of_order = asked(Scenario::OutOfOrder);
        // An answer that is polled has no order.
        draw.pushed |= draw.out_of_order;
        draw
    }

    fn reviewer(&self, agency: Agency, shares: &ReviewerShares, key: &str) -> Draw {
        let kinds = [
            (shares.refused, Behaviour::Refused),
            (shares.incomplete, Behaviour::Incomplete),
            (shares.never, Behaviour::Never),
            (shares.unfavourable, Behaviour::Unfavourable),
            (shares.conditions, Behaviour::Conditions),
            (shares.no_opinion, Behaviour::NoOpinion),
        ];
        let opinions = &kinds[3..];
        let at = |question| uniform(self.seed, agency, key, question);
        Draw {
            behaviour: pick(at("kind"), &kinds, Behaviour::Favourable),
            delay_days: between(shares.delay_days_min, shares.delay_days_max, at("delay")),
            pushed: at("pushed") < shares.pushed,
            twice: false,
            at_once: at("at-once") < 0.5,
            then: pick(at("then"), opinions, Behaviour::Favourable),
            out_of_order: false,
        }
    }

    fn payer(&self, shares: &BankShares, key: &str) -> Draw {
        let kinds = [
            (shares.refused_then_paid, Behaviour::RefusedThenPaid),
            (shares.failed, Behaviour::Failed),
            (shares.rejected, Behaviour::Rejected),
            (shares.counter, Behaviour::Counter),
        ];
        let at = |question| uniform(self.seed, Agency::BaridBank, key, question);
        Draw {
            behaviour: pick(at("kind"), &kinds, Behaviour::Paid),
            delay_days: between(shares.delay_days_min, shares.delay_days_max, at("delay")),
            pushed: true,
            twice: at("twice") < shares.callback_twice,
            at_once: true,
            then: Behaviour::Paid,
            out_of_order: false,
        }
    }
}

fn between(min: f64, max: f64, point: f64) -> f64 {
    min + (max - min) * point
}

#[cfg(test)]
mod tests {
    use super::*;

    const DRAWS: u32 = 20_000;

    fn draws(seed: u64) -> Draws {
        Draws::new(seed, Profile::default(), Arc::default())
    }

    fn share(draws: &Draws, agency: Agency, wanted: impl Fn(&Draw) -> bool) -> f64 {
        let hits = (0..DRAWS)
            .filter(|number| wanted(&draws.draw(agency, &["019a-unrelated", &format!("PCT-{number}/2026")])));
        f64::from(u32::try_from(hits.count()).unwrap()) / f64::from(DRAWS)
    }

    fn near(measured: f64, expected: f64) {
        assert!((measured - expected).abs() < 0.01, "{measured} instead of {expected}");
    }

    #[test]
    fn shares_of_the_default_profile_are_honoured() {
        let draws = draws(7);
        for agency in [Agency::UrbanAgency, Agency::Onee, Agency::WaterBasin, Agency::LandRegistry] {
            near(share(&draws, agency, |draw| draw.behaviour == Behaviour::Refused), 0.04);
            near(share(&draws, agency, |draw| draw.behaviour == Behaviour::Incomplete), 0.05);
            near(share(&draws, agency, |draw| draw.behaviour == Behaviour::Never), 0.05);
            near(share(&draws, agency, |draw| draw.behaviour == Behaviour::Unfavourable), 0.06);
            near(share(&draws, agency, |draw| draw.behaviour == Behaviour::Conditions), 0.15);
            near(share(&draws, agency, |draw| draw.behaviour == Behaviour::NoOpinion), 0.02);
            near(share(&draws, agency, |draw| draw.behaviour == Behaviour::Favourable), 0.63);
            near(share(&draws, agency, |draw| draw.pushed), 0.7);
            near(share(&draws, agency, |draw| draw.delay_days < 3.0), 0.25);
        }
    }

    #[test]
    fn shares_of_the_payer_are_honoured() {
        let draws = draws(7);
        near(share(&draws, Agency::BaridBank, |draw| draw.behaviour == Behaviour::Paid), 0.70);
        near(share(&draws, Agency::BaridBank, |draw| draw.behaviour == Behaviour::Counter), 0.10);
        near(share(&draws, Agency::BaridBank, |draw| draw.behaviour == Behaviour::RefusedThenPaid), 0.10);
        near(share(&draws, Agency::BaridBank, |draw| draw.behaviour == Behaviour::Failed), 0.07);
        near(share(&draws, Agency::BaridBank, |draw| draw.behaviour == Behaviour::Rejected), 0.03);
        near(share(&draws, Agency::BaridBank, |draw| draw.twice), 0.10);
    }

    #[test]
    fn a_draw_depends_on_seed_agency_and_file_alone() {
        let (one, other) = (draws(1), draws(2));
        let draw = |draws: &Draws, agency, ours: &str| -> Vec<Draw> {
            (0..50).map(|number| draws.draw(agency, &[ours, &format!("LOT-{number}")])).collect()
        };
        assert_eq!(draw(&one, Agency::Onee, "a"), draw(&one, Agency::Onee, "b"));
        assert_ne!(draw(&one, Agency::Onee, "a"), draw(&other, Agency::Onee, "a"));
        assert_ne!(draw(&one, Agency::Onee, "a"), draw(&one, Agency::UrbanAgency, "a"));
    }

    #[test]
    fn a_plan_wins_for_either_reference_and_keeps_what_it_left_out() {
        let draws = draws(1);
        let drawn = draws.draw(Agency::Onee, &["ours", "PCT-9"]);
        let planned = PlannedDraw { pushed: Some(false), ..PlannedDraw::of(Behaviour::Never) };
        draws.plan(Agency::Onee, "PCT-9", planned);
        let fixed = draws.draw(Agency::Onee, &["ours", "PCT-9"]);
        assert_eq!((fixed.behaviour, fixed.pushed), (Behaviour::Never, false));
        assert!((fixed.delay_days - drawn.delay_days).abs() < f64::EPSILON);
        assert_eq!(
            draws.draw(Agency::Onee, &["ours", "PCT-10"]).pushed,
            draws.draw(Agency::Onee, &["x", "PCT-10"]).pushed
        );
    }

    #[test]
    fn after_a_supplement_comes_an_opinion() {
        let draws = draws(3);
        for number in 0..500 {
            let draw = draws.draw(Agency::UrbanAgency, &[&format!("PCT-{number}")]);
            assert!(!matches!(draw.then, Behaviour::Refused | Behaviour::Incomplete | Behaviour::Never));
        }
    }

    #[test]
    fn a_mark_in_the_reference_decides_for_its_agency() {
        let draws = draws(1);
        let marked = "PCT-9..onee.unfavourable..out-of-order";
        let draw = draws.draw(Agency::Onee, &["ours", marked]);
        assert_eq!((draw.behaviour, draw.out_of_order, draw.pushed), (Behaviour::Unfavourable, true, true));
        assert!(draws.draw(Agency::UrbanAgency, &["ours", marked]).out_of_order);
    }
}
