//! What of a statement is read, for drift: a field that stands in a message and not here is reported.

use wasl_schemas::statement::StatementKind;

use crate::transport::drift::{Field, Shape, field};

/// The fields of a statement or notification below its root element, which both messages have alike.
macro_rules! fields {
    ($body:literal, $root:literal) => {
        &[
            field(concat!("/Document/", $body, "/GrpHdr/MsgId")).chars(35),
            field(concat!("/Document/", $body, "/GrpHdr/CreDtTm")).unread(),
            field(concat!("/Document/", $body, "/GrpHdr/MsgPgntn")).unread(),
            field(concat!("/Document/", $body, "/GrpHdr/MsgRcpt")).unread(),
            field(concat!("/Document/", $root, "/Id")).chars(35),
            field(concat!("/Document/", $root, "/ElctrncSeqNb")).opt(),
            field(concat!("/Document/", $root, "/LglSeqNb")).opt(),
            field(concat!("/Document/", $root, "/CreDtTm")).unread(),
            field(concat!("/Document/", $root, "/StmtPgntn")).unread(),
            field(concat!("/Document/", $root, "/FrToDt/FrDtTm")).opt(),
            field(concat!("/Document/", $root, "/FrToDt/ToDtTm")).opt(),
            field(concat!("/Document/", $root, "/Acct/Id/IBAN")).opt(),
            field(concat!("/Document/", $root, "/Acct/Id/Othr/Id")).opt(),
            field(concat!("/Document/", $root, "/Acct/Id/Othr/SchmeNm")).unread(),
            field(concat!("/Document/", $root, "/Acct/Ccy")).opt().codes(&["MAD"]),
            field(concat!("/Document/", $root, "/Acct/Nm")).unread(),
            field(concat!("/Document/", $root, "/Acct/Ownr")).unread(),
            field(concat!("/Document/", $root, "/Acct/Svcr")).unread(),
            field(concat!("/Document/", $root, "/Bal/Tp/CdOrPrtry/Cd")).opt().codes(BALANCES),
            field(concat!("/Document/", $root, "/Bal/Tp/CdOrPrtry/Prtry")).opt(),
            field(concat!("/Document/", $root, "/Bal/Amt")),
            field(concat!("/Document/", $root, "/Bal/Amt/@Ccy")).codes(&["MAD"]),
            field(concat!("/Document/", $root, "/Bal/CdtDbtInd")).codes(WAYS),
            field(concat!("/Document/", $root, "/Bal/Dt/Dt")).opt(),
            field(concat!("/Document/", $root, "/Bal/Dt/DtTm")).opt(),
            field(concat!("/Document/", $root, "/TxsSummry/TtlNtries/NbOfNtries")).opt(),
            field(concat!("/Document/", $root, "/TxsSummry/TtlNtries/Sum")).unread(),
            field(concat!("/Document/", $root, "/TxsSummry/TtlCdtNtries/NbOfNtries")).unread(),
            field(concat!("/Document/", $root, "/TxsSummry/TtlCdtNtries/Sum")).opt(),
            field(concat!("/Document/", $root, "/TxsSummry/TtlDbtNtries/NbOfNtries")).unread(),
            field(concat!("/Document/", $root, "/TxsSummry/TtlDbtNtries/Sum")).opt(),
            field(concat!("/Document/", $root, "/Ntry/NtryRef")).opt().chars(35),
            field(concat!("/Document/", $root, "/Ntry/Amt")),
            field(concat!("/Document/", $root, "/Ntry/Amt/@Ccy")).codes(&["MAD"]),
            field(concat!("/Document/", $root, "/Ntry/CdtDbtInd")).codes(WAYS),
            field(concat!("/Document/", $root, "/Ntry/RvslInd")).opt().codes(&["true", "false", "1", "0"]),
            field(concat!("/Document/", $root, "/Ntry/Sts")).opt().codes(STATUSES),
            field(concat!("/Document/", $root, "/Ntry/Sts/Cd")).opt().codes(STATUSES),
            field(concat!("/Document/", $root, "/Ntry/BookgDt/Dt")).opt(),
            field(concat!("/Document/", $root, "/Ntry/BookgDt/DtTm")).opt(),
            field(concat!("/Document/", $root, "/Ntry/ValDt/Dt")).opt(),
            field(concat!("/Document/", $root, "/Ntry/ValDt/DtTm")).opt(),
            field(concat!("/Document/", $root, "/Ntry/AcctSvcrRef")).opt().chars(35),
            field(concat!("/Document/", $root, "/Ntry/BkTxCd/Domn/Cd"))
                .opt()
                .codes(&["PMNT", "ACMT", "CAMT", "XTND"]),
            field(concat!("/Document/", $root, "/Ntry/BkTxCd/Domn/Fmly/Cd")).opt(),
            field(concat!("/Document/", $root, "/Ntry/BkTxCd/Domn/Fmly/SubFmlyCd")).opt(),
            field(concat!("/Document/", $root, "/Ntry/BkTxCd/Prtry/Cd")).opt(),
            field(concat!("/Document/", $root, "/Ntry/BkTxCd/Prtry/Issr")).unread(),
            field(concat!("/Document/", $root, "/Ntry/AddtlNtryInf")).unread(),
            field(concat!("/Document/", $root, "/Ntry/NtryDtls/Btch")).unread(),
            field(concat!("/Document/", $root, "/Ntry/NtryDtls/TxDtls/Refs/MsgId")).unread(),
            field(concat!("/Document/", $root, "/Ntry/NtryDtls/TxDtls/Refs/AcctSvcrRef")).opt().chars(35),
            field(concat!("/Document/", $root, "/Ntry/NtryDtls/TxDtls/Refs/PmtInfId")).opt().chars(35),
            field(concat!("/Document/", $root, "/Ntry/NtryDtls/TxDtls/Refs/InstrId")).opt().chars(35),
            field(concat!("/Document/", $root, "/Ntry/NtryDtls/TxDtls/Refs/EndToEndId")).opt().chars(35),
            field(concat!("/Document/", $root, "/Ntry/NtryDtls/TxDtls/Refs/TxId")).opt().chars(35),
            field(concat!("/Document/", $root, "/Ntry/NtryDtls/TxDtls/Amt")).opt(),
            field(concat!("/Document/", $root, "/Ntry/NtryDtls/TxDtls/Amt/@Ccy")).opt().codes(&["MAD"]),
            field(concat!("/Document/", $root, "/Ntry/NtryDtls/TxDtls/CdtDbtInd")).opt().codes(WAYS),
            field(concat!("/Document/", $root, "/Ntry/NtryDtls/TxDtls/AmtDtls/TxAmt/Amt")).opt(),
            field(concat!("/Document/", $root, "/Ntry/NtryDtls/TxDtls/AmtDtls/TxAmt/Amt/@Ccy"))
                .opt()
                .codes(&["MAD"]),
            field(concat!("/Document/", $root, "/Ntry/NtryDtls/TxDtls/AmtDtls/InstdAmt")).unread(),
            field(concat!("/Document/", $root, "/Ntry/NtryDtls/TxDtls/BkTxCd/Domn/Cd")).opt(),
            field(concat!("/Document/", $root, "/Ntry/NtryDtls/TxDtls/BkTxCd/Domn/Fmly/Cd")).opt(),
            field(concat!("/Document/", $root, "/Ntry/NtryDtls/TxDtls/BkTxCd/Domn/Fmly/SubFmlyCd")).opt(),
            field(concat!("/Document/", $root, "/Ntry/NtryDtls/TxDtls/BkTxCd/Prtry/Cd")).opt(),
            field(concat!("/Document/", $root, "/Ntry/NtryDtls/TxDtls/RltdPties")).unread(),
            field(concat!("/Document/", $root, "/Ntry/NtryDtls/TxDtls/RltdAgts")).unread(),
            field(concat!("/Document/", $root, "/Ntry/NtryDtls/TxDtls/RmtInf/Ustrd")).unread(),
            field(concat!("/Document/", $root, "/Ntry/NtryDtls/TxDtls/RmtInf/Strd/CdtrRefInf/Ref"))
                .opt()
                .chars(35),
            field(concat!("/Document/", $root, "/Ntry/NtryDtls/TxDtls/RmtInf/Strd/CdtrRefInf/Tp")).unread(),
            field(concat!("/Document/", $root, "/Ntry/NtryDtls/TxDtls/RtrInf/Rsn/Cd")).opt(),
            field(concat!("/Document/", $root, "/Ntry/NtryDtls/TxDtls/RtrInf/Rsn/Prtry")).opt(),
            field(concat!("/Document/", $root, "/Ntry/NtryDtls/TxDtls/RtrInf/AddtlInf")).unread(),
        ]
    };
}

const WAYS: &[&str] = &["CRDT", "DBIT"];
const STATUSES: &[&str] = &["BOOK", "PDNG", "INFO", "FUTR"];
const BALANCES: &[&str] = &["OPBD", "PRCD", "CLBD", "CLAV", "OPAV", "FWAV", "ITBD", "ITAV", "INFO"];

/// The shape of a message.
pub(in super::super) const fn shape_of(kind: StatementKind) -> Shape {
    match kind {
        StatementKind::Statement => Shape { message: "camt.053", fields: STATEMENT },
        StatementKind::Notification => Shape { message: "camt.054", fields: NOTIFICATION },
    }
}

const STATEMENT: &[Field] = fields!("BkToCstmrStmt", "BkToCstmrStmt/Stmt");
const NOTIFICATION: &[Field] = fields!("BkToCstmrDbtCdtNtfctn", "BkToCstmrDbtCdtNtfctn/Ntfctn");
