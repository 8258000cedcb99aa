//! Numbers, money, dates and times as each language writes them. Arabic is that of Morocco: Western digits, a
//! point between thousands, a comma before decimals, the Moroccan month names.

use jiff::Timestamp;
use jiff::civil::Date;
use wasl_core::time::zone;

use crate::http::lang::Lang;
use crate::http::texts::Say;

const NARROW_NO_BREAK_SPACE: char = '\u{202f}';
const NO_BREAK_SPACE: char = '\u{a0}';

const fn separators(lang: Lang) -> (char, char) {
    match lang {
        Lang::Fr => (NARROW_NO_BREAK_SPACE, ','),
        Lang::Ar => ('.', ','),
        Lang::En => (',', '.'),
    }
}

/// `1251` as `1 251`, `1.251`, `1,251`.
#[must_use]
pub fn number(lang: Lang, n: i64) -> String {
    let (group, _) = separators(lang);
    let digits = n.unsigned_abs().to_string();
    let mut text = String::from(if n < 0 { "−" } else { "" });
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(group);
        }
        text.push(digit);
    }
    text
}

/// A number with one decimal; a dash where there is none.
#[must_use]
pub fn decimal(lang: Lang, value: Option<f64>) -> String {
    let (_, point) = separators(lang);
    value.map_or_else(|| "–".to_owned(), |value| format!("{value:.1}").replace('.', &point.to_string()))
}

/// `part` of `whole` in per cent, without decimals from 10 % on; a dash where there is no whole.
#[must_use]
pub fn percent(lang: Lang, part: i64, whole: i64) -> String {
    if whole == 0 {
        return "–".to_owned();
    }
    let tenths = (part * 1000 + whole / 2) / whole;
    let (_, point) = separators(lang);
    let text = match tenths {
        0 | 100.. => format!("{}", (tenths + 5) / 10),
        _ => format!("{}{point}{}", tenths / 10, tenths % 10),
    };
    match lang {
        Lang::Fr => format!("{text}{NARROW_NO_BREAK_SPACE}%"),
        Lang::Ar => format!("{text}{NO_BREAK_SPACE}%"),
        Lang::En => format!("{text}%"),
    }
}

/// Whole dirhams, rounded down: for sums at a glance.
#[must_use]
pub fn dirhams(say: Say, centimes: i64) -> String {
    format!("{}{NO_BREAK_SPACE}{}", number(say.lang, centimes.div_euclid(100)), say.t("unit.dirham"))
}

/// Dirhams to the centime.
#[must_use]
pub fn money(say: Say, centimes: i64) -> String {
    let (_, point) = separators(say.lang);
    let (whole, part) = (centimes / 100, centimes.unsigned_abs() % 100);
    format!("{}{point}{part:02}{NO_BREAK_SPACE}{}", number(say.lang, whole), say.t("unit.dirham"))
}

/// `lundi 2 novembre 2026`.
#[must_use]
pub fn date_long(say: Say, date: Date) -> String {
    let weekday = say.of("weekday", &date.weekday().to_monday_one_offset().to_string());
    format!("{weekday} {}", date_plain(say, date))
}

/// `2 novembre 2026`.
#[must_use]
pub fn date_plain(say: Say, date: Date) -> String {
    let day = if say.lang == Lang::Fr && date.day() == 1 { "1er".to_owned() } else { date.day().to_string() };
    format!("{day} {} {}", say.of("month", &date.month().to_string()), date.year())
}

/// `14:05` in local time.
#[must_use]
pub fn time_short(at: Timestamp) -> String {
    zone().to_datetime(at).strftime("%H:%M").to_string()
}

/// `2 novembre 2026, 14:05` in local time.
#[must_use]
pub fn date_time(say: Say, at: Timestamp) -> String {
    let local = zone().to_datetime(at);
    format!("{}{} {}", date_plain(say, local.date()), say.t("unit.comma"), local.strftime("%H:%M"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn thousands_and_decimals_follow_the_language() {
        assert_eq!(
            Lang::ALL.map(|lang| number(lang, 1_234_567)),
            ["1.234.567", "1\u{202f}234\u{202f}567", "1,234,567"]
        );
        assert_eq!(number(Lang::En, -1_000), "−1,000");
        assert_eq!(Lang::ALL.map(|lang| decimal(lang, Some(29.6))), ["29,6", "29,6", "29.6"]);
        assert_eq!(decimal(Lang::Fr, None), "–");
    }

    #[test]
    fn small_shares_keep_a_decimal() {
        assert_eq!(percent(Lang::En, 1, 40), "2.5%");
        assert_eq!(percent(Lang::En, 1, 3), "33%");
        assert_eq!(percent(Lang::Fr, 0, 40), "0\u{202f}%");
        assert_eq!(percent(Lang::En, 1, 0), "–");
    }

    #[test]
    fn months_and_weekdays_are_those_of_morocco() {
        let day = date(2026, 11, 2);
        assert_eq!(date_long(Say::new(Lang::Fr), day), "lundi 2 novembre 2026");
        assert_eq!(date_long(Say::new(Lang::Ar), day), "الاثنين 2 نونبر 2026");
        assert_eq!(date_long(Say::new(Lang::En), day), "Monday 2 November 2026");
        assert_eq!(date_plain(Say::new(Lang::Fr), date(2026, 12, 1)), "1er décembre 2026");
    }

    #[test]
    fn money_is_exact_to_the_centime() {
        assert_eq!(money(Say::new(Lang::Fr), 123_456_705), "1\u{202f}234\u{202f}567,05\u{a0}DH");
        assert_eq!(dirhams(Say::new(Lang::En), 123_456_799), "1,234,567\u{a0}MAD");
        assert_eq!(time_short("2026-11-02T08:05:59Z".parse().unwrap()), "08:05");
    }
}
