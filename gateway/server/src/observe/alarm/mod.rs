//! Alarms with a state: each begins once and ends once, however often it is looked at. What is judged here is pure;
//! the active core reads the figures and keeps the state in the database ([`crate::flow::alarms`]).
//!
//! Two things keep an alarm from flapping. It begins at one level and ends at another, better one (hysteresis); and
//! it turns only after what was seen has stood for a while.

mod board;
mod name;

#[cfg(test)]
mod tests;

pub use board::{Board, Change, Key, Terms, Turn};
pub use name::Name;

/// From where on something is wrong, and when it is right again.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limit {
    begin: f64,
    end: f64,
}

impl Limit {
    /// Wrong from `begin` on, right below `end`, which is not above it.
    #[must_use]
    pub fn above(begin: f64, end: f64) -> Self {
        Self { begin, end: end.min(begin) }
    }

    /// An age: wrong from so many seconds on, right again below half of them.
    #[must_use]
    pub fn age_s(seconds: u32) -> Self {
        Self::above(f64::from(seconds), f64::from(seconds) / 2.0)
    }

    /// A count: wrong from so many on, right below.
    #[must_use]
    pub fn count(least: u32) -> Self {
        Self::above(f64::from(least), f64::from(least))
    }

    /// What is left: wrong below so many days, right again from a day more on.
    #[must_use]
    pub fn days_left(days: u32) -> Self {
        Self { begin: f64::from(days), end: f64::from(days) + 1.0 }
    }

    /// The value at which the alarm begins.
    #[must_use]
    pub const fn begin(&self) -> f64 {
        self.begin
    }

    /// More is better: days that are left.
    fn is_floor(&self) -> bool {
        self.end > self.begin
    }

    fn is_wrong(&self, value: f64) -> bool {
        if self.is_floor() { value < self.begin } else { value >= self.begin }
    }

    fn is_right(&self, value: f64) -> bool {
        if self.is_floor() { value >= self.end } else { value < self.end }
    }
}

/// What was seen of one thing at one look.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// Which alarm it is about.
    pub name: Name,
    /// Which queue, agency or certificate; empty where there is only one.
    pub subject: String,
    /// An age in seconds, a count, or days that are left: see [`Name`].
    pub value: f64,
    /// Its limit.
    pub limit: Limit,
}
