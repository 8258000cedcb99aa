//! Settings of the water basin agency's adapter: the table `[adapter]` of `config/agencies/water-basin.toml`.

use crate::transport::document_links::DocumentLinks;
use crate::transport::settings::SettingsReader;

/// All settings, checked.
#[derive(Debug, Clone)]
pub(super) struct Config {
    /// `folder`: the root shared with the agency; `out/`, `in/` and `rejected/` stand below it.
    pub(super) folder: String,
    /// `sender_code`, default `wasl`: our code in `Emetteur`, and the `Destinataire` that we take.
    pub(super) sender_code: String,
    /// `sender_name`: our name in `Emetteur`.
    pub(super) sender_name: String,
    /// `documents_…`: where the agency fetches documents; absent: no links are sent.
    pub(super) documents: Option<DocumentLinks>,
    /// `file_bytes_max`, default 1 MiB: of a file that comes in.
    pub(super) file_bytes_max: u64,
    /// `files_per_turn_max`, default 100: taken from `in/` in one reading.
    pub(super) files_per_turn_max: u64,
}

impl Config {
    /// Reads and checks the table.
    pub(super) fn read(table: &toml::Table) -> Result<Self, String> {
        let mut reader = SettingsReader::new(table);
        let config = Self {
            folder: reader.text("folder")?,
            sender_code: reader.text_or("sender_code", "wasl")?,
            sender_name: reader.text_or("sender_name", "Passerelle des autorisations")?,
            documents: DocumentLinks::read(&mut reader)?,
            file_bytes_max: reader.number_or("file_bytes_max", 1 << 20, 1024, 16 << 20)?,
            files_per_turn_max: reader.number_or("files_per_turn_max", 100, 1, 200)?,
        };
        reader.finish()?;
        Ok(config)
    }
}
