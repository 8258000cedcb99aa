//! What is planned, on which land, by whom: the body of a permit file, drawn so that its class is the one asked
//! for (building regulation, annex 2).

use serde_json::{Value, json};

use super::chance::Chance;
use super::places::Place;
use super::{identity, land, names};

/// What a file is about, before its receipt.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// Draws.
    pub chance: Chance,
    /// The commune's reference.
    pub reference: &'a str,
    /// Who decides.
    pub place: &'a Place,
    /// Key of the permit.
    pub permit: &'a str,
    /// Draw a large project.
    pub large: bool,
}

impl Subject<'_> {
    fn between(&self, question: &str, min: u32, max: u32) -> u32 {
        self.chance.between(self.reference, question, min, max)
    }

    fn happens(&self, question: &str, share: f64) -> bool {
        self.chance.happens(self.reference, question, share)
    }

    /// Applicant, professional, project, conditions, parcels.
    #[must_use]
    pub fn body(&self) -> Value {
        let (mut project, public_body) = self.project();
        let conditions = self.conditions();
        let investment = self.permit == "classified-2" && self.happens("investment", 0.4)
            || self.large && project["use"] != "housing" && self.happens("investment", 0.3);
        project["investment"] = json!(investment);
        let mut body = json!({
            "reference": self.reference,
            "commune": self.place.code,
            "permit": self.permit,
            "deposit_version": 1,
            "applicant": self.applicant(public_body),
            "project": project,
            "conditions": conditions,
            "parcels": self.parcels(&conditions),
        });
        if !matches!(self.permit, "activity-declaration" | "public-domain") {
            body["professional"] = self.professional();
        }
        body
    }

    fn applicant(&self, public_body: bool) -> Value {
        let (chance, reference) = (self.chance, self.reference);
        if public_body {
            let name = names::public_body(chance, reference);
            return json!({"kind": "company", "ice": identity::ice(chance, reference), "name": name,
                "public_body": true});
        }
        let economic = matches!(self.permit, "classified-2" | "classified-3");
        if self.happens("company", if economic || self.large { 0.7 } else { 0.12 }) {
            let name = names::company(chance, reference);
            return json!({"kind": "company", "ice": identity::ice(chance, reference), "name": name});
        }
        let name = names::person(chance, reference, "applicant");
        json!({"kind": "person", "cin": identity::cin(chance, reference), "name": name})
    }

    fn professional(&self) -> Value {
        let (profession, register) = match self.permit {
            "subdivision" | "parcelling" => ("surveyor", "IGT"),
            "classified-2" | "classified-3" | "repair" => ("engineer", "BET"),
            _ => ("architect", "ONA"),
        };
        json!({
            "profession": profession,
            "order_number": format!("{register}-{}", self.between("order", 100, 6_999)),
            "name": names::person(self.chance, self.reference, "professional"),
        })
    }

    /// The project, and whether its owner is a public body.
    fn project(&self) -> (Value, bool) {
        match self.permit {
            "building" if self.large => self.large_building(),
            "building" => (self.small_building(), false),
            "housing-group" => {
                let dwellings = self.between("dwellings", 12, 180);
                let title = "Groupe d'habitations";
                (
                    self.sized(
                        "housing",
                        title,
                        self.between("floors", 2, 5),
                        300 + dwellings * 85,
                        dwellings,
                    ),
                    false,
                )
            }
            "subdivision" => (self.sized("housing", "Lotissement résidentiel", 0, 0, 0), false),
            "parcelling" => (self.sized("agricultural", "Morcellement d'une propriété", 0, 0, 0), false),
            "classified-2" => {
                let area = self.between("area", 200, 4_000);
                (self.sized("industrial", "Unité de production, 2e catégorie", 0, area, 0), false)
            }
            "classified-3" => {
                let area = self.between("area", 40, 420);
                (self.sized("industrial", "Atelier, 3e catégorie", 0, area, 0), false)
            }
            "activity-declaration" => (
                self.sized(
                    "commercial",
                    "Ouverture d'un local commercial",
                    0,
                    self.between("area", 15, 150),
                    0,
                ),
                false,
            ),
            "public-domain" => (
                self.sized("commercial", "Terrasse sur le domaine public", 0, self.between("area", 6, 60), 0),
                false,
            ),
            "demolition" => (
                self.sized("housing", "هدم بناية مهددة بالانهيار", 1, self.between("area", 60, 300), 1),
                false,
            ),
            "repair" => {
                (self.sized("housing", "إصلاح واجهة منزل", 1, self.between("area", 50, 250), 1), false)
            }
            _ => (self.small_building(), false),
        }
    }

    fn small_building(&self) -> Value {
        let floors = self.between("floors", 0, 2);
        let area = self.between("area", 80, 380);
        if self.happens("shop", 0.06) {
            return self.sized("commercial", "Local commercial", 0, self.between("area", 40, 480), 0);
        }
        if self.happens("farm", 0.05) {
            return self.sized("agricultural", "Bâtiment d'élevage", 0, area, 0);
        }
        let purpose = if self.happens("mixed", 0.15) { "mixed" } else { "housing" };
        let title = if self.happens("title-ar", 0.5) {
            "بناء منزل للسكن"
        } else {
            "Construction d'une maison d'habitation"
        };
        self.sized(purpose, title, floors, area, floors + 1)
    }

    fn large_building(&self) -> (Value, bool) {
        let point = self.chance.unit(self.reference, "why-large");
        let area = self.between("area", 900, 9_000);
        if point < 0.5 {
            let floors = self.between("floors", 4, 9);
            return (self.sized("housing", "Immeuble collectif", floors, area, floors * 4), false);
        }
        if point < 0.7 {
            return (
                self.sized("commercial", "Centre commercial", self.between("floors", 0, 2), area, 0),
                false,
            );
        }
        if point < 0.85 {
            return (self.sized("industrial", "Unité industrielle", 0, area, 0), false);
        }
        let public_body = point < 0.95;
        let title = if public_body { "مدرسة ابتدائية" } else { "Clinique" };
        (self.sized("public-building", title, self.between("floors", 1, 3), area, 0), public_body)
    }

    fn sized(&self, purpose: &str, title: &str, floors: u32, area_m2: u32, dwellings: u32) -> Value {
        // Storeys of 3.50 m on the ground floor and 3 m above it.
        let height_cm = if area_m2 == 0 { 0 } else { 350 + floors * 300 };
        json!({
            "use": purpose,
            "title": title,
            "floors": floors,
            "height_cm": height_cm,
            "dwellings": dwellings,
            "floor_area_m2": area_m2,
            "cost_centimes": i64::from(area_m2) * i64::from(self.between("cost", 250_000, 480_000)),
            "in_received_subdivision": self.happens("received", 0.35),
        })
    }

    fn conditions(&self) -> Vec<&'static str> {
        let connection = if self.large { 0.7 } else { 0.16 };
        [("near-watercourse", 0.05), ("flood-zone", 0.03), ("new-connection", connection), ("no-title", 0.09)]
            .into_iter()
            .filter(|(condition, share)| self.happens(condition, *share))
            .map(|(condition, _)| condition)
            .collect()
    }

    fn parcels(&self, conditions: &[&str]) -> Vec<Value> {
        let count = if self.permit == "parcelling" { self.between("parcels", 2, 4) } else { 1 };
        (1..=count).map(|number| self.parcel(number, conditions.contains(&"no-title"))).collect()
    }

    fn parcel(&self, number: u32, no_title: bool) -> Value {
        let (chance, reference) = (self.chance, self.reference);
        let area_m2 = if matches!(self.permit, "subdivision" | "parcelling" | "housing-group") {
            self.between("land", 3_000, 60_000)
        } else {
            self.between("land", 70, 900)
        };
        let place = format!("{reference}-{number}");
        let lambert =
            self.happens("lambert", 0.12).then(|| land::lambert(chance, &place, &self.place.region, area_m2));
        let geometry =
            lambert.flatten().unwrap_or_else(|| land::geojson(chance, &place, &self.place.region, area_m2));
        if no_title && self.happens("requisition-filed", 0.4) {
            let requisition = identity::requisition(chance, reference);
            return json!({"status": "requisition", "requisition": requisition, "area_m2": area_m2, "geometry": geometry});
        }
        if no_title {
            return json!({"status": "untitled", "area_m2": area_m2, "geometry": geometry});
        }
        let title = identity::land_title(chance, reference, number);
        json!({"status": "titled", "title": title, "area_m2": area_m2, "geometry": geometry})
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oracle::reviewers::is_large;

    #[test]
    fn a_building_has_the_class_that_was_asked_for() {
        let place = Place {
            code: "015110101".into(),
            province: "01511".into(),
            region: "01".into(),
            name_fr: "Assilah".into(),
            name_ar: "أصيلة".into(),
            population: 36_039,
        };
        let chance = Chance::new(9);
        for number in 0..400 {
            let reference = format!("PCT-{number}");
            let large = number % 2 == 0;
            let subject = Subject { chance, reference: &reference, place: &place, permit: "building", large };
            assert_eq!(is_large(&subject.body()), large, "{}", subject.body());
        }
    }
}
