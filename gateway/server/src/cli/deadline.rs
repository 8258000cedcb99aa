//! `wasl deadline simulate` (no server) and `wasl deadline explain` (database): one pure function behind both.

mod texts;

use std::path::PathBuf;

use clap::{Args, Subcommand};
use jiff::civil::Date;
use wasl_core::deadline::{ClockEvent, Explanation, SimulateError, SimulateInput, simulate};
use wasl_core::file::FileState;
use wasl_schemas::file::{Permit, ProjectClass};

use super::{Failure, block_on, file, output};
use crate::config::Settings;
use crate::flow::World;
use crate::http::api::deadline::DeadlineAnswer;
use crate::http::lang::Lang;
use crate::store::connect;

#[derive(Debug, Subcommand)]
pub(super) enum DeadlineCommand {
    /// Show what the legal dates would be, day by day. Needs no server.
    Simulate(SimulateArgs),
    /// Show why a file's legal dates are what they are, day by day. Reads the database of the settings.
    Explain(ExplainArgs),
}

#[derive(Debug, Args)]
pub(super) struct SimulateArgs {
    /// The act, e.g. `building`.
    #[arg(long, value_name = "ACT", value_parser = permit)]
    permit: Permit,
    /// `large` or `small`, where the limit depends on it.
    #[arg(long, value_name = "CLASS", value_parser = class)]
    class: Option<ProjectClass>,
    /// Local date of the commune's numbered receipt.
    #[arg(long, value_name = "DATE")]
    filed: Date,
    /// An investment act.
    #[arg(long)]
    investment: bool,
    /// What happens: suspended:DATE, resumed:DATE, redeposited:DATE, extended:DATE:DAYS, agreed:DATE,
    /// decided:DATE, withdrawn:DATE. May be given several times, in any order.
    #[arg(long = "event", value_name = "EVENT")]
    events: Vec<ClockEvent>,
    /// A file or folder of a calendar in place of the present one: a name that is known (fixed.toml,
    /// lunar.toml, exceptional.toml) takes that file's place, another one with a `weekend` stands alone.
    #[arg(long, value_name = "FILE")]
    calendar: Vec<PathBuf>,
    #[command(flatten)]
    form: Form,
}

#[derive(Debug, Args)]
pub(super) struct ExplainArgs {
    /// The file's reference as its commune gives it, its registration number, or its id.
    reference: String,
    /// The commune, when two of them use the same reference.
    #[arg(long, value_name = "CODE")]
    commune: Option<String>,
    #[command(flatten)]
    form: Form,
}

#[derive(Debug, Args)]
struct Form {
    /// Show all of it as JSON, with the texts in the three languages.
    #[arg(long)]
    json: bool,
    /// Language of the text: `fr`, `ar` or `en`.
    #[arg(long, default_value = "en", value_parser = lang)]
    lang: Lang,
}

fn permit(name: &str) -> Result<Permit, String> {
    let known = Permit::ALL.map(Permit::as_str).join(", ");
    Permit::ALL.into_iter().find(|permit| permit.as_str() == name).ok_or_else(|| format!("known are {known}"))
}

fn class(name: &str) -> Result<ProjectClass, String> {
    match name {
        "large" => Ok(ProjectClass::Large),
        "small" => Ok(ProjectClass::Small),
        _ => Err("must be large or small".to_owned()),
    }
}

fn lang(tag: &str) -> Result<Lang, String> {
    Lang::parse(tag).ok_or_else(|| "must be fr, ar or en".to_owned())
}

pub(super) fn run(command: &DeadlineCommand, settings: &Settings) -> Result<(), Failure> {
    match command {
        DeadlineCommand::Simulate(args) => {
            let explanation = simulated(args, settings)?;
            show(&explanation, &explanation, &args.form)
        }
        DeadlineCommand::Explain(args) => {
            let answer = explained(args, settings)?;
            show(&answer, &answer.explanation, &args.form)
        }
    }
}

fn show(whole: &impl serde::Serialize, explanation: &Explanation, form: &Form) -> Result<(), Failure> {
    if form.json {
        output::say(&serde_json::to_string_pretty(whole)?)
    } else {
        output::say(&texts::text(explanation, form.lang))
    }
}

fn simulated(args: &SimulateArgs, settings: &Settings) -> Result<Explanation, Failure> {
    let world = World::load_with(settings, &args.calendar)?;
    let input = SimulateInput {
        permit: args.permit,
        class: args.class,
        filed: args.filed,
        investment: args.investment,
        events: args.events.clone(),
    };
    simulate(&input, &world.rules, &world.calendar).map_err(|error| match error {
        SimulateError::ClassMissing(_) => Failure::Usage(format!("{error} (--class)")),
        SimulateError::NoRule { .. } | SimulateError::Event { .. } => Failure::Refused(error.into()),
    })
}

fn explained(args: &ExplainArgs, settings: &Settings) -> Result<DeadlineAnswer, Failure> {
    let world = World::load(settings)?;
    let today = settings.clock.legal()?.today();
    let row = block_on(async {
        let pool = connect::pool(&settings.database)?;
        file::find_one(&pool, &args.reference, args.commune.as_deref()).await
    })??;
    let state: FileState = serde_json::from_value(row.state)?;
    let explanation = world
        .explain(&state, row.withdrawn_at.map(|at| at.0))
        .ok_or_else(|| anyhow::anyhow!("rule `{}` of this file is not among the rules", state.rule))?;
    Ok(DeadlineAnswer { reference: row.reference, today, explanation })
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Line {
        #[command(subcommand)]
        command: DeadlineCommand,
    }

    fn parse(line: &str) -> Result<SimulateArgs, clap::Error> {
        match Line::try_parse_from(format!("deadline {line}").split(' '))?.command {
            DeadlineCommand::Simulate(args) => Ok(args),
            DeadlineCommand::Explain(_) => panic!("{line}"),
        }
    }

    fn explain(line: &str) -> Result<Explanation, Failure> {
        simulated(&parse(line).unwrap(), &Settings::load(&[]).unwrap())
    }

    const CASE: &str = "simulate --permit building --class large --filed 2026-11-02";

    #[test]
    fn a_case_says_everything_that_a_program_reads() {
        let shown = serde_json::to_value(explain(CASE).unwrap()).unwrap();
        for key in ["rule", "basis", "zone", "tzdb", "filed", "due", "days", "steps", "reminders", "silence"]
        {
            assert!(!shown[key].is_null(), "{key}");
        }
        assert_eq!(shown["filed"], "2026-11-02");
        assert_eq!(shown["days"][0]["counted"], false, "the day of receipt is day 0");
        assert_eq!(shown["days"][1]["number"], 1);
        assert!(shown["silence"]["approval"].is_boolean());
    }

    #[test]
    fn wrong_words_are_wrong_usage_and_impossible_cases_are_refused() {
        for wrong in [
            "simulate --permit castle --filed 2026-11-02",
            "simulate --permit building --filed 2026-11-31",
            "simulate --permit building --class huge --filed 2026-11-02",
            "simulate --permit building --filed 2026-11-02 --event flown:2026-11-03",
            "simulate --permit building --filed 2026-11-02 --lang de",
        ] {
            assert_eq!(parse(wrong).unwrap_err().exit_code(), 2, "{wrong}");
        }
        let without_class = explain("simulate --permit building --filed 2026-11-02");
        assert!(matches!(without_class, Err(Failure::Usage(_))));
        let before = explain(&format!("{CASE} --event decided:2026-11-01"));
        assert!(matches!(before, Err(Failure::Refused(_))));
    }

    #[test]
    fn the_text_speaks_three_languages() {
        let explanation = explain(CASE).unwrap();
        let due = explanation.due.unwrap().to_string();
        let all = Lang::ALL.map(|lang| texts::text(&explanation, lang));
        assert!(all.iter().all(|text| text.contains(&due) && text.contains("2026-11-03")));
        assert!(all[0] != all[1] && all[1] != all[2]);
    }
}
