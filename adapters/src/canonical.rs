//! What several formats take of the canonical file in the same way: who applies, which title, which documents.

use jiff::Timestamp;
use wasl_schemas::file::{self, Applicant, Name, Title};

use crate::transport::document_links::DocumentLinks;
use crate::transport::xml_out::token;

/// Characters of a free text that the XML formats take.
const TEXT_CHARS_MAX: usize = 256;
/// Characters of a land title that they take.
const TITLE_CHARS_MAX: usize = 64;

/// A document as it is announced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Announced {
    /// The commune's word for it, never empty.
    pub(crate) kind: String,
    pub(crate) media_type: String,
    pub(crate) size_bytes: u64,
    /// Hexadecimal digits.
    pub(crate) sha256: String,
    /// Where it can be fetched, when links are made.
    pub(crate) url: Option<String>,
}

impl Announced {
    /// Documents with links that end some time after `now`.
    pub(crate) fn all(
        documents: &[file::Document],
        links: Option<&DocumentLinks>,
        now: Timestamp,
    ) -> Vec<Self> {
        let one = |document: &file::Document| Self {
            kind: Some(token(&document.kind, TEXT_CHARS_MAX))
                .filter(|kind| !kind.is_empty())
                .unwrap_or_else(|| "document".to_owned()),
            media_type: token(&document.media_type, TEXT_CHARS_MAX),
            size_bytes: document.size_bytes,
            sha256: document.sha256.to_string(),
            url: links.map(|links| links.link(&document.sha256, now)),
        };
        documents.iter().map(one).collect()
    }
}

/// Whether a company applies, its number (CIN or ICE), and its name.
pub(crate) fn applicant(applicant: &Applicant) -> (bool, String, &Name) {
    match applicant {
        Applicant::Person { cin, name } => (false, cin.to_string(), name),
        Applicant::Company { ice, name, .. } => (true, ice.to_string(), name),
    }
}

/// The title or requisition of a parcel, where the format has one place for both.
pub(crate) fn title(title: &Title) -> Option<String> {
    let title = match title {
        Title::Titled { title } => token(title, TITLE_CHARS_MAX),
        Title::Requisition { requisition } => token(requisition, TITLE_CHARS_MAX),
        Title::Untitled => return None,
    };
    Some(title).filter(|title| !title.is_empty())
}
