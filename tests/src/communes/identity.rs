//! Numbers that identify people, companies, accounts and land, with the check digits that each must have.

use super::chance::Chance;

/// Letters with which national identity cards begin, by office; all in use.
const CIN_OFFICES: [&str; 16] =
    ["A", "B", "BE", "BK", "C", "CD", "D", "E", "F", "G", "J", "K", "L", "Q", "T", "AB"];

/// A national identity card number: 1 or 2 letters, then 5 or 6 digits; it has no check digit.
#[must_use]
pub fn cin(chance: Chance, reference: &str) -> String {
    let office = chance.pick(reference, "cin-office", &CIN_OFFICES).copied().unwrap_or("A");
    format!("{office}{}", chance.between(reference, "cin", 10_000, 999_999))
}

/// A company number (ICE): 15 digits, the whole number modulo 97 is 0.
#[must_use]
pub fn ice(chance: Chance, reference: &str) -> String {
    let company = chance.between(reference, "ice", 1_000_000, 3_999_999);
    let first = format!("{company:09}{:04}", chance.between(reference, "ice-branch", 0, 20));
    let rest = mod_97(&format!("{first}00"));
    format!("{first}{:02}", (97 - rest) % 97)
}

/// A bank account (RIB): 24 digits; the key is 97 − (first 22 digits × 100 modulo 97).
#[must_use]
pub fn rib(chance: Chance, reference: &str) -> String {
    // 310: the Treasury, which keeps the accounts of the communes.
    let town = chance.between(reference, "rib-town", 1, 980);
    let account = chance.between(reference, "rib", 1, u32::MAX);
    let first = format!("310{town:03}{account:016}");
    format!("{first}{:02}", 97 - mod_97(&format!("{first}00")))
}

/// A land title such as `11595/33`.
#[must_use]
pub fn land_title(chance: Chance, reference: &str, number: u32) -> String {
    let question = format!("title-{number}");
    let title = chance.between(reference, &question, 1_000, 199_999);
    format!("{title}/{:02}", chance.between(reference, &format!("{question}-office"), 1, 79))
}

/// A requisition for registration such as `4821/08`.
#[must_use]
pub fn requisition(chance: Chance, reference: &str) -> String {
    let number = chance.between(reference, "requisition", 100, 79_999);
    format!("{number}/{:02}", chance.between(reference, "requisition-office", 1, 79))
}

/// Remainder of a decimal number of any length by 97.
fn mod_97(digits: &str) -> u64 {
    digits.bytes().fold(0, |rest, digit| (rest * 10 + u64::from(digit - b'0')) % 97)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_digits_are_those_of_the_published_rules() {
        assert_eq!(mod_97("001561191000066"), 0, "the published example");
        let chance = Chance::new(1);
        for number in 0..500 {
            let reference = format!("F-{number}");
            let ice = ice(chance, &reference);
            assert_eq!((ice.len(), mod_97(&ice)), (15, 0), "{ice}");
            let rib = rib(chance, &reference);
            let key: u64 = rib[22..].parse().unwrap();
            assert_eq!((rib.len(), key), (24, 97 - mod_97(&format!("{}00", &rib[..22]))), "{rib}");
            assert!((1..=97).contains(&key), "{rib}");
        }
    }

    #[test]
    fn a_card_number_has_letters_then_five_or_six_digits() {
        let chance = Chance::new(2);
        for number in 0..500 {
            let cin = cin(chance, &number.to_string());
            let letters = cin.bytes().take_while(u8::is_ascii_uppercase).count();
            assert!((1..=2).contains(&letters) && (5..=6).contains(&(cin.len() - letters)), "{cin}");
        }
    }
}
