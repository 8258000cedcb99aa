//! Writes a statement as a bank would, in either version: for the tests alone.

use jiff::tz::{TimeZone, TimeZoneDatabase};
use wasl_schemas::statement::{Direction, EntryStatus, Statement, StatementEntry, StatementKind};

use crate::transport::xml_out::XmlOut;

pub(super) fn zone() -> TimeZone {
    TimeZoneDatabase::bundled().get("Africa/Casablanca").unwrap()
}

pub(super) fn write(statement: &Statement) -> Vec<u8> {
    let namespace = format!("urn:iso:std:iso:20022:tech:xsd:{}", statement.version);
    let (body, one) = match statement.kind {
        StatementKind::Statement => ("BkToCstmrStmt", "Stmt"),
        StatementKind::Notification => ("BkToCstmrDbtCdtNtfctn", "Ntfctn"),
    };
    let mut out = XmlOut::default();
    out.open("Document", &[("xmlns", &namespace)]);
    out.open(body, &[]);
    out.open("GrpHdr", &[]);
    out.leaf("MsgId", &statement.message_id);
    out.close();
    out.open(one, &[]);
    out.leaf("Id", &statement.id);
    out.leaf_opt("ElctrncSeqNb", statement.sequence.map(|n| n.to_string()).as_deref());
    out.open("FrToDt", &[]);
    out.leaf_opt("FrDtTm", statement.from.map(|day| format!("{day}T00:00:00")).as_deref());
    out.leaf_opt("ToDtTm", statement.to.map(|day| format!("{day}T23:59:59")).as_deref());
    out.close();
    nested(&mut out, &["Acct", "Id", "Othr"], "Id", Some(&statement.account));
    for balance in &statement.balances {
        out.open("Bal", &[]);
        nested(&mut out, &["Tp", "CdOrPrtry"], "Cd", Some(&balance.code));
        let sign = if balance.amount_centimes.0 < 0 { "DBIT" } else { "CRDT" };
        let amount = wasl_schemas::money::Centimes(balance.amount_centimes.0.abs());
        out.leaf_with("Amt", &[("Ccy", "MAD")], &amount.to_string());
        out.leaf("CdtDbtInd", sign);
        nested(&mut out, &["Dt"], "Dt", balance.on.map(|day| day.to_string()).as_deref());
        out.close();
    }
    for entry in &statement.entries {
        write_entry(&mut out, entry, statement.version.ends_with("08"));
    }
    out.finish()
}

fn write_entry(out: &mut XmlOut, entry: &StatementEntry, new: bool) {
    let (amount, way) = (entry.amount_centimes.to_string(), way(entry.direction));
    out.open("Ntry", &[]);
    out.leaf_with("Amt", &[("Ccy", "MAD")], &amount);
    out.leaf("CdtDbtInd", way);
    if entry.reversal {
        out.leaf("RvslInd", "true");
    }
    let status = match entry.status {
        EntryStatus::Booked => "BOOK",
        EntryStatus::Pending => "PDNG",
        EntryStatus::Information => "INFO",
        EntryStatus::Other => "FUTR",
    };
    if new {
        nested(out, &["Sts"], "Cd", Some(status));
    } else {
        out.leaf("Sts", status);
    }
    // Without an offset, as banks do; the hour that comes twice keeps one, or it could not be told which it was.
    let booked = entry.booked_at.map(|at| at.to_string());
    nested(out, &["BookgDt"], "DtTm", booked.as_deref());
    nested(out, &["ValDt"], "Dt", entry.valued_on.map(|day| day.to_string()).as_deref());
    let mut code = entry.code.as_deref().unwrap_or_default().split('/');
    out.open("BkTxCd", &[]);
    out.open("Domn", &[]);
    out.leaf_opt("Cd", code.next());
    out.open("Fmly", &[]);
    out.leaf_opt("Cd", code.next());
    out.leaf_opt("SubFmlyCd", code.next());
    for _ in 0..3 {
        out.close();
    }
    out.open("NtryDtls", &[]);
    out.open("TxDtls", &[]);
    out.open("Refs", &[]);
    out.leaf_opt("AcctSvcrRef", entry.transaction.as_deref());
    out.leaf("EndToEndId", entry.end_to_end.as_deref().unwrap_or("NOTPROVIDED"));
    out.close();
    if new {
        out.leaf_with("Amt", &[("Ccy", "MAD")], &amount);
        out.leaf("CdtDbtInd", way);
    } else {
        out.open("AmtDtls", &[]);
        out.open("TxAmt", &[]);
        out.leaf_with("Amt", &[("Ccy", "MAD")], &amount);
        out.close();
        out.close();
    }
    nested(out, &["RmtInf", "Strd", "CdtrRefInf"], "Ref", entry.creditor_reference.as_deref());
    nested(out, &["RtrInf", "Rsn"], "Cd", entry.returned.as_deref());
    for _ in 0..3 {
        out.close();
    }
}

const fn way(direction: Direction) -> &'static str {
    match direction {
        Direction::Credit => "CRDT",
        Direction::Debit => "DBIT",
    }
}

fn nested(out: &mut XmlOut, path: &[&str], name: &str, text: Option<&str>) {
    let Some(text) = text else { return };
    for name in path {
        out.open(name, &[]);
    }
    out.leaf(name, text);
    for _ in path {
        out.close();
    }
}
