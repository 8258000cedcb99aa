//! Settings of the water basin agency's adapter: the table `[adapter]` of `config/agencies/water-basin.toml`.

use crate::transport::document_links::DocumentLinks;
use crate::transport::drop_folder::WebDav;
use crate::transport::http::HttpSettings;
use crate::transport::settings::SettingsReader;

/// All settings, checked.
#[derive(Debug, Clone)]
pub(super) struct Config {
    /// `folder` or `webdav_…`: the root shared with the agency.
    pub(super) root: Root,
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
    /// `half_written_wait_s`, default 600: a file that ends in its middle may still grow for so long.
    pub(super) half_written_wait_s: u64,
    /// `wire_body_bytes_max`, default 32 KiB: bytes of each file that are kept for the wire log; 0 keeps none.
    pub(super) wire_body_bytes_max: usize,
    /// `late_after_h`, default 24: a file that was made so much earlier is reported as late; 0: none is.
    pub(super) late_after_h: u64,
}

/// Where `out/`, `in/` and `rejected/` stand.
#[derive(Debug, Clone)]
pub(super) enum Root {
    /// A local (or mounted) folder.
    Local(String),
    /// A collection on a WebDAV server.
    WebDav(Box<WebDav>),
}

impl Config {
    /// Reads and checks the table.
    pub(super) fn read(table: &toml::Table) -> Result<Self, String> {
        let mut reader = SettingsReader::new(table);
        // All of it is for WebDAV, but the bodies of the wire log.
        let http = HttpSettings::read(&mut reader)?;
        let config = Self {
            root: root(&mut reader, &http)?,
            wire_body_bytes_max: http.wire_body_bytes_max,
            sender_code: reader.text_or("sender_code", "wasl")?,
            sender_name: reader.text_or("sender_name", "Passerelle des autorisations")?,
            documents: DocumentLinks::read(&mut reader)?,
            file_bytes_max: reader.number_or("file_bytes_max", 1 << 20, 1024, 16 << 20)?,
            files_per_turn_max: reader.number_or("files_per_turn_max", 100, 1, 200)?,
            half_written_wait_s: reader.number_or("half_written_wait_s", 600, 0, 86_400)?,
            late_after_h: reader.number_or("late_after_h", 24, 0, 8760)?,
        };
        reader.finish()?;
        if config.file_bytes_max > http.body_bytes_max as u64 {
            return Err("`body_bytes_max` must not be less than `file_bytes_max`".to_owned());
        }
        Ok(config)
    }
}

/// One of the two, never both: which folder is read must not depend on which line is forgotten.
fn root(reader: &mut SettingsReader<'_>, http: &HttpSettings) -> Result<Root, String> {
    match WebDav::read(reader, http)? {
        None => reader.text("folder").map(Root::Local),
        Some(_) if reader.text_opt("folder")?.is_some() => {
            Err("`folder` and `webdav_url` are both given: keep the one that is shared with the agency"
                .to_owned())
        }
        Some(at) => Ok(Root::WebDav(Box::new(at))),
    }
}
