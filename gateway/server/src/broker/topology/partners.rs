//! The partners that have a user and a queue: acting communes and arrondissements, prefectures and provinces.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Deserialize;
use wasl_schemas::id::{CommuneCode, ProvinceCode};

const COMMUNES: &str = include_str!("../../../../../config/communes.csv");
const ARRONDISSEMENTS: &str = include_str!("../../../../../config/arrondissements.csv");

/// Partners in the order of their codes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Partners {
    /// Communes that act themselves, and arrondissements.
    pub communes: BTreeSet<CommuneCode>,
    /// Prefectures and provinces.
    pub provinces: BTreeSet<ProvinceCode>,
}

/// Why the partners are not known.
#[derive(Debug, thiserror::Error)]
pub enum PartnersError {
    /// A table of communes that cannot be read.
    #[error("{file}: {reason}")]
    Table {
        /// The table.
        file: &'static str,
        /// Why.
        reason: String,
    },
    /// A code that is no acting commune or arrondissement.
    #[error("{0} is not the 9-digit code of an acting commune or arrondissement")]
    Unknown(String),
}

#[derive(Deserialize)]
struct CommuneRow {
    code: String,
    province_code: String,
}

#[derive(Deserialize)]
struct ArrondissementRow {
    code: String,
    commune_code: String,
}

impl Partners {
    /// All acting communes and arrondissements with their prefectures and provinces: from the tables in
    /// `config_dir`, or those compiled in. A commune that acts through arrondissements is not among them.
    ///
    /// # Errors
    /// A table that cannot be read, or has a code that is none.
    pub fn all(config_dir: Option<&Path>) -> Result<Self, PartnersError> {
        let provinces = acting(config_dir)?;
        Ok(Self {
            communes: provinces.keys().cloned().collect(),
            provinces: provinces.into_values().collect(),
        })
    }

    /// The named communes with their prefectures and provinces.
    ///
    /// # Errors
    /// As [`Partners::all`], or a code that is not among them.
    pub fn only(codes: &[String], config_dir: Option<&Path>) -> Result<Self, PartnersError> {
        let acting = acting(config_dir)?;
        let mut partners = Self::default();
        for text in codes {
            let code = CommuneCode::try_new(text.trim()).map_err(|_| PartnersError::Unknown(text.clone()))?;
            let province = acting.get(&code).ok_or_else(|| PartnersError::Unknown(text.clone()))?;
            partners.provinces.insert(province.clone());
            partners.communes.insert(code);
        }
        Ok(partners)
    }
}

/// Acting communes and arrondissements, with the province of each.
fn acting(config_dir: Option<&Path>) -> Result<BTreeMap<CommuneCode, ProvinceCode>, PartnersError> {
    let communes: Vec<CommuneRow> = rows("communes.csv", COMMUNES, config_dir)?;
    let arrondissements: Vec<ArrondissementRow> = rows("arrondissements.csv", ARRONDISSEMENTS, config_dir)?;
    let divided: BTreeSet<&str> = arrondissements.iter().map(|row| row.commune_code.as_str()).collect();
    let province_of: BTreeMap<&str, &str> =
        communes.iter().map(|row| (row.code.as_str(), row.province_code.as_str())).collect();
    let whole = communes.iter().map(|row| row.code.as_str()).filter(|code| !divided.contains(code));
    let whole = whole.map(|code| (code, code));
    let parts = arrondissements.iter().map(|row| (row.code.as_str(), row.commune_code.as_str()));
    whole.chain(parts).map(|(code, commune)| place(code, province_of.get(commune).copied())).collect()
}

fn place(code: &str, province: Option<&str>) -> Result<(CommuneCode, ProvinceCode), PartnersError> {
    let fault =
        |reason: String| PartnersError::Table { file: "communes.csv", reason: format!("{code}: {reason}") };
    let province = province.ok_or_else(|| fault("its commune is not in the table".to_owned()))?;
    let code = CommuneCode::try_new(code).map_err(|error| fault(error.to_string()))?;
    let province = ProvinceCode::try_new(province).map_err(|error| fault(error.to_string()))?;
    Ok((code, province))
}

fn rows<T: for<'de> Deserialize<'de>>(
    file: &'static str,
    compiled_in: &str,
    config_dir: Option<&Path>,
) -> Result<Vec<T>, PartnersError> {
    let fault = |reason: String| PartnersError::Table { file, reason };
    let text = match config_dir {
        Some(dir) => std::fs::read_to_string(dir.join(file)).map_err(|error| fault(error.to_string()))?,
        None => compiled_in.to_owned(),
    };
    let mut reader = csv::ReaderBuilder::new().comment(Some(b'#')).from_reader(text.as_bytes());
    reader.deserialize().collect::<Result<_, _>>().map_err(|error| fault(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_1538_acting_bodies_and_their_provinces_are_partners() {
        let all = Partners::all(None).unwrap();
        assert_eq!(all.communes.len(), 1538);
        // Those of the communes; the prefectures of arrondissements inside Casablanca have no communes of their own.
        assert_eq!(all.provinces.len(), 75);
        // Tanger acts through its arrondissements.
        assert!(!all.communes.contains(&CommuneCode::try_new("001511010").unwrap()));
        assert!(all.communes.contains(&CommuneCode::try_new("015110105").unwrap()));
    }

    #[test]
    fn a_code_that_does_not_act_is_named() {
        let only = Partners::only(&["015110105".to_owned()], None).unwrap();
        assert_eq!(only.provinces.iter().map(ProvinceCode::as_str).collect::<Vec<_>>(), ["01511"]);
        let fault = Partners::only(&["001511010".to_owned()], None).unwrap_err().to_string();
        assert!(fault.starts_with("001511010 is not"), "{fault}");
    }
}
