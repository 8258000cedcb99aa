//! One working day of the whole country: which files are deposited, where, when, and what becomes of them as far
//! as communes and applicants decide. Drawn whole before it begins.

use anyhow::Context;
use jiff::civil::{Date, time};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::chance::Chance;
use super::course::{self, Course, Traits};
use super::document;
use super::places::{Place, Places};
use super::project::Subject;
use super::shares;
use crate::oracle::calendar::{is_worked, worked_before};
use crate::oracle::reviewers::is_large;
use crate::world::clock::instant;

/// Offices open at 08:30 and close at 16:30, local time (decree 2-05-916).
pub const OPENS: jiff::civil::Time = time(8, 30, 0, 0);
/// Length of the working day, in seconds.
pub const OPEN_SECONDS: u32 = 8 * 3600;

/// A file that will be deposited.
#[derive(Debug, Clone)]
pub struct Planned {
    /// The commune's reference.
    pub reference: String,
    /// Who decides.
    pub place: Place,
    /// Key of the permit.
    pub permit: &'static str,
    /// `data` of its first `file.submitted`.
    pub body: Value,
    /// When it is sent.
    pub submit_at: Timestamp,
    /// How the commune goes on with it.
    pub course: Course,
    /// It is sent twice, with the same id.
    pub repeated: bool,
}

/// The day.
#[derive(Debug, Clone)]
pub struct Day {
    /// Draws.
    pub chance: Chance,
    /// Its date.
    pub date: Date,
    /// Its files in the order of their deposit.
    pub files: Vec<Planned>,
}

impl Day {
    /// Draws a day.
    ///
    /// # Errors
    /// The date is not a worked day, or there are no places.
    pub fn draw(seed: u64, files: usize, date: Date, places: &Places) -> anyhow::Result<Self> {
        anyhow::ensure!(is_worked(date), "{date} is a weekend or a holiday: no office is open");
        let chance = Chance::new(seed);
        let mut kinds: Vec<(&'static str, bool)> = shares::kinds(files)
            .into_iter()
            .flat_map(|kind| std::iter::repeat_n((kind.permit, kind.large), kind.count))
            .collect();
        let keys: Vec<String> = (0..kinds.len()).map(|index| format!("file-{index}")).collect();
        kinds = chance.shuffled(&keys, "kind").into_iter().map(|index| kinds[index]).collect();
        let times = times(chance, &keys, date);
        let mut last = None;
        let mut drafts = Vec::with_capacity(kinds.len());
        for (index, (permit, large)) in kinds.into_iter().enumerate() {
            let place = places.by_population(chance.unit(&keys[index], "place")).context("no commune")?;
            let reference = reference(permit, date, index, place, &mut last);
            drafts.push((reference, place.clone(), permit, large, times[index]));
        }
        let references: Vec<String> =
            drafts.iter().map(|(reference, place, ..)| key(reference, place)).collect();
        let traits: Vec<Traits<'_>> =
            drafts.iter().map(|(_, _, permit, large, _)| Traits { permit, large: *large }).collect();
        let courses = course::draw(chance, &references, &traits);
        let files = drafts
            .into_iter()
            .zip(courses)
            .map(|((reference, place, permit, large, submit_at), course)| {
                let subject = Subject { chance, reference: &reference, place: &place, permit, large };
                let body = complete(subject, submit_at);
                let repeated = chance.happens(&key(&reference, &place), "repeated", 0.02);
                Planned { body, reference, place, permit, submit_at, course, repeated }
            })
            .collect();
        Ok(Self { chance, date, files })
    }

    /// When offices open.
    #[must_use]
    pub fn opens(&self) -> Timestamp {
        instant(self.date.to_datetime(OPENS))
    }

    /// When offices close.
    #[must_use]
    pub fn closes(&self) -> Timestamp {
        self.opens() + SignedDuration::from_secs(i64::from(OPEN_SECONDS))
    }
}

/// References are unique in a commune only: this names a file in the country.
#[must_use]
pub fn key(reference: &str, place: &Place) -> String {
    format!("{}/{reference}", place.code)
}

/// The beginning of references on the platform; where none is known, one of our own.
fn prefix(permit: &str) -> &'static str {
    match permit {
        "building" => "PCT",
        "subdivision" => "LOT",
        "housing-group" => "GRP",
        "parcelling" => "MRC",
        "occupancy" => "PH",
        "conformity" => "CC",
        "repair" => "PR",
        "demolition" => "PD",
        "regularisation" => "REG",
        "activity-declaration" => "SD",
        "classified-2" | "classified-3" => "EC",
        _ => "ODP",
    }
}

/// Every 200th file takes the reference before it, when its commune is another: references are unique in a commune
/// only, and whoever forgets that mixes two files up.
fn reference(
    permit: &str,
    date: Date,
    index: usize,
    place: &Place,
    last: &mut Option<(String, String)>,
) -> String {
    let of = |prefix: &str, number: usize| format!("{prefix}-{}-{number:05}", date.year());
    let own = of(prefix(permit), index + 1);
    let shared = last
        .clone()
        .filter(|(reference, commune)| index % 200 == 199 && *commune != place.code && *reference != own);
    let taken = shared.map_or(own, |(reference, _)| reference);
    *last = Some((taken.clone(), place.code.clone()));
    taken
}

/// When each file is deposited: more at ten in the morning and at three in the afternoon than at noon.
fn times(chance: Chance, keys: &[String], date: Date) -> Vec<Timestamp> {
    let opens = instant(date.to_datetime(OPENS));
    let mut offsets: Vec<f64> = keys
        .iter()
        .map(|key| {
            let point = |part| chance.unit(key, part);
            let spread = (point("time-a") + point("time-b")) / 2.0;
            match point("time-when") {
                when if when < 0.45 => spread * 0.5,
                when if when < 0.75 => 0.5 + spread * 0.5,
                _ => point("time-c"),
            }
        })
        .collect();
    offsets.sort_by(f64::total_cmp);
    // The last five minutes are kept free, so that what is deposited is deposited on this day.
    let seconds = f64::from(OPEN_SECONDS - 300);
    offsets.iter().map(|part| opens + SignedDuration::from_secs_f64((part * seconds).round())).collect()
}

/// Receipt, documents and stated class.
fn complete(subject: Subject<'_>, submit_at: Timestamp) -> Value {
    let (chance, reference) = (subject.chance, subject.reference);
    let mut body = subject.body();
    body["receipt"] = json!({
        "number": format!("R-{}", chance.between(reference, "receipt-number", 10_000, 99_999)),
        "issued_at": issued_at(chance, reference, submit_at).to_string(),
    });
    body["documents"] = json!(document::of_file(reference, subject.permit));
    let large = is_large(&body);
    // A few communes state the wrong class: the gateway computes it and warns.
    let stated = if chance.happens(reference, "class-wrong", 0.005) { !large } else { large };
    body["project_class"] = json!(if stated { "large" } else { "small" });
    body
}

/// Receipts are mostly minutes old when the file is sent; some are from the worked day before, a few older.
fn issued_at(chance: Chance, reference: &str, submit_at: Timestamp) -> Timestamp {
    let minutes = i64::from(chance.between(reference, "receipt-age", 2, 25));
    let point = chance.unit(reference, "receipt-day");
    let today = crate::world::clock::local_date(submit_at);
    let earlier = if point < 0.006 {
        worked_before(worked_before(worked_before(today)))
    } else if point < 0.04 {
        worked_before(today)
    } else {
        return submit_at - SignedDuration::from_mins(minutes);
    };
    let afternoon = earlier.to_datetime(time(15, 0, 0, 0));
    instant(afternoon) + SignedDuration::from_mins(minutes)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use jiff::civil::date;

    use super::*;

    fn places() -> Places {
        Places::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../config")).unwrap()
    }

    #[test]
    fn the_same_seed_draws_the_same_day_and_another_seed_another() {
        let places = places();
        let day = |seed| {
            let day = Day::draw(seed, 200, date(2026, 11, 2), &places).unwrap();
            day.files.iter().map(|file| file.body.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(day(1), day(1));
        assert_ne!(day(1), day(2));
    }

    #[test]
    fn files_are_named_once_in_their_commune_and_deposited_while_offices_are_open() {
        let day = Day::draw(7, 1251, date(2026, 11, 2), &places()).unwrap();
        let keys: BTreeSet<String> = day.files.iter().map(|file| key(&file.reference, &file.place)).collect();
        assert_eq!(keys.len(), 1251);
        for file in &day.files {
            assert!((day.opens()..day.closes()).contains(&file.submit_at));
            let issued: Timestamp = file.body["receipt"]["issued_at"].as_str().unwrap().parse().unwrap();
            assert!(issued < file.submit_at);
        }
        let communes: BTreeSet<&str> = day.files.iter().map(|file| file.place.code.as_str()).collect();
        assert!(communes.len() > 400, "{} communes", communes.len());
        assert!(day.files.windows(2).all(|pair| pair[0].submit_at <= pair[1].submit_at));
    }

    #[test]
    fn nobody_files_on_a_holiday() {
        assert!(Day::draw(1, 20, date(2026, 11, 6), &places()).is_err());
    }
}
