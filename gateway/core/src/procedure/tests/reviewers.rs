//! Who is consulted.

use jiff::civil::date;
use wasl_schemas::file::{Condition, Permit, PermitFile, ProjectClass};

use crate::procedure::{Reviewer, Rules, SilenceMeans};
use crate::test_data::{AGENCIES, PROCEDURES, rules};

pub(super) fn file(permit: Permit) -> PermitFile {
    let text = format!(
        r#"{{
        "reference": "PCT-1/2026", "commune": "015110101", "permit": "{}", "project_class": "small",
        "deposit_version": 1, "receipt": {{ "number": "1", "issued_at": "2026-11-02T09:00:00Z" }},
        "applicant": {{ "kind": "person", "cin": "K123456", "name": {{ "fr": "A", "ar": "ا" }} }},
        "project": {{ "use": "housing", "title": "Villa" }}
        }}"#,
        permit.as_str()
    );
    serde_json::from_str(&text).unwrap()
}

fn asked(permit: Permit, class: ProjectClass, conditions: &[Condition]) -> Vec<Reviewer> {
    let mut file = file(permit);
    file.conditions = conditions.to_vec();
    rules().reviewers(&file, class, "01511", date(2026, 11, 2))
}

fn names(reviewers: &[Reviewer]) -> Vec<&str> {
    reviewers.iter().map(|reviewer| reviewer.agency.as_str()).collect()
}

#[test]
fn a_small_project_goes_to_the_urban_agency_and_where_conditions_call_for_it() {
    let small = |conditions: &[Condition]| asked(Permit::Building, ProjectClass::Small, conditions);
    assert_eq!(names(&small(&[])), ["urban-agency"]);
    assert_eq!(names(&small(&[Condition::NewConnection])), ["urban-agency", "onee"]);
    let wet = [Condition::NearWatercourse, Condition::FloodZone];
    assert_eq!(names(&small(&wet)), ["urban-agency", "water-basin"], "asked once");
    assert_eq!(names(&small(&[Condition::NoTitle])), ["urban-agency", "land-registry"]);
}

#[test]
fn a_large_project_also_goes_to_the_network_operator_and_parcelling_to_the_land_registry() {
    assert_eq!(names(&asked(Permit::Building, ProjectClass::Large, &[])), ["urban-agency", "onee"]);
    assert_eq!(
        names(&asked(Permit::Parcelling, ProjectClass::Small, &[])),
        ["urban-agency", "land-registry"]
    );
    assert!(asked(Permit::Repair, ProjectClass::Small, &[]).is_empty(), "a repair needs no opinion");
}

#[test]
fn only_the_urban_agency_binds_and_only_a_text_makes_silence_favourable() {
    let everything =
        [Condition::NewConnection, Condition::NearWatercourse, Condition::NoTitle, Condition::FloodZone];
    for permit in Permit::ALL {
        for class in [ProjectClass::Large, ProjectClass::Small] {
            for reviewer in asked(permit, class, &everything) {
                assert_eq!(reviewer.binding, reviewer.agency.as_str() == "urban-agency");
                assert_eq!(reviewer.silence, SilenceMeans::NoAnswer);
            }
        }
    }
    let occupancy = file(Permit::Occupancy);
    let recorded = rules().recorded_reviewers(&occupancy, ProjectClass::Small, "01511", date(2026, 11, 2));
    let telecom = recorded.iter().find(|reviewer| reviewer.agency.as_str() == "telecom").unwrap();
    assert_eq!(telecom.silence, SilenceMeans::Favourable { basis: "law 12-90 art. 56".into() });
}

#[test]
fn reviewers_without_a_connection_stand_apart() {
    let large = file(Permit::Building);
    let recorded = rules().recorded_reviewers(&large, ProjectClass::Large, "01511", date(2026, 11, 2));
    assert_eq!(names(&recorded), ["prefecture", "commune", "civil-protection", "telecom"]);
    let recorded = rules().recorded_reviewers(&large, ProjectClass::Small, "01511", date(2026, 11, 2));
    assert_eq!(names(&recorded), ["prefecture", "commune"]);
}

#[test]
fn a_province_can_override_the_default_table() {
    let own = r#"
[[review]]
agency = "onee"
permits = ["building"]
class = "large"
provinces = ["01511"]
consulted = false
limit = 15
unit = "doubtful"
basis = "the regional company distributes here"
valid_from = 2026-01-01

[[review]]
agency = "water-basin"
permits = ["building"]
class = "large"
provinces = ["01511"]
limit = 12
unit = "calendar-days"
basis = "the whole province is a flood zone"
valid_from = 2019-01-01
"#;
    let rules = Rules::from_toml(&format!("{PROCEDURES}{own}"), &AGENCIES).unwrap();
    let in_province = |province, filed| {
        let reviewers = rules.reviewers(&file(Permit::Building), ProjectClass::Large, province, filed);
        reviewers.iter().map(|reviewer| (reviewer.agency.to_string(), reviewer.limit)).collect::<Vec<_>>()
    };
    let pair = |name: &str, limit| (name.to_owned(), limit);
    let (before, after) = (date(2025, 12, 31), date(2026, 1, 1));
    assert_eq!(in_province("01511", after), [pair("urban-agency", 15), pair("water-basin", 12)]);
    assert_eq!(
        in_province("01511", before),
        [pair("urban-agency", 15), pair("onee", 15), pair("water-basin", 12)]
    );
    assert_eq!(in_province("01571", after), [pair("urban-agency", 15), pair("onee", 15)]);
}
