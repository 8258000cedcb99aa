//! ISO 20022 and CC5 messages, element by element (README §§3–4, 8). What is written stands in schema order;
//! what is read may lack anything and have more.
#![expect(non_snake_case, reason = "element names are those of the standards")]

use serde::{Deserialize, Serialize};

/// Namespace of the request to pay.
pub(super) const PAIN_013: &str = "urn:iso:std:iso:20022:tech:xsd:pain.013.001.11";
/// Message name of the request to pay.
pub(super) const PAIN_013_NAME: &str = "pain.013.001.11";
/// Namespace of the refund.
pub(super) const PAIN_007: &str = "urn:iso:std:iso:20022:tech:xsd:pain.007.001.12";

/// pain.013.001.11, CreditorPaymentActivationRequest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename = "Document")]
pub(super) struct RequestToPay {
    #[serde(rename = "@xmlns")]
    pub(super) xmlns: String,
    pub(super) CdtrPmtActvtnReq: ActivationRequest,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ActivationRequest {
    pub(super) GrpHdr: GroupHeader,
    pub(super) PmtInf: PaymentInformation,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct GroupHeader {
    pub(super) MsgId: String,
    pub(super) CreDtTm: String,
    pub(super) NbOfTxs: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) CtrlSum: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) GrpRvsl: Option<bool>,
    pub(super) InitgPty: Party,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Party {
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) Nm: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) Id: Option<PartyId>,
}

/// Of an organisation or of a person: one of the two.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct PartyId {
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) OrgId: Option<Identification>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) PrvtId: Option<Identification>,
}

impl PartyId {
    pub(super) const fn organisation(id: Identification) -> Self {
        Self { OrgId: Some(id), PrvtId: None }
    }

    pub(super) const fn person(id: Identification) -> Self {
        Self { OrgId: None, PrvtId: Some(id) }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Identification {
    pub(super) Othr: Other,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Other {
    pub(super) Id: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) SchmeNm: Option<Scheme>,
}

/// A code of ISO's external lists, or one's own word.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Scheme {
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) Cd: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) Prtry: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct PaymentInformation {
    pub(super) PmtInfId: String,
    pub(super) PmtMtd: String,
    pub(super) ReqdExctnDt: DateChoice,
    pub(super) XpryDt: DateChoice,
    pub(super) Dbtr: Party,
    pub(super) DbtrAgt: Agent,
    pub(super) CdtTrfTx: CreditTransfer,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct DateChoice {
    pub(super) Dt: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Agent {
    pub(super) FinInstnId: Institution,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Institution {
    pub(super) BICFI: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct CreditTransfer {
    pub(super) PmtId: PaymentId,
    pub(super) Amt: AmountChoice,
    pub(super) ChrgBr: String,
    pub(super) CdtrAgt: Agent,
    pub(super) Cdtr: Party,
    pub(super) CdtrAcct: Account,
    pub(super) RmtInf: Remittance,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct PaymentId {
    pub(super) InstrId: String,
    pub(super) EndToEndId: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct AmountChoice {
    pub(super) InstdAmt: Amount,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Amount {
    #[serde(rename = "@Ccy")]
    pub(super) Ccy: String,
    #[serde(rename = "$text")]
    pub(super) value: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Account {
    pub(super) Id: Identification,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Remittance {
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) Ustrd: Option<String>,
    pub(super) Strd: Structured,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Structured {
    pub(super) CdtrRefInf: CreditorReference,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct CreditorReference {
    pub(super) Ref: String,
}

/// pain.007.001.12, CustomerPaymentReversal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename = "Document")]
pub(super) struct Refund {
    #[serde(rename = "@xmlns")]
    pub(super) xmlns: String,
    pub(super) CstmrPmtRvsl: Reversal,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Reversal {
    pub(super) GrpHdr: GroupHeader,
    pub(super) OrgnlGrpInf: OriginalGroup,
    pub(super) OrgnlPmtInfAndRvsl: OriginalPayment,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct OriginalGroup {
    pub(super) OrgnlMsgId: String,
    pub(super) OrgnlMsgNmId: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct OriginalPayment {
    pub(super) OrgnlPmtInfId: String,
    pub(super) TxInf: ReversedTransaction,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ReversedTransaction {
    pub(super) RvslId: String,
    pub(super) OrgnlEndToEndId: String,
    pub(super) RvsdInstdAmt: Amount,
    pub(super) RvslRsnInf: StatusReason,
}

/// Whatever the bank answers under `/iso/`: pain.014, pain.002 or admi.002.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(super) struct IsoAnswer {
    pub(super) CdtrPmtActvtnReqStsRpt: Option<StatusReport>,
    pub(super) CstmrPmtStsRpt: Option<StatusReport>,
    #[serde(rename = "admi.002.001.01")]
    pub(super) reject: Option<MessageReject>,
}

/// pain.014 and pain.002 have the same skeleton.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(super) struct StatusReport {
    pub(super) GrpHdr: ReportHeader,
    pub(super) OrgnlGrpInfAndSts: OriginalGroupStatus,
    pub(super) OrgnlPmtInfAndSts: Vec<OriginalPaymentStatus>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(super) struct ReportHeader {
    pub(super) MsgId: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(super) struct OriginalGroupStatus {
    pub(super) OrgnlMsgId: Option<String>,
    pub(super) GrpSts: Option<String>,
    pub(super) StsRsnInf: Vec<StatusReason>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(super) struct OriginalPaymentStatus {
    pub(super) OrgnlPmtInfId: Option<String>,
    pub(super) PmtInfSts: Option<String>,
    pub(super) StsRsnInf: Vec<StatusReason>,
    pub(super) TxInfAndSts: Vec<TransactionStatus>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(super) struct TransactionStatus {
    pub(super) OrgnlEndToEndId: Option<String>,
    pub(super) TxSts: Option<String>,
    pub(super) StsRsnInf: Vec<StatusReason>,
    pub(super) AcctSvcrRef: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct StatusReason {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) Rsn: Option<Scheme>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) AddtlInf: Vec<String>,
}

/// admi.002.001.01, MessageReject.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(super) struct MessageReject {
    pub(super) Rsn: RejectReason,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(super) struct RejectReason {
    pub(super) RjctgPtyRsn: Option<String>,
    pub(super) ErrLctn: Option<String>,
    pub(super) RsnDesc: Option<String>,
}

/// CC5Request: what became of an order's card payments.
#[derive(Debug, Clone, Serialize)]
#[serde(rename = "CC5Request")]
pub(super) struct OrderInquiry {
    pub(super) Name: String,
    pub(super) Password: String,
    pub(super) ClientId: String,
    pub(super) OrderId: String,
    pub(super) Extra: InquiryExtra,
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct InquiryExtra {
    pub(super) ORDERSTATUS: String,
}

/// CC5Response.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(super) struct OrderState {
    pub(super) ErrMsg: Option<String>,
    pub(super) ProcReturnCode: Option<String>,
    pub(super) Response: Option<String>,
    pub(super) OrderId: Option<String>,
    pub(super) TransId: Option<String>,
    pub(super) Extra: OrderExtra,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(super) struct OrderExtra {
    pub(super) TRANS_STAT: Option<String>,
    pub(super) TRANS_ID: Option<String>,
    pub(super) CAPTURE_AMT: Option<String>,
    pub(super) CAPTURE_DTTM: Option<String>,
    pub(super) PROC_RET_CD: Option<String>,
}
