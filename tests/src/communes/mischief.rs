//! Messages that are wrong on purpose, each with the fault that must be told: the gateway has to refuse them for
//! the right reason while the files behind them go through.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::day::{Day, Planned};
use super::journal::Intent;
use super::wire::{Message, Sender};

/// A message as it goes out, true or false.
#[derive(Debug, Clone, PartialEq)]
pub struct Raw {
    /// `user_id` that the broker vouches for; none leaves it out.
    pub user: Option<String>,
    /// Routing key.
    pub routing_key: String,
    /// AMQP message id.
    pub message_id: String,
    /// Body.
    pub body: Vec<u8>,
}

impl Raw {
    /// A message as its sender would send it.
    #[must_use]
    pub fn of(message: &Message) -> Self {
        Self {
            user: Some(message.sender.user()),
            routing_key: message.sender.routing_key(&message.name),
            message_id: message.id.clone(),
            body: message.envelope().to_string().into_bytes(),
        }
    }
}

/// A wrong message.
#[derive(Debug, Clone, PartialEq)]
pub struct Prank {
    /// When it is sent.
    pub at: Timestamp,
    /// What it claims to be.
    pub message: Message,
    /// What goes out.
    pub raw: Raw,
    /// What must come of it.
    pub intent: Intent,
}

/// One prank of a kind for so many files.
const FILES_PER_ROUND: usize = 400;

/// Draws the wrong messages of a day: every kind once for each started 400 files.
#[must_use]
pub fn draw(day: &Day) -> Vec<Prank> {
    let rounds = day.files.len().div_ceil(FILES_PER_ROUND);
    let mut all = Vec::new();
    for (number, kind) in (0..rounds)
        .flat_map(|round| KINDS.iter().enumerate().map(move |(k, kind)| (round * KINDS.len() + k, kind)))
    {
        let question = format!("prank-{number}");
        // From the first half of the day, so that it is registered when a later message quotes it.
        let half = &day.files[..day.files.len().div_ceil(2)];
        let Some(victim) = day.chance.pick("day", &question, half) else { continue };
        let after = SignedDuration::from_mins(i64::from(day.chance.between(&question, "after", 100, 200)));
        all.push(kind(&Case { day, victim, number, at: victim.submit_at + after }));
    }
    all
}

/// What a prank is made from.
struct Case<'a> {
    day: &'a Day,
    victim: &'a Planned,
    number: usize,
    at: Timestamp,
}

type Kind = fn(&Case<'_>) -> Prank;

const KINDS: [Kind; 22] = [
    missing_and_unknown_fields,
    wrong_card_number,
    wrong_company_number,
    deprecated_zone,
    open_ring_in_the_future,
    no_main_document,
    swapped_coordinates,
    other_communes_file,
    forged_source,
    no_user,
    unknown_type,
    not_json,
    first_version_again,
    version_gap,
    version_unasked,
    reference_taken,
    same_id_other_body,
    unknown_file,
    silence_too_early,
    foreign_currency,
    unknown_commune,
    other_provinces_attestation,
];

fn wrong(codes: &[&str]) -> Intent {
    let mut codes: Vec<String> = codes.iter().map(|code| (*code).to_owned()).collect();
    codes.sort();
    Intent::Wrong { codes }
}

impl Case<'_> {
    fn commune(&self) -> Sender {
        Sender::Commune(self.victim.place.code.clone())
    }

    /// A file of its own, so that the victim's is left alone.
    fn reference(&self) -> String {
        format!("X-{}-{:04}", self.day.date.year(), self.number)
    }

    fn fresh(&self) -> Value {
        let mut body = self.victim.body.clone();
        body["reference"] = json!(self.reference());
        body["receipt"]["issued_at"] = json!((self.at - SignedDuration::from_mins(5)).to_string());
        body
    }

    fn message(&self, name: &str, reference: &str, data: Value) -> Message {
        let number = 90_000 + u32::try_from(self.number).unwrap_or(0);
        Message::new(self.day.chance.seed(), self.commune(), name, number, reference, self.at, data)
    }

    fn send(&self, message: Message, intent: Intent) -> Prank {
        let raw = Raw::of(&message);
        Prank { at: self.at, message, raw, intent }
    }

    /// A first deposit with something wrong in it.
    fn deposit(&self, codes: &[&str], spoil: impl FnOnce(&mut Value)) -> Prank {
        let mut body = self.fresh();
        spoil(&mut body);
        self.send(self.message("file.submitted", &self.reference(), body), wrong(codes))
    }

    fn about_victim(&self, name: &str, data: Value, codes: &[&str]) -> Prank {
        self.send(self.message(name, &self.victim.reference, data), wrong(codes))
    }

    fn redeposit(&self, version: u32, codes: &[&str]) -> Prank {
        let mut body = self.victim.body.clone();
        body["deposit_version"] = json!(version);
        self.about_victim("file.redeposited", body, codes)
    }

    /// A parcel in plain coordinates.
    fn parcel(&self, geometry: &Value) -> Value {
        json!([{"status": "untitled", "area_m2": 300, "geometry": geometry}])
    }
}

fn missing_and_unknown_fields(case: &Case<'_>) -> Prank {
    case.deposit(&["schema.additional", "schema.required"], |body| {
        if let Some(object) = body.as_object_mut() {
            object.remove("permit");
            object.insert("permis".to_owned(), json!("building"));
        }
    })
}

fn wrong_card_number(case: &Case<'_>) -> Prank {
    case.deposit(&["file.id.cin-invalid"], |body| {
        body["applicant"] = json!({"kind": "person", "cin": "12345", "name": {"fr": "Essai", "ar": "تجربة"}});
    })
}

fn wrong_company_number(case: &Case<'_>) -> Prank {
    case.deposit(&["file.id.ice-invalid"], |body| {
        body["applicant"] =
            json!({"kind": "company", "ice": "001561191000067", "name": {"fr": "Essai", "ar": "تجربة"}});
    })
}

fn deprecated_zone(case: &Case<'_>) -> Prank {
    let ring = json!([
        [365_968.0, 381_052.0],
        [365_988.0, 381_052.0],
        [365_988.0, 381_072.0],
        [365_968.0, 381_052.0]
    ]);
    let parcels = case.parcel(&json!({"kind": "lambert", "epsg": 26193, "coordinates": [ring]}));
    case.deposit(&["file.parcel.zone-deprecated"], |body| body["parcels"] = parcels)
}

fn open_ring_in_the_future(case: &Case<'_>) -> Prank {
    let ring = json!([[-6.85, 34.02], [-6.84, 34.02], [-6.84, 34.03], [-6.85, 34.03]]);
    let parcels = case.parcel(&json!({"kind": "geojson", "coordinates": [ring]}));
    let tomorrow = case.at + SignedDuration::from_hours(30 * 24);
    case.deposit(&["file.parcel.ring-open", "file.receipt.in-future"], |body| {
        body["parcels"] = parcels;
        body["receipt"]["issued_at"] = json!(tomorrow.to_string());
    })
}

fn no_main_document(case: &Case<'_>) -> Prank {
    case.deposit(&["file.document.main-missing"], |body| {
        for document in body["documents"].as_array_mut().into_iter().flatten() {
            document["main"] = json!(false);
        }
    })
}

fn swapped_coordinates(case: &Case<'_>) -> Prank {
    let ring = json!([[34.02, -6.85], [34.03, -6.85], [34.03, -6.84], [34.02, -6.85]]);
    let parcels = case.parcel(&json!({"kind": "geojson", "coordinates": [ring]}));
    case.deposit(&["file.parcel.out-of-country"], |body| body["parcels"] = parcels)
}

/// A commune deposits in another commune's name, under its own.
fn other_communes_file(case: &Case<'_>) -> Prank {
    let other = other_commune(case);
    case.deposit(&["commune.not-yours"], |body| body["commune"] = json!(other))
}

/// The source says another commune than the user whom the broker vouches for.
fn forged_source(case: &Case<'_>) -> Prank {
    let mut prank = case.deposit(&["envelope.source-mismatch", "envelope.user-id-forged"], |_| {});
    let other = other_commune(case);
    let mut envelope = prank.message.envelope();
    envelope["source"] = json!(format!("/communes/{other}"));
    envelope["data"]["commune"] = json!(other);
    prank.raw.body = envelope.to_string().into_bytes();
    prank
}

fn other_commune(case: &Case<'_>) -> String {
    let others = case.day.files.iter().map(|file| &file.place.code);
    others
        .into_iter()
        .find(|code| **code != case.victim.place.code)
        .cloned()
        .unwrap_or_else(|| "015110105".to_owned())
}

fn no_user(case: &Case<'_>) -> Prank {
    let mut prank = case.deposit(&["envelope.user-id-missing"], |_| {});
    prank.raw.user = None;
    prank
}

fn unknown_type(case: &Case<'_>) -> Prank {
    let data = json!({"where": "Ailleurs"});
    case.send(case.message("file.teleported", &case.reference(), data), wrong(&["envelope.type-unknown"]))
}

/// Its id is known from the AMQP property all the same.
fn not_json(case: &Case<'_>) -> Prank {
    let mut prank = case.deposit(&["envelope.malformed"], |_| {});
    prank.raw.body.truncate(prank.raw.body.len() / 2);
    prank
}

/// A re-deposit is the second one at least.
fn first_version_again(case: &Case<'_>) -> Prank {
    case.about_victim("file.redeposited", case.victim.body.clone(), &["schema.range"])
}

fn version_gap(case: &Case<'_>) -> Prank {
    case.redeposit(3, &["file.version-gap"])
}

/// Nobody asked for modifications.
fn version_unasked(case: &Case<'_>) -> Prank {
    case.redeposit(2, &["file.state-forbids"])
}

fn reference_taken(case: &Case<'_>) -> Prank {
    case.about_victim("file.submitted", case.victim.body.clone(), &["file.reference-taken"])
}

fn same_id_other_body(case: &Case<'_>) -> Prank {
    let mut body = case.victim.body.clone();
    body["project"]["title"] = json!("Autre projet sous le même numéro de message");
    let mut prank = case.about_victim("file.submitted", body, &["message.id-reused"]);
    // The first message of a name about a file has the number 1.
    let first = Message::new(
        case.day.chance.seed(),
        case.commune(),
        "file.submitted",
        1,
        &case.victim.reference,
        case.at,
        Value::Null,
    );
    prank.message.id.clone_from(&first.id);
    prank.raw = Raw::of(&prank.message);
    prank
}

fn unknown_file(case: &Case<'_>) -> Prank {
    let data = json!({"withdrawn_at": (case.at - SignedDuration::from_mins(1)).to_string()});
    case.send(case.message("file.withdrawn", &case.reference(), data), wrong(&["file.unknown"]))
}

fn silence_too_early(case: &Case<'_>) -> Prank {
    let gives = crate::oracle::limits::limit(case.victim.permit, false).is_some_and(|limit| limit.silence);
    let code = if gives { "silence.not-acquired" } else { "silence.not-approval" };
    let data = json!({"invoked_at": (case.at - SignedDuration::from_mins(1)).to_string()});
    case.about_victim("silence.invoked", data, &[code])
}

fn foreign_currency(case: &Case<'_>) -> Prank {
    let rib = super::identity::rib(case.day.chance, &case.victim.place.code);
    let data = json!({
        "fee": "stamp", "label": "Timbre", "amount_centimes": 2_000, "currency": "EUR",
        "beneficiary": {"name": case.victim.place.name_fr, "rib": rib},
        "assessed_at": (case.at - SignedDuration::from_mins(1)).to_string(),
    });
    case.about_victim("fee.assessed", data, &["fee.currency"])
}

/// A commune that does not exist has no queue: nobody can be answered.
fn unknown_commune(case: &Case<'_>) -> Prank {
    let mut body = case.fresh();
    body["commune"] = json!("999999999");
    let mut message = case.message("file.submitted", &case.reference(), body);
    message.sender = Sender::Commune("999999999".to_owned());
    case.send(message, Intent::Unanswerable)
}

/// A province attests in a commune that is not its own.
fn other_provinces_attestation(case: &Case<'_>) -> Prank {
    let own = &case.victim.place.province;
    let other = if own == "01511" { "02411" } else { "01511" };
    let data = json!({
        "commune": case.victim.place.code, "number": "ATT-0", "authority": "governor",
        "attested_at": (case.at - SignedDuration::from_mins(1)).to_string(),
    });
    let mut message = case.message("silence.attested", &case.victim.reference, data);
    message.sender = Sender::Province(other.to_owned());
    case.send(message, Intent::Unanswerable)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use jiff::civil::date;

    use super::*;
    use crate::communes::places::Places;

    #[test]
    fn every_kind_is_played_and_only_within_the_day() {
        let places = Places::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../config")).unwrap();
        let day = Day::draw(1, 1251, date(2026, 11, 2), &places).unwrap();
        let pranks = draw(&day);
        assert_eq!(pranks.len(), KINDS.len() * 4);
        assert!(pranks.iter().all(|prank| prank.at < day.closes()), "sent while the clock is slow");
        let codes: BTreeSet<&str> = pranks
            .iter()
            .filter_map(|prank| match &prank.intent {
                Intent::Wrong { codes } => Some(codes),
                _ => None,
            })
            .flatten()
            .map(String::as_str)
            .collect();
        assert!(codes.len() >= 17, "{codes:?}");
    }
}
