//! Who may act: communes, arrondissements, prefectures and provinces, from the census tables.
//!
//! Source of the tables: Haut-Commissariat au Plan, RGPH 2014 and 2024, CC BY 4.0 (`config/CREDITS.md`).
//! The six communes that act through arrondissements are not acting bodies themselves, so 1,503 communes
//! make 1,538 acting bodies.

mod tables;

use std::collections::BTreeMap;

use jiff::civil::{Date, date};

use crate::file::Name;
use crate::id::{CommuneCode, ProvinceCode};

pub use tables::{DirectoryError, Tables};

/// Since when a commune counts as joined when the tables do not say: the day on which joint order 338.20
/// (Official Bulletin 6874) made the digital window mandatory.
pub const JOINED_BY_DEFAULT: Date = date(2020, 4, 16);

/// A commune or arrondissement that acts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommuneEntry {
    /// Its HCP code.
    pub code: CommuneCode,
    /// Its name.
    pub name: Name,
    /// Its prefecture or province.
    pub province: ProvinceCode,
    /// Its region, two digits.
    pub region: String,
    /// First local day on which its messages are accepted.
    pub joined_on: Date,
    /// Inhabitants at the census of 2024.
    pub population_2024: u32,
    /// For an arrondissement: the commune it belongs to.
    pub part_of: Option<CommuneCode>,
}

/// A prefecture or province.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProvinceEntry {
    /// Its HCP code.
    pub code: ProvinceCode,
    /// Its name.
    pub name: Name,
    /// Its region, two digits.
    pub region: String,
}

/// A region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegionEntry {
    /// Two digits.
    pub code: String,
    /// Its name.
    pub name: Name,
}

/// What [`crate::check`] needs to know about who may act.
pub trait CommuneDirectory: Send + Sync {
    /// A commune or arrondissement that acts.
    fn commune(&self, code: &CommuneCode) -> Option<&CommuneEntry>;
    /// A prefecture or province.
    fn province(&self, code: &ProvinceCode) -> Option<&ProvinceEntry>;
}

/// The directory of the whole country, in memory.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Directory {
    regions: BTreeMap<String, RegionEntry>,
    provinces: BTreeMap<ProvinceCode, ProvinceEntry>,
    communes: BTreeMap<CommuneCode, CommuneEntry>,
}

impl Directory {
    /// The tables that are compiled in.
    ///
    /// # Errors
    /// Never for the tables that pass the tests of this crate.
    pub fn compiled_in() -> Result<Self, DirectoryError> {
        Self::from_csv(&Tables::COMPILED_IN)
    }

    /// Reads other tables of the same form.
    ///
    /// # Errors
    /// [`DirectoryError`] names the table, the line and the rule that it breaks.
    pub fn from_csv(tables: &Tables<'_>) -> Result<Self, DirectoryError> {
        tables::read(tables)
    }

    /// Every acting body, by code.
    pub fn communes(&self) -> impl ExactSizeIterator<Item = &CommuneEntry> {
        self.communes.values()
    }

    /// Every prefecture and province, by code.
    pub fn provinces(&self) -> impl ExactSizeIterator<Item = &ProvinceEntry> {
        self.provinces.values()
    }

    /// Every region, by code.
    pub fn regions(&self) -> impl ExactSizeIterator<Item = &RegionEntry> {
        self.regions.values()
    }
}

impl CommuneDirectory for Directory {
    fn commune(&self, code: &CommuneCode) -> Option<&CommuneEntry> {
        self.communes.get(code)
    }

    fn province(&self, code: &ProvinceCode) -> Option<&ProvinceEntry> {
        self.provinces.get(code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::InvalidId;

    #[test]
    fn the_country_has_1538_acting_bodies_in_75_provinces_and_12_regions() -> Result<(), DirectoryError> {
        let all = Directory::compiled_in()?;
        assert_eq!(all.communes().len(), 1538);
        assert_eq!(all.provinces().len(), 75);
        assert_eq!(all.regions().len(), 12);
        assert_eq!(all.communes().filter(|c| c.part_of.is_some()).count(), 41);
        Ok(())
    }

    #[test]
    fn a_city_acts_through_its_arrondissements() -> Result<(), Box<dyn std::error::Error>> {
        let all = Directory::compiled_in()?;
        let code = |text: &str| -> Result<CommuneCode, InvalidId> { CommuneCode::try_new(text) };
        assert!(all.commune(&code("001511010")?).is_none(), "Tanger acts through its arrondissements");
        let souani = all.commune(&code("015110106")?).ok_or("Souani is missing")?;
        assert_eq!((souani.name.fr.as_str(), souani.name.ar.as_str()), ("Souani", "السواني"));
        assert_eq!((souani.province.as_str(), souani.region.as_str()), ("01511", "01"));
        assert_eq!(souani.joined_on, JOINED_BY_DEFAULT);
        assert!(all.province(&souani.province).is_some());
        Ok(())
    }

    #[test]
    fn joining_dates_are_read_and_wrong_tables_are_refused_with_their_line() {
        let with = |communes: &str| {
            let tables = Tables {
                regions: "code,name_fr,name_ar\n01,R,ر\n",
                provinces: "code,region_code,name_fr,name_ar\n01511,01,P,إ\n",
                communes,
                arrondissements: "code,commune_code,name_fr,name_ar,population_2024\n",
            };
            Directory::from_csv(&tables)
        };
        let head = "code,province_code,name_fr,name_ar,population_2024,joined_on\n";
        let good = with(&format!("{head}015110101,01511,Assilah,أصيلة,36039,2027-01-01\n"));
        assert_eq!(
            good.map(|d| d.communes().map(|c| c.joined_on).collect::<Vec<_>>()),
            Ok(vec![date(2027, 1, 1)])
        );
        for (row, why) in [
            ("01511010,01511,A,أ,1,", "code"),
            ("015110101,09999,A,أ,1,", "province_code"),
            ("015110101,01511,,أ,1,", "name_fr"),
            ("015110101,01511,A,أ,many,", "population_2024"),
            ("015110101,01511,A,أ,1,soon", "joined_on"),
        ] {
            let fault = with(&format!("{head}{row}\n")).err();
            assert!(fault.as_ref().is_some_and(|f| f.line == 2 && f.column == why), "{row}: {fault:?}");
        }
    }
}
