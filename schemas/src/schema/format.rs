//! The formats that the schemas use, checked by the same code as the types, so that what a schema accepts
//! can always be read.

use jiff::Timestamp;
use jiff::civil::Date;
use jsonschema::ValidationOptions;
use uuid::Uuid;

use crate::id::{Cin, Ice, Rib};

/// Adds the formats. Readers that do not know `cin`, `ice` and `rib` still have a pattern beside them.
pub(super) fn register(options: ValidationOptions<'_>) -> ValidationOptions<'_> {
    options
        .with_format("date-time", is_instant)
        .with_format("date", is_day)
        .with_format("uuid", |text: &str| text.len() == 36 && Uuid::try_parse(text).is_ok())
        .with_format("cin", |text: &str| Cin::try_new(text).is_ok())
        .with_format("ice", |text: &str| Ice::try_new(text).is_ok())
        .with_format("rib", |text: &str| Rib::try_new(text).is_ok())
}

/// RFC 3339: `YYYY-MM-DDThh:mm:ss[.fraction](Z|±hh:mm)`, and within the years that the type can hold.
#[must_use]
pub fn is_instant(text: &str) -> bool {
    let bytes = text.as_bytes();
    let shape = |from: usize, pattern: &str| {
        bytes.get(from..from + pattern.len()).is_some_and(|part| {
            part.iter()
                .zip(pattern.bytes())
                .all(|(b, p)| if p == b'0' { b.is_ascii_digit() } else { *b == p })
        })
    };
    if !shape(0, "0000-00-00T00:00:00") {
        return false;
    }
    let rest = &bytes[19..];
    let fraction = match rest.first() {
        Some(b'.') => 1 + rest[1..].iter().take_while(|b| b.is_ascii_digit()).count(),
        _ => 0,
    };
    let zone = 19 + fraction;
    let zoned = match bytes.len() - zone {
        1 => bytes[zone] == b'Z',
        6 => shape(zone, "+00:00") || shape(zone, "-00:00"),
        _ => false,
    };
    // Nine digits are as fine as an instant can be; a lone point is none.
    zoned && fraction != 1 && fraction <= 10 && text.parse::<Timestamp>().is_ok()
}

/// A calendar date `YYYY-MM-DD`.
fn is_day(text: &str) -> bool {
    let bytes = text.as_bytes();
    let digits = |range: std::ops::Range<usize>| bytes[range].iter().all(u8::is_ascii_digit);
    bytes.len() == 10
        && bytes[4] == b'-'
        && bytes[7] == b'-'
        && digits(0..4)
        && digits(5..7)
        && digits(8..10)
        && text.parse::<Date>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_follow_rfc_3339() {
        for good in [
            "2026-11-20T09:30:00Z",
            "2026-11-20T09:30:00.123456789Z",
            "2026-11-20T09:30:00+01:00",
            "2024-02-29T23:59:59.5-00:30",
        ] {
            assert!(is_instant(good), "{good}");
        }
        for bad in [
            "",
            "2026-11-20",
            "2026-11-20T09:30:00",
            "2026-11-20 09:30:00Z",
            "2026-11-20T09:30Z",
            "2026-11-20T09:30:00.Z",
            "2026-11-20T09:30:00.1234567890Z",
            "2026-02-29T09:30:00Z",
            "2026-11-20T25:30:00Z",
            "2026-11-20T09:30:00+0100",
            "2026-11-20T09:30:00Z[Africa/Casablanca]",
            "+002026-11-20T09:30:00Z",
            "９026-11-20T09:30:00Z",
        ] {
            assert!(!is_instant(bad), "{bad}");
        }
    }

    #[test]
    fn days_are_calendar_dates() {
        assert!(is_day("2024-02-29"));
        for bad in ["2026-02-29", "20261120", "2026-1-20", "2026-11-20T00:00:00", "2026-W47-5"] {
            assert!(!is_day(bad), "{bad}");
        }
    }
}
