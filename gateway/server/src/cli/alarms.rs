//! `wasl alarms`: what is wrong now, and since when.

use clap::Args;
use jiff::Timestamp;

use super::{Failure, block_on, output};
use crate::clock::wall_now;
use crate::config::Settings;
use crate::observe::alarm::Name;
use crate::store::connect;
use crate::store::read::alarms::{self, AlarmLine};

#[derive(Debug, Args)]
pub(super) struct AlarmsArgs {
    /// Those that have ended as well, the newest first.
    #[arg(long)]
    all: bool,
    /// As JSON, like `GET /api/v1/alarms`.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &AlarmsArgs, settings: &Settings) -> Result<(), Failure> {
    let lines = block_on(async {
        let pool = connect::pool(&settings.database)?;
        alarms::list(&pool, args.all).await
    })??;
    if args.json {
        return output::say(&serde_json::to_string_pretty(&lines)?);
    }
    let now = wall_now();
    for line in &lines {
        output::say(&text(line, now))?;
    }
    if lines.is_empty() {
        output::remark("no alarm");
    }
    Ok(())
}

/// One line; the page of an alarm has its name.
fn text(line: &AlarmLine, now: Timestamp) -> String {
    let subject = if line.subject.is_empty() { "-" } else { &line.subject };
    let (state, until) = match line.until {
        None => ("ACTIVE", now),
        Some(until) => ("ended ", until.0),
    };
    let lasted = until.duration_since(line.since.0).as_secs();
    let since = line.since.0.strftime("%Y-%m-%dT%H:%M:%SZ");
    format!(
        "{state}  {:<18}  {subject:<24}  since {since}  for {}  {}",
        line.name,
        duration(lasted),
        seen(line)
    )
}

/// What was seen last, against its limit.
fn seen(line: &AlarmLine) -> String {
    match Name::parse(&line.name).map(Name::unit) {
        Some("seconds") => {
            format!("{} (limit {})", duration(whole(line.value)), duration(whole(line.threshold)))
        }
        Some("days") => format!("{:.1} days left (limit {:.0})", line.value, line.threshold),
        _ => format!("{:.0} (limit {:.0})", line.value, line.threshold),
    }
}

#[expect(clippy::cast_possible_truncation, reason = "an age in seconds")]
fn whole(seconds: f64) -> i64 {
    seconds as i64
}

/// `3 d 4 h`, `2 h 5 min`, `40 s`.
fn duration(seconds: i64) -> String {
    let (hours, minutes) = (seconds / 3_600, seconds / 60 % 60);
    let (days, hours) = (hours / 24, hours % 24);
    match (days, hours, minutes) {
        (1.., ..) => format!("{days} d {hours} h"),
        (_, 1.., _) => format!("{hours} h {minutes} min"),
        (_, _, 1..) => format!("{minutes} min {} s", seconds % 60),
        _ => format!("{seconds} s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::read::Instant;

    #[test]
    fn a_line_says_what_about_what_since_when_and_how_much() {
        let at = |text: &str| Instant(text.parse().unwrap());
        let mut line = AlarmLine {
            name: "agency-silent".to_owned(),
            subject: "onee".to_owned(),
            since: at("2026-11-02T01:00:00Z"),
            until: None,
            value: 360_000.0,
            threshold: 345_600.0,
            seen_at: at("2026-11-02T03:05:00Z"),
        };
        let said = text(&line, "2026-11-02T03:05:00Z".parse().unwrap());
        assert!(said.starts_with("ACTIVE  agency-silent"), "{said}");
        assert!(
            said.ends_with("since 2026-11-02T01:00:00Z  for 2 h 5 min  4 d 4 h (limit 4 d 0 h)"),
            "{said}"
        );
        line.until = Some(at("2026-11-02T01:00:40Z"));
        line.name = "certificate-ends".to_owned();
        line.value = 29.52;
        line.threshold = 30.0;
        let said = text(&line, "2026-11-02T03:05:00Z".parse().unwrap());
        assert!(said.starts_with("ended") && said.ends_with("for 40 s  29.5 days left (limit 30)"), "{said}");
    }
}
