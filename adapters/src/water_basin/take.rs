//! One file from `in/`: what it says, or the named fault for which it cannot be taken.

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use wasl_schemas::agency::CollectedItem;
use wasl_schemas::line::DriftNote;

use super::call::WaterBasin;
use super::map;
use super::names::{self, IncomingKind};
use super::shapes;
use super::wire::answer::{Content as Said, Incoming};
use crate::transport::encoding::parse_declared;
use crate::transport::http::hex;
use crate::transport::xml::{XmlError, XmlLimits};

/// Why a file is not taken: fault code and reason, for people. The reason never quotes the file.
pub(super) type Why = (&'static str, String);

/// The file ends in its middle.
pub(super) const HALF_WRITTEN: &str = "water-basin.file.half-written";

/// A file that is understood.
pub(super) struct Taken {
    /// What it says, and about which consultation.
    pub(super) item: CollectedItem,
    /// Whether it is an acknowledgement or a result.
    said: Said,
    /// `DateHeureCreationFichier`.
    pub(super) created: Option<Timestamp>,
    /// In what it differs from what its reader was written for.
    pub(super) drift: Vec<DriftNote>,
}

impl WaterBasin {
    /// A file from `in/`: its name must agree with its content.
    pub(super) fn take(&self, name: &str, bytes: &[u8]) -> Result<Taken, Why> {
        let claimed = names::incoming(name).ok_or_else(|| {
            ("water-basin.file.name", "le nom du fichier n'est pas celui du contrat".to_owned())
        })?;
        let taken = self.understood(bytes).map_err(|why| match ends_in_its_middle(bytes) {
            true => (
                HALF_WRITTEN,
                "le fichier s'arrête au milieu : il n'a pas été écrit jusqu'au bout".to_owned(),
            ),
            false => why,
        })?;
        let agrees = matches!(
            (claimed.kind, &taken.said),
            (IncomingKind::Acquittement, Said::Acquittement { .. })
                | (IncomingKind::Resultat, Said::Resultat(_))
        );
        if !agrees || claimed.consultation != taken.item.consultation {
            let why = "le nom du fichier ne correspond pas à son contenu";
            return Err(("water-basin.file.reference-mismatch", why.to_owned()));
        }
        Ok(taken)
    }

    /// The content alone. The same bytes are the same event, whatever name they come under.
    pub(super) fn understood(&self, bytes: &[u8]) -> Result<Taken, Why> {
        let limits = XmlLimits {
            body_bytes_max: usize::try_from(self.config.file_bytes_max).unwrap_or(usize::MAX),
            ..XmlLimits::default()
        };
        let root = parse_declared(bytes, limits).map_err(|e| unreadable(&e))?;
        let incoming = Incoming::read(&root)?;
        if incoming.receiver != self.config.sender_code {
            let why = "le destinataire du fichier n'est pas la passerelle";
            return Err(("water-basin.file.addressee", why.to_owned()));
        }
        let (consultation, outcome) = map::answer(&incoming)?;
        let event_id = format!("sha256:{}", hex(&Sha256::digest(bytes)));
        let item = CollectedItem { event_id, consultation, outcome };
        Ok(Taken {
            item,
            said: incoming.content,
            created: incoming.created,
            drift: shapes::of(&root).of_xml(&root),
        })
    }
}

pub(super) fn too_big(bytes: u64) -> Why {
    ("water-basin.file.too-big", format!("le fichier a {bytes} octets, plus que la limite"))
}

fn unreadable(error: &XmlError) -> Why {
    let code = match error {
        XmlError::TooBig { .. } => "water-basin.file.too-big",
        XmlError::Encoding(_) | XmlError::UnknownEncoding => "water-basin.file.encoding",
        XmlError::Dtd { .. } => "water-basin.file.dtd",
        XmlError::Malformed { .. } | XmlError::TooComplex { .. } => "water-basin.file.unreadable",
    };
    (code, format!("fichier illisible : {error}"))
}

/// Whether a file that begins as a document has no end tag of its root: it was not written to its end. A cut may fall inside a
/// character, so the bytes are looked at, not the text.
fn ends_in_its_middle(bytes: &[u8]) -> bool {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii();
    if bytes.is_empty() || b"<?xml".starts_with(bytes) {
        return true;
    }
    let starts = bytes.windows(2).position(|w| w[0] == b'<' && !matches!(w[1], b'?' | b'!' | b'/'));
    let Some(start) = starts.filter(|_| bytes[0] == b'<') else {
        // Nothing but a declaration so far, or no document at all.
        return bytes.starts_with(b"<?xml") && !bytes.contains(&b'!');
    };
    let name = &bytes[start + 1..];
    let end =
        name.iter().position(|b| b.is_ascii_whitespace() || matches!(b, b'>' | b'/')).unwrap_or(name.len());
    let tag = [b"</", &name[..end], b">"].concat();
    let alone = name.ends_with(b"/>") && name.iter().filter(|b| **b == b'<').count() == 0;
    !alone && !bytes.windows(tag.len()).any(|w| w == tag)
}

#[cfg(test)]
mod tests {
    use super::ends_in_its_middle;

    #[test]
    fn a_cut_is_seen_wherever_it_falls() {
        let whole = "<?xml version='1.0'?>\n<a:x xmlns:a='urn:n'>\n  <y>é</y>\n</a:x>\n".as_bytes();
        let body = whole.len() - 1;
        for end in 0..body {
            assert!(ends_in_its_middle(&whole[..end]), "{:?}", String::from_utf8_lossy(&whole[..end]));
        }
        assert!(!ends_in_its_middle(&whole[..body]) && !ends_in_its_middle(whole));
        // Wrong in another way.
        for other in ["<x><y></x>", "<x/>", "<!DOCTYPE x><x/>", "note", "{\"a\": 1}"] {
            assert!(!ends_in_its_middle(other.as_bytes()), "{other}");
        }
    }
}
