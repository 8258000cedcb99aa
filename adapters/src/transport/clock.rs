//! The wall clock, the only clock of an adapter: for tokens, security headers, links and Retry-After. It knows
//! nothing of the legal clock.

use jiff::Timestamp;

/// The wall clock's time.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the one place where an adapter asks the wall clock")]
pub fn wall_now() -> Timestamp {
    Timestamp::now()
}
