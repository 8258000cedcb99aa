//! `wasl parked`: what could not go on; having it sent again, or set aside for good. Both need a second operator.

use std::io::Write as _;
use std::time::Duration;

use clap::{Args, Subcommand};
use uuid::Uuid;

use super::{Failure, block_on, operator, output};
use crate::acting::Wish;
use crate::config::Settings;
use crate::flow::replay;
use crate::http::api::parked::Advice;
use crate::http::auth::Right;
use crate::http::lang::Lang;
use crate::store::acts::ActKind;
use crate::store::connect;
use crate::store::read::parked::{self, ParkedFilter, ParkedLine};

/// Messages that are listed at most.
const LINES_MAX: i64 = 1_000;

#[derive(Debug, Subcommand)]
pub(super) enum ParkedCommand {
    /// List parked messages, newest first: since when, where from, which fault, which file and legal date.
    List {
        /// What became of them: `parked`, `replayed`, `set-aside` or `all`.
        #[arg(long, default_value = "parked", value_parser = ["parked", "replayed", "set-aside", "all"])]
        status: String,
        /// Read from this queue.
        #[arg(long)]
        queue: Option<String>,
        /// With this first fault.
        #[arg(long)]
        code: Option<String>,
        /// Show all of it as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Show one: faults, headers, what it holds up, what is advised.
    Show {
        /// Its id.
        id: Uuid,
        /// Language of the advice: `fr`, `ar` or `en`.
        #[arg(long, default_value = "en", value_parser = super::file::lang)]
        lang: Lang,
        /// Write the bytes as they came to standard output. Needs `auth.operator_token_file` with the right `wire-bodies`; the
        /// reading is written down.
        #[arg(long)]
        raw: bool,
    },
    /// Ask that they are sent where they first went, once more: the messages that fit now, and no others.
    Replay(Choice),
    /// Ask that they are set aside for good: nothing is done with them, and nothing waits for them any more.
    SetAside(Choice),
}

/// Which messages, and why. Needs `auth.operator_token_file`.
#[derive(Debug, Args)]
pub(super) struct Choice {
    /// Their ids; without any, all that fit the options.
    ids: Vec<Uuid>,
    /// Read from this queue.
    #[arg(long)]
    queue: Option<String>,
    /// With this first fault.
    #[arg(long)]
    code: Option<String>,
    /// About this file: reference, registration number or id.
    #[arg(long, value_name = "REFERENCE")]
    file: Option<String>,
    /// Its commune, when two of them use the same reference.
    #[arg(long, value_name = "CODE")]
    commune: Option<String>,
    /// Why: kept with the act.
    #[arg(long)]
    reason: String,
}

pub(super) fn run(command: &ParkedCommand, settings: &Settings) -> Result<(), Failure> {
    match command {
        ParkedCommand::List { status, queue, code, json } => {
            let status = (status != "all").then_some(status.as_str());
            let (queue, code) = (queue.as_deref(), code.as_deref());
            let filter = ParkedFilter { status, queue, code, ..ParkedFilter::default() };
            let lines = block_on(async {
                parked::list(&connect::pool(&settings.database)?, &filter, None, LINES_MAX).await
            })??;
            if *json {
                return output::say(&serde_json::to_string_pretty(&lines)?);
            }
            lines.iter().try_for_each(|line| output::say(&in_one_line(line)))
        }
        ParkedCommand::Show { id, raw: true, .. } => raw(settings, *id),
        ParkedCommand::Show { id, lang, .. } => show(settings, *id, *lang),
        ParkedCommand::Replay(choice) => ask(settings, ActKind::Replay, choice),
        ParkedCommand::SetAside(choice) => ask(settings, ActKind::SetAside, choice),
    }
}

fn ask(settings: &Settings, kind: ActKind, choice: &Choice) -> Result<(), Failure> {
    let wish = Wish {
        parked: choice.ids.clone(),
        queue: choice.queue.clone(),
        code: choice.code.clone(),
        file: choice.file.clone(),
        commune: choice.commune.clone(),
        ..Wish::new(kind, &choice.reason)
    };
    operator::ask(settings, &wish, Duration::ZERO)
}

fn in_one_line(line: &ParkedLine) -> String {
    let file = line.reference.as_ref().map_or_else(String::new, |reference| {
        let due = line.due.map(|due| format!(" due {due}")).unwrap_or_default();
        let holds = if line.holds_up { " HOLDS UP" } else { "" };
        format!("  {reference}{due}{holds}")
    });
    let times = if line.times > 1 { format!("  {} times", line.times) } else { String::new() };
    format!("{}  {}  {:<12} {}{times}{file}", line.id, line.parked_at, line.queue, line.code)
}

fn show(settings: &Settings, id: Uuid, lang: Lang) -> Result<(), Failure> {
    let (line, head) = block_on(async {
        let pool = connect::pool(&settings.database)?;
        let filter = ParkedFilter { id: Some(id), ..ParkedFilter::default() };
        let line = parked::list(&pool, &filter, None, 1).await?.pop();
        let found = line.zip(parked::head(&pool, id).await?);
        found.ok_or_else(|| Failure::from(anyhow::anyhow!("nothing is parked under {id}")))
    })??;
    output::say(&in_one_line(&line))?;
    output::say(&format!(
        "from {}  message {}  routing key {}  {} bytes, SHA-256 {}",
        line.user_id.as_deref().unwrap_or("-"),
        line.message_id.as_deref().unwrap_or("-"),
        line.routing_key.as_deref().unwrap_or("-"),
        line.raw_bytes,
        head.sha256
    ))?;
    if let Some(at) = line.right_acquires_at {
        output::say(&format!("silence would give the right at {at}"))?;
    }
    output::say(&format!("faults {}", line.faults))?;
    output::say(&format!("headers {}", head.headers))?;
    let advice = Advice::of(&line.code, lang);
    output::say(&format!("\n{}\n{}\n\n{}", advice.title, advice.text, advice.operators))?;
    if replay::origin(&line.queue, line.routing_key.as_deref(), &head.headers).is_none() {
        output::remark(
            "it cannot be sent again from here: its sender says it again, or its feed is read again",
        );
    }
    Ok(())
}

fn raw(settings: &Settings, id: Uuid) -> Result<(), Failure> {
    let reader = operator::who(settings)?;
    if !reader.has(Right::ParkedBodies) {
        return Err(Failure::Usage(format!("{} has not the right `wire-bodies`", reader.name)));
    }
    let bytes =
        block_on(async { parked::read(&connect::pool(&settings.database)?, id, &reader.name).await })??;
    let bytes = bytes.ok_or_else(|| anyhow::anyhow!("nothing is parked under {id}"))?;
    std::io::stdout().lock().write_all(&bytes)?;
    Ok(())
}
