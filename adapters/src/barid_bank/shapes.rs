//! What is read of the bank's answers and of the card callback (README §§3–5, 8), for drift; statements have their own
//! in `camt::shape`.

use serde_json::{Map, Value};
use wasl_schemas::line::DriftNote;

use crate::transport::drift::{Shape, field};
use crate::transport::hash_v3::parse_form;
use crate::transport::xml::{XmlLimits, parse};

const STATUSES: &[&str] = &["ACCP", "PDNG", "RJCT", "ACSC", "CANC"];
const CAPTURES: &[&str] = &["A", "C", "S", "D", "ERR", "CNCL", "V"];

/// The skeleton that pain.014 and pain.002 share.
macro_rules! report {
    ($root:literal) => {
        &[
            field(concat!("/Document/", $root, "/GrpHdr/MsgId")).chars(35),
            field(concat!("/Document/", $root, "/GrpHdr/CreDtTm")).unread(),
            field(concat!("/Document/", $root, "/GrpHdr/InitgPty")).unread(),
            field(concat!("/Document/", $root, "/OrgnlGrpInfAndSts/OrgnlMsgId")).chars(35),
            field(concat!("/Document/", $root, "/OrgnlGrpInfAndSts/OrgnlMsgNmId")).unread(),
            field(concat!("/Document/", $root, "/OrgnlGrpInfAndSts/GrpSts")).opt().codes(STATUSES),
            field(concat!("/Document/", $root, "/OrgnlGrpInfAndSts/StsRsnInf/Rsn/Cd")).opt(),
            field(concat!("/Document/", $root, "/OrgnlGrpInfAndSts/StsRsnInf/Rsn/Prtry")).opt(),
            field(concat!("/Document/", $root, "/OrgnlGrpInfAndSts/StsRsnInf/AddtlInf")).opt().chars(105),
            field(concat!("/Document/", $root, "/OrgnlPmtInfAndSts/OrgnlPmtInfId")).chars(35),
            field(concat!("/Document/", $root, "/OrgnlPmtInfAndSts/PmtInfSts")).opt().codes(STATUSES),
            field(concat!("/Document/", $root, "/OrgnlPmtInfAndSts/StsRsnInf/Rsn/Cd")).opt(),
            field(concat!("/Document/", $root, "/OrgnlPmtInfAndSts/StsRsnInf/Rsn/Prtry")).opt(),
            field(concat!("/Document/", $root, "/OrgnlPmtInfAndSts/StsRsnInf/AddtlInf")).opt().chars(105),
            field(concat!("/Document/", $root, "/OrgnlPmtInfAndSts/TxInfAndSts/StsId")).unread(),
            field(concat!("/Document/", $root, "/OrgnlPmtInfAndSts/TxInfAndSts/OrgnlInstrId")).unread(),
            field(concat!("/Document/", $root, "/OrgnlPmtInfAndSts/TxInfAndSts/OrgnlEndToEndId")).chars(35),
            field(concat!("/Document/", $root, "/OrgnlPmtInfAndSts/TxInfAndSts/TxSts")).opt().codes(STATUSES),
            field(concat!("/Document/", $root, "/OrgnlPmtInfAndSts/TxInfAndSts/StsRsnInf/Rsn/Cd")).opt(),
            field(concat!("/Document/", $root, "/OrgnlPmtInfAndSts/TxInfAndSts/StsRsnInf/Rsn/Prtry")).opt(),
            field(concat!("/Document/", $root, "/OrgnlPmtInfAndSts/TxInfAndSts/StsRsnInf/AddtlInf"))
                .opt()
                .chars(105),
            field(concat!("/Document/", $root, "/OrgnlPmtInfAndSts/TxInfAndSts/AcctSvcrRef")).opt().chars(35),
        ]
    };
}

const PAIN_014: Shape = Shape { message: "pain.014", fields: report!("CdtrPmtActvtnReqStsRpt") };
const PAIN_002: Shape = Shape { message: "pain.002", fields: report!("CstmrPmtStsRpt") };
const ADMI_002: Shape = Shape {
    message: "admi.002",
    fields: &[
        field("/Document/admi.002.001.01/RltdRef").unread(),
        field("/Document/admi.002.001.01/Rsn/RjctgPtyRsn"),
        field("/Document/admi.002.001.01/Rsn/RjctnDtTm").unread(),
        field("/Document/admi.002.001.01/Rsn/ErrLctn").opt(),
        field("/Document/admi.002.001.01/Rsn/RsnDesc").opt(),
        field("/Document/admi.002.001.01/Rsn/AddtlData").unread(),
    ],
};
const CC5: Shape = Shape {
    message: "cc5",
    fields: &[
        field("/CC5Response/ErrMsg").opt(),
        field("/CC5Response/ProcReturnCode"),
        field("/CC5Response/Response").codes(&["Approved", "Declined", "Error"]),
        field("/CC5Response/OrderId").opt(),
        field("/CC5Response/TransId").opt(),
        field("/CC5Response/GroupId").unread(),
        field("/CC5Response/AuthCode").unread(),
        field("/CC5Response/HostRefNum").unread(),
        field("/CC5Response/Extra/TRANS_STAT").opt().codes(CAPTURES),
        field("/CC5Response/Extra/TRANS_ID").opt(),
        field("/CC5Response/Extra/CAPTURE_AMT").opt(),
        field("/CC5Response/Extra/CAPTURE_DTTM").opt(),
        field("/CC5Response/Extra/PROC_RET_CD").opt(),
        field("/CC5Response/Extra/AUTH_CODE").unread(),
        field("/CC5Response/Extra/AUTH_DTTM").unread(),
        field("/CC5Response/Extra/CHARGE_TYPE_CD").unread(),
        field("/CC5Response/Extra/HOST_REF_NUM").unread(),
        field("/CC5Response/Extra/NUMCODE").unread(),
        field("/CC5Response/Extra/ORD_ID").unread(),
        field("/CC5Response/Extra/ORDERSTATUS").unread(),
        field("/CC5Response/Extra/ORIG_TRANS_AMT").unread(),
    ],
};
const CALLBACK: Shape = Shape {
    message: "callback",
    fields: &[
        field("/clientid"),
        field("/oid").chars(32),
        field("/amount"),
        field("/currency").codes(&["504"]),
        field("/Response").codes(&["Approved", "Declined", "Error"]),
        field("/ProcReturnCode").chars(2),
        field("/TransId").chars(64),
        field("/hashAlgorithm").opt().codes(&["ver3"]),
        field("/HASH").chars(88),
        field("/EXTRA.TRXDATE").opt(),
        field("/encoding").unread(),
        field("/rnd").unread(),
        field("/AuthCode").unread(),
        field("/HostRefNum").unread(),
        field("/mdStatus").unread(),
        field("/ErrMsg").unread(),
        field("/TranType").unread(),
        field("/storetype").unread(),
        field("/maskedCreditCard").unread(),
        field("/EXTRA.CARDBRAND").unread(),
        field("/BillToStreet2").unread(),
        field("/BillToStreet12").unread(),
        field("/lang").unread(),
    ],
};

/// In what an answer in XML differs from what is read of it.
pub(super) fn of_answer(body: &[u8]) -> Vec<DriftNote> {
    let Ok(root) = parse(body, XmlLimits::default()) else { return Vec::new() };
    let inner = root.children.first().map_or("", |child| child.name.as_str());
    match (root.name.as_str(), inner) {
        ("CC5Response", _) => CC5.of_xml(&root),
        (_, "CdtrPmtActvtnReqStsRpt") => PAIN_014.of_xml(&root),
        (_, "CstmrPmtStsRpt") => PAIN_002.of_xml(&root),
        (_, "admi.002.001.01") => ADMI_002.of_xml(&root),
        _ => Vec::new(),
    }
}

/// In what a card callback differs. It may be anybody's: only the names of its parameters are told.
pub(super) fn of_callback(body: &[u8]) -> Vec<DriftNote> {
    let form = parse_form(body).unwrap_or_default();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let fields: Map<String, Value> =
        form.iter().map(|(name, value)| (text(name), Value::String(text(value)))).collect();
    CALLBACK.of_value(&Value::Object(fields))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(name: &str) -> Vec<u8> {
        crate::test_request::sample(&format!("barid-bank/{name}"))
    }

    fn news(notes: Vec<DriftNote>) -> Vec<String> {
        notes.into_iter().filter(|note| !note.known).map(|note| note.path).collect()
    }

    #[test]
    fn the_samples_of_the_bank_are_no_drift_and_what_is_new_in_them_is() {
        let none: [&str; 0] = [];
        for name in [
            "pain014-accepted.xml",
            "pain014-pending.xml",
            "pain014-rejected.xml",
            "pain014-duplicate.xml",
            "pain002-refund-accepted.xml",
            "admi002-unreadable.xml",
            "cc5-order-captured.xml",
            "cc5-order-authorised.xml",
            "cc5-order-declined.xml",
            "cc5-order-unknown.xml",
        ] {
            assert_eq!(news(of_answer(&sample(name))), none, "{name}");
        }
        for name in ["callback-approved.form", "callback-declined.form"] {
            assert_eq!(news(of_callback(&sample(name))), none, "{name}");
        }
        let text = String::from_utf8(sample("pain014-accepted.xml")).unwrap();
        let text = text.replace("<TxSts>ACCP</TxSts>", "<TxSts>ACWC</TxSts><FctvIntrBkSttlmDt/>");
        let at = "/Document/CdtrPmtActvtnReqStsRpt/OrgnlPmtInfAndSts/TxInfAndSts";
        let told = of_answer(text.as_bytes());
        assert!(told.iter().any(|note| note.path == format!("{at}/TxSts") && note.detail == "ACWC"));
        assert!(news(told).contains(&format!("{at}/FctvIntrBkSttlmDt")));
        let form = [sample("callback-approved.form"), b"&installment=3".to_vec()].concat();
        assert_eq!(news(of_callback(&form)), ["/installment"]);
    }
}
