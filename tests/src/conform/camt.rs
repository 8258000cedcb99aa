//! Statements and notifications of a bank (ISO 20022 camt.053 and camt.054, versions 02 and 08), judged by rules that
//! have a name. Written from the contract alone: what wasl makes of the same bytes is another reading.

mod entry;

use std::collections::BTreeSet;

use crate::sandbox::xml::{self, Element};

/// What is wrong with a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// `message`, `identity`, `version`, `currency`, `decimals`, `direction`, `balance`, `summary`, `details` or
    /// `duplicate`.
    pub rule: &'static str,
    /// A sentence with the place.
    pub what: String,
}

const NAMESPACE: &str = "urn:iso:std:iso:20022:tech:xsd:";

/// All faults of a document.
#[must_use]
pub fn faults(bytes: &[u8]) -> Vec<Fault> {
    let mut sheet = Sheet::default();
    match xml::parse(bytes) {
        Ok(root) => sheet.document(&root),
        Err(why) => sheet.put("message", why),
    }
    sheet.faults
}

/// One document while it is read.
#[derive(Default)]
struct Sheet {
    faults: Vec<Fault>,
    /// Amounts that could not be read: no sum is made with them.
    unread: bool,
    /// Transactions of the statement, with their way.
    seen: BTreeSet<(String, String)>,
}

impl Sheet {
    fn put(&mut self, rule: &'static str, what: impl Into<String>) {
        self.faults.push(Fault { rule, what: what.into() });
    }

    fn document(&mut self, root: &Element) {
        let message = root.namespace.strip_prefix(NAMESPACE).unwrap_or(&root.namespace);
        let (body, one, old) = match message {
            "camt.053.001.02" => ("BkToCstmrStmt", "Stmt", true),
            "camt.053.001.08" => ("BkToCstmrStmt", "Stmt", false),
            "camt.054.001.02" => ("BkToCstmrDbtCdtNtfctn", "Ntfctn", true),
            "camt.054.001.08" => ("BkToCstmrDbtCdtNtfctn", "Ntfctn", false),
            other => return self.put("message", format!("`{other}` is none of the four messages")),
        };
        let all: Vec<&Element> = root.child(body).into_iter().flat_map(|body| body.all(one)).collect();
        if all.is_empty() {
            self.put("message", format!("no {body}/{one}"));
        }
        for statement in all {
            self.statement(statement, old, one == "Stmt");
        }
    }

    fn statement(&mut self, statement: &Element, old: bool, balanced: bool) {
        (self.unread, self.seen) = (false, BTreeSet::new());
        let account = |path: &[&str]| !statement.text_at(path).is_empty();
        if statement.text_at(&["Id"]).is_empty() {
            self.put("identity", "no Id");
        }
        if !account(&["Acct", "Id", "IBAN"]) && !account(&["Acct", "Id", "Othr", "Id"]) {
            self.put("identity", "no Acct/Id");
        }
        if !matches!(statement.text_at(&["Acct", "Ccy"]), "" | "MAD") {
            self.put("currency", "Acct/Ccy is not MAD");
        }
        let mut moved = 0;
        for (number, entry) in (1..).zip(statement.all("Ntry")) {
            moved += self.entry(&format!("Ntry[{number}]"), entry, old);
        }
        if balanced {
            self.balance(statement, moved);
        }
        let (told, count) =
            (statement.text_at(&["TxsSummry", "TtlNtries", "NbOfNtries"]), statement.all("Ntry").count());
        if !told.is_empty() && told != count.to_string() {
            self.put("summary", format!("NbOfNtries says {told}, {count} entries stand there"));
        }
    }

    /// Opening and what moved make closing.
    fn balance(&mut self, statement: &Element, moved: i128) {
        let mut of = |codes: &[&str]| {
            let found = statement
                .all("Bal")
                .find(|balance| codes.contains(&balance.text_at(&["Tp", "CdOrPrtry", "Cd"])));
            found.map(|balance| self.signed("Bal", balance, balance.child("Amt")))
        };
        let (opening, closing) = (of(&["OPBD", "PRCD"]), of(&["CLBD"]));
        let (Some(opening), Some(closing)) = (opening, closing) else {
            return self.put("balance", "no OPBD (or PRCD), or no CLBD");
        };
        if !self.unread && opening + moved != closing {
            let what =
                format!("{opening} centimes and the entries' {moved} do not make the closing {closing}");
            self.put("balance", what);
        }
    }

    /// Centimes, below zero for a debit; nought and a fault where they cannot be read.
    fn signed(&mut self, place: &str, element: &Element, amount: Option<&Element>) -> i128 {
        let sign = match element.text_at(&["CdtDbtInd"]) {
            "CRDT" => 1,
            "DBIT" => -1,
            other => {
                self.put("direction", format!("{place}/CdtDbtInd is `{other}`, neither CRDT nor DBIT"));
                self.unread = true;
                0
            }
        };
        sign * self.centimes(place, amount)
    }

    /// An amount in whole centimes: exactly MAD with two decimals.
    fn centimes(&mut self, place: &str, amount: Option<&Element>) -> i128 {
        let currency = amount.and_then(|amount| amount.attribute("Ccy")).unwrap_or_default();
        if currency != "MAD" {
            self.put("currency", format!("{place}/Amt is in `{currency}`, not in MAD"));
        }
        let text = amount.map_or("", |amount| amount.text.trim());
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let parts = text.split_once('.').filter(|(whole, part)| digits(whole) && digits(part));
        match parts.filter(|(_, part)| part.len() == 2).map(|(whole, part)| format!("{whole}{part}").parse())
        {
            Some(Ok(centimes)) => centimes,
            _ => {
                self.put("decimals", format!("{place}/Amt is `{text}`, not a number with two decimals"));
                self.unread = true;
                0
            }
        }
    }
}
