//! Throughput of the last minutes, and the plumbing, for operators.

use std::collections::BTreeMap;

use askama::Template;
use jiff::{Span, Timestamp};
use sqlx::PgPool;

use super::format::{number, time_short};
use super::snapshot::Snapshot;
use super::svg::{Canvas, WIDTH, share};
use crate::http::texts::Say;
use crate::store::StoreError;
use crate::store::read::Instant;
use crate::store::read::live::{self, Bin};

/// Length of a bar, in seconds of wall-clock time.
const BIN_S: i64 = 10;
/// Number of bars: ten minutes.
const BINS: i64 = 60;
/// Bars that are counted again at every reading, since transactions may commit late.
const UNSETTLED_BINS: i64 = 3;

/// Events in spans of ten seconds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pulse {
    /// By number of the span.
    bins: BTreeMap<i64, Bin>,
}

impl Pulse {
    /// Reads the spans that may have changed: all at first, then the last few, from a known position on.
    ///
    /// # Errors
    /// The database's.
    pub async fn read(&self, pool: &PgPool, now: Timestamp) -> Result<Vec<Bin>, StoreError> {
        let newest = bin_of(now);
        let first = newest - BINS + 1;
        let unsettled = newest - UNSETTLED_BINS + 1;
        // The newest settled span that is known says where to begin; without one, everything is looked through.
        let settled = self.bins.range(first..unsettled).next_back();
        let (from, position) = settled.map_or((first, 0), |(number, bin)| (*number, bin.first_position));
        let since = now.checked_sub(Span::new().seconds(now.as_second() - from * BIN_S)).unwrap_or(now);
        live::throughput(pool, Instant(since), position, BIN_S).await
    }

    /// Takes what was read, and forgets what is too old.
    pub fn take(&mut self, read: &[Bin], now: Timestamp) {
        for bin in read {
            self.bins.insert(bin.number, *bin);
        }
        let first = bin_of(now) - BINS + 1;
        self.bins.retain(|number, _| *number >= first);
    }

    /// Events of each span up to `now`, oldest first.
    fn counts(&self, now: Timestamp) -> Vec<i64> {
        let newest = bin_of(now);
        (newest - BINS + 1..=newest)
            .map(|number| self.bins.get(&number).map_or(0, |bin| bin.events))
            .collect()
    }
}

fn bin_of(at: Timestamp) -> i64 {
    at.as_second().div_euclid(BIN_S)
}

/// A component that does not do its work.
pub struct Ailing {
    /// Its name.
    pub name: String,
    /// Why.
    pub reason: String,
}

#[derive(Template)]
#[template(path = "pulse.html")]
struct PulseTemplate {
    s: Say,
    chart: String,
    per_minute: String,
    highest: String,
    since: String,
    parked: String,
    unanswered: String,
    unanswered_any: bool,
    outbox: String,
    outbox_age: String,
    leader: String,
    components: String,
    ailing: Vec<Ailing>,
}

/// Draws the strip and the plumbing.
pub fn draw(say: Say, snapshot: &Snapshot, now: Timestamp) -> Result<String, askama::Error> {
    let counts = snapshot.pulse.counts(now);
    let highest = counts.iter().copied().max().unwrap_or(0);
    let mut canvas = Canvas::new(say.lang.is_rtl(), 60.0);
    let step = WIDTH / 60.0;
    let mut x = 0.0;
    for count in &counts {
        let height = share(*count, highest, 58.0);
        canvas.rect("pulse-bar", (x + 1.0, 60.0 - height), (step - 2.0, height));
        x += step;
    }
    // The span under way is not complete, so the last full minute ends before it.
    let minute: i64 = counts.iter().rev().skip(1).take(6).sum();
    let begin = now.checked_sub(Span::new().seconds(BIN_S * BINS)).unwrap_or(now);
    let plumbing = &snapshot.plumbing;
    let ailing = snapshot.health.iter().filter(|(_, state)| !state.ready);
    PulseTemplate {
        s: say,
        chart: canvas.finish("pulse-chart"),
        per_minute: number(say.lang, minute),
        highest: number(say.lang, highest),
        since: time_short(begin),
        parked: number(say.lang, plumbing.parked_open),
        unanswered: number(say.lang, plumbing.parked_unanswered),
        unanswered_any: plumbing.parked_unanswered > 0,
        outbox: number(say.lang, plumbing.outbox_rows),
        outbox_age: number(say.lang, plumbing.outbox_oldest_s),
        leader: plumbing.leader.clone(),
        components: number(say.lang, i64::try_from(snapshot.health.len()).unwrap_or(i64::MAX)),
        ailing: ailing
            .map(|(name, state)| Ailing {
                name: name.clone(),
                reason: state.reason.clone().unwrap_or_default(),
            })
            .collect(),
    }
    .render()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bin(number: i64, events: i64) -> Bin {
        Bin { number, events, first_position: number }
    }

    #[test]
    fn spans_are_replaced_by_later_readings_and_old_ones_are_forgotten() {
        let now = Timestamp::from_second(10_000).unwrap();
        let mut pulse = Pulse::default();
        pulse.take(&[bin(100, 9), bin(999, 2), bin(1000, 5)], now);
        pulse.take(&[bin(1000, 7)], now);
        let counts = pulse.counts(now);
        assert_eq!((counts.len(), counts[58], counts[59]), (60, 2, 7));
        assert_eq!(counts.iter().sum::<i64>(), 9, "what is older than ten minutes does not count");
    }
}
