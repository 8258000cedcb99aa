//! The two feeds (README §9): credit and debit notifications, and daily statements. Read from a cursor, document by
//! document; what cannot be used is set aside with its bytes, and never holds up what comes after it.

use base64::Engine as _;
use reqwest::header::{AUTHORIZATION, LINK};
use wasl_schemas::agency::{CollectedItem, Outcome, RejectedItem};
use wasl_schemas::payment::{PaymentMeans, PaymentReceipt};
use wasl_schemas::statement::{Direction, Statement, StatementEntry, StatementKind};

use super::call::BaridBank;
use super::camt::{self, Reading};
use super::map::back;
use crate::port::Collected;
use crate::transport::clock::wall_now;
use crate::transport::http::{Answer, Call, Trouble, trouble_of_status};

/// Counter payments, transfers and reversals as they happen: camt.054.
pub(super) const NOTIFICATIONS: &str = "notifications";
/// What was booked day by day, with balances: camt.053.
pub(super) const STATEMENTS: &str = "statements";
/// Bytes of a rejected document that are kept.
const RAW_BYTES_MAX: usize = 64 << 10;
/// Longest cursor of the bank that is believed.
const CURSOR_BYTES_MAX: usize = 200;
/// Transactions after which a reading ends; the next one begins where it ended.
const TRANSACTIONS_MAX: usize = 2_000;

/// Reads on in a feed.
pub(super) async fn collect(bank: &BaridBank, feed: &str, cursor: &str) -> Collected {
    let failed = |reason: String| Collected {
        next_cursor: cursor.to_owned(),
        failed: Some(reason),
        ..Collected::default()
    };
    let path = match feed {
        NOTIFICATIONS => "iso/camt.054",
        STATEMENTS => "iso/camt.053",
        _ => return failed(format!("the bank has no feed `{feed}`")),
    };
    let mut collected = Collected { next_cursor: cursor.to_owned(), ..Collected::default() };
    let mut read = 0;
    for _ in 0..bank.config.feed_documents_max {
        let document = match next(bank, path, &collected.next_cursor).await {
            Ok(Some(document)) => document,
            Ok(None) => return collected,
            // What was understood before it is kept; the rest waits for the next reading.
            Err(_) if collected.next_cursor != cursor => return collected,
            Err(trouble) => return failed(reason_of(trouble)),
        };
        read += take(&mut collected, &document, &bank.config.reading);
        collected.next_cursor = document.next;
        if read > TRANSACTIONS_MAX {
            break;
        }
    }
    collected.more = true;
    collected
}

/// One document of a feed.
struct Document {
    body: bytes::Bytes,
    /// Where it was found, for the operator.
    place: String,
    /// Where to read on.
    next: String,
}

/// The document after a place; `None` when there is none yet.
async fn next(bank: &BaridBank, path: &str, cursor: &str) -> Result<Option<Document>, Trouble> {
    let after: String = url::form_urlencoded::byte_serialize(cursor.as_bytes()).collect();
    let query = if cursor.is_empty() { String::new() } else { format!("?after={after}") };
    let call = Call::get(bank.url(&format!("{path}{query}")), format!("GET {path}"));
    let answer = bank.http.send(call.header(AUTHORIZATION, &bank.basic)?, &mut Vec::new()).await?;
    if let Some(trouble) = trouble_of_status(&answer, true, wall_now()) {
        return Err(trouble);
    }
    match answer.status {
        204 => Ok(None),
        200 => {
            let next = next_cursor(&answer).filter(|next| next != cursor);
            let next =
                next.ok_or_else(|| Trouble::transient("a document without the place of the next one"))?;
            let place = format!("{path} after {}", if cursor.is_empty() { "the beginning" } else { cursor });
            Ok(Some(Document { body: answer.body, place, next }))
        }
        status => Err(Trouble::transient(format!("HTTP {status}"))),
    }
}

/// `Link: <…?after=17>; rel="next"` (RFC 8288).
fn next_cursor(answer: &Answer) -> Option<String> {
    let links = answer.headers.get_all(LINK).iter();
    let target = links.filter_map(|value| back::linked(value.to_str().ok()?, "next")).next()?;
    let (_, query) = target.split_once('?')?;
    let mut pairs = url::form_urlencoded::parse(query.as_bytes());
    let after = pairs.find(|(name, _)| name == "after")?.1.into_owned();
    (!after.is_empty() && after.len() <= CURSOR_BYTES_MAX).then_some(after)
}

/// Takes one document over; gives back how many transactions it had.
fn take(collected: &mut Collected, document: &Document, reading: &Reading) -> usize {
    let read = match camt::parse(&document.body).and_then(|root| {
        let statements = camt::read_tree(&root, reading)?;
        Ok((root, statements))
    }) {
        Ok(read) => read,
        Err(why) => {
            collected.rejected.push(rejected(document, &document.place, camt::UNREADABLE, &why.to_string()));
            return 0;
        }
    };
    let (root, statements) = read;
    if let Some(first) = statements.first() {
        collected.drift.extend(camt::shape_of(first.kind).of_xml(&root));
    }
    let mut count = 0;
    for statement in statements {
        count += statement.entries.len();
        if let Some(fault) = statement.faults.first() {
            let event_id = format!("{} {}", document.place, statement.id);
            let reason = format!("{}: {}", fault.at, fault.reason);
            collected.rejected.push(rejected(document, &event_id, &fault.code, &reason));
        }
        let read = items(&statement);
        collected.items.extend(read.items);
        collected.rejected.extend(read.rejected);
        if statement.kind == StatementKind::Statement {
            collected.statements.push(statement);
        }
    }
    count
}

fn rejected(document: &Document, event_id: &str, code: &str, reason: &str) -> RejectedItem {
    let kept = document.body.get(..document.body.len().min(RAW_BYTES_MAX)).unwrap_or_default();
    aside(event_id, code, reason, kept)
}

fn aside(event_id: &str, code: &str, reason: &str, raw: &[u8]) -> RejectedItem {
    RejectedItem {
        event_id: event_id.to_owned(),
        code: code.to_owned(),
        reason: reason.to_owned(),
        raw_base64: base64::engine::general_purpose::STANDARD.encode(raw),
    }
}

fn reason_of(trouble: Trouble) -> String {
    match trouble {
        Trouble::Transient { reason, .. } | Trouble::InDoubt { reason } => reason,
        Trouble::Refused { code, reason } => format!("{code}: {reason}"),
    }
}

/// What the entries of a statement mean for orders.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Items {
    pub(super) items: Vec<CollectedItem>,
    pub(super) rejected: Vec<RejectedItem>,
}

/// Pure. A notification books payments; a statement only says what was given back, and only when nothing is wrong
/// with it: whether the rest was booked is compared afterwards, never booked a second time.
pub(super) fn items(statement: &Statement) -> Items {
    let mut items = Items::default();
    let whole = statement.kind == StatementKind::Statement;
    if whole && !statement.faults.is_empty() {
        return items;
    }
    for entry in statement.entries.iter().filter(|entry| entry.counts()) {
        match (entry.direction, entry.order) {
            (Direction::Debit, Some(order)) => {
                let outcome = Outcome::Refunded {
                    amount_centimes: entry.amount_centimes,
                    transaction: transaction(statement, entry),
                };
                items.items.push(item(statement, entry, order, outcome));
            }
            // Fees of the bank, transfers to the communes: the reconciliation lists them.
            (Direction::Debit, None) => {}
            (Direction::Credit, _) if whole => {}
            // The callback has booked it, or will.
            (Direction::Credit, _) if entry.means == PaymentMeans::Card => {}
            (Direction::Credit, _) if entry.reversal || entry.returned.is_some() => {
                items.rejected.push(unusable(
                    statement,
                    entry,
                    "payment.refund-returned",
                    "money given back came back",
                ));
            }
            (Direction::Credit, Some(order)) => {
                let outcome = Outcome::Paid { receipt: receipt(statement, entry) };
                items.items.push(item(statement, entry, order, outcome));
            }
            (Direction::Credit, None) => {
                items.rejected.push(unusable(
                    statement,
                    entry,
                    "payment.order-unknown",
                    "no reference of ours",
                ));
            }
        }
    }
    items
}

fn item(
    statement: &Statement,
    entry: &StatementEntry,
    consultation: wasl_schemas::id::ConsultationId,
    outcome: Outcome,
) -> CollectedItem {
    CollectedItem { event_id: event_id(statement, entry), consultation, outcome }
}

fn unusable(statement: &Statement, entry: &StatementEntry, code: &str, reason: &str) -> RejectedItem {
    let raw = serde_json::to_vec(entry).unwrap_or_default();
    aside(&event_id(statement, entry), code, reason, &raw)
}

fn receipt(statement: &Statement, entry: &StatementEntry) -> PaymentReceipt {
    PaymentReceipt {
        transaction: transaction(statement, entry),
        amount_centimes: entry.amount_centimes,
        means: entry.means,
        paid_at: entry.booked_at,
    }
}

/// The bank's number; without one the entry's place in the statement, which is the same whenever it comes.
fn transaction(statement: &Statement, entry: &StatementEntry) -> String {
    entry.transaction.clone().unwrap_or_else(|| format!("{}/{}.{}", statement.id, entry.entry, entry.detail))
}

/// The same transaction is the same event, in whichever message and however often it comes.
fn event_id(statement: &Statement, entry: &StatementEntry) -> String {
    format!("camt|{}|{}|{}", statement.account, entry.direction.as_str(), transaction(statement, entry))
}
