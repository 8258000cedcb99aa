//! Percentiles of a sample.

use serde_json::{Value, json};

/// What is said of many times, in milliseconds.
pub(crate) struct Figures {
    pub(crate) p99: f64,
    p50: f64,
    p95: f64,
    max: f64,
    count: usize,
}

impl Figures {
    /// By the nearest rank.
    pub(crate) fn of(times: &[f64]) -> Self {
        let mut sorted = times.to_vec();
        sorted.sort_by(f64::total_cmp);
        let rank = |percent: usize| sorted[(sorted.len() * percent).div_ceil(100) - 1];
        Self { p50: rank(50), p95: rank(95), p99: rank(99), max: rank(100), count: sorted.len() }
    }

    pub(crate) fn json(&self) -> Value {
        json!({
            "count": self.count, "p50_ms": self.p50, "p95_ms": self.p95, "p99_ms": self.p99, "max_ms": self.max,
        })
    }
}
