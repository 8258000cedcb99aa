//! HASH, version 3, of the card callback, written from the contract's section 6 alone.

use std::cmp::Ordering;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest, Sha512};

/// The HASH over all fields but `hash` and `encoding`.
pub(super) fn version_3(fields: &[(String, String)], store_key: &str) -> String {
    let ignored = |name: &str| name.eq_ignore_ascii_case("hash") || name.eq_ignore_ascii_case("encoding");
    let mut hashed: Vec<_> = fields.iter().filter(|(name, _)| !ignored(name)).collect();
    hashed.sort_by(|(left, _), (right, _)| natural(left, right));
    let mut text = String::new();
    for (_, value) in hashed {
        text.push_str(&escaped(value));
        text.push('|');
    }
    text.push_str(&escaped(store_key));
    BASE64_STANDARD.encode(Sha512::digest(text))
}

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('|', "\\|")
}

/// Natural order without case: runs of digits are compared as numbers.
fn natural(left: &str, right: &str) -> Ordering {
    let (left, right) = (left.to_ascii_uppercase(), right.to_ascii_uppercase());
    let (mut left, mut right) = (left.as_bytes(), right.as_bytes());
    loop {
        let (Some(one), Some(other)) = (left.first(), right.first()) else {
            return left.len().cmp(&right.len());
        };
        let order = if one.is_ascii_digit() && other.is_ascii_digit() {
            let (run, rest) = digits(left);
            let (other_run, other_rest) = digits(right);
            (left, right) = (rest, other_rest);
            numbers(run, other_run)
        } else {
            let order = one.cmp(other);
            (left, right) = (&left[1..], &right[1..]);
            order
        };
        if order != Ordering::Equal {
            return order;
        }
    }
}

fn digits(text: &[u8]) -> (&[u8], &[u8]) {
    let end = text.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
    text.split_at(end)
}

/// By value; with a zero in front digit by digit, the shorter first.
fn numbers(left: &[u8], right: &[u8]) -> Ordering {
    if left.first() == Some(&b'0') || right.first() == Some(&b'0') {
        return left.cmp(right);
    }
    left.len().cmp(&right.len()).then_with(|| left.cmp(right))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The store key of the contract's worked example.
    const KEY: &str = "TEST|store\\key-2026";

    fn form(name: &str) -> Vec<(String, String)> {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../schemas/samples/agencies/barid-bank/");
        let text = std::fs::read(format!("{folder}{name}")).unwrap();
        url::form_urlencoded::parse(&text).into_owned().collect()
    }

    fn posted(form: &[(String, String)]) -> &str {
        &form.iter().find(|(name, _)| name == "HASH").unwrap().1
    }

    #[test]
    fn the_worked_example_of_the_contract_comes_out() {
        let approved = form("callback-approved.form");
        let expected =
            "E0rrIKorMQTjUsks8py1eoA/fT1D3qzqj1/khJFbyMnlEEcklHHyZ3CXK3oczbggqxPebCDamX+te8rlDFXarw==";
        assert_eq!(version_3(&approved, KEY), expected);
        assert_eq!(posted(&approved), expected);
    }

    #[test]
    fn the_other_samples_agree_and_the_forged_one_does_not() {
        for name in ["callback-declined.form", "callback-amount-differs.form"] {
            let form = form(name);
            assert_eq!(version_3(&form, KEY), posted(&form), "{name}");
        }
        let forged = form("callback-forged-amount.form");
        assert_ne!(version_3(&forged, KEY), posted(&forged));
    }

    #[test]
    fn names_are_in_natural_order_without_case() {
        let mut names = ["b", "A10", "a9", "x_1", "xz", "a09", "a1b", "A", "a1"];
        names.sort_by(|left, right| natural(left, right));
        assert_eq!(names, ["A", "a09", "a1", "a1b", "a9", "A10", "b", "xz", "x_1"]);
    }
}
