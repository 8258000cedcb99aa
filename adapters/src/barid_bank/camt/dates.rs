//! Days and instants of a statement: `ISODate` and `ISODateTime`, with or without an offset. A time without one is
//! the bank's own.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};

use super::at;
use crate::transport::xml::Element;
use crate::zone;

/// `Dt` or `DtTm` below an element: the day, and the instant when there is one.
pub(super) fn choice(element: &Element) -> Option<(Date, Option<Timestamp>)> {
    if let Some(instant) = at(element, &["DtTm"]).and_then(|element| instant(element.trimmed())) {
        return Some((zone::day(instant), Some(instant)));
    }
    let text = at(element, &["Dt"])?.trimmed();
    // XML Schema lets a date carry an offset; the day is the bank's all the same.
    Some((text.get(..10)?.parse().ok()?, None))
}

/// The day of an element that holds a date-time.
pub(super) fn day(element: &Element) -> Option<Date> {
    let text = element.trimmed();
    instant(text).map(zone::day).or_else(|| text.get(..10)?.parse().ok())
}

fn instant(text: &str) -> Option<Timestamp> {
    text.parse().ok().or_else(|| zone::instant(text.parse::<DateTime>().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &str, text: &str) -> Option<(Date, Option<Timestamp>)> {
        let child = Element { name: name.to_owned(), text: text.to_owned(), ..Element::default() };
        choice(&Element { children: vec![child], ..Element::default() })
    }

    #[test]
    fn a_time_without_offset_is_the_banks() {
        // UTC+1 until 20 September 2026, UTC since.
        let (day, instant) = of("DtTm", "2026-08-12T00:30:00").unwrap();
        assert_eq!(
            (day.to_string(), instant.unwrap().to_string()),
            ("2026-08-12".into(), "2026-08-11T23:30:00Z".into())
        );
        let (day, instant) = of("DtTm", "2026-08-11T23:30:00Z").unwrap();
        assert_eq!(
            (day.to_string(), instant.unwrap().to_string()),
            ("2026-08-12".into(), "2026-08-11T23:30:00Z".into())
        );
        let (day, instant) = of("DtTm", "2026-11-02T00:30:00").unwrap();
        assert_eq!(
            (day.to_string(), instant.unwrap().to_string()),
            ("2026-11-02".into(), "2026-11-02T00:30:00Z".into())
        );
    }

    #[test]
    fn a_date_is_a_date_with_or_without_an_offset() {
        for text in ["2026-11-02", "2026-11-02Z", "2026-11-02+01:00"] {
            assert_eq!(of("Dt", text).unwrap().0.to_string(), "2026-11-02");
        }
        assert_eq!(of("Dt", "02/11/2026"), None);
    }
}
