//! Reads the census tables (comma-separated, UTF-8, a header line; columns by name, unknown ones ignored).

use std::collections::BTreeSet;

use csv::StringRecord;

use super::{CommuneEntry, Directory, JOINED_BY_DEFAULT, ProvinceEntry, RegionEntry};
use crate::file::Name;
use crate::id::{CommuneCode, ProvinceCode};

/// The texts of the four tables.
#[derive(Debug, Clone, Copy)]
pub struct Tables<'a> {
    /// `code,name_fr,name_ar`.
    pub regions: &'a str,
    /// `code,region_code,name_fr,name_ar` and, optional, `kind`.
    pub provinces: &'a str,
    /// `code,province_code,name_fr,name_ar,population_2024` and, optional, `joined_on`.
    pub communes: &'a str,
    /// `code,commune_code,name_fr,name_ar,population_2024` and, optional, `joined_on`.
    pub arrondissements: &'a str,
}

impl Tables<'static> {
    /// The tables in `config/` at the time of the build.
    pub const COMPILED_IN: Self = Self {
        regions: include_str!("../../../config/regions.csv"),
        provinces: include_str!("../../../config/provinces.csv"),
        communes: include_str!("../../../config/communes.csv"),
        arrondissements: include_str!("../../../config/arrondissements.csv"),
    };
}

/// Why a table cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{table}.csv, line {line}, column {column}: {why}")]
pub struct DirectoryError {
    /// Which table.
    pub table: &'static str,
    /// Line in the table, from 1.
    pub line: u64,
    /// Column.
    pub column: &'static str,
    /// The rule that it breaks.
    pub why: String,
}

/// The eight prefectures of arrondissements lie inside the prefecture of Casablanca; the tables place its
/// arrondissements under that prefecture, so they are no acting bodies here.
const INSIDE_A_PREFECTURE: &str = "prefecture_of_arrondissements";

pub(super) fn read(tables: &Tables<'_>) -> Result<Directory, DirectoryError> {
    let mut directory = Directory::default();
    for row in rows("regions", tables.regions)? {
        let region = RegionEntry { code: row.digits("code", 2)?, name: row.name()? };
        directory.regions.insert(region.code.clone(), region);
    }
    for row in rows("provinces", tables.provinces)? {
        if row.optional("kind") == Some(INSIDE_A_PREFECTURE) {
            continue;
        }
        let code = row.get("code")?;
        let code = ProvinceCode::try_new(code).map_err(|e| row.fault("code", &e.to_string()))?;
        let region = row.digits("region_code", 2)?;
        if !directory.regions.contains_key(&region) {
            return Err(row.fault("region_code", "no such region"));
        }
        directory.provinces.insert(code.clone(), ProvinceEntry { code, name: row.name()?, region });
    }
    for row in rows("communes", tables.communes)? {
        let province = row.get("province_code")?;
        let province = ProvinceCode::try_new(province)
            .ok()
            .and_then(|code| directory.provinces.get(&code))
            .ok_or_else(|| row.fault("province_code", "no such province"))?;
        let (province, region) = (province.code.clone(), province.region.clone());
        insert(&mut directory, row.commune(province, region, None)?, &row)?;
    }
    arrondissements(&mut directory, tables.arrondissements)?;
    Ok(directory)
}

/// Arrondissements act in place of their commune.
fn arrondissements(directory: &mut Directory, text: &str) -> Result<(), DirectoryError> {
    let mut cities = BTreeSet::new();
    for row in rows("arrondissements", text)? {
        let city = CommuneCode::try_new(row.get("commune_code")?)
            .ok()
            .and_then(|code| directory.communes.get(&code))
            .ok_or_else(|| row.fault("commune_code", "no such commune"))?;
        let (city, province, region) = (city.code.clone(), city.province.clone(), city.region.clone());
        let entry = row.commune(province, region, Some(city.clone()))?;
        insert(directory, entry, &row)?;
        cities.insert(city);
    }
    directory.communes.retain(|code, _| !cities.contains(code));
    Ok(())
}

fn insert(directory: &mut Directory, entry: CommuneEntry, row: &Row) -> Result<(), DirectoryError> {
    match directory.communes.insert(entry.code.clone(), entry) {
        None => Ok(()),
        Some(_) => Err(row.fault("code", "stands twice")),
    }
}

/// One line of a table.
struct Row {
    table: &'static str,
    line: u64,
    header: StringRecord,
    record: StringRecord,
}

fn rows(table: &'static str, text: &str) -> Result<Vec<Row>, DirectoryError> {
    let bad = |line: u64, why: String| DirectoryError { table, line, column: "", why };
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
    let header = reader.headers().map_err(|e| bad(1, e.to_string()))?.clone();
    let mut rows = Vec::new();
    for (index, record) in reader.records().enumerate() {
        let line = index as u64 + 2;
        let record = record.map_err(|e| bad(line, e.to_string()))?;
        rows.push(Row { table, line, header: header.clone(), record });
    }
    Ok(rows)
}

impl Row {
    fn fault(&self, column: &'static str, why: &str) -> DirectoryError {
        DirectoryError { table: self.table, line: self.line, column, why: why.to_owned() }
    }

    fn optional(&self, column: &str) -> Option<&str> {
        let index = self.header.iter().position(|name| name == column)?;
        self.record.get(index).filter(|value| !value.is_empty())
    }

    fn get(&self, column: &'static str) -> Result<&str, DirectoryError> {
        self.optional(column).ok_or_else(|| self.fault(column, "is missing or empty"))
    }

    fn digits(&self, column: &'static str, count: usize) -> Result<String, DirectoryError> {
        let text = self.get(column)?;
        if text.len() == count && text.bytes().all(|b| b.is_ascii_digit()) {
            Ok(text.to_owned())
        } else {
            Err(self.fault(column, &format!("must have {count} digits")))
        }
    }

    fn name(&self) -> Result<Name, DirectoryError> {
        Ok(Name { fr: self.get("name_fr")?.to_owned(), ar: self.get("name_ar")?.to_owned() })
    }

    fn commune(
        &self,
        province: ProvinceCode,
        region: String,
        part_of: Option<CommuneCode>,
    ) -> Result<CommuneEntry, DirectoryError> {
        let code = CommuneCode::try_new(self.get("code")?).map_err(|e| self.fault("code", &e.to_string()))?;
        let population = self.get("population_2024")?;
        let joined_on = match self.optional("joined_on") {
            None => JOINED_BY_DEFAULT,
            Some(text) => text.parse().map_err(|_| self.fault("joined_on", "must be YYYY-MM-DD"))?,
        };
        Ok(CommuneEntry {
            code,
            name: self.name()?,
            province,
            region,
            joined_on,
            population_2024: population
                .parse()
                .map_err(|_| self.fault("population_2024", "must be a number"))?,
            part_of,
        })
    }
}
