//! Media types that are taken, and the first bytes by which some are known.

/// A media type and its first bytes: one of the list must match; an empty list is not checked (DXF is text of
/// free form).
struct Media {
    name: &'static str,
    magic: &'static [&'static [u8]],
}

/// Sources: ISO 32000-1 (PDF), W3C PNG, ITU-T T.81 (JPEG), TIFF 6.0, the version mark of DWG files.
const TAKEN: [Media; 6] = [
    Media { name: "application/pdf", magic: &[b"%PDF-"] },
    Media { name: "image/png", magic: &[b"\x89PNG\r\n\x1a\n"] },
    Media { name: "image/jpeg", magic: &[b"\xff\xd8\xff"] },
    Media { name: "image/tiff", magic: &[b"II*\0", b"MM\0*"] },
    Media { name: "image/vnd.dwg", magic: &[b"AC10", b"AC1."] },
    Media { name: "image/vnd.dxf", magic: &[] },
];

/// How many first bytes are looked at.
pub const HEAD_BYTES: usize = 16;

/// The type as it is kept, when it is taken. Compared without case (RFC 9110, 8.3.1).
#[must_use]
pub fn taken(media_type: &str) -> Option<&'static str> {
    TAKEN.iter().map(|media| media.name).find(|name| name.eq_ignore_ascii_case(media_type))
}

/// Whether a document begins like one of its declared type.
#[must_use]
pub fn begins_like(media_type: &str, head: &[u8]) -> bool {
    let magic =
        TAKEN.iter().find(|media| media.name == media_type).map_or(&[] as &[&[u8]], |media| media.magic);
    magic.is_empty() || magic.iter().any(|magic| head.starts_with(magic))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_declared_type_must_be_in_the_list_and_match_the_bytes() {
        assert_eq!(taken("Application/PDF"), Some("application/pdf"));
        assert_eq!(taken("text/html"), None);
        assert!(begins_like("application/pdf", b"%PDF-1.7\n"));
        assert!(!begins_like("application/pdf", b"<html>"));
        assert!(begins_like("image/tiff", b"MM\0*\0\0") && !begins_like("image/tiff", b"MM"));
        assert!(begins_like("image/vnd.dxf", b"  0\nSECTION\n"));
    }
}
