//! Reads the calendar's files, refuses what cannot be, and lays the days out.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use sha2::{Digest, Sha256};
use wasl_schemas::problem::Texts;

use super::{Calendar, Holiday, YEARS};
use crate::rows::{self, Row, RuleError, named};
use crate::time::{add_days, date_of, day_number};

const WEEKDAYS: [(&str, usize); 7] = [
    ("monday", 1),
    ("tuesday", 2),
    ("wednesday", 3),
    ("thursday", 4),
    ("friday", 5),
    ("saturday", 6),
    ("sunday", 7),
];

/// What the files say before it is laid out.
#[derive(Default)]
struct Draft {
    weekend: Option<Vec<usize>>,
    feasts: BTreeMap<String, Texts>,
    fixed: Vec<Fixed>,
    lunar: Vec<Lunar>,
    exceptional: Vec<(Date, Holiday)>,
    faults: Vec<RuleError>,
}

struct Fixed {
    month: i8,
    day: i8,
    years: (i16, i16),
    holiday: Holiday,
}

struct Lunar {
    row: String,
    feast: String,
    hijri_year: u16,
    first: Date,
    days: u16,
    confirmed: bool,
    source: String,
}

pub(super) fn from_toml(files: &[(&str, &str)]) -> Result<Calendar, Vec<RuleError>> {
    let mut draft = Draft::default();
    for (name, text) in files {
        if let Some(table) = rows::parse(name, text, &mut draft.faults) {
            draft.file(Row::new(*name, &table));
        }
    }
    if draft.weekend.is_none() {
        draft.faults.push(RuleError::new("calendar", "no file says which days are the `weekend`"));
    }
    let known: Vec<&str> = draft.feasts.keys().map(String::as_str).collect();
    for row in draft.lunar.iter().filter(|row| !draft.feasts.contains_key(&row.feast)) {
        draft.faults.push(RuleError::new(row.row.clone(), rows::unknown("feast", &row.feast, &known)));
    }
    if draft.faults.is_empty() { Ok(draft.lay_out(version(files))) } else { Err(draft.faults) }
}

/// The order in which the files are given must not matter.
fn version(files: &[(&str, &str)]) -> String {
    let sorted: BTreeMap<_, _> = files.iter().copied().collect();
    let mut hash = Sha256::new();
    for (name, text) in sorted {
        for part in [name, text] {
            hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            hash.update(part);
        }
    }
    hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

impl Draft {
    fn file(&mut self, mut file: Row<'_>) {
        self.read_weekend(&mut file);
        for mut row in file.rows("feast", named("feast", "key")) {
            let (key, name) = (row.text("key"), row.texts("name"));
            if let (Some(key), Some(name)) = (row.required("key", key), row.required("name", name))
                && self.feasts.insert(key, name).is_some()
            {
                row.fault("this feast is named twice");
            }
            row.finish(&mut self.faults);
        }
        for row in file.rows("fixed", |_, place| format!("fixed {place}")) {
            self.fixed(row);
        }
        for row in file.rows("lunar", |_, place| format!("lunar {place}")) {
            self.lunar(row);
        }
        for row in file.rows("exceptional", |_, place| format!("exceptional {place}")) {
            self.exceptional(row);
        }
        file.finish(&mut self.faults);
    }

    fn read_weekend(&mut self, file: &mut Row<'_>) {
        let days = file.choices("weekend", &WEEKDAYS);
        let source = file.text("weekend_source");
        let Some(days) = days else { return };
        if file.required("weekend_source", source).is_none() {
            return;
        }
        if days.iter().collect::<BTreeSet<_>>().len() > 6 {
            file.fault("`weekend` leaves no day to work");
        }
        if self.weekend.replace(days).is_some() {
            file.fault("`weekend` stands in another file already");
        }
    }

    fn fixed(&mut self, mut row: Row<'_>) {
        let (month, day) = (row.whole("month", 1, 12), row.whole("day", 1, 31));
        let from = row.whole("from_year", 1, 9999).unwrap_or(1);
        let to = row.whole("to_year", 1, 9999).unwrap_or(9999);
        let (name, source) = (row.texts("name"), row.text("source"));
        let (month, day) = (row.required("month", month), row.required("day", day));
        let (name, source) = (row.required("name", name), row.required("source", source));
        if let (Some(month), Some(day), Some(name), Some(source)) = (month, day, name, source) {
            let small = |n: u16| i8::try_from(n).unwrap_or(0);
            let year = |n: u16| i16::try_from(n).unwrap_or(i16::MAX);
            let fixed = Fixed {
                month: small(month),
                day: small(day),
                years: (year(from), year(to)),
                holiday: Holiday { name, confirmed: true, source },
            };
            self.check_fixed(&mut row, &fixed);
            self.fixed.push(fixed);
        }
        row.finish(&mut self.faults);
    }

    fn check_fixed(&self, row: &mut Row<'_>, new: &Fixed) {
        if Date::new(2024, new.month, new.day).is_err() {
            row.fault("there is no such day in the year");
        }
        if new.years.0 > new.years.1 {
            row.fault("`from_year` lies after `to_year`");
        }
        let overlaps = |old: &Fixed| old.years.0 <= new.years.1 && new.years.0 <= old.years.1;
        if self.fixed.iter().any(|old| (old.month, old.day) == (new.month, new.day) && overlaps(old)) {
            row.fault("another row holds the same day in the same years");
        }
    }

    fn lunar(&mut self, mut row: Row<'_>) {
        let feast = row.text("feast");
        let hijri_year = row.whole("hijri_year", 1300, 1600);
        let first = row.date("first");
        let days = row.whole("days", 1, 4);
        let confirmed = row.flag("confirmed");
        let source = row.text("source");
        let (feast, hijri_year) = (row.required("feast", feast), row.required("hijri_year", hijri_year));
        let (first, days) = (row.required("first", first), row.required("days", days));
        let (confirmed, source) = (row.required("confirmed", confirmed), row.required("source", source));
        if let (Some(feast), Some(hijri_year), Some(first), Some(days), Some(confirmed), Some(source)) =
            (feast, hijri_year, first, days, confirmed, source)
        {
            if self.lunar.iter().any(|old| old.feast == feast && old.hijri_year == hijri_year) {
                row.fault(format!("`{feast}` of {hijri_year} stands in another row already"));
            }
            self.lunar.push(Lunar {
                row: row.name.clone(),
                feast,
                hijri_year,
                first,
                days,
                confirmed,
                source,
            });
        }
        row.finish(&mut self.faults);
    }

    fn exceptional(&mut self, mut row: Row<'_>) {
        let (date, name, source) = (row.date("date"), row.texts("name"), row.text("source"));
        let confirmed = row.flag("confirmed").unwrap_or(true);
        let (date, name) = (row.required("date", date), row.required("name", name));
        let source = row.required("source", source);
        if let (Some(date), Some(name), Some(source)) = (date, name, source) {
            if self.exceptional.iter().any(|(old, _)| *old == date) {
                row.fault(format!("{date} stands in another row already"));
            }
            self.exceptional.push((date, Holiday { name, confirmed, source }));
        }
        row.finish(&mut self.faults);
    }

    fn lay_out(self, version: String) -> Calendar {
        let (lunar_from, confirmed_until) = self.known();
        let mut weekend = [false; 8];
        for day in self.weekend.iter().flatten() {
            weekend[*day] = true;
        }
        let bounds = [Date::new(YEARS.0, 1, 1), Date::new(YEARS.1, 12, 31)];
        let [first, last] = bounds.map(|bound| bound.map_or(0, day_number));
        let mut calendar = Calendar {
            first,
            worked: Vec::new(),
            weekend,
            holidays: self.holidays(),
            lunar_from,
            confirmed_until,
            version,
        };
        calendar.worked = (first..=last)
            .map(|number| !calendar.holidays.contains_key(&number) && !calendar.is_weekend(number))
            .collect();
        calendar
    }

    /// Every holiday by its day. Where two meet, the one that is sure stands.
    fn holidays(&self) -> BTreeMap<i32, Holiday> {
        let mut all = BTreeMap::new();
        let mut add = |date: Date, holiday: &Holiday| {
            if (YEARS.0..=YEARS.1).contains(&date.year()) {
                let entry = all.entry(day_number(date)).or_insert_with(|| holiday.clone());
                if !entry.confirmed && holiday.confirmed {
                    *entry = holiday.clone();
                }
            }
        };
        for fixed in &self.fixed {
            for year in fixed.years.0.max(YEARS.0)..=fixed.years.1.min(YEARS.1) {
                if let Ok(date) = Date::new(year, fixed.month, fixed.day) {
                    add(date, &fixed.holiday);
                }
            }
        }
        for row in &self.lunar {
            let Some(name) = self.feasts.get(&row.feast).cloned() else { continue };
            let holiday = Holiday { name, confirmed: row.confirmed, source: row.source.clone() };
            for offset in 0..i32::from(row.days) {
                add(add_days(row.first, offset), &holiday);
            }
        }
        for (date, holiday) in &self.exceptional {
            add(*date, holiday);
        }
        all
    }

    /// From when the lunar holidays are known, and until when all is known and confirmed: a year is known
    /// when each feast has a row that begins in it; the first provisional day ends what is confirmed.
    fn known(&self) -> (Date, Date) {
        let years_of = |feast: &String| -> BTreeSet<i16> {
            self.lunar.iter().filter(|row| row.feast == *feast).map(|row| row.first.year()).collect()
        };
        let complete = self.feasts.keys().map(years_of).reduce(|all, some| &all & &some).unwrap_or_default();
        let Some(first) = complete.first().copied() else { return (Date::MAX, Date::MIN) };
        let last = (first..).take_while(|year| complete.contains(year)).last().unwrap_or(first);
        let lunar = self.lunar.iter().filter(|row| !row.confirmed).map(|row| row.first);
        let days = self.exceptional.iter().filter(|(_, day)| !day.confirmed).map(|(date, _)| *date);
        let end_of_known = Date::new(last, 12, 31).unwrap_or(Date::MAX);
        let provisional = lunar.chain(days).min().and_then(|date| date_of(day_number(date) - 1));
        let until = provisional.map_or(end_of_known, |day| day.min(end_of_known));
        (Date::new(first, 1, 1).unwrap_or(Date::MIN), until)
    }
}
