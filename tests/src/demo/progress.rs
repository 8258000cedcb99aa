//! The bar that shows the flow: what was deposited, what goes back and forth, and the legal date.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use jiff::Timestamp;

use super::say;
use crate::communes::country::Country;
use crate::world::clock::{LegalClock, local_date, wall_ms};

/// How often the bar is drawn.
const DRAW_INTERVAL: Duration = Duration::from_millis(200);
/// Without a terminal a line is written so often.
const LINE_INTERVAL: Duration = Duration::from_secs(5);

/// Shows the flow until the legal clock reads `end`, or until `stop` is done (then true).
pub(crate) async fn show(
    country: &Country,
    clock: &LegalClock,
    end: Timestamp,
    files: usize,
    stop: impl Future,
) -> bool {
    let (begin_ms, end_ms) = (wall_ms(), clock.wall_of(end));
    let bar = ProgressBar::new(u64::try_from(end_ms - begin_ms).unwrap_or(1));
    if let Ok(style) = ProgressStyle::with_template("{msg}\n{wide_bar:.cyan/blue} {percent:>3} %") {
        bar.set_style(style);
    }
    let terminal = std::io::stderr().is_terminal();
    let mut said = Instant::now();
    tokio::pin!(stop);
    loop {
        let now = wall_ms();
        let (sent, received) = country.journal().counts();
        let date = local_date(clock.at(now));
        let line = format!(
            "{date}  {}/{files} files deposited  {sent} messages from communes  {received} to communes",
            country.submitted()
        );
        bar.set_position(u64::try_from(now - begin_ms).unwrap_or(0));
        bar.set_message(line.clone());
        if !terminal && said.elapsed() >= LINE_INTERVAL {
            say(&line);
            said = Instant::now();
        }
        if now >= end_ms {
            bar.finish();
            return false;
        }
        tokio::select! {
            _ = &mut stop => return true,
            () = tokio::time::sleep(DRAW_INTERVAL) => {}
        }
    }
}

/// Waits until nothing has come or gone for a while, at most so long.
pub(crate) async fn settle(country: &Country, quiet: Duration, longest: Duration) {
    let begin = Instant::now();
    let (mut last, mut since) = (country.journal().counts(), Instant::now());
    while since.elapsed() < quiet && begin.elapsed() < longest {
        tokio::time::sleep(DRAW_INTERVAL).await;
        let now = country.journal().counts();
        if now != last {
            (last, since) = (now, Instant::now());
        }
    }
}
