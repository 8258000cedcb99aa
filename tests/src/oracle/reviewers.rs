//! Which of the five agencies must be asked about a file, and until when: the rule of the building
//! regulation (art. 18) and of the laws that each opinion stands on, written down a second time.

use jiff::civil::Date;
use serde_json::Value;

use super::period::{Days, Stop, last_day};

/// An agency that must be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked {
    /// Its key.
    pub agency: &'static str,
    /// No permit without its favourable opinion.
    pub binding: bool,
    /// Its limit, in days of the doubtful unit.
    pub limit_days: u32,
}

/// Annex 2 of the building regulation: a large project.
#[must_use]
pub fn is_large(file: &Value) -> bool {
    let project = &file["project"];
    let number = |key: &str| project[key].as_u64().unwrap_or(0);
    let (floors, height_cm, area_m2) = (number("floors"), number("height_cm"), number("floor_area_m2"));
    if file["applicant"]["public_body"] == Value::Bool(true) || number("dwellings") > 20 {
        return true;
    }
    let over_small = area_m2 > 500 || height_cm > 550;
    let by_use = match project["use"].as_str() {
        Some("public-building") => true,
        Some("commercial") => over_small,
        Some("industrial") => file["permit"] != "classified-3" || over_small,
        _ => false,
    };
    let received = project["in_received_subdivision"] == Value::Bool(true);
    let high = floors > 3
        || height_cm > 1550
        || (!received && (height_cm == 1550 || (height_cm == 0 && floors == 3)));
    by_use || high
}

/// The agencies that must be asked, in no order.
#[must_use]
pub fn asked(file: &Value) -> Vec<Asked> {
    let permit = file["permit"].as_str().unwrap_or_default();
    let small_building = permit == "building" && !is_large(file);
    let large_building = permit == "building" && !small_building;
    let group = matches!(permit, "subdivision" | "housing-group");
    let classified = matches!(permit, "classified-2" | "classified-3");
    let states = |condition: &str| {
        file["conditions"].as_array().is_some_and(|all| all.iter().any(|one| one == condition))
    };
    let water = states("near-watercourse") || states("flood-zone");
    let limit_days = if small_building { 10 } else { 15 };
    let mut all = Vec::new();
    let mut ask = |agency, binding| all.push(Asked { agency, binding, limit_days });
    if permit == "building" || group || matches!(permit, "parcelling" | "regularisation") {
        ask("urban-agency", true);
    }
    if large_building || group || ((small_building || classified) && states("new-connection")) {
        ask("onee", false);
    }
    if water
        && (permit == "building"
            || group
            || classified
            || matches!(permit, "parcelling" | "regularisation" | "public-domain"))
    {
        ask("water-basin", false);
    }
    let titled_law = permit == "building" || group || permit == "regularisation";
    if permit == "parcelling" || (titled_law && states("no-title")) {
        ask("land-registry", false);
    }
    all
}

/// Last day on which an opinion is in time: from the commune's reception, the earlier reading.
#[must_use]
pub fn due(asked: Asked, filed: Date, stops: &[Stop]) -> Date {
    last_day(filed, asked.limit_days, Days::Calendar, stops)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn names(file: &Value) -> Vec<&'static str> {
        asked(file).into_iter().map(|one| one.agency).collect()
    }

    #[test]
    fn a_small_building_asks_the_urban_agency_and_who_its_place_calls_for() {
        let mut file = json!({"permit": "building", "project": {"use": "housing", "floors": 2}});
        assert_eq!(names(&file), ["urban-agency"]);
        file["conditions"] = json!(["new-connection", "flood-zone", "no-title"]);
        assert_eq!(names(&file), ["urban-agency", "onee", "water-basin", "land-registry"]);
        assert!(asked(&file).iter().all(|one| one.limit_days == 10));
    }

    #[test]
    fn a_large_building_always_asks_for_the_networks() {
        let file = json!({"permit": "building", "project": {"use": "housing", "floors": 5}});
        assert_eq!(names(&file), ["urban-agency", "onee"]);
        assert!(asked(&file)[0].binding && !asked(&file)[1].binding);
    }

    #[test]
    fn size_height_use_and_owner_make_a_project_large() {
        let file = |project: Value| json!({"permit": "building", "project": project});
        assert!(is_large(&file(json!({"use": "housing", "height_cm": 1551, "floors": 3}))));
        assert!(is_large(&file(json!({"use": "housing", "height_cm": 1550}))));
        let received = json!({"use": "housing", "height_cm": 1550, "in_received_subdivision": true});
        assert!(!is_large(&file(received)));
        assert!(is_large(&file(json!({"use": "commercial", "floor_area_m2": 501}))));
        assert!(!is_large(&file(json!({"use": "commercial", "floor_area_m2": 500, "height_cm": 550}))));
        assert!(is_large(&file(json!({"use": "industrial"}))));
        assert!(!is_large(&json!({"permit": "classified-3", "project": {"use": "industrial"}})));
        assert!(is_large(&json!({"permit": "building", "project": {"use": "housing"},
            "applicant": {"public_body": true}})));
    }

    #[test]
    fn a_repair_or_a_declaration_asks_nobody() {
        let everything = json!(["new-connection", "flood-zone", "no-title", "near-watercourse"]);
        for permit in ["repair", "occupancy", "conformity", "demolition", "activity-declaration"] {
            let file = json!({"permit": permit, "project": {"use": "housing"}, "conditions": everything});
            assert!(names(&file).is_empty(), "{permit}");
        }
        let domain =
            json!({"permit": "public-domain", "project": {"use": "commercial"}, "conditions": everything});
        assert_eq!(names(&domain), ["water-basin"]);
    }
}
