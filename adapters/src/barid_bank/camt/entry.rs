//! Entries and their transactions. An entry without transaction details is one transaction.

use wasl_schemas::id::ConsultationId;
use wasl_schemas::money::Centimes;
use wasl_schemas::payment::PaymentMeans;
use wasl_schemas::statement::{Direction, EntryStatus, StatementEntry};

use super::super::map::order_of;
use super::{ENTRIES_MAX, Sheet, UNBALANCED, UNREADABLE, amount, at, dates, text_at};
use crate::transport::xml::Element;

/// What ISO writes where a payer gave no reference.
const NOT_PROVIDED: &str = "NOTPROVIDED";
/// Longest reference that is kept: ISO `Max35Text`, `Max140Text` for proprietary ones.
const REFERENCE_CHARS_MAX: usize = 140;

impl Sheet<'_> {
    /// All transactions; what cannot be read is a fault and left out.
    pub(super) fn entries(&mut self) -> Vec<StatementEntry> {
        let mut found = Vec::new();
        let element = self.element;
        for (index, entry) in element.all(&element.namespace, "Ntry").enumerate() {
            let number = u32::try_from(index + 1).unwrap_or(u32::MAX);
            let place = format!("/Ntry[{number}]");
            match self.entry(number, &place, entry) {
                Ok(lines) => found.extend(lines),
                Err((code, below, reason)) => self.fault(code, &format!("{place}{below}"), reason),
            }
            if found.len() > ENTRIES_MAX {
                self.fault(UNREADABLE, &place, format!("more than {ENTRIES_MAX} transactions"));
                break;
            }
        }
        found
    }

    fn entry(&mut self, number: u32, place: &str, entry: &Element) -> Result<Vec<StatementEntry>, Wrong> {
        let whole =
            amount::dirhams(at(entry, &["Amt"])).map_err(|why| (amount::NOT_MAD, "/Amt".to_owned(), why))?;
        let way =
            direction(entry).ok_or_else(|| (UNREADABLE, "/CdtDbtInd".to_owned(), "neither CRDT nor DBIT"))?;
        let details: Vec<&Element> = entry
            .all(&entry.namespace, "NtryDtls")
            .flat_map(|details| details.all(&details.namespace, "TxDtls"))
            .collect();
        let mut lines = Vec::with_capacity(details.len().max(1));
        for (index, detail) in details.iter().enumerate() {
            let line = self.line(number, index, entry, Some(detail), (whole, way), details.len() == 1)?;
            lines.push(line);
        }
        if lines.is_empty() {
            lines.push(self.line(number, 0, entry, None, (whole, way), true)?);
        }
        let sum: i64 = lines.iter().map(StatementEntry::signed).fold(0, i64::saturating_add);
        let expected = if way == Direction::Credit { whole.0 } else { -whole.0 };
        if sum != expected {
            self.fault(UNBALANCED, place, "the transactions of the entry do not add up to its amount");
        }
        Ok(lines)
    }

    fn line(
        &self,
        entry: u32,
        index: usize,
        whole: &Element,
        detail: Option<&Element>,
        (amount, way): (Centimes, Direction),
        alone: bool,
    ) -> Result<StatementEntry, Wrong> {
        let booked = at(whole, &["BookgDt"]).and_then(dates::choice);
        let references = detail.and_then(|detail| at(detail, &["Refs"]));
        let reference = |name: &str| references.and_then(|refs| kept(text_at(refs, &[name])));
        let creditor = detail.map(creditor_references).unwrap_or_default();
        let end_to_end = reference("EndToEndId");
        let others = [reference("InstrId"), reference("PmtInfId"), reference("TxId")];
        let order = end_to_end.iter().chain(&creditor).chain(others.iter().flatten());
        Ok(StatementEntry {
            entry,
            detail: u32::try_from(index + 1).unwrap_or(u32::MAX),
            transaction: reference("AcctSvcrRef")
                .or_else(|| reference("TxId"))
                .or_else(|| kept(text_at(whole, &["AcctSvcrRef"])).filter(|_| alone))
                .or_else(|| kept(text_at(whole, &["NtryRef"])).filter(|_| alone)),
            amount_centimes: amount_of(index, detail, amount, alone)?,
            direction: detail.and_then(direction).unwrap_or(way),
            status: status(whole),
            reversal: matches!(text_at(whole, &["RvslInd"]), Some("true" | "1")),
            returned: detail.and_then(returned),
            booked_on: booked.map(|(day, _)| day),
            booked_at: booked.and_then(|(_, instant)| instant),
            valued_on: at(whole, &["ValDt"]).and_then(dates::choice).map(|(day, _)| day),
            means: means(whole, detail),
            code: detail.and_then(code).or_else(|| code(whole)),
            order: order.into_iter().find_map(|text| self.order_in(text)),
            end_to_end,
            creditor_reference: creditor.into_iter().next(),
        })
    }

    /// Our reference; banks print it in capitals, and may put something before it.
    fn order_in(&self, text: &str) -> Option<ConsultationId> {
        let bare = text.strip_prefix(&self.reading.order_prefix).unwrap_or(text);
        order_of(&bare.to_ascii_lowercase())
    }
}

/// Code, place below the entry, reason.
type Wrong = (&'static str, String, &'static str);

/// The amount of one transaction: version 08 has it in `Amt`, version 02 in `AmtDtls/TxAmt/Amt`.
fn amount_of(
    index: usize,
    detail: Option<&Element>,
    whole: Centimes,
    alone: bool,
) -> Result<Centimes, Wrong> {
    let own =
        detail.and_then(|detail| at(detail, &["Amt"]).or_else(|| at(detail, &["AmtDtls", "TxAmt", "Amt"])));
    match own {
        None if alone => Ok(whole),
        own => amount::dirhams(own)
            .map_err(|why| (amount::NOT_MAD, format!("/NtryDtls/TxDtls[{}]/Amt", index + 1), why)),
    }
}

fn direction(element: &Element) -> Option<Direction> {
    match text_at(element, &["CdtDbtInd"])? {
        "CRDT" => Some(Direction::Credit),
        "DBIT" => Some(Direction::Debit),
        _ => None,
    }
}

/// Version 02 writes the code itself, version 08 puts it into `Cd`.
fn status(entry: &Element) -> EntryStatus {
    match text_at(entry, &["Sts", "Cd"]).or_else(|| text_at(entry, &["Sts"])) {
        Some("BOOK") => EntryStatus::Booked,
        Some("PDNG") => EntryStatus::Pending,
        Some("INFO") => EntryStatus::Information,
        _ => EntryStatus::Other,
    }
}

fn kept(text: Option<&str>) -> Option<String> {
    let text = text.filter(|text| *text != NOT_PROVIDED)?;
    Some(text.chars().take(REFERENCE_CHARS_MAX).collect())
}

fn creditor_references(detail: &Element) -> Vec<String> {
    let remittance = detail.all(&detail.namespace, "RmtInf");
    let structured = remittance.flat_map(|info| info.all(&info.namespace, "Strd"));
    structured.filter_map(|one| kept(text_at(one, &["CdtrRefInf", "Ref"]))).collect()
}

fn returned(detail: &Element) -> Option<String> {
    let reason = |path: &[&str]| kept(text_at(detail, path));
    reason(&["RtrInf", "Rsn", "Cd"]).or_else(|| reason(&["RtrInf", "Rsn", "Prtry"]))
}

/// `PMNT/CNTR/CDPT`, or the bank's own code.
fn code(element: &Element) -> Option<String> {
    let code = at(element, &["BkTxCd"])?;
    let domain = text_at(code, &["Domn", "Cd"]).map(|domain| {
        let below = [&["Domn", "Fmly", "Cd"][..], &["Domn", "Fmly", "SubFmlyCd"][..]];
        let parts = below.into_iter().filter_map(|path| text_at(code, path));
        [domain].into_iter().chain(parts).collect::<Vec<_>>().join("/")
    });
    kept(domain.as_deref()).or_else(|| kept(text_at(code, &["Prtry", "Cd"])))
}

/// By the family of ISO's external list: card, transfer; whatever else came over a counter or a cash machine.
fn means(entry: &Element, detail: Option<&Element>) -> PaymentMeans {
    let family = |element: &Element| text_at(element, &["BkTxCd", "Domn", "Fmly", "Cd"]).map(str::to_owned);
    match detail.and_then(family).or_else(|| family(entry)).as_deref() {
        Some("MCRD" | "CCRD") => PaymentMeans::Card,
        Some("RCDT" | "RRCT" | "ICDT" | "IRCT") => PaymentMeans::Transfer,
        _ => PaymentMeans::Counter,
    }
}
