//! Coded faults: what is wrong, where, in three languages, and whether sending again can help.
//!
//! The codes stand in one list ([`Code`]); each has a page in `config/problems/<code>.md`, compiled in.

mod code;
mod page;

use serde::{Deserialize, Serialize};

pub use code::Code;
pub use page::{Page, Phrase};

/// One fault of a message. The offending value is never echoed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// Stable code such as `file.parcel.title-invalid`; its page stands in `config/problems/`.
    pub code: String,
    /// Where: a JSON Pointer (RFC 6901) into the message, or `line:column` for XML.
    pub pointer: String,
    /// What happened and what to do.
    pub text: Texts,
    /// Sending the same message again later can help.
    pub retry: bool,
}

/// A text in the three languages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Texts {
    /// French.
    pub fr: String,
    /// Arabic.
    pub ar: String,
    /// English.
    pub en: String,
}

/// Longest pointer, in bytes: it may name a field that the sender made up.
const POINTER_BYTES_MAX: usize = 512;

impl Fault {
    /// A fault with the texts of its page.
    #[must_use]
    pub fn new(code: Code, pointer: impl Into<String>) -> Self {
        Self::with(code, pointer, &[])
    }

    /// A fault whose texts hold places such as `{limit}` or `{allowed}`. The values come from rules and
    /// schemas, never from the message. A place without a value becomes `…`.
    #[must_use]
    pub fn with(code: Code, pointer: impl Into<String>, places: &[(&str, &str)]) -> Self {
        let page = code.page();
        let mut pointer = pointer.into();
        pointer.truncate(pointer.floor_char_boundary(POINTER_BYTES_MAX));
        Self {
            code: code.as_str().to_owned(),
            pointer,
            text: Texts {
                fr: fill(page.text.fr, places),
                ar: fill(page.text.ar, places),
                en: fill(page.text.en, places),
            },
            retry: page.retry,
        }
    }

    /// The code, when it is one of the catalogue.
    #[must_use]
    pub fn known_code(&self) -> Option<Code> {
        Code::from_text(&self.code)
    }

    /// Says whether it is only a warning: nothing stops.
    #[must_use]
    pub fn is_warning(&self) -> bool {
        self.known_code().is_some_and(|code| code.page().warning)
    }
}

/// Puts values into the places `{name}` of a text.
fn fill(text: &str, places: &[(&str, &str)]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((name, tail)) = after.split_once('}') else { break };
        out.push_str(before);
        out.push_str(places.iter().find(|(key, _)| *key == name).map_or("…", |(_, value)| value));
        rest = tail;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_filled_and_missing_ones_are_not_shown_raw() {
        assert_eq!(fill("at most {limit} of {what}.", &[("limit", "64")]), "at most 64 of ….");
        assert_eq!(fill("an open { brace", &[]), "an open { brace");
    }

    #[test]
    fn a_fault_takes_texts_and_advice_from_its_page() {
        let fault = Fault::with(Code::SchemaLength, "/data/reference", &[("limit", "64")]);
        assert_eq!(fault.code, "schema.length");
        assert!(fault.text.fr.contains("64") && fault.text.ar.contains("64") && fault.text.en.contains("64"));
        assert!(!fault.retry && !fault.is_warning());
        assert!(Fault::new(Code::FileUnknown, "/subject").retry);
        assert!(Fault::new(Code::FileReceiptOld, "/data/receipt/issued_at").is_warning());
    }
}
