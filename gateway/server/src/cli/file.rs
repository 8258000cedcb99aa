//! `wasl file show`: what the gateway knows of a permit file.

use std::fmt::Write as _;

use clap::Subcommand;
use serde::Serialize;
use sqlx::PgPool;
use wasl_schemas::id::FileId;

use super::{Failure, block_on, output};
use crate::config::Settings;
use crate::http::lang::Lang;
use crate::http::texts::Say;
use crate::http::words::words;
use crate::store::read::consultations::{self, ConsultationFilter, ConsultationLine};
use crate::store::read::file::{self, EventLine, FeeLine, FileRow};
use crate::store::read::{Day, Scope, waiting};
use crate::store::{connect, files};

/// Consultations that are shown at most: a file has a handful for each deposit.
const CONSULTATIONS_MAX: i64 = 200;

#[derive(Debug, Subcommand)]
pub(super) enum FileCommand {
    /// Show a file with its consultations, fees and events. Reads the database of the settings.
    Show {
        /// The file's reference as its commune gives it, its registration number, or its id.
        reference: String,
        /// The commune, when two of them use the same reference.
        #[arg(long, value_name = "CODE")]
        commune: Option<String>,
        /// Show all of it as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Tell why a file waits: which step, which agency, which attempt, when it goes on, the last fault, what an operator
    /// can do.
    Why {
        /// The file's reference as its commune gives it, its registration number, or its id.
        reference: String,
        /// The commune, when two of them use the same reference.
        #[arg(long, value_name = "CODE")]
        commune: Option<String>,
        /// Language of the text: `fr`, `ar` or `en`.
        #[arg(long, default_value = "en", value_parser = lang)]
        lang: Lang,
        /// Show all of it as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Prove a file: its events form an unbroken chain of hashes, and its state is what they tell.
    Verify {
        /// The file's reference as its commune gives it, its registration number, or its id.
        reference: String,
        /// The commune, when two of them use the same reference.
        #[arg(long, value_name = "CODE")]
        commune: Option<String>,
    },
}

/// All that is shown.
#[derive(Serialize)]
struct Shown {
    file: FileRow,
    consultations: Vec<ConsultationLine>,
    fees: Vec<FeeLine>,
    events: Vec<EventLine>,
}

pub(super) fn run(command: &FileCommand, settings: &Settings) -> Result<(), Failure> {
    let (reference, commune, json) = match command {
        FileCommand::Show { reference, commune, json } => (reference, commune, json),
        FileCommand::Verify { reference, commune } => return verify(reference, commune.as_deref(), settings),
        FileCommand::Why { reference, commune, lang, json } => {
            return why(reference, commune.as_deref(), *lang, *json, settings);
        }
    };
    let today = settings.clock.legal()?.today();
    let shown = block_on(async {
        let pool = connect::pool(&settings.database)?;
        read(&pool, reference, commune.as_deref(), Day(today)).await
    })??;
    if *json { output::say(&serde_json::to_string_pretty(&shown)?) } else { output::say(&text(&shown)) }
}

/// A language by its tag.
pub(super) fn lang(tag: &str) -> Result<Lang, String> {
    Lang::parse(tag).ok_or_else(|| "must be fr, ar or en".to_owned())
}

fn why(
    reference: &str,
    commune: Option<&str>,
    lang: Lang,
    json: bool,
    settings: &Settings,
) -> Result<(), Failure> {
    let (file, why) = block_on(async {
        let pool = connect::pool(&settings.database)?;
        let file = find_one(&pool, reference, commune).await?;
        let why = waiting::of(&pool, file.id, None).await?;
        Ok::<_, Failure>((file, why))
    })??;
    if json {
        return output::say(&serde_json::to_string_pretty(&why)?);
    }
    let say = Say::new(lang);
    output::say(&format!("{}  {}  {}", file.reference, file.commune, say.of("status", &file.status)))?;
    if why.draining {
        output::say(say.t("waiting.draining"))?;
    }
    if why.waits.is_empty() {
        output::say(say.t("waiting.none"))?;
    }
    for told in why.waits.iter().map(|line| words(say, line)) {
        output::say(&format!("\n{}", told.what))?;
        let able = format!("{} {}", say.t("waiting.can"), told.can);
        for line in [&told.due, &told.attempt, &told.next, &told.fault, &able] {
            if !line.is_empty() {
                output::say(&format!("  {line}"))?;
            }
        }
    }
    if !why.parked.is_empty() {
        output::say(&format!("\n{}", say.with("waiting.parked", &why.parked.len().to_string())))?;
    }
    for line in &why.parked {
        output::say(&format!("  {}  {}  {}  {}", line.id, line.parked_at, line.queue, line.code))?;
    }
    Ok(())
}

fn verify(reference: &str, commune: Option<&str>, settings: &Settings) -> Result<(), Failure> {
    let (registration, count, same) = block_on(async {
        let pool = connect::pool(&settings.database)?;
        let file = find_one(&pool, reference, commune).await?;
        let id = FileId(file.id);
        let (told, count) = files::replay(&pool, id).await?;
        let same = told.is_some() && told == files::stored(&pool, id).await?;
        Ok::<_, Failure>((file.registration, count, same))
    })??;
    if same {
        output::say(&format!(
            "{registration}: {count} events in an unbroken chain; the state is what they tell"
        ))
    } else {
        Err(anyhow::anyhow!("{registration}: the state is not what its {count} events tell").into())
    }
}

async fn read(pool: &PgPool, reference: &str, commune: Option<&str>, today: Day) -> Result<Shown, Failure> {
    let all = Scope::default();
    let file = find_one(pool, reference, commune).await?;
    let filter = ConsultationFilter { file: Some(file.id), ..ConsultationFilter::default() };
    Ok(Shown {
        consultations: consultations::search(pool, &all, &filter, today, None, CONSULTATIONS_MAX).await?,
        fees: file::fees(pool, file.id).await?,
        events: file::events(pool, file.id).await?,
        file,
    })
}

/// The one file with this reference, registration number or id.
pub(super) async fn find_one(
    pool: &PgPool,
    reference: &str,
    commune: Option<&str>,
) -> Result<FileRow, Failure> {
    let mut found = file::find(pool, &Scope::default(), reference, commune).await?;
    match (found.pop(), found.is_empty()) {
        (Some(file), true) => Ok(file),
        (Some(_), false) => {
            Err(Failure::Usage(format!("several communes have a file {reference}: name one with --commune")))
        }
        (None, _) => {
            Err(anyhow::anyhow!("no file has the reference, registration number or id {reference}").into())
        }
    }
}

fn text(shown: &Shown) -> String {
    let mut out = String::new();
    // Writing into a text does not fail.
    let _ = head(&mut out, &shown.file).and_then(|()| lines(&mut out, shown));
    out
}

fn head(out: &mut String, file: &FileRow) -> std::fmt::Result {
    writeln!(out, "{}  {}  {}", file.reference, file.registration, file.id)?;
    writeln!(out, "commune {}  province {}  region {}", file.commune, file.province, file.region)?;
    writeln!(
        out,
        "{} ({}), deposit {}: {}",
        file.permit, file.project_class, file.deposit_version, file.status
    )?;
    let day = |day: Option<Day>| day.map_or_else(|| "none".to_owned(), |day| day.to_string());
    writeln!(out, "filed {}  due {}  at the latest {}", file.filed, day(file.due), day(file.due_later))?;
    let times = [
        ("registered", Some(file.registered_at)),
        ("reviewed", file.reviewed_at),
        ("decided", file.decided_at),
        ("right acquired", file.right_acquired_at),
        ("invoked", file.invoked_at),
        ("attested", file.attested_at),
        ("delivered", file.delivered_at),
        ("withdrawn", file.withdrawn_at),
    ];
    for (what, at) in times.into_iter().filter_map(|(what, at)| Some((what, at?))) {
        writeln!(out, "{what} {at}")?;
    }
    if let Some(decision) = &file.decision {
        writeln!(out, "decision {decision}")?;
    }
    Ok(())
}

fn lines(out: &mut String, shown: &Shown) -> std::fmt::Result {
    writeln!(out, "\nconsultations")?;
    for line in &shown.consultations {
        let opinion = line.opinion.as_deref().unwrap_or("-");
        let binding = if line.binding { " binding" } else { "" };
        writeln!(
            out,
            "  {:<14} {:<14} {opinion:<26} due {}{binding}  {}",
            line.agency, line.status, line.due, line.id
        )?;
        if let Some(fault) = &line.last_fault {
            writeln!(out, "                 waits: {fault}")?;
        }
    }
    writeln!(out, "\nfees")?;
    for fee in &shown.fees {
        writeln!(
            out,
            "  {:<14} {:<14} {} centimes  {}",
            fee.fee, fee.status, fee.amount_centimes, fee.order_id
        )?;
    }
    writeln!(out, "\nevents")?;
    for event in &shown.events {
        writeln!(out, "  {:>3} {}  {:<28} {}", event.sequence, event.legal_at, event.name, event.cause)?;
    }
    Ok(())
}
