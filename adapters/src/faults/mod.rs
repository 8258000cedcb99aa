//! Faults that tests ask for: steps at which the program kills itself, and planted mistakes that a judge must find.
//!
//! Both exist only with the feature `faults`, which no default has. Without it [`crate::crash_point!`] is nothing at all and
//! [`crate::planted!`] is `false`: not even the names are in the program. `wasl-faulty` is the program with the feature.

#[cfg(feature = "faults")]
mod points;
#[cfg(feature = "faults")]
mod switches;

#[cfg(feature = "faults")]
pub use self::points::{POINTS, Point};
#[cfg(feature = "faults")]
pub use self::switches::{PLANTS, Plant, is_planted, reached};

/// A step between two side effects. With the feature `faults` and `WASL_CRASH_AT=<name>[:<n>]` the process kills itself
/// (SIGKILL) when it comes here for the n-th time. With a condition, the first name is for `true`.
#[cfg(feature = "faults")]
#[macro_export]
macro_rules! crash_point {
    ($name:literal) => {
        $crate::faults::reached($name)
    };
    ($condition:expr => $yes:literal, $no:literal) => {
        $crate::faults::reached(if $condition { $yes } else { $no })
    };
}

/// A step between two side effects; nothing in a program without the feature `faults`.
#[cfg(not(feature = "faults"))]
#[macro_export]
macro_rules! crash_point {
    ($name:literal) => {};
    ($condition:expr => $yes:literal, $no:literal) => {
        let _ = $condition;
    };
}

/// Whether a mistake is planted (`WASL_PLANT=<name>`), with the feature `faults`.
#[cfg(feature = "faults")]
#[macro_export]
macro_rules! planted {
    ($name:literal) => {
        $crate::faults::is_planted($name)
    };
}

/// Whether a mistake is planted: never in a program without the feature `faults`.
#[cfg(not(feature = "faults"))]
#[macro_export]
macro_rules! planted {
    ($name:literal) => {
        false
    };
}
