//! Reading camt.053 and camt.054, versions 02 and 08 (README §9): lenient about what is absent or new, strict about
//! money. Pure.
//!
//! `amount` money · `dates` days and instants · `entry` entries and their transactions · `shape` what is read at all.

pub(super) mod amount;
mod dates;
mod entry;
mod shape;

use wasl_schemas::statement::{Balance, Direction, Statement, StatementFault, StatementKind};

use crate::transport::xml::{self, Element, XmlError, XmlLimits};
use amount::dirhams;

pub(super) use shape::shape_of;

/// What every message of ISO 20022 begins its namespace with.
const NAMESPACE: &str = "urn:iso:std:iso:20022:tech:xsd:";
/// Code of a document that is no statement that is read here.
pub const UNREADABLE: &str = "payment.statement-unreadable";
/// Code of balances and sums that do not add up.
const UNBALANCED: &str = "payment.statement-unbalanced";
/// Code of a statement that does not say where the account began or ended.
const BALANCE_MISSING: &str = "payment.statement-balance-missing";

/// What may come in: a busy day of the whole country is a few thousand entries of about fifty elements.
const LIMITS: XmlLimits = XmlLimits { body_bytes_max: 16 << 20, depth_max: 32, nodes_max: 600_000 };
/// Statements in one message at most.
const STATEMENTS_MAX: usize = 100;
/// Transactions in one statement at most.
pub const ENTRIES_MAX: usize = 10_000;

/// Where our reference may stand in other clothes: data of the bank.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reading {
    /// What the bank writes before our reference, e.g. `WASL-`; usually nothing.
    pub order_prefix: String,
}

/// Why bytes are no statement. Its code is `payment.statement-unreadable`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CamtError {
    /// No XML that is read.
    #[error("{0}")]
    Xml(#[from] XmlError),
    /// Another message, or another version of it.
    #[error("`{0}` is not read; camt.053.001.02, camt.053.001.08, camt.054.001.02 and camt.054.001.08 are")]
    Message(String),
    /// No statement in it, or more than are read.
    #[error("{found} statements in one message; from 1 to {STATEMENTS_MAX} are read")]
    Count {
        /// How many there are.
        found: usize,
    },
}

/// One of the four messages that are read.
struct Message<'a> {
    kind: StatementKind,
    version: &'a str,
}

impl<'a> Message<'a> {
    fn of(root: &'a Element) -> Result<Self, CamtError> {
        let version = root.namespace.strip_prefix(NAMESPACE).unwrap_or(&root.namespace);
        let kind = match version {
            "camt.053.001.02" | "camt.053.001.08" => StatementKind::Statement,
            "camt.054.001.02" | "camt.054.001.08" => StatementKind::Notification,
            other => return Err(CamtError::Message(other.chars().take(100).collect())),
        };
        Ok(Self { kind, version })
    }

    const fn names(&self) -> (&'static str, &'static str) {
        match self.kind {
            StatementKind::Statement => ("BkToCstmrStmt", "Stmt"),
            StatementKind::Notification => ("BkToCstmrDbtCdtNtfctn", "Ntfctn"),
        }
    }
}

/// Reads all statements or notifications of a message. What is wrong inside one of them stands in its faults.
///
/// # Errors
/// [`CamtError`]: not well-formed, too big, a document type, another message or version, no statement in it.
pub fn read(bytes: &[u8], reading: &Reading) -> Result<Vec<Statement>, CamtError> {
    read_tree(&parse(bytes)?, reading)
}

/// The same of a tree.
pub(super) fn read_tree(root: &Element, reading: &Reading) -> Result<Vec<Statement>, CamtError> {
    let message = Message::of(root)?;
    let (body, one) = message.names();
    let body = root.child(&root.namespace, body).ok_or(CamtError::Count { found: 0 })?;
    let found: Vec<&Element> = body.all(&root.namespace, one).collect();
    if found.is_empty() || found.len() > STATEMENTS_MAX {
        return Err(CamtError::Count { found: found.len() });
    }
    let message_id = text_at(body, &["GrpHdr", "MsgId"]).unwrap_or_default();
    let number = found.iter().enumerate();
    Ok(number
        .map(|(index, element)| {
            let path = format!("/{one}[{}]", index + 1);
            Sheet { message: &message, element, reading, path, faults: Vec::new() }.read(message_id)
        })
        .collect())
}

/// The tree alone, under the limits of this message.
pub(super) fn parse(bytes: &[u8]) -> Result<Element, CamtError> {
    Ok(xml::parse(bytes, LIMITS)?)
}

/// One statement while it is read.
struct Sheet<'a> {
    message: &'a Message<'a>,
    element: &'a Element,
    reading: &'a Reading,
    path: String,
    faults: Vec<StatementFault>,
}

impl Sheet<'_> {
    fn fault(&mut self, code: &str, at: &str, reason: impl Into<String>) {
        let at = format!("{}{at}", self.path);
        self.faults.push(StatementFault { code: code.to_owned(), at, reason: reason.into() });
    }

    fn read(mut self, message_id: &str) -> Statement {
        let text = |path: &[&str]| text_at(self.element, path).map(str::to_owned);
        let id = text(&["Id"]);
        let account = text(&["Acct", "Id", "IBAN"]).or_else(|| text(&["Acct", "Id", "Othr", "Id"]));
        let currency = text(&["Acct", "Ccy"]);
        let sequence = text(&["ElctrncSeqNb"]).or_else(|| text(&["LglSeqNb"])).and_then(|n| n.parse().ok());
        for (missing, at) in [(id.is_none(), "/Id"), (account.is_none(), "/Acct/Id")] {
            if missing {
                self.fault(UNREADABLE, at, "missing or empty");
            }
        }
        if currency.is_some_and(|currency| currency != "MAD") {
            self.fault(amount::NOT_MAD, "/Acct/Ccy", "the account is not kept in MAD");
        }
        let balances = self.balances();
        let entries = self.entries();
        let mut statement = Statement {
            kind: self.message.kind,
            version: self.message.version.to_owned(),
            message_id: message_id.to_owned(),
            id: id.unwrap_or_default(),
            sequence,
            account: account.unwrap_or_default(),
            from: at(self.element, &["FrToDt", "FrDtTm"]).and_then(dates::day),
            to: at(self.element, &["FrToDt", "ToDtTm"]).and_then(dates::day),
            balances,
            entries,
            faults: Vec::new(),
        };
        if statement.kind == StatementKind::Statement {
            self.check_balances(&statement);
        }
        self.check_summary(&statement);
        statement.faults = self.faults;
        statement
    }

    fn balances(&mut self) -> Vec<Balance> {
        let mut balances = Vec::new();
        for (index, element) in self.element.all(&self.element.namespace, "Bal").enumerate() {
            let place = format!("/Bal[{}]", index + 1);
            let code = text_at(element, &["Tp", "CdOrPrtry", "Cd"])
                .or_else(|| text_at(element, &["Tp", "CdOrPrtry", "Prtry"]));
            let sign = match text_at(element, &["CdtDbtInd"]) {
                Some("CRDT") => 1,
                Some("DBIT") => -1,
                _ => {
                    self.fault(UNREADABLE, &format!("{place}/CdtDbtInd"), "neither CRDT nor DBIT");
                    continue;
                }
            };
            match dirhams(at(element, &["Amt"])) {
                Ok(amount) => balances.push(Balance {
                    code: code.unwrap_or_default().to_owned(),
                    amount_centimes: wasl_schemas::money::Centimes(sign * amount.0),
                    on: at(element, &["Dt"]).and_then(dates::choice).map(|(day, _)| day),
                }),
                Err(reason) => self.fault(amount::NOT_MAD, &format!("{place}/Amt"), reason),
            }
        }
        balances
    }

    /// Opening + credits − debits = closing.
    fn check_balances(&mut self, statement: &Statement) {
        for (balance, name) in [(statement.opening(), "OPBD or PRCD"), (statement.closing(), "CLBD")] {
            if balance.is_none() {
                self.fault(BALANCE_MISSING, "/Bal", format!("no balance {name}"));
            }
        }
        let known = statement.opening().is_some() && statement.closing().is_some();
        // Sums beyond 64 bits balance nothing either.
        if !known || statement.is_balanced() == Some(true) {
            return;
        }
        let text = |amount: Option<wasl_schemas::money::Centimes>| amount.unwrap_or_default().to_string();
        let reason = format!(
            "{} + {} - {} is not {}",
            text(statement.opening()),
            text(statement.sum(Direction::Credit)),
            text(statement.sum(Direction::Debit)),
            text(statement.closing())
        );
        self.fault(UNBALANCED, "/Bal", reason);
    }

    /// The bank's own count of entries, where it gives one: an entry that was lost on the way is noticed.
    fn check_summary(&mut self, statement: &Statement) {
        let told = text_at(self.element, &["TxsSummry", "TtlNtries", "NbOfNtries"]);
        let count = self.element.all(&self.element.namespace, "Ntry").count();
        if told.is_some_and(|told| told.parse() != Ok(count)) {
            let reason = format!("{count} entries, the summary says {}", told.unwrap_or_default());
            self.fault(UNBALANCED, "/TxsSummry/TtlNtries", reason);
        }
        for (name, way) in [("TtlCdtNtries", Direction::Credit), ("TtlDbtNtries", Direction::Debit)] {
            let Some(told) = text_at(self.element, &["TxsSummry", name, "Sum"]) else { continue };
            let told = wasl_schemas::money::Centimes::parse(told).ok();
            let all_booked = statement.entries.iter().all(wasl_schemas::statement::StatementEntry::counts);
            if all_booked && told != statement.sum(way) {
                let reason = "the sum of the entries is not that of the summary";
                self.fault(UNBALANCED, &format!("/TxsSummry/{name}"), reason);
            }
        }
    }
}

/// The element at a path below another, in its namespace.
fn at<'a>(element: &'a Element, path: &[&str]) -> Option<&'a Element> {
    path.iter().try_fold(element, |element, name| element.child(&element.namespace, name))
}

/// Its text; `None` when absent or empty.
fn text_at<'a>(element: &'a Element, path: &[&str]) -> Option<&'a str> {
    at(element, path).map(Element::trimmed).filter(|text| !text.is_empty())
}
