//! One entry of a statement or notification.

use super::Sheet;
use crate::sandbox::xml::Element;

/// Where the bank's own number of a transaction stands, the best place first.
const NUMBERS: [&str; 2] = ["AcctSvcrRef", "TxId"];

impl Sheet {
    /// What it moved, in centimes: nothing when it is not booked.
    pub(super) fn entry(&mut self, place: &str, entry: &Element, old: bool) -> i128 {
        let moved = self.signed(place, entry, entry.child("Amt"));
        let (plain, coded) = (entry.text_at(&["Sts"]), entry.text_at(&["Sts", "Cd"]));
        // Version 02 writes the code itself, version 08 puts it into Cd.
        if (if old { plain } else { coded }).is_empty() {
            self.put("version", format!("{place}/Sts is not written as in this version of the message"));
        }
        let details: Vec<&Element> =
            entry.all("NtryDtls").flat_map(|details| details.all("TxDtls")).collect();
        self.details(place, entry, &details, moved);
        for detail in &details {
            self.once(place, entry, Some(detail), details.len() == 1);
        }
        if details.is_empty() {
            self.once(place, entry, None, true);
        }
        if [plain, coded].contains(&"BOOK") { moved } else { 0 }
    }

    /// The transactions of an entry add up to it.
    fn details(&mut self, place: &str, entry: &Element, details: &[&Element], moved: i128) {
        let mut sum = 0;
        for (number, detail) in (1..).zip(details) {
            let place = format!("{place}/NtryDtls/TxDtls[{number}]");
            let amount = detail.child("Amt").or_else(|| detail.at(&["AmtDtls", "TxAmt", "Amt"]));
            if amount.is_none() && details.len() == 1 {
                return;
            }
            let way = if detail.child("CdtDbtInd").is_some() { *detail } else { entry };
            sum += self.signed(&place, way, amount);
        }
        if !details.is_empty() && !self.unread && sum != moved {
            let what = format!("{place}: its transactions make {sum} centimes, it says {moved}");
            self.put("details", what);
        }
    }

    /// The same transaction in the same direction stands once.
    fn once(&mut self, place: &str, entry: &Element, detail: Option<&Element>, alone: bool) {
        let below =
            NUMBERS.iter().map(|name| detail.map_or("", |detail| detail.text_at(&["Refs", name])).to_owned());
        let own = [entry.text_at(&["AcctSvcrRef"]), entry.text_at(&["NtryRef"])].map(str::to_owned);
        let mut numbers = below.chain(own.into_iter().filter(|_| alone));
        let Some(number) = numbers.find(|number| !number.is_empty()) else { return };
        let way = entry.text_at(&["CdtDbtInd"]).to_owned();
        if !self.seen.insert((way, number.clone())) {
            self.put("duplicate", format!("{place}: the transaction {number} stands there twice"));
        }
    }
}
