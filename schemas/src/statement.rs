//! What a bank says of an account: statements and notifications (ISO 20022 camt.053 and camt.054), as they were read.
//!
//! Amounts are whole centimes and never below zero, but for balances; which way money went stands beside them.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::id::{ConsultationId, WASL_NAMESPACE};
use crate::money::Centimes;
use crate::payment::PaymentMeans;

/// Which message it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StatementKind {
    /// camt.053: what was booked, with balances.
    Statement,
    /// camt.054: single credits and debits, without balances.
    Notification,
}

/// One account's statement or notification.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statement {
    /// Which message.
    pub kind: StatementKind,
    /// Name of the message with its version: `camt.053.001.08`.
    pub version: String,
    /// `MsgId` of the message that brought it.
    pub message_id: String,
    /// The bank's own id of it.
    pub id: String,
    /// `ElctrncSeqNb`, else `LglSeqNb`: grows by one from statement to statement of an account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sequence: Option<i64>,
    /// The account: IBAN, else the bank's own form (RIB).
    pub account: String,
    /// First day that it covers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Date>,
    /// Last day that it covers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Date>,
    /// Balances in their order.
    pub balances: Vec<Balance>,
    /// Entries in their order, one for each transaction.
    pub entries: Vec<StatementEntry>,
    /// What is wrong with it. A statement with a fault books nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<StatementFault>,
}

/// A balance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Balance {
    /// `OPBD` opening, `CLBD` closing, `PRCD` previous closing …
    pub code: String,
    /// Below zero: the account is overdrawn.
    pub amount_centimes: Centimes,
    /// The day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on: Option<Date>,
}

/// Which way money went, seen from the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// Came in.
    Credit,
    /// Went out.
    Debit,
}

impl Direction {
    /// The key on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Credit => "credit",
            Self::Debit => "debit",
        }
    }
}

/// How sure an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EntryStatus {
    /// `BOOK`: it counts.
    Booked,
    /// `PDNG`: not yet.
    Pending,
    /// `INFO`: told only.
    Information,
    /// `FUTR`, or a status that is not known: it does not count.
    Other,
}

impl EntryStatus {
    /// The key on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Booked => "booked",
            Self::Pending => "pending",
            Self::Information => "information",
            Self::Other => "other",
        }
    }
}

/// One transaction of an entry; an entry of several transactions becomes several of these.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatementEntry {
    /// Which entry of the statement, from 1.
    pub entry: u32,
    /// Which transaction of the entry, from 1.
    pub detail: u32,
    /// The bank's number of the transaction (`AcctSvcrRef`, else `TxId`, else `NtryRef`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transaction: Option<String>,
    /// How much, never below zero.
    pub amount_centimes: Centimes,
    /// Which way.
    pub direction: Direction,
    /// How sure.
    pub status: EntryStatus,
    /// It undoes an earlier entry (`RvslInd`).
    pub reversal: bool,
    /// Why it was sent back (`RtrInf`), as the bank codes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub returned: Option<String>,
    /// The day on which it was booked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub booked_on: Option<Date>,
    /// The instant, when the bank gives one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub booked_at: Option<Timestamp>,
    /// The day from which it counts for interest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valued_on: Option<Date>,
    /// Bank transaction code: `PMNT/CNTR/CDPT`, or the bank's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// How it was paid, as far as the code says.
    pub means: PaymentMeans,
    /// `EndToEndId`, as it stands; `NOTPROVIDED` counts as absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_to_end: Option<String>,
    /// Structured creditor reference.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub creditor_reference: Option<String>,
    /// Our order, wherever it was found among the references.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<ConsultationId>,
}

/// What is wrong with a statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatementFault {
    /// Fault code; its page is `config/problems/<code>.md`.
    pub code: String,
    /// Where: `/Stmt[1]/Ntry[3]/Amt`.
    pub at: String,
    /// What was found, and what was expected. No name of a person.
    pub reason: String,
}

impl StatementEntry {
    /// Booked: it counts in the balance.
    #[must_use]
    pub fn counts(&self) -> bool {
        self.status == EntryStatus::Booked
    }

    /// With the sign of its way.
    #[must_use]
    pub const fn signed(&self) -> i64 {
        match self.direction {
            Direction::Credit => self.amount_centimes.0,
            Direction::Debit => -self.amount_centimes.0,
        }
    }
}

impl Statement {
    /// Its key here: the same account and the bank's same id are the same statement, however often it comes.
    #[must_use]
    pub fn key(&self) -> Uuid {
        let name = format!("statement|{}|{}", self.account, self.id);
        Uuid::new_v5(&WASL_NAMESPACE, name.as_bytes())
    }

    /// The first balance with one of these codes, in the order of the codes.
    #[must_use]
    pub fn balance(&self, codes: &[&str]) -> Option<Centimes> {
        let find = |code: &&str| self.balances.iter().find(|balance| balance.code == *code);
        codes.iter().find_map(find).map(|balance| balance.amount_centimes)
    }

    /// Opening balance: booked (`OPBD`), else the previous closing one (`PRCD`).
    #[must_use]
    pub fn opening(&self) -> Option<Centimes> {
        self.balance(&["OPBD", "PRCD"])
    }

    /// Closing balance, booked (`CLBD`).
    #[must_use]
    pub fn closing(&self) -> Option<Centimes> {
        self.balance(&["CLBD"])
    }

    /// Sum of what was booked one way; `None` when it is larger than 64 bits.
    #[must_use]
    pub fn sum(&self, direction: Direction) -> Option<Centimes> {
        let booked = self.entries.iter().filter(|entry| entry.counts() && entry.direction == direction);
        booked.map(|entry| entry.amount_centimes.0).try_fold(0_i64, i64::checked_add).map(Centimes)
    }

    /// Opening + credits − debits = closing. `None` when a balance or a sum is missing.
    #[must_use]
    pub fn is_balanced(&self) -> Option<bool> {
        let credits = self.sum(Direction::Credit)?.0;
        let debits = self.sum(Direction::Debit)?.0;
        let end = self.opening()?.0.checked_add(credits)?.checked_sub(debits)?;
        Some(end == self.closing()?.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(centimes: i64, direction: Direction, status: EntryStatus) -> StatementEntry {
        StatementEntry {
            entry: 1,
            detail: 1,
            transaction: None,
            amount_centimes: Centimes(centimes),
            direction,
            status,
            reversal: false,
            returned: None,
            booked_on: None,
            booked_at: None,
            valued_on: None,
            code: None,
            means: PaymentMeans::Counter,
            end_to_end: None,
            creditor_reference: None,
            order: None,
        }
    }

    fn statement(opening: i64, closing: i64, entries: Vec<StatementEntry>) -> Statement {
        let balance = |code: &str, centimes| Balance {
            code: code.to_owned(),
            amount_centimes: Centimes(centimes),
            on: None,
        };
        Statement {
            kind: StatementKind::Statement,
            version: "camt.053.001.08".to_owned(),
            message_id: "M".to_owned(),
            id: "S".to_owned(),
            sequence: Some(1),
            account: "A".to_owned(),
            from: None,
            to: None,
            balances: vec![balance("OPBD", opening), balance("CLBD", closing)],
            entries,
            faults: Vec::new(),
        }
    }

    #[test]
    fn only_what_is_booked_counts_in_the_balance() {
        let entries = vec![
            entry(500, Direction::Credit, EntryStatus::Booked),
            entry(200, Direction::Debit, EntryStatus::Booked),
            entry(900, Direction::Credit, EntryStatus::Pending),
        ];
        assert_eq!(statement(1000, 1300, entries.clone()).is_balanced(), Some(true));
        assert_eq!(statement(1000, 1301, entries.clone()).is_balanced(), Some(false));
        let mut missing = statement(1000, 1300, entries);
        missing.balances.pop();
        assert_eq!(missing.is_balanced(), None);
    }

    #[test]
    fn a_sum_that_does_not_fit_is_no_sum() {
        let entries = vec![entry(i64::MAX, Direction::Credit, EntryStatus::Booked); 2];
        assert_eq!(statement(0, 0, entries).is_balanced(), None);
    }

    #[test]
    fn the_same_statement_has_the_same_key_whatever_message_brings_it() {
        let one = statement(0, 0, Vec::new());
        let again = Statement { message_id: "N".to_owned(), sequence: None, ..one.clone() };
        assert_eq!(one.key(), again.key());
        let key = one.key();
        assert_ne!(key, Statement { id: "T".to_owned(), ..one }.key());
    }
}
