//! From the canonical order to ISO 20022 and CC5.

use jiff::Timestamp;
use jiff::civil::Date;
use quick_xml::se::Serializer;
use serde::Serialize;
use wasl_schemas::agency::AgencyRequest;
use wasl_schemas::file::Applicant;
use wasl_schemas::money::{CURRENCY, Centimes};
use wasl_schemas::payment::PaymentOrder;

use super::super::config::Config;
use super::super::wire;
use super::order_text;
use crate::port::Untranslatable;
use crate::zone;

/// ISO `Max35Text`.
const TEXT_35: usize = 35;
/// ISO `Max140Text`.
const TEXT_140: usize = 140;
/// Attempts have two digits in `MsgId`.
const ATTEMPT_MAX: u32 = 99;

/// The order that a request is about.
pub(in super::super) fn order_in(request: &AgencyRequest) -> Result<&PaymentOrder, Untranslatable> {
    let order = request.order.as_ref().ok_or_else(|| Untranslatable {
        code: "request.order-missing",
        reason: "/order: the bank is asked without a payment order".to_owned(),
    })?;
    if order.amount_centimes.0 <= 0 {
        let reason = "/order/amount_centimes: must be above zero".to_owned();
        return Err(Untranslatable { code: "payment.amount-invalid", reason });
    }
    Ok(order)
}

/// pain.013: ask the payer. `now` is the wall clock.
pub(in super::super) fn request_to_pay(
    request: &AgencyRequest,
    config: &Config,
    now: Timestamp,
) -> Result<wire::RequestToPay, Untranslatable> {
    let order = order_in(request)?;
    let reference = order_text(order.order);
    let header = wire::GroupHeader {
        MsgId: format!("{reference}-{:02}", request.attempt.min(ATTEMPT_MAX)),
        CtrlSum: Some(order.amount_centimes.to_string()),
        ..header(config, now)
    };
    let payment = wire::PaymentInformation {
        PmtInfId: reference.clone(),
        PmtMtd: "TRF".to_owned(),
        ReqdExctnDt: wire::DateChoice { Dt: asked_on(order, now).to_string() },
        XpryDt: wire::DateChoice { Dt: order.payable_until.to_string() },
        Dbtr: debtor(&request.permit_file.applicant),
        DbtrAgt: agent(config),
        CdtTrfTx: credit_transfer(request, order, reference, config),
    };
    Ok(wire::RequestToPay {
        xmlns: wire::PAIN_013.to_owned(),
        CdtrPmtActvtnReq: wire::ActivationRequest { GrpHdr: header, PmtInf: payment },
    })
}

/// The day from which the bank counts to `XpryDt`: by the clock that `XpryDt` is counted by, the legal one, which a
/// run may start on another date than the wall's. Never after the last day.
fn asked_on(order: &PaymentOrder, now: Timestamp) -> Date {
    order.asked_on.unwrap_or_else(|| zone::day(now)).min(order.payable_until)
}

fn credit_transfer(
    request: &AgencyRequest,
    order: &PaymentOrder,
    reference: String,
    config: &Config,
) -> wire::CreditTransfer {
    let beneficiary = order.beneficiary.rib.to_string();
    wire::CreditTransfer {
        PmtId: wire::PaymentId { InstrId: reference.clone(), EndToEndId: reference },
        Amt: wire::AmountChoice { InstdAmt: amount(order.amount_centimes) },
        ChrgBr: "SLEV".to_owned(),
        CdtrAgt: agent(config),
        Cdtr: wire::Party {
            Nm: Some(cut(&order.beneficiary.name, TEXT_140)),
            Id: Some(wire::PartyId::organisation(identified(
                request.commune.code.to_string(),
                proprietary("HCP"),
            ))),
        },
        CdtrAcct: wire::Account { Id: identified(beneficiary, proprietary("RIB")) },
        RmtInf: wire::Remittance {
            Ustrd: Some(cut(&order.label, TEXT_140)),
            Strd: wire::Structured {
                CdtrRefInf: wire::CreditorReference {
                    Ref: cut(request.permit_file.reference.as_str(), TEXT_35),
                },
            },
        },
    }
}

/// The id of an order's refund; there is one at most.
pub(in super::super) fn refund_id(order: &PaymentOrder) -> String {
    format!("{}-R1", order_text(order.order))
}

/// pain.007: give it back.
pub(in super::super) fn refund(
    request: &AgencyRequest,
    config: &Config,
    now: Timestamp,
) -> Result<wire::Refund, Untranslatable> {
    let order = order_in(request)?;
    let reference = order_text(order.order);
    let reason = wire::Scheme { Cd: Some("CUST".to_owned()), Prtry: None };
    Ok(wire::Refund {
        xmlns: wire::PAIN_007.to_owned(),
        CstmrPmtRvsl: wire::Reversal {
            GrpHdr: wire::GroupHeader {
                MsgId: refund_id(order),
                GrpRvsl: Some(false),
                ..header(config, now)
            },
            OrgnlGrpInf: wire::OriginalGroup {
                OrgnlMsgId: format!("{reference}-01"),
                OrgnlMsgNmId: wire::PAIN_013_NAME.to_owned(),
            },
            OrgnlPmtInfAndRvsl: wire::OriginalPayment {
                OrgnlPmtInfId: reference.clone(),
                TxInf: wire::ReversedTransaction {
                    RvslId: refund_id(order),
                    OrgnlEndToEndId: reference,
                    RvsdInstdAmt: amount(order.amount_centimes),
                    RvslRsnInf: wire::StatusReason { Rsn: Some(reason), AddtlInf: Vec::new() },
                },
            },
        },
    })
}

/// CC5: what became of the card payments.
pub(in super::super) fn inquiry(order: &PaymentOrder, config: &Config) -> wire::OrderInquiry {
    wire::OrderInquiry {
        Name: config.api_user.clone(),
        Password: config.api_password.reveal().to_owned(),
        ClientId: config.merchant_id.clone(),
        OrderId: order_text(order.order),
        Extra: wire::InquiryExtra { ORDERSTATUS: "QUERY".to_owned() },
    }
}

/// The message as XML with its declaration.
pub(in super::super) fn xml<T: Serialize>(message: &T) -> Result<Vec<u8>, Untranslatable> {
    let fault = |e: quick_xml::SeError| Untranslatable { code: "request.xml", reason: e.to_string() };
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    message.serialize(Serializer::new(&mut text)).map_err(fault)?;
    Ok(text.into_bytes())
}

fn header(config: &Config, now: Timestamp) -> wire::GroupHeader {
    wire::GroupHeader {
        MsgId: String::new(),
        // ISODateTime to the second, UTC.
        CreDtTm: now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        NbOfTxs: "1".to_owned(),
        CtrlSum: None,
        GrpRvsl: None,
        InitgPty: wire::Party {
            Nm: Some(cut(&config.merchant_name, TEXT_140)),
            Id: Some(wire::PartyId::organisation(identified(config.merchant_id.clone(), None))),
        },
    }
}

fn debtor(applicant: &Applicant) -> wire::Party {
    let (name, id) = match applicant {
        Applicant::Person { cin, name } => {
            let national = Some(wire::Scheme { Cd: Some("NIDN".to_owned()), Prtry: None });
            (name, wire::PartyId::person(identified(cin.to_string(), national)))
        }
        Applicant::Company { ice, name, .. } => {
            (name, wire::PartyId::organisation(identified(ice.to_string(), proprietary("ICE"))))
        }
    };
    wire::Party { Nm: Some(cut(&name.fr, TEXT_140)), Id: Some(id) }
}

fn agent(config: &Config) -> wire::Agent {
    wire::Agent { FinInstnId: wire::Institution { BICFI: config.bank_bic.clone() } }
}

fn amount(centimes: Centimes) -> wire::Amount {
    wire::Amount { Ccy: CURRENCY.to_owned(), value: centimes.to_string() }
}

fn proprietary(word: &str) -> Option<wire::Scheme> {
    Some(wire::Scheme { Cd: None, Prtry: Some(word.to_owned()) })
}

const fn identified(id: String, scheme: Option<wire::Scheme>) -> wire::Identification {
    wire::Identification { Othr: wire::Other { Id: id, SchmeNm: scheme } }
}

/// The first `max` characters, without what XML 1.0 cannot carry.
fn cut(text: &str, max: usize) -> String {
    text.trim().chars().filter(|c| !c.is_control()).take(max).collect()
}
