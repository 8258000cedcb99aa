//! Times that the sender states: none may lie in the future.

use std::sync::LazyLock;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::{TimeZone, TimeZoneDatabase};

use super::CheckContext;
use crate::problem::{Code, Fault};

/// The zone of all legal days, from the database that is compiled in, never the machine's.
static CASABLANCA: LazyLock<TimeZone> =
    LazyLock::new(|| TimeZoneDatabase::bundled().get("Africa/Casablanca").unwrap_or(TimeZone::UTC));

/// The latest instant that counts as now.
pub(super) fn latest(ctx: &CheckContext<'_>) -> Timestamp {
    ctx.now.checked_add(ctx.future_tolerance).unwrap_or(ctx.now)
}

/// The local day of an instant.
pub(super) fn local_day(at: Timestamp) -> Date {
    at.to_zoned(CASABLANCA.clone()).date()
}

/// Refuses an instant in the future with `code`.
pub(super) fn instant(
    at: Option<Timestamp>,
    code: Code,
    pointer: &str,
    ctx: &CheckContext<'_>,
    faults: &mut Vec<Fault>,
) {
    if at.is_some_and(|at| at > latest(ctx)) {
        faults.push(Fault::new(code, pointer));
    }
}

/// Refuses a local day in the future.
pub(super) fn day(on: Option<Date>, pointer: &str, ctx: &CheckContext<'_>, faults: &mut Vec<Fault>) {
    if on.is_some_and(|on| on > local_day(latest(ctx))) {
        faults.push(Fault::new(Code::TimeInFuture, pointer));
    }
}
