//! `wasl check`: all faults of a message, without any server.

use std::path::PathBuf;

use clap::Args;
use jiff::SignedDuration;
use serde_json::{Value, json};
use wasl_schemas::check::{CheckContext, RawMessage, check, check_data};
use wasl_schemas::command::CommandName;
use wasl_schemas::problem::{Code, Fault};
use wasl_schemas::wire;

use super::{Failure, output, read_input};
use crate::config::Settings;
use crate::flow::World;

#[derive(Debug, Args)]
pub(super) struct CheckArgs {
    /// Name of the message, e.g. `file.submitted`.
    #[arg(long = "type", value_name = "NAME")]
    name: String,
    /// Show the faults as JSON, with their texts in the three languages.
    #[arg(long)]
    json: bool,
    /// File to check, `-` for standard input: a CloudEvent in JSON, or its data alone.
    file: PathBuf,
}

pub(super) fn run(args: &CheckArgs, settings: &Settings) -> Result<(), Failure> {
    let name = CommandName::from_short(&args.name).ok_or_else(|| {
        let known: Vec<&str> = CommandName::ALL.iter().map(|name| name.as_str()).collect();
        Failure::Usage(format!("there is no message `{}` (known: {})", args.name, known.join(", ")))
    })?;
    let bytes = read_input(&args.file)?;
    let world = World::load(settings)?;
    let tolerance_ms = i64::try_from(settings.flow.future_tolerance_ms).unwrap_or(i64::MAX);
    let context = CheckContext {
        communes: &world.directory,
        now: settings.clock.legal()?.now(),
        title_pattern: &world.title_pattern,
        future_tolerance: SignedDuration::from_millis(tolerance_ms),
        message_bytes_max: settings.broker.message_bytes_max,
    };
    let found = faults(name, &bytes, &context);
    let (warnings, faults): (Vec<Fault>, Vec<Fault>) = found.into_iter().partition(Fault::is_warning);
    if args.json {
        let shown = json!({ "type": name.as_str(), "valid": faults.is_empty(), "faults": faults, "warnings": warnings });
        output::say(&serde_json::to_string_pretty(&shown)?)?;
    } else {
        output::say(&text(name, &faults, &warnings))?;
    }
    if faults.is_empty() { Ok(()) } else { Err(Failure::Told) }
}

/// A whole CloudEvent is checked as if the commune that it names had sent it; anything else as data alone.
fn faults(name: CommandName, bytes: &[u8], context: &CheckContext<'_>) -> Vec<Fault> {
    let Ok(event) = serde_json::from_slice::<Value>(bytes) else {
        return vec![Fault::new(Code::EnvelopeMalformed, "")];
    };
    if event.get("specversion").is_none() {
        return check_data(name, &String::from_utf8_lossy(bytes), context);
    }
    let source = event.get("source").and_then(Value::as_str).unwrap_or_default();
    let (user, partner) = match source.strip_prefix(wire::SOURCE_PROVINCES) {
        Some(code) => (format!("province-{code}"), format!("province.{code}")),
        None => {
            let code = source.strip_prefix(wire::SOURCE_COMMUNES).unwrap_or_default();
            (format!("commune-{code}"), format!("commune.{code}"))
        }
    };
    let raw = RawMessage {
        content_type: Some(wire::CONTENT_TYPE),
        headers: &[],
        body: bytes,
        user_id: Some(&user),
        routing_key: &format!("{partner}.{}", name.as_str()),
    };
    match check(&raw, context) {
        Ok(checked) => checked.warnings,
        Err(refused) => refused.faults,
    }
}

fn text(name: CommandName, faults: &[Fault], warnings: &[Fault]) -> String {
    let mut lines = Vec::new();
    for (word, list) in [("fault", faults), ("warning", warnings)] {
        for fault in list {
            let place = if fault.pointer.is_empty() { "the message" } else { &fault.pointer };
            lines.push(format!("{word} {} at {place}\n    {}", fault.code, fault.text.en));
            if fault.retry {
                lines.push("    Sending the same message again later can help.".to_owned());
            }
        }
    }
    lines.push(match faults.len() {
        0 => format!("{} is good", name.as_str()),
        count => format!("{} would be refused: {count} faults", name.as_str()),
    });
    lines.join("\n")
}
