//! Identifiers: values that would be invalid cannot be built.

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What is wrong with an identifier, without repeating its value (it may be personal data).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}: {why}")]
pub struct InvalidId {
    /// Which kind of identifier was read.
    pub what: &'static str,
    /// The rule that it breaks.
    pub why: &'static str,
}

/// Names a `String` newtype that is built only through its check.
macro_rules! checked_text {
    ($(#[$doc:meta])* $name:ident, $what:literal, $check:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Checks and wraps the text.
            ///
            /// # Errors
            /// [`InvalidId`] names the rule that the text breaks.
            pub fn try_new(text: impl Into<String>) -> Result<Self, InvalidId> {
                let text = text.into();
                let check: fn(&str) -> Result<(), &'static str> = $check;
                check(&text).map_err(|why| InvalidId { what: $what, why })?;
                Ok(Self(text))
            }

            /// The text as it stands on the wire.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;
            fn try_from(text: String) -> Result<Self, InvalidId> {
                Self::try_new(text)
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> String {
                value.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

fn digits(text: &str, count: usize, why: &'static str) -> Result<(), &'static str> {
    if text.len() == count && text.bytes().all(|b| b.is_ascii_digit()) { Ok(()) } else { Err(why) }
}

checked_text!(
    /// A commune or arrondissement: the 9-digit code of the Haut-Commissariat au Plan.
    CommuneCode,
    "commune code",
    |t| digits(t, 9, "must be the 9 digits of the HCP code")
);

checked_text!(
    /// A prefecture or province: the 5-digit code of the Haut-Commissariat au Plan.
    ProvinceCode,
    "province code",
    |t| digits(t, 5, "must be the 5 digits of the HCP code")
);

checked_text!(
    /// A file's reference as its commune gives it. Opaque: nothing is ever decided by parsing it.
    Reference,
    "reference",
    |t| {
        let fine = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'/' | b'.');
        if t.is_empty() || t.len() > 64 {
            Err("must have 1 to 64 characters")
        } else if !t.bytes().all(fine) {
            Err("may hold letters, digits and - _ / . only")
        } else {
            Ok(())
        }
    }
);

checked_text!(
    /// A kind of agency, the key of its adapter, its queue and its configuration: `urban-agency`.
    AgencyKind,
    "agency",
    |t| {
        let fine = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        if (1..=40).contains(&t.len()) && t.bytes().all(fine) {
            Ok(())
        } else {
            Err("must be 1 to 40 lower-case letters, digits and hyphens")
        }
    }
);

checked_text!(
    /// SHA-256 of a document, 64 lower-case hexadecimal digits.
    Sha256Hex,
    "SHA-256",
    |t| {
        let fine = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        if t.len() == 64 && t.bytes().all(fine) { Ok(()) } else { Err("must be 64 lower-case hexadecimal digits") }
    }
);

checked_text!(
    /// Company number (identifiant commun de l'entreprise): 15 digits, the whole number mod 97 = 0.
    Ice,
    "ICE",
    |t| {
        digits(t, 15, "must have 15 digits")?;
        if mod_97(t) == 0 { Ok(()) } else { Err("its check digits are wrong (the number mod 97 must be 0)") }
    }
);

checked_text!(
    /// Bank account (relevé d'identité bancaire): 24 digits, key = 97 − (first 22 digits × 100 mod 97).
    Rib,
    "RIB",
    |t| {
        digits(t, 24, "must have 24 digits")?;
        let key: u64 = t[22..].parse().map_err(|_| "must have 24 digits")?;
        let rest = mod_97(&format!("{}00", &t[..22]));
        if key == 97 - rest { Ok(()) } else { Err("its key is wrong (97 − the first 22 digits × 100 mod 97)") }
    }
);

checked_text!(
    /// National identity card number (CIN): 1 or 2 letters and 5 or 6 digits, no check digit.
    Cin,
    "CIN",
    |t| {
        let letters = t.bytes().take_while(u8::is_ascii_uppercase).count();
        let rest = &t[letters..];
        if (1..=2).contains(&letters) && (5..=6).contains(&rest.len()) && rest.bytes().all(|b| b.is_ascii_digit()) {
            Ok(())
        } else {
            Err("must be 1 or 2 capital letters and 5 or 6 digits")
        }
    }
);

/// Remainder of a decimal number of any length by 97. The caller has checked that all are digits.
fn mod_97(text: &str) -> u64 {
    text.bytes().fold(0, |rest, b| (rest * 10 + u64::from(b - b'0')) % 97)
}

/// A `Uuid` newtype, so that one kind of id is never taken for another.
macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

uuid_id!(
    /// A permit file inside the gateway.
    FileId
);
uuid_id!(
    /// One consultation of one agency about one deposit of a file; for the bank, one payment order.
    /// It is **our reference** with the agency.
    ConsultationId
);

/// The namespace of every UUID that wasl derives from a name, so that repeats fall on the same id.
pub const WASL_NAMESPACE: Uuid = Uuid::from_u128(0x6f2b_7a1e_5c0d_5d3a_9b1f_77a5_1c0f_fee1);

/// The id of this name beside another id: UUIDv8 (RFC 9562, section 5.8) that begins with the other's first 48 bits and
/// goes on with the SHA-1 of the name. Ids that belong together stand together in every index that begins
/// with them, so what a file touches lies on fewer pages, however many files there are.
#[must_use]
pub fn beside(other: Uuid, name: &str) -> Uuid {
    const SHARED: usize = 6;
    let mut bytes = Uuid::new_v5(&WASL_NAMESPACE, name.as_bytes()).into_bytes();
    let shared = bytes.iter_mut().zip(other.as_bytes()).take(SHARED);
    shared.for_each(|(byte, of_other)| *byte = *of_other);
    Uuid::new_v8(bytes)
}

impl FileId {
    /// Derived from commune and reference, which are unique together: a second submission of the same
    /// file finds the same id.
    #[must_use]
    pub fn of(commune: &CommuneCode, reference: &Reference) -> Self {
        Self(Uuid::new_v5(&WASL_NAMESPACE, format!("file|{commune}|{reference}").as_bytes()))
    }
}

impl ConsultationId {
    /// Derived from the file, the version of its deposit, the agency and a running number; it stands [`beside`] the file's.
    #[must_use]
    pub fn of(file: FileId, deposit_version: u32, agency: &AgencyKind, number: u32) -> Self {
        Self(beside(file.0, &format!("consultation|{file}|{deposit_version}|{agency}|{number}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ice_of_the_published_example_is_valid_and_its_neighbour_is_not() {
        assert!(Ice::try_new("001561191000066").is_ok());
        assert!(Ice::try_new("001561191000067").is_err());
        assert!(Ice::try_new("00156119100006").is_err());
    }

    #[test]
    fn rib_key_follows_the_formula() {
        let first = "0117800000123456789012";
        let key = 97 - mod_97(&format!("{first}00"));
        assert!(Rib::try_new(format!("{first}{key:02}")).is_ok());
        let wrong = if key == 1 { 2 } else { key - 1 };
        assert!(Rib::try_new(format!("{first}{wrong:02}")).is_err());
    }

    #[test]
    fn cin_has_letters_then_digits() {
        for good in ["A12345", "BE123456"] {
            assert!(Cin::try_new(good).is_ok(), "{good}");
        }
        for bad in ["12345", "ABC12345", "A1234", "A1234567", "a12345", "A12E45"] {
            assert!(Cin::try_new(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn what_belongs_to_a_file_begins_as_the_file_does_and_is_told_apart() -> Result<(), InvalidId> {
        let commune = CommuneCode::try_new("015110101")?;
        let [one, other] = ["PCT-1/2026", "PCT-2/2026"]
            .map(|reference| Reference::try_new(reference).map(|reference| FileId::of(&commune, &reference)));
        let (one, other) = (one?, other?);
        let (onee, urban) = (AgencyKind::try_new("onee")?, AgencyKind::try_new("urban-agency")?);
        let ids = [
            ConsultationId::of(one, 1, &onee, 1),
            ConsultationId::of(one, 1, &urban, 1),
            ConsultationId::of(one, 2, &onee, 1),
            ConsultationId::of(one, 1, &onee, 2),
        ];
        for (place, id) in ids.iter().enumerate() {
            assert_eq!(id.0.as_bytes()[..6], one.0.as_bytes()[..6]);
            assert_eq!((id.0.get_version_num(), id.0.get_variant()), (8, uuid::Variant::RFC4122));
            assert!(!ids[..place].contains(id), "{id}");
        }
        // The rest is of the whole file, not of its first bits.
        let elsewhere = ConsultationId::of(other, 1, &onee, 1);
        assert_ne!(elsewhere.0.as_bytes()[6..], ids[0].0.as_bytes()[6..]);
        Ok(())
    }

    #[test]
    fn the_same_file_has_the_same_id() -> Result<(), InvalidId> {
        let commune = CommuneCode::try_new("015110101")?;
        let reference = Reference::try_new("PCT-1/2026")?;
        assert_eq!(FileId::of(&commune, &reference), FileId::of(&commune, &reference));
        assert!(Reference::try_new("a b").is_err());
        Ok(())
    }
}
