//! Text encodings of files that come by drop folder: UTF-8, and the two that old programs still write.

use super::xml::{Element, XmlError, XmlLimits, check_size, parse_text};

/// Reads a document in the encoding that its XML declaration names: UTF-8 (with or without byte order mark),
/// ISO-8859-1 or windows-1252.
///
/// # Errors
/// [`XmlError`] says where and why.
pub fn parse_declared(bytes: &[u8], limits: XmlLimits) -> Result<Element, XmlError> {
    check_size(bytes, limits)?;
    let text = decode(bytes)?;
    parse_text(text.strip_prefix('\u{feff}').unwrap_or(&text), limits)
}

fn decode(bytes: &[u8]) -> Result<String, XmlError> {
    match declared(bytes).as_deref() {
        None | Some("utf-8" | "utf8" | "us-ascii") => {
            std::str::from_utf8(bytes).map(str::to_owned).map_err(|_| XmlError::Encoding("UTF-8"))
        }
        Some("iso-8859-1" | "latin1") => latin_1(bytes),
        Some("windows-1252" | "cp1252") => windows_1252(bytes),
        Some(_) => Err(XmlError::UnknownEncoding),
    }
}

/// The encoding in the XML declaration, in lower case. All three encodings agree on ASCII, so it can be
/// read before anything is decoded.
fn declared(bytes: &[u8]) -> Option<String> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let head = bytes.strip_prefix(b"<?xml")?;
    let end = head.windows(2).take(200).position(|w| w == b"?>")?;
    let head = String::from_utf8_lossy(&head[..end]).to_ascii_lowercase();
    let (_, rest) = head.split_once("encoding")?;
    let rest = rest.trim_start().strip_prefix('=')?.trim_start();
    let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    rest[1..].split(quote).next().map(str::to_owned)
}

/// In ISO-8859-1 each byte is its code point; the range 80–9F holds control characters, which never stand in
/// a text that is truly in this encoding.
fn latin_1(bytes: &[u8]) -> Result<String, XmlError> {
    if bytes.iter().any(|b| (0x80..=0x9f).contains(b)) {
        return Err(XmlError::Encoding("ISO-8859-1"));
    }
    Ok(bytes.iter().map(|b| char::from(*b)).collect())
}

/// Code points of windows-1252 for the bytes 80–9F; 0 where the byte is not assigned.
const WINDOWS_1252: [u16; 32] = [
    0x20AC, 0, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0,
    0x017D, 0, 0, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A,
    0x0153, 0, 0x017E, 0x0178,
];

fn windows_1252(bytes: &[u8]) -> Result<String, XmlError> {
    let one = |b: &u8| match WINDOWS_1252.get(usize::from(b.wrapping_sub(0x80))) {
        Some(0) => None,
        Some(code) => char::from_u32(u32::from(*code)),
        None => Some(char::from(*b)),
    };
    bytes.iter().map(one).collect::<Option<String>>().ok_or(XmlError::Encoding("windows-1252"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bytes: &[u8]) -> Result<String, XmlError> {
        parse_declared(bytes, XmlLimits::default()).map(|e| e.text)
    }

    #[test]
    fn the_declared_encoding_is_read() {
        assert_eq!(text("<x>é</x>".as_bytes()).as_deref(), Ok("é"));
        assert_eq!(text("\u{feff}<?xml version='1.0'?><x>é</x>".as_bytes()).as_deref(), Ok("é"));
        assert_eq!(text(b"<?xml version='1.0' encoding='ISO-8859-1'?><x>\xe9</x>").as_deref(), Ok("é"));
        assert_eq!(
            text(b"<?xml version=\"1.0\" encoding=\"windows-1252\"?><x>\x80\xe9</x>").as_deref(),
            Ok("€é")
        );
    }

    #[test]
    fn bytes_that_do_not_fit_the_declaration_are_refused() {
        assert_eq!(text(b"<x>\xe9</x>"), Err(XmlError::Encoding("UTF-8")));
        assert_eq!(
            text(b"<?xml version='1.0' encoding='iso-8859-1'?><x>\x93</x>"),
            Err(XmlError::Encoding("ISO-8859-1"))
        );
        assert_eq!(
            text(b"<?xml version='1.0' encoding='windows-1252'?><x>\x81</x>"),
            Err(XmlError::Encoding("windows-1252"))
        );
        assert_eq!(text(b"<?xml version='1.0' encoding='utf-16'?><x/>"), Err(XmlError::UnknownEncoding));
    }
}
