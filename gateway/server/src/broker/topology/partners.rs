//! The partners that have a user and a queue: acting communes and arrondissements, prefectures and provinces.

use std::collections::BTreeSet;

use wasl_schemas::directory::{CommuneDirectory, Directory};
use wasl_schemas::id::{CommuneCode, ProvinceCode};

/// Partners in the order of their codes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Partners {
    /// Communes that act themselves, and arrondissements.
    pub communes: BTreeSet<CommuneCode>,
    /// Prefectures and provinces.
    pub provinces: BTreeSet<ProvinceCode>,
    /// Regions, by their two digits: they read what is escalated to them.
    pub regions: BTreeSet<String>,
}

/// A code that is no acting commune or arrondissement.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0} is not the 9-digit code of an acting commune or arrondissement")]
pub struct UnknownCommune(pub String);

impl Partners {
    /// All acting communes and arrondissements, prefectures and provinces. A commune that acts through
    /// arrondissements is not among them.
    #[must_use]
    pub fn all(directory: &Directory) -> Self {
        Self {
            communes: directory.communes().map(|commune| commune.code.clone()).collect(),
            provinces: directory.provinces().map(|province| province.code.clone()).collect(),
            regions: directory.regions().map(|region| region.code.clone()).collect(),
        }
    }

    /// The named communes with their prefectures and provinces and their regions.
    ///
    /// # Errors
    /// The first code that does not act.
    pub fn only(codes: &[String], directory: &Directory) -> Result<Self, UnknownCommune> {
        let mut partners = Self::default();
        for text in codes {
            let unknown = || UnknownCommune(text.clone());
            let code = CommuneCode::try_new(text.trim()).map_err(|_| unknown())?;
            let commune = directory.commune(&code).ok_or_else(unknown)?;
            partners.provinces.insert(commune.province.clone());
            partners.regions.insert(commune.region.clone());
            partners.communes.insert(code);
        }
        Ok(partners)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_1538_acting_bodies_their_provinces_and_their_regions_are_partners() {
        let all = Partners::all(&Directory::compiled_in().unwrap());
        assert_eq!((all.communes.len(), all.provinces.len(), all.regions.len()), (1538, 75, 12));
    }

    #[test]
    fn a_code_that_does_not_act_is_named() {
        let directory = Directory::compiled_in().unwrap();
        let only = Partners::only(&["015110105".to_owned()], &directory).unwrap();
        assert_eq!(only.provinces.iter().map(ProvinceCode::as_str).collect::<Vec<_>>(), ["01511"]);
        assert_eq!(only.regions, BTreeSet::from(["01".to_owned()]));
        // Tanger acts through its arrondissements.
        let fault = Partners::only(&["001511010".to_owned()], &directory).unwrap_err();
        assert_eq!(fault, UnknownCommune("001511010".to_owned()));
    }
}
