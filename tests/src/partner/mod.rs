//! Plays a partner at the broker: a commune with its own user, as its back office would.

mod letter;
mod line;
mod settings;

use std::io::Write;
use std::time::Duration;

use anyhow::Context;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

pub use settings::CommuneArgs;

use letter::Letter;
use line::Line;

/// Submits what was asked for, then prints what comes until it has come, nothing comes any more, or `stop`.
///
/// # Errors
/// The broker cannot be reached or refuses user, queue or message; a sample cannot be read; `--until` did not come.
pub async fn commune(args: &CommuneArgs, stop: CancellationToken) -> anyhow::Result<()> {
    let now = args.now()?;
    let letters: Vec<Letter> =
        args.submit.iter().map(|sample| Letter::read(args, sample, now)).collect::<Result<_, _>>()?;
    let mut line = Line::open(&args.amqp, &args.queue()).await?;
    for letter in &letters {
        line.publish(letter).await?;
        say(&format!(
            "sent      {}  {}  {}  (confirmed by the broker)",
            letter.name, letter.reference, letter.id
        ))?;
    }
    let ours: Vec<&str> = letters.iter().map(|letter| letter.reference.as_str()).collect();
    loop {
        let idle = args.idle_s.map(Duration::from_secs);
        let told = tokio::select! {
            () = stop.cancelled() => return Ok(()),
            told = line.hear(idle) => told?,
        };
        let Some(event) = told else {
            return match &args.until {
                Some(name) => Err(anyhow::anyhow!("{name} did not come")),
                None => Ok(()),
            };
        };
        say(&if args.json { event.to_string() } else { heading(&event) })?;
        let about_ours = ours.is_empty() || ours.iter().any(|ours| event["subject"] == **ours);
        if about_ours && args.until.as_deref() == short_name(&event) {
            return Ok(());
        }
    }
}

fn say(line: &str) -> anyhow::Result<()> {
    writeln!(std::io::stdout().lock(), "{line}").context("nobody reads any more")
}

fn short_name(event: &Value) -> Option<&str> {
    event["type"].as_str()?.strip_prefix("ma.wasl.")?.strip_suffix(".v1")
}

/// One line of an event: name, file, and its data as far as a terminal is wide.
fn heading(event: &Value) -> String {
    const DATA_CHARS_MAX: usize = 240;
    let data: String = event["data"].to_string().chars().take(DATA_CHARS_MAX).collect();
    let name = short_name(event).or_else(|| event["type"].as_str()).unwrap_or("?");
    format!("received  {name}  {}  {data}", event["subject"].as_str().unwrap_or("-"))
}
