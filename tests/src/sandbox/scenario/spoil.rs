//! Answers that are spoiled on their way out: the agency has done its work, and says something else.

use serde_json::{Value, json};

use super::Scenario;
use crate::sandbox::agency::Agency;

/// A spoiled answer has so many bytes: more than any reader allows.
pub(super) const OVERSIZE_BYTES: usize = 16 * 1024 * 1024;

/// An answer with what the faults make of it.
pub(super) fn answer(agency: Agency, faults: &[Scenario], body: Vec<u8>) -> Vec<u8> {
    if faults.contains(&Scenario::Garbage) {
        return b"<!doctype html><title>Erreur</title><p>Une erreur est survenue.".to_vec();
    }
    let Ok(mut text) = String::from_utf8(body.clone()) else { return body };
    for fault in faults {
        text = match fault {
            Scenario::UnknownValue => unknown_value(agency, &text),
            Scenario::WrongReference => with_another(&text, reference_names(agency)),
            Scenario::WrongSignature if agency == Agency::LandRegistry => {
                with_another(&text, &["requestHash"])
            }
            // Where replies are signed; elsewhere there is no such element.
            Scenario::WrongSignature if agency == Agency::Onee => with_another(&text, &["SignatureValue"]),
            _ => text,
        };
    }
    let mut body = text.into_bytes();
    if faults.contains(&Scenario::Oversize) {
        body.resize(OVERSIZE_BYTES.max(body.len()), b' ');
    }
    body
}

/// Where each agency repeats what it answers to.
fn reference_names(agency: Agency) -> &'static [&'static str] {
    match agency {
        Agency::UrbanAgency => &["noConsultationExterne"],
        Agency::Onee => &["CorrelationID"],
        Agency::LandRegistry => &["consultationReference", "id"],
        Agency::BaridBank => &["OrgnlMsgId", "OrgnlPmtInfId", "OrgnlEndToEndId"],
        Agency::WaterBasin => &["ReferenceDemande"],
    }
}

/// A value that stands in no table of the contract.
pub(super) fn unknown_value(agency: Agency, text: &str) -> String {
    match agency {
        Agency::UrbanAgency => unknown_number(text),
        Agency::Onee => with_value(text, "status", "archived"),
        Agency::LandRegistry => with_value(text, "resultCode", "R77"),
        Agency::BaridBank => with_value(text, "TxSts", "QQQQ"),
        Agency::WaterBasin => with_value(&with_value(text, "SensAvis", "PEUT_ETRE"), "Statut", "EN_COURS"),
    }
}

fn unknown_number(text: &str) -> String {
    let Ok(mut value) = serde_json::from_str::<Value>(text) else { return text.to_owned() };
    if value["nomNatureAvisRendu"].is_object() {
        value["nomNatureAvisRendu"] = json!({"idNom": 77, "libNom": "Avis différé"});
    }
    for item in value["notifications"].as_array_mut().into_iter().flatten() {
        item["nomTypeEvenement"] = json!({"idNom": 77, "libNom": "Autre"});
    }
    value.to_string()
}

/// The text with other values in the elements (or JSON members) of these names: same length, other last letter.
pub(super) fn with_another(text: &str, names: &[&str]) -> String {
    let other = |value: &str| {
        let mut letters: Vec<char> = value.chars().collect();
        // The last letter may be padding of Base64, which readers pass over.
        let place = letters.len().saturating_sub(4);
        if let Some(letter) = letters.get_mut(place) {
            *letter = if *letter == 'a' { 'b' } else { 'a' };
        }
        letters.into_iter().collect()
    };
    names.iter().fold(text.to_owned(), |text, name| change(&text, name, other))
}

/// The text with this value in the elements of that name.
pub(super) fn with_value(text: &str, name: &str, value: &str) -> String {
    change(text, name, |_| value.to_owned())
}

/// Changes the text of every element of a local name, and every JSON text member of that name.
fn change(text: &str, name: &str, with: impl Fn(&str) -> String) -> String {
    let (mut out, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(at) = rest.find(name) {
        let (before, after) = rest.split_at(at + name.len());
        out.push_str(before);
        rest = after;
        let starts =
            before.len() == name.len() || before[..before.len() - name.len()].ends_with(['<', ':', '"']);
        let opened = starts.then(|| value_begin(before, name, after)).flatten();
        let Some((begin, end_mark)) = opened else { continue };
        let Some(length) = after[begin..].find(end_mark) else { continue };
        out.push_str(&after[..begin]);
        out.push_str(&with(&after[begin..begin + length]));
        rest = &after[begin + length..];
    }
    out + rest
}

/// Where the value behind a name begins, and what ends it: `name attr="…">value<`, or `name": "value"`.
fn value_begin(before: &str, name: &str, after: &str) -> Option<(usize, char)> {
    let tag = before[..before.len() - name.len()].rsplit(['<', '>', '"']).next().unwrap_or_default();
    if let Some(rest) = after.strip_prefix('"') {
        let quote = rest.trim_start().strip_prefix(':')?.trim_start();
        let inner = quote.strip_prefix('"')?;
        return Some((after.len() - inner.len(), '"'));
    }
    let closing = tag.starts_with('/');
    let begin = after.find('>')?;
    let is_tag = after.starts_with(['>', ' ', '\n']) && !after[..begin].ends_with('/');
    (!closing && is_tag).then_some((begin + 1, '<'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_change_in_elements_and_members_and_nowhere_else() {
        let xml = "<a:status>received</a:status><statusTime>1</statusTime><b status='x'/>";
        assert_eq!(
            with_value(xml, "status", "archived"),
            "<a:status>archived</a:status><statusTime>1</statusTime><b status='x'/>"
        );
        let json = r#"{"noConsultationExterne": "abcdef", "other": "noConsultationExterne"}"#;
        let changed = with_another(json, &["noConsultationExterne"]);
        assert_eq!(changed, r#"{"noConsultationExterne": "abadef", "other": "noConsultationExterne"}"#);
        let hash = "<x:requestHash algorithmId=\"sha512\">QUJDRA==</x:requestHash>";
        assert_eq!(with_another(hash, &["requestHash"]), hash.replace("QUJDRA==", "QUJDaA=="));
    }

    #[test]
    fn an_opinion_becomes_one_that_nobody_knows() {
        let text = r#"{"idAvis":"A","nomNatureAvisRendu":{"idNom":1,"libNom":"Favorable"}}"#;
        let spoiled = answer(Agency::UrbanAgency, &[Scenario::UnknownValue], text.as_bytes().to_vec());
        assert_eq!(serde_json::from_slice::<Value>(&spoiled).unwrap()["nomNatureAvisRendu"]["idNom"], 77);
        let big = answer(Agency::Onee, &[Scenario::Oversize], text.as_bytes().to_vec());
        assert_eq!(big.len(), OVERSIZE_BYTES);
    }
}
