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

/// How an acquirer's own program differs from version 3 as it is written down. None by default.
///
/// Each is a behaviour of a merchant kit that is in use: the bank hashes what its kit hashes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Quirks {
    /// `html-entities`: `&amp;`, `&lt;`, `&gt;`, `&quot;`, `&#039;` and `&#39;` in values are decoded first.
    pub html_entities: bool,
    /// `final-newline`: one line feed at the end of a value is dropped.
    pub final_newline: bool,
    /// `no-escape`: `\` and `|` stand as they are.
    pub no_escape: bool,
    /// `lower-case-order`: names are folded to lower case, so `_` sorts before letters.
    pub lower_case_order: bool,
    /// `plain-order`: digits are characters like others.
    pub plain_order: bool,
    /// `no-empty-values`: parameters without a value are left out.
    pub no_empty_values: bool,
}

impl Quirks {
    /// The names, for help texts and settings.
    pub const NAMES: [&'static str; 6] =
        ["html-entities", "final-newline", "no-escape", "lower-case-order", "plain-order", "no-empty-values"];

    /// Reads names with commas between them.
    ///
    /// # Errors
    /// One sentence that names the one that is not known.
    pub fn read(names: &str) -> Result<Self, String> {
        let mut quirks = Self::default();
        for name in names.split(',').map(str::trim).filter(|name| !name.is_empty()) {
            match name {
                "html-entities" => quirks.html_entities = true,
                "final-newline" => quirks.final_newline = true,
                "no-escape" => quirks.no_escape = true,
                "lower-case-order" => quirks.lower_case_order = true,
                "plain-order" => quirks.plain_order = true,
                "no-empty-values" => quirks.no_empty_values = true,
                other => {
                    return Err(format!("no quirk `{other}` (known: {})", Self::NAMES.join(", ")));
                }
            }
        }
        Ok(quirks)
    }

    fn order(&self, a: &[u8], b: &[u8]) -> Ordering {
        let fold = |text: &[u8]| {
            if self.lower_case_order { text.to_ascii_lowercase() } else { text.to_ascii_uppercase() }
        };
        let (a, b) = (fold(a), fold(b));
        if self.plain_order { a.cmp(&b) } else { natural_order_of_folded(&a, &b) }
    }

    /// The value as the bank's program sees it.
    fn value(&self, value: &[u8]) -> Vec<u8> {
        let mut value = value.to_vec();
        if self.final_newline && value.last() == Some(&b'\n') {
            value.pop();
        }
        if self.html_entities { decode_entities(&value) } else { value }
    }
}

/// The five characters that HTML cannot do without, once, from the left.
fn decode_entities(value: &[u8]) -> Vec<u8> {
    const ENTITIES: [(&[u8], u8); 6] = [
        (b"&amp;", b'&'),
        (b"&lt;", b'<'),
        (b"&gt;", b'>'),
        (b"&quot;", b'"'),
        (b"&#039;", b'\''),
        (b"&#39;", b'\''),
    ];
    let mut out = Vec::with_capacity(value.len());
    let mut rest = value;
    while let Some((first, tail)) = rest.split_first() {
        match ENTITIES.iter().find(|(entity, _)| rest.starts_with(entity)) {
            Some((entity, byte)) => {
                out.push(*byte);
                rest = rest.get(entity.len()..).unwrap_or_default();
            }
            None => {
                out.push(*first);
                rest = tail;
            }
        }
    }
    out
}

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
    natural_order_of_folded(&a.to_ascii_uppercase(), &b.to_ascii_uppercase())
}

fn natural_order_of_folded(a: &[u8], b: &[u8]) -> Ordering {
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
            x.cmp(&y)
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

/// The text that is hashed. It ends with the store key: it must not be shown or logged.
#[must_use]
pub fn hashed_text(parameters: &[Parameter], store_key: &Secret, quirks: &Quirks) -> Vec<u8> {
    let counts = |name: &[u8]| !name.eq_ignore_ascii_case(b"hash") && !name.eq_ignore_ascii_case(b"encoding");
    let mut counted: Vec<&Parameter> = parameters.iter().filter(|(name, _)| counts(name)).collect();
    counted.sort_by(|(a, _), (b, _)| quirks.order(a, b));
    let mut text = Vec::new();
    let put = |text: &mut Vec<u8>, value: &[u8]| {
        if quirks.no_escape { text.extend_from_slice(value) } else { escape_into(text, value) }
    };
    for (_, value) in counted {
        let value = quirks.value(value);
        if value.is_empty() && quirks.no_empty_values {
            continue;
        }
        put(&mut text, &value);
        text.push(b'|');
    }
    put(&mut text, store_key.reveal().as_bytes());
    text
}

/// Base64 of the SHA-512 of the hashed text.
#[must_use]
pub fn hash(parameters: &[Parameter], store_key: &Secret, quirks: &Quirks) -> String {
    base64::engine::general_purpose::STANDARD
        .encode(Sha512::digest(hashed_text(parameters, store_key, quirks)))
}

/// The posted `HASH`; its name is read without case.
#[must_use]
pub fn posted(parameters: &[Parameter]) -> Option<&[u8]> {
    parameters.iter().find(|(name, _)| name.eq_ignore_ascii_case(b"hash")).map(|(_, value)| value.as_slice())
}

/// Whether the posted `HASH` is right, compared in constant time. A form without one is wrong.
#[must_use]
pub fn verify(parameters: &[Parameter], store_key: &Secret, quirks: &Quirks) -> bool {
    posted(parameters)
        .is_some_and(|posted| hash(parameters, store_key, quirks).as_bytes().ct_eq(posted).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Version 3 as it is written down.
    const V3: Quirks = Quirks {
        html_entities: false,
        final_newline: false,
        no_escape: false,
        lower_case_order: false,
        plain_order: false,
        no_empty_values: false,
    };

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
        assert_eq!(hashed_text(&form, &Secret::new("k|e\\y"), &V3), br"1\|2||\\|k\|e\\y");
    }

    #[test]
    fn the_worked_example_of_the_readme() {
        let body = include_bytes!("../../../schemas/samples/agencies/barid-bank/callback-approved.form");
        let form = parse_form(body).expect("a form");
        let key = Secret::new("TEST|store\\key-2026");
        let hash = "E0rrIKorMQTjUsks8py1eoA/fT1D3qzqj1/khJFbyMnlEEcklHHyZ3CXK3oczbggqxPebCDamX+te8rlDFXarw==";
        assert_eq!(super::hash(&form, &key, &V3), hash);
        assert!(verify(&form, &key, &V3));
        assert!(!verify(&form, &Secret::new("another key"), &V3));
        let forged =
            include_bytes!("../../../schemas/samples/agencies/barid-bank/callback-forged-amount.form");
        assert!(!verify(&parse_form(forged).expect("a form"), &key, &V3));
    }

    #[test]
    fn a_form_without_hash_or_with_a_broken_escape_is_refused() {
        assert!(!verify(&parse_form(b"a=1").expect("a form"), &Secret::new("k"), &V3));
        assert!(parse_form(b"a=%4").is_err());
        assert!(parse_form(b"a=%zz").is_err());
        assert!(parse_form("a=1&".repeat(PARAMETERS_MAX + 1).as_bytes()).is_err());
    }

    #[test]
    fn each_quirk_changes_what_it_says_and_nothing_else() {
        let form = parse_form(b"b_1=x%7Cy&B2=%26amp%3B%26%23039%3B&b10=&a=l%0A").expect("a form");
        let text = |names: &str| {
            let quirks = Quirks::read(names).expect("known names");
            String::from_utf8(hashed_text(&form, &Secret::new("k|"), &quirks)).expect("text")
        };
        assert_eq!(text(""), "l\n|&amp;&#039;||x\\|y|k\\|");
        assert_eq!(text("html-entities"), "l\n|&'||x\\|y|k\\|");
        assert_eq!(text("final-newline"), "l|&amp;&#039;||x\\|y|k\\|");
        assert_eq!(text("no-escape"), "l\n|&amp;&#039;||x|y|k|");
        assert_eq!(text("plain-order"), "l\n||&amp;&#039;|x\\|y|k\\|");
        assert_eq!(text("no-empty-values"), "l\n|&amp;&#039;|x\\|y|k\\|");
        let form = parse_form(b"bx=1&b_=2").expect("a form");
        let lower = Quirks::read("lower-case-order").expect("a known name");
        assert_eq!(hashed_text(&form, &Secret::new("k"), &lower), b"2|1|k");
        assert_eq!(hashed_text(&form, &Secret::new("k"), &V3), b"1|2|k");
        assert!(Quirks::read("html-entities, md5").unwrap_err().contains("`md5`"));
        assert_eq!(Quirks::NAMES.iter().filter(|name| Quirks::read(name) != Ok(V3)).count(), 6);
    }

    #[test]
    fn entities_are_decoded_once() {
        assert_eq!(decode_entities(b"&amp;lt;&quot;&x;&"), b"&lt;\"&x;&");
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
            prop_assert_eq!(unescape(&hashed_text(&form, &Secret::new(key), &V3)), expected);
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
            let posted = hash(&form, &key, &V3);
            form.push((b"hash".to_vec(), posted.into_bytes()));
            prop_assert!(verify(&form, &key, &V3));
            let at = at % form[0].1.len();
            form[0].1[at] = form[0].1[at].wrapping_add(by);
            prop_assert!(!verify(&form, &key, &V3));
        }
    }
}
