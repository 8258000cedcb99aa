//! What an agency sends by itself, spoiled: a wrong message goes first, then the true one.

use super::spoil::{unknown_value, with_another, with_value};
use super::{Scenario, Scenarios};
use crate::sandbox::agency::Agency;
use crate::sandbox::locked;

/// More than a gateway takes in a callback.
const OVERSIZE_BYTES: usize = 6 * 1024 * 1024;

/// A message that goes before the true one, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::sandbox) struct Spoiled {
    pub(in crate::sandbox) why: Scenario,
    pub(in crate::sandbox) body: Vec<u8>,
}

impl Scenarios {
    /// The faults of something that an agency sends: those drawn by its number, those marked in the file's reference.
    pub(in crate::sandbox) fn of_push(&self, agency: Agency, about: &str) -> Vec<Scenario> {
        let number = self.number(agency, "push");
        let mut found: Vec<Scenario> = Scenario::ALL
            .iter()
            .map(|known| known.0)
            .filter(|scenario| self.drawn(*scenario, agency, &number))
            .collect();
        let remembered = locked(&self.remembered);
        for (_, faults) in remembered.iter().filter(|(reference, _)| about.contains(reference.as_str())) {
            found.extend(faults);
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    /// The wrong callbacks that go before a true one, and whether the true one comes twice.
    pub(in crate::sandbox) fn callbacks(&self, agency: Agency, body: &[u8]) -> (Vec<Spoiled>, bool) {
        let text = String::from_utf8_lossy(body);
        let faults = self.of_push(agency, &text);
        let spoiled = faults.iter().filter_map(|why| {
            let body = match why {
                Scenario::WrongSignature => wrongly_signed(&text).into_bytes(),
                Scenario::Oversize => {
                    let mut body = body.to_vec();
                    body.resize(OVERSIZE_BYTES, b' ');
                    body
                }
                _ => return None,
            };
            Some(Spoiled { why: *why, body })
        });
        (spoiled.collect(), faults.contains(&Scenario::Duplicate))
    }
}

/// A form whose HASH is another, or an envelope whose digest and signature are.
fn wrongly_signed(text: &str) -> String {
    if text.trim_start().starts_with('<') {
        return with_another(text, &["Password", "SignatureValue"]);
    }
    let Some(at) = text.find("HASH=").map(|at| at + "HASH=".len()) else { return text.to_owned() };
    let other = if text[at..].starts_with('A') { "B" } else { "A" };
    format!("{}{other}{}", &text[..at], text.get(at + 1..).unwrap_or_default())
}

/// The wrong files that go before a true one: name and bytes.
pub(in crate::sandbox) fn files(faults: &[Scenario], name: &str, text: &str) -> Vec<(String, Vec<u8>)> {
    let stem = name.strip_suffix(".xml").unwrap_or(name);
    let beside = |mark: &str| format!("{stem}-{mark}.xml");
    let wrong = faults.iter().filter_map(|fault| {
        Some(match fault {
            Scenario::HalfWritten => {
                let half = (0..=text.len() / 2).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
                (beside("h"), text.as_bytes()[..half].to_vec())
            }
            Scenario::WrongEncoding => {
                let mut bytes = text.as_bytes().to_vec();
                if let Some(at) = text.find("</") {
                    // A lone é of ISO-8859-1 inside the first text.
                    bytes.insert(at, 0xE9);
                }
                (beside("e"), bytes)
            }
            Scenario::WrongRecipient => (beside("r"), other_recipient(text).into_bytes()),
            Scenario::Renamed => (with_another_reference(name), text.as_bytes().to_vec()),
            Scenario::UnknownValue => (beside("u"), unknown_value(Agency::WaterBasin, text).into_bytes()),
            _ => return None,
        })
    });
    wrong.collect()
}

fn other_recipient(text: &str) -> String {
    let Some(at) = text.find("<Destinataire>") else { return text.to_owned() };
    let (before, after) = text.split_at(at);
    let end = after.find("</Destinataire>").unwrap_or(after.len());
    format!("{before}{}{}", with_value(&after[..end], "CdIntervenant", "quelqu-un"), &after[end..])
}

/// `RES_<consultation>_<serial>.xml` with the first letter of the consultation changed.
fn with_another_reference(name: &str) -> String {
    let at = name.find('_').map_or(0, |at| at + 1);
    let other = if name[at..].starts_with('f') { 'e' } else { 'f' };
    format!("{}{other}{}", &name[..at], name.get(at + 1..).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_of_a_file_gives_a_wrong_file_beside_the_true_one() {
        let name = "RES_0199-a_000907.xml";
        let text = "<?xml version=\"1.0\"?><R><Destinataire><CdIntervenant>wasl</CdIntervenant></Destinataire>\
                    <SensAvis>FAVORABLE</SensAvis></R>";
        let faults =
            [Scenario::HalfWritten, Scenario::WrongEncoding, Scenario::WrongRecipient, Scenario::Renamed];
        let wrong = files(&faults, name, text);
        let names: Vec<_> = wrong.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(
            names,
            [
                "RES_0199-a_000907-h.xml",
                "RES_0199-a_000907-e.xml",
                "RES_0199-a_000907-r.xml",
                "RES_f199-a_000907.xml"
            ]
        );
        assert!(String::from_utf8(wrong[1].1.clone()).is_err());
        assert!(String::from_utf8_lossy(&wrong[2].1).contains("<CdIntervenant>quelqu-un<"));
    }

    #[test]
    fn a_wrong_signature_changes_the_signature_alone() {
        assert_eq!(wrongly_signed("oid=1&HASH=Axyz%3D"), "oid=1&HASH=Bxyz%3D");
        let xml = "<w:Password Type=\"d\">abcdefgh=</w:Password>";
        assert_ne!(wrongly_signed(xml), xml);
    }
}
