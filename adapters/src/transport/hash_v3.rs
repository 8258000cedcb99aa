//! HASH, version 3, of the CMI / NestPay card scheme: over a posted form and a store key.
//!
//! Works on bytes, so that the form's charset does not matter. The algorithm is written out, with a worked
//! example, in `barid_bank/README.md` §6.

use std::cmp::Ordering;

use base64::Engine as _;
use sha2::{Digest, Sha512};
use subtle::ConstantTimeEq;

use super::settings::Secret;

/// Parameters of one form at most; a card callback has about thirty.
pub const PARAMETERS_MAX: usize = 200;

/// One posted parameter after percent-decoding.
pub type Parameter = (Vec<u8>, Vec<u8>);

/// Decodes `application/x-www-form-urlencoded` into bytes, in posted order.
///
/// # Errors
/// A broken percent escape, or more than [`PARAMETERS_MAX`] parameters.
pub fn parse_form(body: &[u8]) -> Result<Vec<Parameter>, &'static str> {
    let mut parameters = Vec::new();
    for pair in body.split(|b| *b == b'&').filter(|pair| !pair.is_empty()) {
        if parameters.len() == PARAMETERS_MAX {
            return Err("too many parameters");
        }
        let cut = pair.iter().position(|b| *b == b'=').unwrap_or(pair.len());
        let value = pair.get(cut + 1..).unwrap_or_default();
        parameters.push((decode(&pair[..cut])?, decode(value)?));
    }
    Ok(parameters)
}

fn decode(text: &[u8]) -> Result<Vec<u8>, &'static str> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((first, tail)) = rest.split_first() {
        rest = tail;
        match first {
            b'+' => out.push(b' '),
            b'%' => {
                let (digits, tail) = rest.split_at_checked(2).ok_or("broken percent escape")?;
                out.push(hex_digit(digits[0])? << 4 | hex_digit(digits[1])?);
                rest = tail;
            }
            other => out.push(*other),
        }
    }
    Ok(out)
}

fn hex_digit(digit: u8) -> Result<u8, &'static str> {
    match digit {
        b'0'..=b'9' => Ok(digit - b'0'),
        b'a'..=b'f' => Ok(digit - b'a' + 10),
        b'A'..=b'F' => Ok(digit - b'A' + 10),
        _ => Err("broken percent escape"),
    }
}

/// Natural order without case, as PHP's `natcasesort`: letters are folded to upper case, runs of digits are
/// compared as numbers, or digit by digit from the left when one of them begins with a zero.
#[must_use]
pub fn natural_order(a: &[u8], b: &[u8]) -> Ordering {
    let (mut a, mut b) = (a, b);
    loop {
        let (Some(&x), Some(&y)) = (a.first(), b.first()) else { return a.len().cmp(&b.len()) };
        let step = if x.is_ascii_digit() && y.is_ascii_digit() {
            let (run_a, rest_a) = split_digits(a);
            let (run_b, rest_b) = split_digits(b);
            (a, b) = (rest_a, rest_b);
            number_order(run_a, run_b)
        } else {
            (a, b) = (&a[1..], &b[1..]);
            x.to_ascii_uppercase().cmp(&y.to_ascii_uppercase())
        };
        if step != Ordering::Equal {
            return step;
        }
    }
}

fn split_digits(text: &[u8]) -> (&[u8], &[u8]) {
    text.split_at(text.iter().position(|b| !b.is_ascii_digit()).unwrap_or(text.len()))
}

/// Without leading zeros the longer run is the larger number; equally long runs compare like texts.
fn number_order(a: &[u8], b: &[u8]) -> Ordering {
    if a.starts_with(b"0") || b.starts_with(b"0") { a.cmp(b) } else { a.len().cmp(&b.len()).then(a.cmp(b)) }
}

/// `\` → `\\`, then `|` → `\|`.
fn escape_into(text: &mut Vec<u8>, value: &[u8]) {
    for byte in value {
        if matches!(byte, b'\\' | b'|') {
            text.push(b'\\');
        }
        text.push(*byte);
    }
}

/// The text that is hashed.
#[must_use]
pub fn hashed_text(parameters: &[Parameter], store_key: &Secret) -> Vec<u8> {
    let counts = |name: &[u8]| !name.eq_ignore_ascii_case(b"hash") && !name.eq_ignore_ascii_case(b"encoding");
    let mut counted: Vec<&Parameter> = parameters.iter().filter(|(name, _)| counts(name)).collect();
    counted.sort_by(|(a, _), (b, _)| natural_order(a, b));
    let mut text = Vec::new();
    for (_, value) in counted {
        escape_into(&mut text, value);
        text.push(b'|');
    }
    escape_into(&mut text, store_key.reveal().as_bytes());
    text
}

/// Base64 of the SHA-512 of the hashed text.
#[must_use]
pub fn hash(parameters: &[Parameter], store_key: &Secret) -> String {
    base64::engine::general_purpose::STANDARD.encode(Sha512::digest(hashed_text(parameters, store_key)))
}

/// Whether the posted `HASH` is right, compared in constant time. A form without one is wrong.
#[must_use]
pub fn verify(parameters: &[Parameter], store_key: &Secret) -> bool {
    let posted = parameters.iter().find(|(name, _)| name.eq_ignore_ascii_case(b"hash"));
    posted.is_some_and(|(_, posted)| hash(parameters, store_key).as_bytes().ct_eq(posted).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sorted(names: &[&str]) -> Vec<String> {
        let mut names: Vec<String> = names.iter().map(ToString::to_string).collect();
        names.sort_by(|a, b| natural_order(a.as_bytes(), b.as_bytes()));
        names
    }

    #[test]
    fn names_sort_naturally_and_without_case() {
        let given =
            ["BillToStreet12", "oid", "BillToStreet2", "amount", "_charset_", "AuthCode", "EXTRA.TRXDATE"];
        let order =
            ["amount", "AuthCode", "BillToStreet2", "BillToStreet12", "EXTRA.TRXDATE", "oid", "_charset_"];
        assert_eq!(sorted(&given), order);
        assert_eq!(sorted(&["x10", "x09", "x9", "x1"]), ["x09", "x1", "x9", "x10"]);
        assert_eq!(sorted(&["ab", "a", "a1b", "a1"]), ["a", "a1", "a1b", "ab"]);
    }

    #[test]
    fn both_exclusions_ignore_case_and_empty_values_stay() {
        let form = parse_form(b"b=&a=1%7C2&HASH=x&Encoding=UTF-8&c=%5C").expect("a form");
        assert_eq!(hashed_text(&form, &Secret::new("k|e\\y")), br"1\|2||\\|k\|e\\y");
    }

    #[test]
    fn the_worked_example_of_the_readme() {
        let body = include_bytes!("../../../schemas/samples/agencies/barid-bank/callback-approved.form");
        let form = parse_form(body).expect("a form");
        let key = Secret::new("TEST|store\\key-2026");
        let hash = "E0rrIKorMQTjUsks8py1eoA/fT1D3qzqj1/khJFbyMnlEEcklHHyZ3CXK3oczbggqxPebCDamX+te8rlDFXarw==";
        assert_eq!(super::hash(&form, &key), hash);
        assert!(verify(&form, &key));
        assert!(!verify(&form, &Secret::new("another key")));
        let forged =
            include_bytes!("../../../schemas/samples/agencies/barid-bank/callback-forged-amount.form");
        assert!(!verify(&parse_form(forged).expect("a form"), &key));
    }

    #[test]
    fn a_form_without_hash_or_with_a_broken_escape_is_refused() {
        assert!(!verify(&parse_form(b"a=1").expect("a form"), &Secret::new("k")));
        assert!(parse_form(b"a=%4").is_err());
        assert!(parse_form(b"a=%zz").is_err());
        assert!(parse_form("a=1&".repeat(PARAMETERS_MAX + 1).as_bytes()).is_err());
    }

    /// The escapes undone by an independent reading: split at bare bars, then drop the backslashes.
    fn unescape(text: &[u8]) -> Vec<Vec<u8>> {
        let (mut parts, mut bytes) = (vec![Vec::new()], text.iter());
        while let Some(byte) = bytes.next() {
            match byte {
                b'|' => parts.push(Vec::new()),
                b'\\' => parts.last_mut().expect("one part").extend(bytes.next()),
                other => parts.last_mut().expect("one part").push(*other),
            }
        }
        parts
    }

    proptest! {
        #[test]
        fn escaping_loses_nothing(values in proptest::collection::vec("[a-z|\\\\ é]{0,12}", 1..8), key in "[a-z|\\\\]{1,9}") {
            let form: Vec<Parameter> = values.iter().enumerate()
                .map(|(i, v)| (format!("p{i}").into_bytes(), v.clone().into_bytes())).collect();
            let mut expected: Vec<Vec<u8>> = values.iter().map(|v| v.clone().into_bytes()).collect();
            expected.push(key.clone().into_bytes());
            prop_assert_eq!(unescape(&hashed_text(&form, &Secret::new(key))), expected);
        }

        #[test]
        fn the_order_is_total(a in "[a-cA-C0-3_.]{0,6}", b in "[a-cA-C0-3_.]{0,6}", c in "[a-cA-C0-3_.]{0,6}") {
            let order = |x: &str, y: &str| natural_order(x.as_bytes(), y.as_bytes());
            prop_assert_eq!(order(&a, &b), order(&b, &a).reverse());
            prop_assert_eq!(order(&a, &a.to_uppercase()), Ordering::Equal);
            if order(&a, &b).is_le() && order(&b, &c).is_le() {
                prop_assert!(order(&a, &c).is_le());
            }
        }

        #[test]
        fn one_changed_byte_breaks_the_hash(value in "[ -~]{1,20}", at in 0usize..20, by in 1u8..=255) {
            let key = Secret::new("k");
            let mut form = vec![(b"amount".to_vec(), value.into_bytes())];
            let posted = hash(&form, &key);
            form.push((b"hash".to_vec(), posted.into_bytes()));
            prop_assert!(verify(&form, &key));
            let at = at % form[0].1.len();
            form[0].1[at] = form[0].1[at].wrapping_add(by);
            prop_assert!(!verify(&form, &key));
        }
    }
}
