//! Samples on disk: `<name>[.variant].json` and, where the message's properties matter, `<stem>.with.json`.

use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use super::super::*;
use crate::directory::{CommuneDirectory, CommuneEntry, Directory, ProvinceEntry};
use crate::id::{CommuneCode, ProvinceCode};

#[derive(Clone, Copy)]
pub(super) enum Folder {
    Valid,
    Invalid,
}

/// What travels beside the body.
#[derive(Deserialize)]
struct Beside {
    #[serde(default = "structured")]
    content_type: Option<String>,
    #[serde(default)]
    headers: serde_json::Map<String, Value>,
    user_id: Option<String>,
    routing_key: String,
    #[serde(default = "mebibyte")]
    message_bytes_max: usize,
    faults: Option<Vec<(String, String)>>,
}

fn structured() -> Option<String> {
    Some("Application/CloudEvents+JSON; charset=UTF-8".to_owned())
}

const fn mebibyte() -> usize {
    1_048_576
}

pub(super) struct Sample {
    pub(super) stem: String,
    pub(super) body: Vec<u8>,
    pub(super) content_type: Option<String>,
    pub(super) headers: Vec<(String, String)>,
    pub(super) user_id: Option<String>,
    pub(super) routing_key: String,
    pub(super) message_bytes_max: usize,
    pub(super) faults: Option<Vec<(String, String)>>,
}

impl Sample {
    /// The file is named after this message or code, with or without a variant.
    pub(super) fn is_named(&self, name: &str) -> bool {
        self.stem.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    }
}

pub(super) fn all(folder: Folder) -> Result<Vec<Sample>, Box<dyn std::error::Error>> {
    let name = match folder {
        Folder::Valid => "samples/valid",
        Folder::Invalid => "samples/invalid",
    };
    let mut samples = Vec::new();
    for entry in std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(name))? {
        let path = entry?.path();
        let file = path.file_name().and_then(|n| n.to_str()).unwrap_or_default().to_owned();
        let Some(stem) = file.strip_suffix(".json").filter(|stem| !stem.ends_with(".with")) else { continue };
        let body = std::fs::read(&path)?;
        let beside = match std::fs::read_to_string(path.with_file_name(format!("{stem}.with.json"))) {
            Ok(text) => serde_json::from_str(&text)?,
            Err(_) => natural(&body),
        };
        samples.push(Sample {
            stem: stem.to_owned(),
            body,
            content_type: beside.content_type,
            headers: beside
                .headers
                .into_iter()
                .filter_map(|(name, value)| Some((name, value.as_str()?.to_owned())))
                .collect(),
            user_id: beside.user_id,
            routing_key: beside.routing_key,
            message_bytes_max: beside.message_bytes_max,
            faults: beside.faults,
        });
    }
    samples.sort_by(|a, b| a.stem.cmp(&b.stem));
    assert!(samples.len() > 40, "the samples are gone");
    Ok(samples)
}

/// The properties that an honest sender would set for this body.
fn natural(body: &[u8]) -> Beside {
    let event: Value = serde_json::from_slice(body).unwrap_or_default();
    let part = |name: &str| event.get(name).and_then(Value::as_str).unwrap_or_default();
    let short = part("type").trim_start_matches("ma.wasl.").trim_end_matches(".v1");
    let (user_id, start) = match part("source").strip_prefix("/provinces/") {
        Some(code) => (format!("province-{code}"), format!("province.{code}")),
        None => {
            let code = part("source").strip_prefix("/communes/").unwrap_or("015110106");
            (format!("commune-{code}"), format!("commune.{code}"))
        }
    };
    Beside {
        content_type: structured(),
        headers: serde_json::Map::new(),
        user_id: Some(user_id),
        routing_key: format!("{start}.{short}"),
        message_bytes_max: mebibyte(),
        faults: None,
    }
}

/// The directory of the country, in which Gueznaia joins in 2027.
struct Communes {
    all: Directory,
    late: CommuneEntry,
}

impl CommuneDirectory for Communes {
    fn commune(&self, code: &CommuneCode) -> Option<&CommuneEntry> {
        if *code == self.late.code { Some(&self.late) } else { self.all.commune(code) }
    }

    fn province(&self, code: &ProvinceCode) -> Option<&ProvinceEntry> {
        self.all.province(code)
    }
}

pub(super) struct World {
    communes: Communes,
    title_pattern: TitlePattern,
    pub(super) now: Timestamp,
    pub(super) tolerance: SignedDuration,
}

impl World {
    pub(super) fn new() -> Result<Self, Box<dyn std::error::Error>> {
        let all = Directory::compiled_in()?;
        let code = CommuneCode::try_new("015110109")?;
        let mut late = all.commune(&code).cloned().ok_or("Gueznaia is missing")?;
        late.joined_on = jiff::civil::date(2027, 1, 1);
        Ok(Self {
            communes: Communes { all, late },
            title_pattern: TitlePattern::try_new(TitlePattern::DEFAULT)?,
            now: "2026-11-22T10:00:00Z".parse()?,
            tolerance: SignedDuration::from_mins(5),
        })
    }

    pub(super) fn context(&self) -> CheckContext<'_> {
        CheckContext {
            communes: &self.communes,
            now: self.now,
            title_pattern: &self.title_pattern,
            future_tolerance: self.tolerance,
            message_bytes_max: mebibyte(),
        }
    }

    pub(super) fn check(&self, sample: &Sample) -> Result<Checked, Box<Refused>> {
        let raw = RawMessage {
            content_type: sample.content_type.as_deref(),
            headers: &sample.headers,
            body: &sample.body,
            user_id: sample.user_id.as_deref(),
            routing_key: &sample.routing_key,
        };
        let context = CheckContext { message_bytes_max: sample.message_bytes_max, ..self.context() };
        check(&raw, &context)
    }
}
