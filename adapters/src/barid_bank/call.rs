//! The conversation with the bank over HTTP (README §§2–4, 8).

use async_trait::async_trait;
use base64::Engine as _;
use reqwest::header::{AUTHORIZATION, LINK};
use wasl_schemas::agency::{AgencyRequest, CollectRequest, CollectedItem, Exchange, Outcome, RequestKind};
use wasl_schemas::id::AgencyKind;
use wasl_schemas::line::{CertificateNote, DriftNote};
use wasl_schemas::payment::PaymentOrder;

use super::callback;
use super::config::Config;
use super::feed;
use super::map::{self, back, order_text, out};
use super::{shapes, wire};
use crate::port::{
    Adapter, Collected, Expected, Handled, Identified, Preview, RawCallback, Received, Traits, Untranslatable,
};
use crate::transport::clock::wall_now;
use crate::transport::drift;
use crate::transport::http::{Answer, Call, HttpClient, Trouble, trouble_of_status};

/// Kind of this adapter: its queue and its configuration file.
const KIND: &str = "barid-bank";
const XML: &str = "application/xml; charset=utf-8";
/// The bank has an order or refund with this id already (ISO external code "duplication").
const DUPLICATION: &str = "AM05";
const NOT_OFFERED: &str = "request.not-offered";

/// The adapter. Keeps nothing.
pub(super) struct BaridBank {
    pub(super) config: Config,
    pub(super) http: HttpClient,
    pub(super) basic: String,
    kind: AgencyKind,
}

impl BaridBank {
    pub(super) fn new(config: Config) -> Result<Self, String> {
        let http = HttpClient::new(&config.http, &[&config.base_url])?;
        let pair = format!("{}:{}", config.api_user, config.api_password.reveal());
        let basic = format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(pair));
        let kind = AgencyKind::try_new(KIND).map_err(|e| e.to_string())?;
        Ok(Self { config, http, basic, kind })
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("{}/{path}", self.config.base_url)
    }

    /// Sends a call below `/iso/`. `None`: 404. An `admi.002` or another 4xx is a refusal.
    async fn iso(
        &self,
        call: Call,
        journal: &mut Vec<Exchange>,
    ) -> Result<Option<(wire::IsoAnswer, Answer)>, Trouble> {
        let safe = call.safe;
        let call = call.header(AUTHORIZATION, &self.basic)?;
        let answer = self.http.send(call, journal).await?;
        if let Some(trouble) = trouble_of_status(&answer, safe, wall_now()) {
            return Err(trouble);
        }
        drift::note(journal, shapes::of_answer(&answer.body));
        match answer.status {
            200 => {
                let read = back::iso_answer(&answer.body);
                let read =
                    read.map_err(|e| Trouble::lost(safe, format!("the answer cannot be read: {e}")))?;
                Ok(Some((read, answer)))
            }
            404 if safe => Ok(None),
            // Our access is at fault, not the order: it waits until an operator has mended it.
            401 | 403 => Err(Trouble::transient(format!("HTTP {}: our access is refused", answer.status))),
            _ => Err(refusal(&answer)),
        }
    }

    async fn pay(&self, request: &AgencyRequest, journal: &mut Vec<Exchange>) -> Result<Outcome, Trouble> {
        let order = out::order_in(request).map_err(untranslatable)?;
        let message = out::request_to_pay(request, &self.config, wall_now()).map_err(untranslatable)?;
        let body = out::xml(&message).map_err(untranslatable)?;
        let call = Call::post(self.url("iso/pain.013"), "POST pain.013", XML, body);
        let Some((read, answer)) = self.iso(call, journal).await? else {
            return Err(Trouble::lost(false, "no answer to pain.013"));
        };
        let status = report_status(read.CdtrPmtActvtnReqStsRpt.as_ref(), &order_text(order.order), false)?;
        if status.reason_code.as_deref() == Some(DUPLICATION) {
            return self.order_state(order, journal).await;
        }
        match back::order(status, pay_url(&answer)) {
            Some(outcome) => Ok(outcome),
            None => self.card_state(order, journal).await,
        }
    }

    /// By our reference: the order, and when the bank calls it paid, the card side too.
    async fn order_state(
        &self,
        order: &PaymentOrder,
        journal: &mut Vec<Exchange>,
    ) -> Result<Outcome, Trouble> {
        let reference = order_text(order.order);
        let call = Call::get(self.url(&format!("iso/pain.014/{reference}")), "GET pain.014/{order}");
        let Some((read, answer)) = self.iso(call, journal).await? else { return Ok(Outcome::NotKnown) };
        let status = report_status(read.CdtrPmtActvtnReqStsRpt.as_ref(), &reference, true)?;
        match back::order(status, pay_url(&answer)) {
            Some(outcome) => Ok(outcome),
            None => self.card_state(order, journal).await,
        }
    }

    async fn card_state(
        &self,
        order: &PaymentOrder,
        journal: &mut Vec<Exchange>,
    ) -> Result<Outcome, Trouble> {
        let body = out::xml(&out::inquiry(order, &self.config)).map_err(untranslatable)?;
        let call = Call::post(self.url("fim/api"), "POST CC5 ORDERSTATUS", XML, body).reading();
        let answer = self.http.send(call, journal).await?;
        if let Some(trouble) = trouble_of_status(&answer, true, wall_now()) {
            return Err(trouble);
        }
        if answer.status != 200 {
            return Err(Trouble::transient(format!("HTTP {} to the order inquiry", answer.status)));
        }
        drift::note(journal, shapes::of_answer(&answer.body));
        map::card_outcome(&answer.body, order).map_err(Trouble::transient)
    }

    async fn refund(&self, request: &AgencyRequest, journal: &mut Vec<Exchange>) -> Result<Outcome, Trouble> {
        let order = out::order_in(request).map_err(untranslatable)?;
        let message = out::refund(request, &self.config, wall_now()).map_err(untranslatable)?;
        let body = out::xml(&message).map_err(untranslatable)?;
        let call = Call::post(self.url("iso/pain.007"), "POST pain.007", XML, body);
        let Some((read, _)) = self.iso(call, journal).await? else {
            return Err(Trouble::lost(false, "no answer to pain.007"));
        };
        let status = report_status(read.CstmrPmtStsRpt.as_ref(), &order_text(order.order), false)?;
        if status.reason_code.as_deref() == Some(DUPLICATION) {
            return self.refund_state(order, journal).await;
        }
        Ok(back::refund(status, order))
    }

    async fn refund_state(
        &self,
        order: &PaymentOrder,
        journal: &mut Vec<Exchange>,
    ) -> Result<Outcome, Trouble> {
        let url = self.url(&format!("iso/pain.002/{}", out::refund_id(order)));
        let Some((read, _)) = self.iso(Call::get(url, "GET pain.002/{refund}"), journal).await? else {
            return Ok(Outcome::NotKnown);
        };
        let status = report_status(read.CstmrPmtStsRpt.as_ref(), &order_text(order.order), true)?;
        Ok(back::refund(status, order))
    }

    async fn what_became(
        &self,
        request: &AgencyRequest,
        journal: &mut Vec<Exchange>,
    ) -> Result<Outcome, Trouble> {
        let order = out::order_in(request).map_err(untranslatable)?;
        match request.kind {
            RequestKind::Refund => self.refund_state(order, journal).await,
            _ => self.order_state(order, journal).await,
        }
    }
}

#[async_trait]
impl Adapter for BaridBank {
    async fn handle(&self, request: &AgencyRequest) -> Handled {
        let mut exchanges = Vec::new();
        let result = match request.kind {
            RequestKind::Pay => self.pay(request, &mut exchanges).await,
            RequestKind::Refund => self.refund(request, &mut exchanges).await,
            RequestKind::Query => self.what_became(request, &mut exchanges).await,
            // The bank's contract knows no cancellation: an order lapses on its last day, so there is nothing to say.
            RequestKind::Cancel => Ok(Outcome::Cancelled),
            RequestKind::Consult | RequestKind::Supplement => Err(not_offered(request.kind)),
        };
        Handled { outcome: result.unwrap_or_else(Outcome::from), exchanges }
    }

    async fn query(&self, request: &AgencyRequest) -> Handled {
        let mut exchanges = Vec::new();
        let result = self.what_became(request, &mut exchanges).await;
        Handled { outcome: result.unwrap_or_else(Outcome::from), exchanges }
    }

    async fn collect(&self, request: &CollectRequest) -> Collected {
        feed::collect(self, &request.feed, &request.cursor).await
    }

    fn identify(&self, raw: &RawCallback) -> Identified {
        callback::identify(raw)
    }

    fn receive(&self, raw: &RawCallback, expected: &Expected) -> Received {
        callback::receive(raw, expected, &self.config)
    }

    fn drift(&self, raw: &RawCallback) -> Vec<DriftNote> {
        shapes::of_callback(&raw.body)
    }

    fn certificates(&self) -> Vec<CertificateNote> {
        self.http.certificates()
    }

    fn preview(&self, request: &AgencyRequest) -> Result<Preview, Untranslatable> {
        // Pure, so no clock: the receipt's time stands for the time of sending.
        let now = request.permit_file.receipt.issued_at;
        let (target, body) = match request.kind {
            RequestKind::Pay => {
                ("iso/pain.013", out::xml(&out::request_to_pay(request, &self.config, now)?)?)
            }
            RequestKind::Refund => ("iso/pain.007", out::xml(&out::refund(request, &self.config, now)?)?),
            kind => return Err(Untranslatable { code: NOT_OFFERED, reason: kind.as_str().to_owned() }),
        };
        Ok(Preview { target: format!("POST {}", self.url(target)), content_type: XML.to_owned(), body })
    }

    fn understand(&self, bytes: &[u8]) -> Result<Vec<CollectedItem>, Untranslatable> {
        map::understand(bytes)
    }

    fn traits(&self) -> Traits {
        Traits {
            kind: self.kind.clone(),
            feeds: vec![feed::NOTIFICATIONS, feed::STATEMENTS],
            polled: true,
            refuses_duplicates: true,
            can_be_asked: true,
            drops: map::DROPS,
        }
    }
}

/// The status of our order in a report; a report about something else leaves a change in doubt.
fn report_status(
    report: Option<&wire::StatusReport>,
    reference: &str,
    safe: bool,
) -> Result<back::Status, Trouble> {
    report
        .and_then(|report| back::status(report, reference))
        .ok_or_else(|| Trouble::lost(safe, "the answer is no status of our order"))
}

fn pay_url(answer: &Answer) -> Option<String> {
    answer.headers.get_all(LINK).iter().find_map(|value| back::payment_link(value.to_str().ok()?))
}

fn refusal(answer: &Answer) -> Trouble {
    let reject = back::iso_answer(&answer.body).ok().and_then(|read| read.reject).map(|reject| reject.Rsn);
    if matches!(answer.status, 404 | 405 | 410) && reject.is_none() {
        // Not the bank's own words: a wrong address or something in between. No order suffers for it.
        return Trouble::transient(format!("HTTP {} without an admi.002", answer.status));
    }
    let reason = reject.unwrap_or_default();
    Trouble::Refused {
        code: reason.RjctgPtyRsn.unwrap_or_else(|| format!("http-{}", answer.status)),
        reason: [reason.ErrLctn, reason.RsnDesc].into_iter().flatten().collect::<Vec<_>>().join(": "),
    }
}

fn untranslatable(fault: Untranslatable) -> Trouble {
    Trouble::Refused { code: fault.code.to_owned(), reason: fault.reason }
}

fn not_offered(kind: RequestKind) -> Trouble {
    let reason = format!("the bank cannot be asked to {}", kind.as_str());
    Trouble::Refused { code: NOT_OFFERED.to_owned(), reason }
}
