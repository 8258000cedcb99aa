use std::collections::BTreeSet;

use jiff::civil::date;

use super::*;
use crate::test_data::{AGENCIES, COVERAGE, coverage};

const PROVINCES: &str = include_str!("../../../../config/provinces.csv");
const COMMUNES: &str = include_str!("../../../../config/communes.csv");

fn kind(name: &str) -> AgencyKind {
    AgencyKind::try_new(name).unwrap()
}

/// (commune, province, region) of every commune of the country.
fn places() -> Vec<(String, String, String)> {
    let column = |line: &str, n: usize| line.split(',').nth(n).unwrap().to_owned();
    let region_of = |province: &str| {
        let line = PROVINCES.lines().find(|line| line.starts_with(&format!("{province},"))).unwrap();
        column(line, 1)
    };
    COMMUNES
        .lines()
        .skip(1)
        .map(|line| (column(line, 0), column(line, 1)))
        .map(|(commune, province)| {
            let region = region_of(&province);
            (commune, province, region)
        })
        .collect()
}

#[test]
fn every_commune_has_one_agency_of_each_kind_at_any_time() {
    let coverage = coverage();
    let places = places();
    assert_eq!(places.len(), 1_503);
    for day in [date(2019, 1, 1), date(2026, 11, 2), date(2030, 12, 31)] {
        for (commune, province, region) in &places {
            for name in AGENCIES {
                let found = coverage.agency_for(&kind(name), commune, province, region, day);
                assert!(found.is_some(), "{name} for {commune} on {day}");
            }
        }
    }
}

#[test]
fn the_agencies_are_those_of_the_country() {
    let count = |name: &str| coverage().all().iter().filter(|entry| entry.kind == kind(name)).count();
    assert_eq!(count("water-basin"), 10);
    assert_eq!(count("onee"), 12);
    assert_eq!((count("land-registry"), count("barid-bank")), (1, 1));
    let ids: BTreeSet<_> = coverage().all().iter().map(|entry| entry.id.clone()).collect();
    assert_eq!(ids.len(), coverage().all().len(), "an id names one agency");
    let tanger = coverage();
    let found =
        tanger.agency_for(&kind("urban-agency"), "015110101", "01511", "01", date(2026, 11, 2)).unwrap();
    assert_eq!((found.id.as_str(), found.name.fr.as_str()), ("au-tanger", "Agence urbaine de Tanger"));
}

/// Two agencies that follow each other, and a commune with an agency of its own.
const DATED: &str = r#"
[[agency]]
id = "old"
kind = "urban-agency"
name_fr = "a"
name_ar = "a"
provinces = ["01511"]
valid_from = 2019-01-01
valid_to = 2027-01-01

[[agency]]
id = "new"
kind = "urban-agency"
name_fr = "a"
name_ar = "a"
regions = ["01"]
valid_from = 2027-01-01

[[agency]]
id = "own"
kind = "urban-agency"
name_fr = "a"
name_ar = "a"
communes = ["015110101"]
valid_from = 2027-01-01
"#;

#[test]
fn agencies_follow_each_other_in_time_and_the_nearest_area_wins() {
    let coverage = Coverage::from_toml(DATED, &AGENCIES).unwrap();
    let id = |commune, on| {
        coverage.agency_for(&kind("urban-agency"), commune, "01511", "01", on).map(|entry| entry.id.clone())
    };
    assert_eq!(id("015110101", date(2026, 12, 31)).as_deref(), Some("old"));
    assert_eq!(id("015110101", date(2027, 1, 1)).as_deref(), Some("own"));
    assert_eq!(id("015110103", date(2027, 1, 1)).as_deref(), Some("new"));
    assert_eq!(id("015110101", date(2018, 12, 31)), None);
}

#[test]
fn what_cannot_be_is_refused_with_its_row() {
    let check = |text: &str, expected: &str| {
        let found = Coverage::from_toml(text, &AGENCIES).unwrap_err();
        let found: Vec<_> = found.iter().map(ToString::to_string).collect();
        assert!(found.iter().any(|fault| fault.contains(expected)), "{found:?} lacks {expected}");
    };
    check(
        &DATED.replacen("urban-agency", "urban-agncy", 1),
        "agency `old`: unknown kind `urban-agncy`: did you mean",
    );
    check(
        &DATED
            .replacen("valid_to = 2027-01-01", "", 1)
            .replace("regions = [\"01\"]", "provinces = [\"01511\"]"),
        "agency `new`: agency `old` serves the same place",
    );
    check(&DATED.replacen("provinces", "provnces", 1), "did you mean `provinces`?");
    check(&DATED.replacen("\"01511\"", "\"1511\"", 1), "must be codes of 5 digits");
    check(
        &DATED.replacen("valid_to = 2027-01-01", "valid_to = 2018-01-01", 1),
        "must lie after `valid_from`",
    );
    check(&DATED.replacen("provinces = [\"01511\"]", "", 1), "exactly one of");
    assert!(Coverage::from_toml(COVERAGE, &["onee"]).is_err());
}

/// Three urban agencies become one on a day: an end for each, and one new row. Nothing else is touched.
fn merged(on: &str) -> String {
    let ends = |text: String, id: &str| {
        let row = format!("id = \"{id}\"\n");
        text.replacen(&row, &format!("{row}valid_to = {on}\n"), 1)
    };
    let text = ["au-tanger", "au-tetouan", "au-larache"].into_iter().fold(COVERAGE.to_owned(), ends);
    format!(
        "{text}\n[[agency]]\nid = \"aur-tanger-tetouan\"\nkind = \"urban-agency\"\nname_fr = \"Agence urbaine régionale\"\n\
         name_ar = \"الوكالة الحضرية الجهوية\"\nprovinces = [\"01511\", \"01227\", \"01571\", \"01573\", \"01151\", \"01331\", \
         \"01405\"]\nvalid_from = {on}\n"
    )
}

#[test]
fn a_merger_on_a_day_is_a_change_of_data() {
    let coverage = Coverage::from_toml(&merged("2027-01-01"), &AGENCIES).unwrap();
    let urban = kind("urban-agency");
    let id = |province: &str, commune: &str, on| {
        coverage.agency_for(&urban, commune, province, "01", on).map(|entry| entry.id.clone()).unwrap()
    };
    for (province, commune, before) in [
        ("01511", "015110101", "au-tanger"),
        ("01571", "015710101", "au-tetouan"),
        ("01331", "013310101", "au-larache"),
    ] {
        assert_eq!(id(province, commune, date(2026, 12, 31)), before);
        assert_eq!(id(province, commune, date(2027, 1, 1)), "aur-tanger-tetouan");
    }
    // A province that has no part in it keeps its own.
    assert_eq!(id("01051", "010510101", date(2027, 1, 1)), "au-al-hoceima");
    assert_eq!(told(&coverage, date(2026, 11, 2)), Vec::<String>::new());
}

fn told(coverage: &Coverage, from: Date) -> Vec<String> {
    let kinds: Vec<AgencyKind> = AGENCIES.iter().map(|name| kind(name)).collect();
    let places = places();
    let places: Vec<Place<'_>> =
        places.iter().map(|(c, p, r)| (c.as_str(), p.as_str(), r.as_str())).collect();
    coverage.gaps(&kinds, &places, from).iter().map(ToString::to_string).collect()
}

#[test]
fn the_shipped_registry_has_no_gap() {
    assert_eq!(told(&coverage(), date(2026, 11, 2)), Vec::<String>::new());
}

#[test]
fn a_merger_that_forgets_a_province_is_refused_with_the_row_that_ends() {
    let text = merged("2027-01-01")
        .replace("\"01331\", \"01405\"]\nvalid_from = 2027", "\"01405\"]\nvalid_from = 2027");
    let coverage = Coverage::from_toml(&text, &AGENCIES).unwrap();
    let faults = told(&coverage, date(2026, 11, 2));
    assert_eq!(faults.len(), 1, "{faults:?}");
    assert!(
        faults[0]
            .starts_with("coverage.toml, agency `au-larache`: from 2027-01-01 on no urban-agency serves"),
        "{faults:?}"
    );
    // Afterwards there is no row any more that could be named.
    let later = told(&coverage, date(2027, 6, 1));
    assert!(later[0].starts_with("coverage.toml, kind `urban-agency`: from 2027-06-01 on"), "{later:?}");
}

#[test]
fn a_merger_that_forgets_to_end_the_old_one_is_refused_with_its_row() {
    let text = merged("2027-01-01").replacen(
        "id = \"au-tetouan\"\nvalid_to = 2027-01-01\n",
        "id = \"au-tetouan\"\n",
        1,
    );
    let faults = Coverage::from_toml(&text, &AGENCIES).unwrap_err();
    let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
    assert!(
        faults
            .iter()
            .any(|f| f.contains("aur-tanger-tetouan")
                && f.contains("agency `au-tetouan` serves the same place")),
        "{faults:?}"
    );
}
