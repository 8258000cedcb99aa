//! camt.053 and camt.054 in versions 02 and 08, as the bank writes them (contract §9).

use std::fmt::Write as _;

use super::super::clock;
use super::super::xml::{optional_tag, tag};
use super::order::dirhams;

/// Which version is written: banks are midway between them, and so is this one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Version {
    Two,
    Eight,
}

impl Version {
    /// Even documents in the old version, odd ones in the new.
    pub(super) const fn of(number: u64) -> Self {
        if number.is_multiple_of(2) { Self::Two } else { Self::Eight }
    }

    const fn digits(self) -> &'static str {
        match self {
            Self::Two => "02",
            Self::Eight => "08",
        }
    }
}

/// How money moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Card,
    Counter,
    Refund,
}

/// One movement on the account.
#[derive(Debug, Clone)]
pub(super) struct Movement {
    pub(super) way: Way,
    /// Our order, 32 digits; or what the payer wrote.
    pub(super) reference: String,
    pub(super) transaction: String,
    pub(super) amount_centimes: u64,
    /// ISO 4217; only a fault writes another than MAD.
    pub(super) currency: &'static str,
    /// Legal instant, `2026-11-03T09:00:00Z`.
    pub(super) at: String,
}

impl Movement {
    const fn credit(&self) -> bool {
        !matches!(self.way, Way::Refund)
    }
}

fn document(message: &str, version: Version, body: &str, message_id: &str, inner: &str) -> String {
    let (digits, now) = (version.digits(), clock::now_text());
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Document \
         xmlns=\"urn:iso:std:iso:20022:tech:xsd:{message}.001.{digits}\"><{body}><GrpHdr>{}{}</GrpHdr>{inner}</{body}>\
         </Document>",
        tag("MsgId", message_id),
        tag("CreDtTm", &now),
    )
}

fn account(number: &str) -> String {
    format!("<Acct><Id><Othr>{}</Othr></Id>{}</Acct>", tag("Id", number), tag("Ccy", "MAD"))
}

/// A camt.054 with some movements.
pub(super) fn notification(number: u64, account_number: &str, movements: &[Movement]) -> String {
    let version = Version::of(number);
    let entries = entries(version, movements);
    let id = format!("ABB-AVIS-{number}");
    let inner = format!("<Ntfctn>{}{}{entries}</Ntfctn>", tag("Id", &id), account(account_number));
    document("camt.054", version, "BkToCstmrDbtCdtNtfctn", &format!("ABB-054-{number}"), &inner)
}

/// A day of the account.
#[derive(Debug, Clone)]
pub(super) struct Day {
    pub(super) date: String,
    pub(super) number: u64,
    pub(super) opening_centimes: i64,
    pub(super) closing_centimes: i64,
    /// How many entries the summary announces.
    pub(super) announced: usize,
    pub(super) movements: Vec<Movement>,
    /// The id of the statement; two of one id are a fault.
    pub(super) id: String,
}

/// A camt.053.
pub(super) fn statement(day: &Day, account_number: &str) -> String {
    let version = Version::of(day.number);
    let balance = |code: &str, centimes: i64| {
        let way = if centimes < 0 { "DBIT" } else { "CRDT" };
        format!(
            "<Bal><Tp><CdOrPrtry>{}</CdOrPrtry></Tp><Amt Ccy=\"MAD\">{}</Amt>{}<Dt>{}</Dt></Bal>",
            tag("Cd", code),
            dirhams(centimes.unsigned_abs()),
            tag("CdtDbtInd", way),
            tag("Dt", &day.date)
        )
    };
    let inner = format!(
        "<Stmt>{}{}<FrToDt>{}{}</FrToDt>{}{}{}<TxsSummry><TtlNtries>{}</TtlNtries></TxsSummry>{}</Stmt>",
        tag("Id", &day.id),
        tag("ElctrncSeqNb", &day.number.to_string()),
        tag("FrDtTm", &format!("{}T00:00:00", day.date)),
        tag("ToDtTm", &format!("{}T23:59:59", day.date)),
        account(account_number),
        balance("OPBD", day.opening_centimes),
        balance("CLBD", day.closing_centimes),
        tag("NbOfNtries", &day.announced.to_string()),
        entries(version, &day.movements)
    );
    document("camt.053", version, "BkToCstmrStmt", &format!("ABB-053-{}", day.number), &inner)
}

fn entries(version: Version, movements: &[Movement]) -> String {
    movements.iter().enumerate().fold(String::new(), |mut text, (index, movement)| {
        let _ = write!(text, "{}", entry(version, index + 1, movement));
        text
    })
}

fn entry(version: Version, number: usize, movement: &Movement) -> String {
    let credit = movement.credit();
    let way = tag("CdtDbtInd", if credit { "CRDT" } else { "DBIT" });
    let amount = format!("<Amt Ccy=\"{}\">{}</Amt>", movement.currency, dirhams(movement.amount_centimes));
    let (family, sub_family) = match movement.way {
        Way::Card => ("MCRD", "POSP"),
        Way::Counter => ("CNTR", "CDPT"),
        Way::Refund => ("ICDT", "ESCT"),
    };
    let status = match version {
        Version::Two => tag("Sts", "BOOK"),
        Version::Eight => format!("<Sts>{}</Sts>", tag("Cd", "BOOK")),
    };
    let detail = match version {
        Version::Two => format!("<AmtDtls><TxAmt>{amount}</TxAmt></AmtDtls>"),
        Version::Eight => format!("{amount}{way}"),
    };
    let back = if credit { "" } else { "<RtrInf><Rsn><Cd>CUST</Cd></Rsn></RtrInf>" };
    format!(
        "<Ntry>{}{amount}{way}{}{status}<BookgDt>{}</BookgDt><BkTxCd><Domn>{}<Fmly>{}{}</Fmly></Domn></BkTxCd>\
         <NtryDtls><TxDtls><Refs>{}{}</Refs>{detail}{back}</TxDtls></NtryDtls></Ntry>",
        tag("NtryRef", &number.to_string()),
        optional_tag("RvslInd", if credit { "" } else { "true" }),
        tag("DtTm", &movement.at),
        tag("Cd", "PMNT"),
        tag("Cd", family),
        tag("SubFmlyCd", sub_family),
        tag("AcctSvcrRef", &movement.transaction),
        tag("EndToEndId", &movement.reference),
    )
}
