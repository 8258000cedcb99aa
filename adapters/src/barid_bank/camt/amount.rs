//! Money as the bank writes it: MAD with exactly two decimals, or a named fault. Nothing is rounded or guessed.

use wasl_schemas::money::{CURRENCY, Centimes};

use crate::transport::xml::Element;

/// Code of an amount that is not exactly MAD with two decimals.
pub(in crate::barid_bank) const NOT_MAD: &str = "payment.amount-not-mad";
/// ISO 20022 gives an amount 18 digits in all.
const DIGITS_MAX: usize = 18;

/// Reads `<Amt Ccy="MAD">6250.00</Amt>`.
pub(super) fn dirhams(element: Option<&Element>) -> Result<Centimes, &'static str> {
    let element = element.ok_or("no amount")?;
    if element.attribute("", "Ccy") != Some(CURRENCY) {
        return Err("the currency is not MAD");
    }
    two_decimals(element.trimmed())
}

/// Reads `6250.00` and nothing else: not `6250`, not `6250.0`, no sign.
pub(in crate::barid_bank) fn two_decimals(text: &str) -> Result<Centimes, &'static str> {
    let (whole, part) = text.split_once('.').ok_or("not two decimals after a point")?;
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || !digits(part) || part.len() != 2 {
        return Err("not two decimals after a point");
    }
    if whole.len() + part.len() > DIGITS_MAX {
        return Err("more than 18 digits");
    }
    Centimes::parse(text).map_err(|_| "not an amount")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(currency: &str, text: &str) -> Result<Centimes, &'static str> {
        let attribute = (String::new(), "Ccy".to_owned(), currency.to_owned());
        dirhams(Some(&Element { attributes: vec![attribute], text: text.to_owned(), ..Element::default() }))
    }

    #[test]
    fn only_dirhams_with_two_decimals_are_read() {
        assert_eq!(read("MAD", " 6250.00 "), Ok(Centimes(625_000)));
        for bad in
            ["6250", "6250.0", "6250.000", "6250,00", "6 250.00", "-1.00", "+1.00", ".00", "1.", "", "1e2.00"]
        {
            assert!(read("MAD", bad).is_err(), "{bad}");
        }
        assert!(read("MAD", &format!("{}.00", "9".repeat(17))).is_err());
        for currency in ["EUR", "mad", "504", ""] {
            assert!(read(currency, "1.00").is_err(), "{currency}");
        }
        assert!(dirhams(None).is_err());
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(centimes in 0_i64..1_000_000_000_000_000_000) {
            prop_assert_eq!(read("MAD", &Centimes(centimes).to_string()), Ok(Centimes(centimes)));
        }
    }
}
