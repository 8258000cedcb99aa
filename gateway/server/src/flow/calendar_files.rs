//! The files of a calendar: those of `config_dir/calendar`, those compiled in, or others on trial.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use wasl_core::RuleError;
use wasl_core::calendar::Calendar;

use super::world::read;
use crate::config::ConfigError;

const COMPILED_IN: &[(&str, &str)] = &[
    ("fixed.toml", include_str!("../../../../config/calendar/fixed.toml")),
    ("lunar.toml", include_str!("../../../../config/calendar/lunar.toml")),
    ("exceptional.toml", include_str!("../../../../config/calendar/exceptional.toml")),
];

/// Name and text of each file.
#[derive(Debug, Clone)]
pub struct CalendarFiles(BTreeMap<String, String>);

impl CalendarFiles {
    /// The files in force: those of the folder where it has them, else the compiled-in ones.
    ///
    /// # Errors
    /// A file that is there and cannot be read.
    pub fn read(config_dir: Option<&Path>) -> Result<Self, ConfigError> {
        let files = COMPILED_IN.iter();
        let texts = files.map(|(name, text)| {
            Ok(((*name).to_owned(), read(config_dir, &format!("calendar/{name}"), text)?))
        });
        texts.collect::<Result<_, ConfigError>>().map(Self)
    }

    /// With other files: one whose name is known takes the place of that one; another that says which days
    /// are the `weekend` is a calendar of its own, beside which none of the present files stands; any other
    /// is added. A folder stands for the files in it that end in `.toml`.
    ///
    /// # Errors
    /// A file or folder that cannot be read.
    pub fn replaced_by(mut self, paths: &[PathBuf]) -> Result<Self, ConfigError> {
        let mut given = BTreeMap::new();
        for path in paths {
            for file in files_of(path)? {
                let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
                let text = std::fs::read_to_string(&file).map_err(|error| unreadable(&file, &error))?;
                given.insert(name, text);
            }
        }
        let known = |name: &str| COMPILED_IN.iter().any(|(known, _)| *known == name);
        if given.iter().any(|(name, text)| !known(name) && is_whole(text)) {
            self.0.clear();
        }
        self.0.extend(given);
        Ok(self)
    }

    /// Reads them as one calendar.
    ///
    /// # Errors
    /// Every fault, with file and row.
    pub fn lay_out(&self) -> Result<Calendar, Vec<RuleError>> {
        let files: Vec<(&str, &str)> =
            self.0.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        Calendar::from_toml(&files)
    }
}

fn is_whole(text: &str) -> bool {
    text.parse::<toml::Table>().is_ok_and(|table| table.contains_key("weekend"))
}

fn files_of(path: &Path) -> Result<Vec<PathBuf>, ConfigError> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let entries = std::fs::read_dir(path).map_err(|error| unreadable(path, &error))?;
    let mut files = Vec::new();
    for entry in entries {
        let file = entry.map_err(|error| unreadable(path, &error))?.path();
        if file.extension().is_some_and(|ending| ending == "toml") {
            files.push(file);
        }
    }
    Ok(files)
}

fn unreadable(path: &Path, error: &std::io::Error) -> ConfigError {
    ConfigError::unreadable(path, error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: &str = r#"
[[exceptional]]
date = 2026-11-10
name = { fr = "Jour", ar = "يوم", en = "Day" }
source = "a test"
"#;

    fn with(name: &str, text: &str) -> Calendar {
        let folder = std::env::temp_dir().join(format!("wasl-calendar-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(name), text).unwrap();
        let files = CalendarFiles::read(None).unwrap().replaced_by(std::slice::from_ref(&folder));
        std::fs::remove_dir_all(&folder).unwrap();
        files.unwrap().lay_out().unwrap()
    }

    #[test]
    fn a_file_on_trial_is_added_takes_a_place_or_stands_alone() {
        let (present, day) = (CalendarFiles::read(None).unwrap(), "2026-11-10".parse().unwrap());
        assert!(present.lay_out().unwrap().is_worked(day));
        let independence = "2026-11-18".parse().unwrap();
        for name in ["more.toml", "exceptional.toml"] {
            let calendar = with(name, DAY);
            assert!(!calendar.is_worked(day) && !calendar.is_worked(independence), "{name}");
        }
        let alone =
            with("alone.toml", &format!("weekend = [\"sunday\"]\nweekend_source = \"a test\"\n{DAY}"));
        assert!(!alone.is_worked(day) && alone.is_worked(independence));
    }

    #[test]
    fn a_file_that_is_not_there_is_named() {
        let files = CalendarFiles::read(None).unwrap().replaced_by(&[PathBuf::from("nowhere.toml")]);
        assert!(files.unwrap_err().to_string().contains("nowhere.toml"));
    }
}
