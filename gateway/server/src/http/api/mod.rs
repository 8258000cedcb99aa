//! `/api/v1`: what may be asked, as JSON. Each file answers one kind of question.

pub mod acts;
pub mod agencies;
pub mod alarms;
pub mod communes;
pub mod consultations;
pub mod deadline;
pub mod deadlines;
pub mod file;
pub mod files;
pub mod lines;
pub mod parked;
pub mod payments;
pub mod silence;
pub mod simulate;
pub mod statements;
pub mod stats;
pub mod waiting;
pub mod wire_log;

use wasl_schemas::file::Name;

/// The mean of `sum` over `count`, with one decimal; `None` when there is nothing to divide.
#[must_use]
pub fn mean(sum: i64, count: i64) -> Option<f64> {
    // Tenths are rounded half up on whole numbers; both numbers are far below 2^52.
    (count > 0).then(|| {
        f64::from(i32::try_from((sum * 20 + count).div_euclid(count * 2)).unwrap_or(i32::MAX)) / 10.0
    })
}

/// A code with its names.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Place {
    /// HCP code.
    pub code: String,
    /// Names; absent for a code that the directory does not know.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<Name>,
}

#[cfg(test)]
mod tests {
    use super::mean;

    #[test]
    fn a_mean_has_one_decimal_and_nothing_has_none() {
        assert_eq!(mean(89, 3), Some(29.7));
        assert_eq!(mean(1, 4), Some(0.3));
        assert_eq!(mean(-5, 4), Some(-1.2));
        assert_eq!(mean(0, 0), None);
    }
}
