//! Percentiles of a sample.

use serde_json::{Value, json};

use crate::measure::percentile;

/// What is said of many times, in milliseconds.
pub(crate) struct Figures {
    pub(crate) p99: f64,
    p50: f64,
    p95: f64,
    max: f64,
    count: usize,
}

impl Figures {
    pub(crate) fn of(times: &[f64]) -> Self {
        let rank = |percent: usize| percentile(times, percent);
        Self { p50: rank(50), p95: rank(95), p99: rank(99), max: rank(100), count: times.len() }
    }

    pub(crate) fn json(&self) -> Value {
        json!({
            "count": self.count, "p50_ms": self.p50, "p95_ms": self.p95, "p99_ms": self.p99, "max_ms": self.max,
        })
    }
}
