//! `wasl calendar check`: what a new calendar would move, before anything changes. `wasl calendar apply`: has the
//! active core take the calendar that is in place.

use std::path::PathBuf;
use std::time::Duration;

use clap::Subcommand;
use jiff::civil::Date;
use serde::Serialize;
use sqlx::PgPool;
use wasl_core::file::{Context, Event, FileState, Input, step};
use wasl_core::time::days_between;
use wasl_schemas::notice::LegalDates;

use super::{Failure, block_on, output};
use crate::config::Settings;
use crate::flow::World;
use crate::store::read::open;
use crate::store::{StoreError, connect, recompute};

/// Files that are read at a time.
const FILES_MAX: i64 = 256;
/// How often it is looked whether the core has answered.
const LOOK_EVERY: Duration = Duration::from_millis(250);

#[derive(Debug, Subcommand)]
pub(super) enum CalendarCommand {
    /// Check calendar files and show which open files they would move, and by how much. Changes nothing;
    /// reads the database of the settings.
    Check {
        /// Files or folders: a name that is known (fixed.toml, lunar.toml, exceptional.toml) takes that file's
        /// place, another one with a `weekend` stands alone, any other is added.
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// Show all of it as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Have the active core read rules and calendar again and compute every open deadline with them. Put the
    /// new files in the folder `calendar` of `gateway.config_dir` of every core before. Processes of the role
    /// api read them when they start.
    Apply {
        /// Longest wait for the core to be done.
        #[arg(long, value_name = "SECONDS", default_value_t = 600)]
        wait_s: u64,
    },
}

/// A day that is worked in one calendar only.
#[derive(Debug, Serialize)]
struct DayMoved {
    date: Date,
    now_worked: bool,
}

/// An open file whose dates would move.
#[derive(Debug, Serialize)]
struct FileMoved {
    id: String,
    commune: String,
    reference: String,
    before: LegalDates,
    after: LegalDates,
    /// Calendar days by which the last day moves; absent where it is not known.
    days: Option<i32>,
    /// Opinions whose last day moves.
    opinions: usize,
}

/// What a calendar would do.
#[derive(Debug, Serialize)]
struct Checked {
    present: String,
    new: String,
    confirmed_until: Date,
    changes: Vec<DayMoved>,
    open_files: usize,
    moved: Vec<FileMoved>,
}

pub(super) fn run(command: &CalendarCommand, settings: &Settings) -> Result<(), Failure> {
    match command {
        CalendarCommand::Check { files, json } => {
            let checked = check(files, settings)?;
            if *json {
                output::say(&serde_json::to_string_pretty(&checked)?)
            } else {
                output::say(&text(&checked))
            }
        }
        CalendarCommand::Apply { wait_s } => apply(settings, Duration::from_secs(*wait_s)),
    }
}

fn check(files: &[PathBuf], settings: &Settings) -> Result<Checked, Failure> {
    if let Some(missing) = files.iter().find(|file| !file.exists()) {
        return Err(Failure::Usage(format!("{} does not exist", missing.display())));
    }
    let (present, new) = (World::load(settings)?, World::load_with(settings, files)?);
    let changes = present.calendar.changes(&new.calendar);
    let now = settings.clock.legal()?.now();
    let context = Context {
        now,
        rules: &new.rules,
        calendar: &new.calendar,
        coverage: &new.coverage,
        policy: &new.policy,
    };
    let (open_files, moved) = block_on(async {
        let pool = connect::pool(&settings.database)?;
        moves(&pool, &context).await
    })??;
    Ok(Checked {
        present: present.calendar.version().to_owned(),
        new: new.calendar.version().to_owned(),
        confirmed_until: new.calendar.confirmed_until(),
        changes: changes.iter().map(|c| DayMoved { date: c.date, now_worked: c.now_worked }).collect(),
        open_files,
        moved,
    })
}

/// Says the input to every open file that the core would say, and keeps what would come of it.
async fn moves(pool: &PgPool, context: &Context<'_>) -> Result<(usize, Vec<FileMoved>), StoreError> {
    let (mut open_files, mut moved, mut last) = (0, Vec::new(), None);
    loop {
        let states = open::after(pool, last, FILES_MAX).await?;
        let Some(state) = states.last() else { return Ok((open_files, moved)) };
        last = Some(state.id.0);
        open_files += states.len();
        moved.extend(states.iter().filter_map(|state| file_moved(state, context)));
    }
}

fn file_moved(state: &FileState, context: &Context<'_>) -> Option<FileMoved> {
    let done = step(Some(state), &Input::Recompute, context).ok()?;
    let (after, opinions) = done.events.into_iter().find_map(|event| match event {
        Event::ClockMoved { dates, reviewers, .. } => Some((dates, reviewers.len())),
        _ => None,
    })?;
    let before = state.dates.clone();
    Some(FileMoved {
        id: state.id.to_string(),
        commune: state.commune.code.to_string(),
        reference: state.permit_file.reference.to_string(),
        days: before.due.zip(after.due).map(|(before, after)| days_between(before, after)),
        before,
        after,
        opinions,
    })
}

fn text(checked: &Checked) -> String {
    let mut lines = vec![format!(
        "calendar {} in place of {}, confirmed until {}",
        checked.new, checked.present, checked.confirmed_until
    )];
    for day in &checked.changes {
        lines.push(format!("  {} {}", day.date, if day.now_worked { "is worked" } else { "is not worked" }));
    }
    let date = |date: Option<Date>| date.map_or_else(|| "-".to_owned(), |date| date.to_string());
    lines.push(format!("{} of {} open files would move", checked.moved.len(), checked.open_files));
    for file in &checked.moved {
        let days = file.days.map_or_else(|| "-".to_owned(), |days| format!("{days:+}"));
        let (before, after) = (&file.before, &file.after);
        lines.push(format!(
            "  {} {}  due {} -> {} ({days})  if working days {} -> {}  opinions {}",
            file.commune,
            file.reference,
            date(before.due),
            date(after.due),
            date(before.due_if_working_days),
            date(after.due_if_working_days),
            file.opinions
        ));
    }
    lines.join("\n")
}

fn apply(settings: &Settings, wait: Duration) -> Result<(), Failure> {
    World::load(settings)?;
    let applied = block_on(async {
        let pool = connect::pool(&settings.database)?;
        recompute::request(&pool).await?;
        let answered = async {
            loop {
                match recompute::applied(&pool).await? {
                    Some(applied) if !applied.waiting => return Ok::<_, StoreError>(applied),
                    _ => tokio::time::sleep(LOOK_EVERY).await,
                }
            }
        };
        tokio::time::timeout(wait, answered)
            .await
            .map_err(|_| {
                anyhow::anyhow!(
                    "no core was done within {} s; it goes on as soon as one leads",
                    wait.as_secs()
                )
            })?
            .map_err(anyhow::Error::from)
    })??;
    match applied.fault {
        Some(fault) => Err(anyhow::anyhow!("the core refused the files in place: {fault}").into()),
        None => output::say(&format!(
            "version {} is in force: {} open files were looked at, {} moved",
            applied.version, applied.files, applied.moved
        )),
    }
}
