//! Makes sure that every agency does everything at least a few times in a day: the rest is drawn by the agencies.

use anyhow::ensure;
use serde_json::{Value, json};

use crate::communes::course::{Course, Ending};
use crate::communes::day::{Day, Planned};
use crate::oracle::reviewers::asked;

/// Files, in a thousand, that the urban agency refuses, finds incomplete, and never answers, each.
const URBAN_IN_THOUSAND: usize = 34;

/// One behaviour that is fixed.
#[derive(Debug, Clone, PartialEq)]
struct Plan {
    agency: &'static str,
    reference: String,
    behaviour: &'static str,
}

/// Fixes behaviours at the simulated agencies.
///
/// # Errors
/// The agencies do not take them.
pub(super) async fn set(sandbox: &str, day: &Day) -> anyhow::Result<()> {
    let client = reqwest::Client::builder().no_proxy().build()?;
    for plan in draw(day) {
        let body: Value =
            json!({"agency": plan.agency, "reference": plan.reference, "behaviour": plan.behaviour});
        let answer = client.post(format!("{sandbox}/control/plan")).json(&body).send().await?;
        ensure!(answer.status().is_success(), "the agencies refuse a plan: {}", answer.status());
    }
    Ok(())
}

fn draw(day: &Day) -> Vec<Plan> {
    let references: Vec<String> = day.files.iter().map(|file| file.reference.clone()).collect();
    let order = day.chance.shuffled(&references, "plans");
    let mut free: Vec<&Planned> = order.into_iter().map(|index| &day.files[index]).filter(plain).collect();
    let mut plans = Vec::new();
    let mut fix = |agency: &'static str, behaviour: &'static str, count: usize, free: &mut Vec<&Planned>| {
        let fits = |file: &&Planned| asked(&file.body).iter().any(|one| one.agency == agency);
        let taken: Vec<String> =
            free.iter().filter(|file| fits(file)).take(count).map(|f| f.reference.clone()).collect();
        free.retain(|file| !taken.contains(&file.reference));
        plans.extend(taken.into_iter().map(|reference| Plan { agency, reference, behaviour }));
    };
    // Those with fewest files first, so that their files are not taken before them.
    for agency in ["water-basin", "land-registry", "onee"] {
        for behaviour in ["refused", "favourable", "unfavourable", "never"] {
            fix(agency, behaviour, 1, &mut free);
        }
    }
    let share = (day.files.len() * URBAN_IN_THOUSAND / 1000).max(1) + 1;
    for behaviour in ["refused", "incomplete", "never"] {
        fix("urban-agency", behaviour, share, &mut free);
    }
    plans.extend(payers(&mut free));
    plans
}

/// Files that will certainly be granted, and their payers.
fn payers(free: &mut Vec<&Planned>) -> Vec<Plan> {
    let granted = |file: &&Planned| file.permit == "building" && file.course.ending == Ending::Grant;
    let mut plans = Vec::new();
    let files: Vec<&Planned> = free.iter().copied().filter(|file| granted(file)).take(8).collect();
    for (file, payer) in
        files.into_iter().zip(["paid", "failed", "rejected", "refused-then-paid"].into_iter().cycle())
    {
        let reference = file.reference.clone();
        plans.push(Plan { agency: "urban-agency", reference: reference.clone(), behaviour: "favourable" });
        plans.push(Plan { agency: "barid-bank", reference, behaviour: payer });
    }
    plans
}

/// A file that goes its way without a detour, so that the behaviour has its effect.
fn plain(file: &&Planned) -> bool {
    matches!(
        file.course,
        Course { ending: Ending::Grant, detour: None, supplements: true, last_day: false, .. }
    )
}
