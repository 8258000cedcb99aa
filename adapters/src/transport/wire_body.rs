//! Bodies for the wire log: the first bytes, as text where they are text. They hold what the file holds, so they
//! are kept apart from the log and read only with a right of their own.

use base64::Engine as _;
use wasl_schemas::line::{BodyForm, WireBody};

/// The first bytes of a body; `None` when there is none or none are to be kept.
#[must_use]
pub fn kept(body: &[u8], bytes_max: usize) -> Option<WireBody> {
    if body.is_empty() || bytes_max == 0 {
        return None;
    }
    let cut = body.len() > bytes_max;
    let first = body.get(..bytes_max.min(body.len())).unwrap_or_default();
    let text = match std::str::from_utf8(first) {
        Ok(text) => Some(text),
        // Cut inside a character: the whole ones before it.
        Err(e) if cut && e.error_len().is_none() => {
            first.get(..e.valid_up_to()).and_then(|whole| std::str::from_utf8(whole).ok())
        }
        Err(_) => None,
    };
    // PostgreSQL's text has no NUL.
    Some(match text.filter(|text| !text.contains('\0')) {
        Some(text) => WireBody { form: BodyForm::Utf8, content: text.to_owned(), cut },
        None => {
            let content = base64::engine::general_purpose::STANDARD.encode(first);
            WireBody { form: BodyForm::Base64, content, cut }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(form: BodyForm, content: &str, cut: bool) -> Option<WireBody> {
        Some(WireBody { form, content: content.to_owned(), cut })
    }

    #[test]
    fn text_stays_text_and_is_cut_between_characters() {
        assert_eq!(kept("abc".as_bytes(), 3), body(BodyForm::Utf8, "abc", false));
        assert_eq!(kept("abم".as_bytes(), 3), body(BodyForm::Utf8, "ab", true));
        assert_eq!(kept(b"", 3), None);
        assert_eq!(kept(b"abc", 0), None);
    }

    #[test]
    fn other_bytes_are_written_in_base64() {
        assert_eq!(kept(&[0xe9, 0x20], 9), body(BodyForm::Base64, "6SA=", false));
        assert_eq!(kept(b"a\0", 9), body(BodyForm::Base64, "YQA=", false));
        assert_eq!(
            kept(&[b'a', 0xe9, b'b', b'c'], 3),
            body(BodyForm::Base64, "YelijQ==", true).map(|mut b| {
                b.content = base64::engine::general_purpose::STANDARD.encode([b'a', 0xe9, b'b']);
                b
            })
        );
    }
}
