//! Events: what ONEE posts by itself to the gateway, again and again until it is answered.

use std::sync::Arc;

use reqwest::header::HeaderMap;
use serde_json::json;
use uuid::Uuid;

use super::super::agency::Agency;
use super::super::callbacks::{Answer, Callback};
use super::super::desk::Desk;
use super::super::review::{Review, State};
use super::super::xml;
use super::message::{Soap, event};
use super::secured::{self, Covers, Keys};
use super::{security, status::status};

/// The ledger entry that an event would tell of, when it has not been told yet.
pub(super) fn untold(review: &Review) -> Option<u64> {
    let stamp = match review.state {
        State::Acknowledged | State::Incomplete => review.acknowledgement,
        State::Answered => review.answer,
        _ => None,
    };
    let seq = stamp?.seq;
    (review.draw.pushed && seq > review.told).then_some(seq)
}

/// Posts the present status of a request as an event; `seq` names the ledger entry it tells of.
pub(super) fn push(desk: &Arc<Desk>, review: &Review, seq: u64, keys: Option<Arc<Keys>>) {
    let Some(base) = desk.office.settings.callbacks.clone() else { return };
    let verb = if review.state == State::Answered { "closed" } else { "changed" };
    let name = format!("onee/{}/{seq}", review.reference);
    let id = Uuid::new_v5(&Uuid::NAMESPACE_URL, name.as_bytes());
    let body = event(verb, &id, &status(desk, review));
    let agreed = desk.office.secrets.onee.clone();
    let signed_by = keys.clone().filter(|_| desk.office.settings.onee_replies_signed);
    let callback = Callback {
        url: format!("{base}/callbacks/onee"),
        content_type: "application/soap+xml; charset=utf-8; action=\"urn:ma:wasl:onee:service-request:1#Event\"",
        headers: HeaderMap::new(),
        // Each try carries a new nonce and time; the message inside stays the same.
        body: Box::new(move || {
            let header = security::header(&agreed.onee_username, &agreed.onee_password);
            match &keys {
                None => Soap::V12.envelope(&header, &body).into_bytes(),
                // Unsigned it would be refused, and that refusal would be seen.
                Some(keys) => {
                    let envelope = Soap::V12.envelope_to_sign(&header, &body);
                    secured::sign(&envelope, &keys.signing, Covers::Both).unwrap_or(envelope).into_bytes()
                }
            }
        }),
    };
    let (desk, reference) = (Arc::clone(desk), review.reference.clone());
    desk.clone().office.schedule.run(async move {
        desk.office.present(Agency::Onee).await;
        let answer = desk.office.callbacks.deliver(&callback, settled).await;
        let mut result = result(&answer, &id);
        if let (Some(keys), None) = (&signed_by, &result.violation) {
            result.violation = super::signed_reply(&answer.body, &[&keys.gateway]).err();
        }
        if let Some(reason) = &result.violation {
            desk.violation(&reference, std::slice::from_ref(reason));
        }
        let detail = json!({"event": id, "verb": verb, "result": result.text, "tries": answer.tries});
        if let Err(fault) = desk.acknowledged(&reference, seq, detail) {
            tracing::error!(%fault, "an acknowledged event could not be noted");
        }
    });
}

/// 200 and 400 end the repeating, whatever they say.
fn settled(answer: &Answer) -> bool {
    matches!(answer.status, 200 | 400)
}

struct Settled {
    text: String,
    violation: Option<String>,
}

fn result(answer: &Answer, id: &Uuid) -> Settled {
    if answer.status == 400 {
        let reason = "the gateway refused an event as unreadable".to_owned();
        return Settled { text: "FAULT".to_owned(), violation: Some(reason) };
    }
    let root = xml::parse(&answer.body).unwrap_or_default();
    let message = root.at(&["Body", "ResponseMessage"]).cloned().unwrap_or_default();
    let text = message.text_at(&["Reply", "Result"]);
    let correlation = message.text_at(&["Header", "CorrelationID"]);
    let good = matches!(text, "OK" | "FAILED") && correlation == id.to_string();
    let violation = (!good)
        .then(|| format!("the answer to event {id} has result {text:?} and correlation {correlation:?}"));
    Settled { text: text.to_owned(), violation }
}
