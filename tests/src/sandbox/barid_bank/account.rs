//! The account that the bank keeps for the gateway: movements folded from the ledger, told by two feeds, with the
//! faults that a test asks for.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};

use super::super::action::Action;
use super::super::agency::Agency;
use super::super::ledger::Entry;
use super::super::{clock, locked};
use super::camt::{self, Day, Movement, Way};
use super::{Bank, Shared, iso};

/// The account that every statement is about (RIB).
const ACCOUNT: &str = "011780000012345678901296";
/// What stood on it at first.
const OPENING_CENTIMES: i64 = 10_000_000;
/// Movements in one notification at most.
const MOVEMENTS_MAX: usize = 50;
/// A day is told so long after its end, in wall milliseconds: what began in it stands in the ledger by then.
const CLOSING_MS: u64 = 250;

/// What can be wrong with a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Fault {
    /// The first entry is missing (balances as if it had never been).
    Missing,
    /// The first entry has another amount.
    Amount,
    /// The first entry stands twice, with two numbers.
    Twice,
    /// An entry with a reference that nobody knows.
    Unknown,
    /// The closing balance is a centime too high.
    Unbalanced,
    /// An entry that the summary counts is not there.
    Lost,
    /// The first entry is in euros.
    NotMad,
    /// The statement before this one never comes.
    Gap,
    /// It has the id of the statement before it.
    SameId,
    /// The first entry is undone by a reversal entry of the same day.
    Reversal,
}

/// Faults of the statement with this number; 0: of every one.
pub(super) type Faults = BTreeMap<u64, Vec<Fault>>;

/// `POST control/statement`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    #[serde(default)]
    number: u64,
    faults: Vec<Fault>,
}

/// Fixes what is wrong with a statement, until the sandbox stops.
pub(super) async fn control(State(bank): State<Shared>, Json(asked): Json<Asked>) -> StatusCode {
    locked(&bank.faults).insert(asked.number, asked.faults);
    StatusCode::NO_CONTENT
}

/// A movement of the ledger, when the entry is one. Only what came over the counter is told at once.
fn movement(bank: &Bank, entry: &Entry) -> Option<Movement> {
    let text = |name: &str| entry.detail[name].as_str().unwrap_or_default().to_owned();
    let counter = entry.detail["means"] == "counter";
    let (way, transaction) = match entry.action {
        Action::PaymentCaptured if counter => (Way::Counter, text("transaction")),
        Action::PaymentCaptured => (Way::Card, text("transaction")),
        Action::CounterMoney => (Way::Counter, text("transaction")),
        Action::PaymentRefunded => (Way::Refund, format!("V{}", text("reversal"))),
        _ => return None,
    };
    Some(Movement {
        way,
        reference: text("order"),
        transaction: transaction.chars().take(35).collect(),
        amount_centimes: entry.detail["amount_centimes"].as_u64().unwrap_or(0),
        currency: "MAD",
        at: bank.office.legal_text(entry.at_ms),
    })
}

/// Where a reader has come to.
#[derive(Debug, Deserialize)]
pub(super) struct After {
    #[serde(default)]
    after: u64,
}

/// `GET iso/camt.054?after=N`: what came over the counter after a place in the books, or 204.
pub(super) async fn notifications(
    State(bank): State<Shared>,
    Query(After { after }): Query<After>,
    headers: HeaderMap,
) -> Response {
    if let Err(refusal) = iso::caller(&bank, &headers) {
        return *refusal;
    }
    let entries = bank.office.ledger.select_of(Agency::BaridBank, after, usize::MAX, |_| true);
    let told = entries.iter().filter_map(|entry| Some((entry.seq, movement(&bank, entry)?)));
    let told: Vec<(u64, Movement)> =
        told.filter(|(_, movement)| movement.way == Way::Counter).take(MOVEMENTS_MAX).collect();
    let Some(last) = told.last().map(|(seq, _)| *seq) else { return StatusCode::NO_CONTENT.into_response() };
    let movements: Vec<Movement> = told.into_iter().map(|(_, movement)| movement).collect();
    document(&bank, "camt.054", last, camt::notification(last, ACCOUNT, &movements))
}

/// `GET iso/camt.053?after=N`: the statement after number N, or 204 while its day is not over.
pub(super) async fn statements(
    State(bank): State<Shared>,
    Query(After { after }): Query<After>,
    headers: HeaderMap,
) -> Response {
    if let Err(refusal) = iso::caller(&bank, &headers) {
        return *refusal;
    }
    let faults = locked(&bank.faults).clone();
    let skipped = |number: &u64| faults.get(number).is_some_and(|faults| faults.contains(&Fault::Gap));
    let days = days(&bank);
    let Some(day) = days.into_iter().find(|day| day.number > after && !skipped(&(day.number + 1))) else {
        return StatusCode::NO_CONTENT.into_response();
    };
    let number = day.number;
    let asked = faults.get(&number).or_else(|| faults.get(&0));
    let day = asked.map_or(&[][..], Vec::as_slice).iter().fold(day, |day, fault| spoilt(day, *fault));
    document(&bank, "camt.053", number, camt::statement(&day, ACCOUNT))
}

/// A document, and where to read on (RFC 8288).
fn document(bank: &Bank, message: &str, next: u64, body: String) -> Response {
    let link = format!("<{}/barid-bank/iso/{message}?after={next}>; rel=\"next\"", bank.http);
    let headers = [(header::CONTENT_TYPE, "application/xml; charset=utf-8".to_owned()), (header::LINK, link)];
    (headers, body).into_response()
}

/// The legal days that are over and in which money moved, in order.
fn days(bank: &Bank) -> Vec<Day> {
    let now_ms = clock::now_ms().saturating_sub(CLOSING_MS);
    let today = bank.office.legal_date(now_ms, 0);
    let mut by_day: BTreeMap<String, Vec<Movement>> = BTreeMap::new();
    for entry in bank.office.ledger.select_of(Agency::BaridBank, 0, usize::MAX, |_| true) {
        if let Some(movement) = movement(bank, &entry) {
            by_day.entry(bank.office.legal_date(entry.at_ms, 0)).or_default().push(movement);
        }
    }
    let mut balance = OPENING_CENTIMES;
    let past = by_day.into_iter().take_while(|(date, _)| *date < today);
    past.zip(1..)
        .map(|((date, movements), number)| {
            let opening_centimes = balance;
            balance += movements.iter().map(signed).sum::<i64>();
            let (closing_centimes, announced) = (balance, movements.len());
            let id = format!("ABB-RELEVE-{number}");
            Day { date, number, opening_centimes, closing_centimes, announced, movements, id }
        })
        .collect()
}

fn signed(movement: &Movement) -> i64 {
    let centimes = i64::try_from(movement.amount_centimes).unwrap_or(i64::MAX);
    if movement.way == Way::Refund { -centimes } else { centimes }
}

/// The day with one fault. But for the balance itself, balances and counts fit what stands in it.
fn spoilt(mut day: Day, fault: Fault) -> Day {
    let before: i64 = day.movements.iter().map(signed).sum();
    let first = day.movements.first().cloned();
    match (fault, first) {
        (Fault::Missing, Some(_)) => drop(day.movements.remove(0)),
        (Fault::Amount, Some(_)) => day.movements[0].amount_centimes += 100,
        (Fault::Twice, Some(first)) => {
            day.movements.push(Movement { transaction: format!("{}X", first.transaction), ..first });
        }
        (Fault::Reversal, Some(first)) => {
            let transaction = format!("V{}", first.transaction);
            day.movements.push(Movement { way: Way::Refund, transaction, ..first });
        }
        (Fault::Unknown, _) => day.movements.push(Movement {
            way: Way::Counter,
            reference: "f".repeat(32),
            transaction: format!("G{}", day.number),
            amount_centimes: 12_345,
            currency: "MAD",
            at: format!("{}T09:00:00Z", day.date),
        }),
        (Fault::NotMad, Some(_)) => day.movements[0].currency = "EUR",
        (Fault::Unbalanced, _) => day.closing_centimes += 1,
        (Fault::Lost, _) => {
            day.announced += 1;
            return day;
        }
        (Fault::SameId, _) => day.id = format!("ABB-RELEVE-{}", day.number.saturating_sub(1)),
        _ => {}
    }
    day.closing_centimes += day.movements.iter().map(signed).sum::<i64>() - before;
    day.announced = day.movements.len();
    day
}

#[cfg(test)]
mod tests {
    use super::super::super::xml;
    use super::*;

    fn day() -> Day {
        let movement = |way, transaction: &str| Movement {
            way,
            reference: "a".repeat(32),
            transaction: transaction.to_owned(),
            amount_centimes: 625_000,
            currency: "MAD",
            at: "2026-11-03T09:00:00Z".to_owned(),
        };
        Day {
            date: "2026-11-03".to_owned(),
            number: 1,
            opening_centimes: 100,
            closing_centimes: 100 + 625_000,
            announced: 3,
            movements: vec![
                movement(Way::Card, "T1"),
                movement(Way::Counter, "T2"),
                movement(Way::Refund, "V1"),
            ],
            id: "ABB-RELEVE-1".to_owned(),
        }
    }

    fn sums(day: &Day) -> (i64, usize, usize) {
        let difference =
            day.closing_centimes - day.opening_centimes - day.movements.iter().map(signed).sum::<i64>();
        (difference, day.announced, day.movements.len())
    }

    #[test]
    fn each_fault_spoils_one_thing() {
        assert_eq!(sums(&day()), (0, 3, 3));
        for (fault, expected) in [
            (Fault::Missing, (0, 2, 2)),
            (Fault::Amount, (0, 3, 3)),
            (Fault::Twice, (0, 4, 4)),
            (Fault::Unknown, (0, 4, 4)),
            (Fault::Reversal, (0, 4, 4)),
            (Fault::NotMad, (0, 3, 3)),
            (Fault::Unbalanced, (1, 3, 3)),
            (Fault::Lost, (0, 4, 3)),
        ] {
            assert_eq!(sums(&spoilt(day(), fault)), expected, "{fault:?}");
        }
    }

    #[test]
    fn both_versions_are_xml_and_say_the_same_amounts() {
        let amounts = |number| {
            let text = camt::statement(&Day { number, ..day() }, ACCOUNT);
            let root = xml::parse(text.as_bytes()).unwrap();
            let statement = root.at(&["BkToCstmrStmt", "Stmt"]).unwrap().clone();
            let entries: Vec<String> =
                statement.all("Ntry").map(|entry| entry.text_at(&["Amt"]).to_owned()).collect();
            entries
        };
        assert_eq!(amounts(1), amounts(2));
        assert_eq!(amounts(1), vec!["6250.00"; 3]);
        let told = camt::notification(7, ACCOUNT, &day().movements);
        assert!(xml::parse(told.as_bytes()).is_ok());
    }
}
