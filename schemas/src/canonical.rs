//! Canonical JSON in the manner of RFC 8785: sorted names, no spaces, so that equal content has one hash.
//!
//! Names are sorted by UTF-16 code units (RFC 8785 section 3.2.3); strings and numbers are written as
//! `serde_json` prints them, after [`crate::strict::read`] has given each number one spelling.

use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

/// Room for most messages at once: a file of a building is about 2 KiB.
const USUAL_BYTES: usize = 4096;

/// Writes a value in canonical form.
#[must_use]
pub fn to_text(value: &Value) -> String {
    let mut out = Vec::new();
    write_value(value, &mut out);
    // What serde_json writes is UTF-8, so nothing is replaced.
    String::from_utf8(out).unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into_owned())
}

/// SHA-256 over the canonical form of `{"data", "subject", "type"}`: what makes a message what it is.
#[must_use]
pub fn body_hash(event_type: &str, subject: Option<&str>, data: &Value) -> [u8; 32] {
    let mut out = Vec::with_capacity(USUAL_BYTES);
    out.extend_from_slice(b"{\"data\":");
    write_value(data, &mut out);
    out.extend_from_slice(b",\"subject\":");
    write_leaf(&subject, &mut out);
    out.extend_from_slice(b",\"type\":");
    write_leaf(event_type, &mut out);
    out.push(b'}');
    Sha256::digest(&out).into()
}

fn write_value(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Array(items) => {
            out.push(b'[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                write_value(item, out);
            }
            out.push(b']');
        }
        Value::Object(members) => {
            let mut sorted: Vec<_> = members.iter().collect();
            sorted.sort_unstable_by(|(a, _), (b, _)| a.encode_utf16().cmp(b.encode_utf16()));
            out.push(b'{');
            for (index, (name, member)) in sorted.into_iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                write_leaf(name, out);
                out.push(b':');
                write_value(member, out);
            }
            out.push(b'}');
        }
        leaf => write_leaf(leaf, out),
    }
}

/// A text, number, truth value or null.
fn write_leaf(leaf: &(impl Serialize + ?Sized), out: &mut Vec<u8>) {
    // Writing a leaf into memory cannot fail.
    _ = serde_json::to_writer(out, leaf);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::strict;

    #[test]
    fn order_and_spaces_do_not_matter_and_content_does() -> Result<(), strict::StrictError> {
        let one = strict::read(r#"{"b": [1.0, {"z":null,"a":"é\n"}], "a": true}"#)?;
        let two = strict::read(r#"{"a":true,"b":[1,{"a":"\u00e9\u000a","z":null}]}"#)?;
        assert_eq!(to_text(&one), r#"{"a":true,"b":[1,{"a":"é\n","z":null}]}"#);
        let hash = body_hash("t", Some("s"), &one);
        assert_eq!(hash, body_hash("t", Some("s"), &two));
        assert_ne!(hash, body_hash("t", Some("S"), &one));
        assert_ne!(hash, body_hash("u", Some("s"), &one));
        assert_ne!(hash, body_hash("t", Some("s"), &Value::Null));
        Ok(())
    }

    #[test]
    fn names_are_sorted_by_utf_16() {
        // RFC 8785 section 3.2.3: U+1F600 (surrogates D83D DE00) sorts before U+FB33.
        let value = serde_json::json!({"\u{fb33}": 1, "\u{1f600}": 2, "1": 3});
        assert_eq!(to_text(&value), "{\"1\":3,\"\u{1f600}\":2,\"\u{fb33}\":1}");
    }
}
