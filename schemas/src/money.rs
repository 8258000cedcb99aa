//! Money: whole centimes of the Moroccan dirham (ISO 4217 MAD, 504), never a float.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The only currency, as letters.
pub const CURRENCY: &str = "MAD";
/// The only currency, as the number that card schemes use.
pub const CURRENCY_NUMERIC: &str = "504";

/// An amount in whole centimes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, Default)]
#[serde(transparent)]
pub struct Centimes(pub i64);

/// Why a text is not an amount of dirhams.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AmountError {
    /// Letters, spaces, two points, nothing at all.
    #[error("not a decimal number")]
    NotANumber,
    /// MAD has two decimals; a third one, even a zero, is a fault and is never rounded.
    #[error("a MAD amount has at most two decimals")]
    TooManyDecimals,
    /// Larger than whole centimes in 64 bits.
    #[error("the amount is too large")]
    TooLarge,
}

impl Centimes {
    /// Reads `1234`, `1234.5` or `1234.50` (a point; an optional minus sign) exactly.
    ///
    /// # Errors
    /// [`AmountError`] says which rule the text breaks.
    pub fn parse(text: &str) -> Result<Self, AmountError> {
        let (negative, digits) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
        let all_digits = |t: &str| t.bytes().all(|b| b.is_ascii_digit());
        if whole.is_empty() || !all_digits(whole) || !all_digits(part) || digits.ends_with('.') {
            return Err(AmountError::NotANumber);
        }
        if part.len() > 2 {
            return Err(AmountError::TooManyDecimals);
        }
        let whole: i64 = whole.parse().map_err(|_| AmountError::TooLarge)?;
        let cents: i64 = format!("{part:0<2}").parse().map_err(|_| AmountError::NotANumber)?;
        let sum = whole.checked_mul(100).and_then(|c| c.checked_add(cents)).ok_or(AmountError::TooLarge)?;
        Ok(Self(if negative { -sum } else { sum }))
    }
}

impl fmt::Display for Centimes {
    /// Dirhams with two decimals and a point: `1234.50`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let all = self.0.unsigned_abs();
        write!(f, "{sign}{}.{:02}", all / 100, all % 100)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_exactly() {
        assert_eq!(Centimes::parse("1234.5"), Ok(Centimes(123_450)));
        assert_eq!(Centimes::parse("0.07"), Ok(Centimes(7)));
        assert_eq!(Centimes::parse("-3"), Ok(Centimes(-300)));
        assert_eq!(Centimes::parse("1.230"), Err(AmountError::TooManyDecimals));
        for bad in ["", ".", "1.", ".5", "1,5", "1 000", "--1", "1.2.3", "+1"] {
            assert_eq!(Centimes::parse(bad), Err(AmountError::NotANumber), "{bad}");
        }
        assert_eq!(Centimes::parse("99999999999999999999"), Err(AmountError::TooLarge));
    }

    #[test]
    fn what_is_written_is_read_back() {
        for cents in [0, 1, 99, 100, 123_456, -5, i64::MAX] {
            assert_eq!(Centimes::parse(&Centimes(cents).to_string()), Ok(Centimes(cents)));
        }
    }
}
