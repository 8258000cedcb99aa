use jiff::civil::date;

use super::*;
use crate::test_data::{CALENDAR, calendar};

fn faults(files: &[(&str, &str)]) -> Vec<String> {
    Calendar::from_toml(files).unwrap_err().iter().map(ToString::to_string).collect()
}

const WEEKEND: &str = "weekend = [\"saturday\", \"sunday\"]\nweekend_source = \"decree\"\n";

#[test]
fn every_holiday_of_2024_to_2027_is_off() {
    let calendar = calendar();
    let lunar = [
        (2024, [(4, 10), (4, 11), (4, 12), (6, 17), (6, 18), (7, 7), (9, 16), (9, 17)]),
        (2025, [(3, 31), (4, 1), (6, 7), (6, 8), (6, 9), (6, 27), (9, 5), (9, 6)]),
        (2026, [(3, 20), (3, 21), (3, 23), (5, 27), (5, 28), (6, 16), (8, 25), (8, 26)]),
        (2027, [(3, 9), (3, 10), (5, 16), (5, 17), (6, 6), (8, 14), (8, 15), (11, 6)]),
    ];
    for (year, days) in lunar {
        let fixed = [(1, 1), (1, 11), (1, 14), (5, 1), (7, 30), (8, 14), (8, 20), (8, 21), (11, 6), (11, 18)];
        for (month, day) in days.into_iter().chain(fixed) {
            let on = date(year, month, day);
            assert!(matches!(calendar.day(on), Day::Holiday { .. }), "{on}");
            assert!(!calendar.is_worked(on), "{on}");
        }
    }
}

#[test]
fn a_fixed_holiday_holds_from_its_year_on() {
    let calendar = calendar();
    assert!(calendar.is_worked(date(2022, 1, 14)), "the Amazigh new year is a holiday from 2024");
    assert!(!calendar.is_worked(date(2025, 1, 14)));
    assert!(calendar.is_worked(date(2025, 10, 31)), "31 October is a holiday from 2026");
    assert!(!calendar.is_worked(date(2028, 10, 31)));
    assert!(matches!(calendar.day(date(2026, 10, 31)), Day::Holiday { .. }));
}

#[test]
fn the_moon_decides_what_is_confirmed() {
    let calendar = calendar();
    let confirmed = |on| match calendar.day(on) {
        Day::Holiday { confirmed, .. } => confirmed,
        other => panic!("{on}: {other:?}"),
    };
    assert!(confirmed(date(2026, 3, 20)));
    assert!(!confirmed(date(2026, 5, 27)));
    assert_eq!(calendar.confirmed_until(), date(2026, 5, 26));
    assert_eq!(calendar.lunar_from(), date(2024, 1, 1));
    assert_eq!(calendar.horizon_near(date(2025, 5, 26)), None, "twelve months and not a day less");
    assert_eq!(calendar.horizon_near(date(2025, 5, 27)), Some(date(2026, 5, 26)));
}

#[test]
fn where_a_sure_and_a_provisional_holiday_meet_the_sure_one_stands() {
    // The Mawlid of 2027 is expected on 14 August, which is a holiday in any case.
    let calendar = calendar();
    assert!(matches!(calendar.day(date(2027, 8, 14)), Day::Holiday { confirmed: true, .. }));
    assert!(matches!(calendar.day(date(2027, 8, 15)), Day::Holiday { confirmed: false, .. }));
}

#[test]
fn the_next_worked_day_leaps_over_weekends_and_holidays() {
    let calendar = calendar();
    // Friday 20 March 2026 begins the Aïd al-Fitr; Monday 23 was added.
    assert_eq!(calendar.next_worked_on_or_after(date(2026, 3, 20)), date(2026, 3, 24));
    assert_eq!(calendar.last_worked_on_or_before(date(2026, 3, 23)), date(2026, 3, 19));
    assert_eq!(calendar.next_worked_on_or_after(date(2026, 3, 24)), date(2026, 3, 24));
}

#[test]
fn outside_the_years_laid_out_weekends_are_still_known() {
    let calendar = calendar();
    assert_eq!(calendar.day(date(2101, 1, 1)), Day::Weekend, "a Saturday");
    assert_eq!(calendar.day(date(2101, 1, 3)), Day::Worked, "a Monday");
    assert_eq!(calendar.day(date(1989, 12, 31)), Day::Weekend, "a Sunday");
}

#[test]
fn the_version_depends_on_the_texts_and_not_on_their_order() {
    let mut reversed = CALENDAR;
    reversed.reverse();
    assert_eq!(Calendar::from_toml(&reversed).unwrap().version(), calendar().version());
    let changed = CALENDAR[1].1.replace("first = 2026-05-27", "first = 2026-05-28");
    let newer = Calendar::from_toml(&[CALENDAR[0], ("lunar.toml", &changed), CALENDAR[2]]).unwrap();
    assert_ne!(newer.version(), calendar().version());
    let moved: Vec<_> = calendar().changes(&newer).iter().map(|day| (day.date, day.now_worked)).collect();
    assert_eq!(moved, [(date(2026, 5, 27), true), (date(2026, 5, 29), false)]);
}

#[test]
fn what_cannot_be_is_refused_with_its_row() {
    let feast = "[[feast]]\nkey = \"adha\"\nname = { fr = \"a\", ar = \"a\", en = \"a\" }\n";
    let lunar = "[[lunar]]\nfeast = \"adha\"\nhijri_year = 1447\nfirst = 2026-05-27\ndays = 2\nconfirmed = false\n\
                 source = \"s\"\n";
    let check = |text: &str, expected: &str| {
        let found = faults(&[("a.toml", text)]);
        assert!(found.iter().any(|fault| fault.contains(expected)), "{found:?} lacks {expected}");
    };
    check("", "no file says which days are the `weekend`");
    check(&format!("{WEEKEND}{feast}{lunar}{lunar}"), "lunar 2: `adha` of 1447 stands in another row");
    check(&format!("{WEEKEND}{feast}{}", lunar.replace("\"adha\"", "\"adah\"")), "did you mean `adha`?");
    check(
        &format!("{WEEKEND}{feast}{}", lunar.replace("confirmed", "confirmd")),
        "did you mean `confirmed`?",
    );
    check(
        &format!("{WEEKEND}{feast}{}", lunar.replace("2026-05-27", "2026-05-27T00:00:00")),
        "must be a date",
    );
    let fixed =
        "[[fixed]]\nmonth = 2\nday = 30\nname = { fr = \"a\", ar = \"a\", en = \"a\" }\nsource = \"s\"\n";
    check(&format!("{WEEKEND}{fixed}"), "fixed 1: there is no such day");
    let fixed = fixed.replace("30", "3");
    check(&format!("{WEEKEND}{fixed}{fixed}"), "fixed 2: another row holds the same day");
    check(&format!("{WEEKEND}{}", fixed.replace("ar = \"a\", ", "")), "a text in each of fr, ar and en");
    check("weekend = [\"saturday\"]", "`weekend_source` is missing");
    check("weekend = [", "a.toml: ");
}
