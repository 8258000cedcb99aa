//! The acting bodies: communes, and the arrondissements through which six of them act, drawn by population
//! (Haut-Commissariat au Plan, RGPH 2024).

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::Context;
use serde::Deserialize;

/// A body that decides on permit files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// HCP code, 9 digits.
    pub code: String,
    /// Its prefecture or province, 5 digits.
    pub province: String,
    /// Its region, 2 digits.
    pub region: String,
    /// French name.
    pub name_fr: String,
    /// Arabic name.
    pub name_ar: String,
    /// Inhabitants in 2024.
    pub population: u64,
}

/// All acting bodies, in the order of their codes.
#[derive(Debug, Clone)]
pub struct Places {
    /// The bodies.
    pub all: Vec<Place>,
    /// Running sums of the population, for draws.
    sums: Vec<u64>,
}

#[derive(Deserialize)]
struct CommuneRow {
    code: String,
    province_code: String,
    name_fr: String,
    name_ar: String,
    population_2024: u64,
}

#[derive(Deserialize)]
struct ArrondissementRow {
    code: String,
    commune_code: String,
    name_fr: String,
    name_ar: String,
    population_2024: u64,
}

#[derive(Deserialize)]
struct ProvinceRow {
    code: String,
    region_code: String,
}

impl Places {
    /// Reads `communes.csv`, `arrondissements.csv` and `provinces.csv` in a folder.
    ///
    /// # Errors
    /// A table that cannot be read, or names a province or commune that is not there.
    pub fn read(folder: &Path) -> anyhow::Result<Self> {
        let communes: Vec<CommuneRow> = rows(&folder.join("communes.csv"))?;
        let parts: Vec<ArrondissementRow> = rows(&folder.join("arrondissements.csv"))?;
        let provinces: Vec<ProvinceRow> = rows(&folder.join("provinces.csv"))?;
        let region_of: BTreeMap<&str, &str> =
            provinces.iter().map(|row| (row.code.as_str(), row.region_code.as_str())).collect();
        let province_of: BTreeMap<&str, &str> =
            communes.iter().map(|row| (row.code.as_str(), row.province_code.as_str())).collect();
        let divided: BTreeSet<&str> = parts.iter().map(|row| row.commune_code.as_str()).collect();
        let place = |code: &str, commune: &str, fr: &str, ar: &str, population| -> anyhow::Result<Place> {
            let province = *province_of.get(commune).with_context(|| format!("no commune {commune}"))?;
            let region = *region_of.get(province).with_context(|| format!("no province {province}"))?;
            let [code, province, region, name_fr, name_ar] =
                [code, province, region, fr, ar].map(str::to_owned);
            Ok(Place { code, province, region, name_fr, name_ar, population })
        };
        let mut all = Vec::with_capacity(communes.len());
        for row in communes.iter().filter(|row| !divided.contains(row.code.as_str())) {
            all.push(place(&row.code, &row.code, &row.name_fr, &row.name_ar, row.population_2024)?);
        }
        for row in &parts {
            all.push(place(&row.code, &row.commune_code, &row.name_fr, &row.name_ar, row.population_2024)?);
        }
        all.sort_by(|one, other| one.code.cmp(&other.code));
        Ok(Self::of(all))
    }

    fn of(all: Vec<Place>) -> Self {
        let mut sum = 0;
        let mut add = |place: &Place| {
            sum += place.population;
            sum
        };
        let sums = all.iter().map(&mut add).collect();
        Self { all, sums }
    }

    /// The most populous ones alone, in the order of their codes.
    #[must_use]
    pub fn largest(&self, count: usize) -> Self {
        let mut all = self.all.clone();
        all.sort_by_key(|place| std::cmp::Reverse(place.population));
        all.truncate(count);
        all.sort_by(|one, other| one.code.cmp(&other.code));
        Self::of(all)
    }

    /// The body in which the inhabitant at this point of the census lives: `point` in [0, 1).
    #[must_use]
    pub fn by_population(&self, point: f64) -> Option<&Place> {
        let total = *self.sums.last()?;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a share of 37 million, not below zero"
        )]
        let inhabitant = (point * total as f64) as u64;
        self.all.get(self.sums.partition_point(|sum| *sum <= inhabitant))
    }
}

fn rows<T: for<'de> Deserialize<'de>>(path: &Path) -> anyhow::Result<Vec<T>> {
    let mut reader = csv::ReaderBuilder::new().comment(Some(b'#')).from_path(path)?;
    reader.deserialize().collect::<Result<_, _>>().with_context(|| format!("{}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::communes::chance::Chance;

    fn places() -> Places {
        Places::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../config")).unwrap()
    }

    #[test]
    fn there_are_1538_acting_bodies_and_a_divided_commune_is_none() {
        let places = places();
        assert_eq!(places.all.len(), 1538);
        assert!(places.all.iter().all(|place| place.code != "001511010"), "Tanger acts through its parts");
        assert!(places.all.iter().any(|place| place.code == "015110105" && place.region == "01"));
    }

    #[test]
    fn a_region_files_by_its_population() {
        let (places, chance) = (places(), Chance::new(11));
        let total: u64 = places.all.iter().map(|place| place.population).sum();
        let casablanca: u64 = places.all.iter().filter(|p| p.region == "06").map(|p| p.population).sum();
        let drawn = (0..20_000)
            .filter_map(|n| places.by_population(chance.unit(&n.to_string(), "place")))
            .filter(|place| place.region == "06")
            .count();
        let (share, expected) = (drawn as f64 / 20_000.0, casablanca as f64 / total as f64);
        assert!((share - expected).abs() < 0.01, "{share} instead of {expected}");
        assert!(places.by_population(0.0).is_some() && places.by_population(0.999_999_999).is_some());
    }
}
