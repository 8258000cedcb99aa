//! ONEE: SOAP with an IEC 61968-100 message and a UsernameToken. Answers by event or by poll.

mod call;
mod event;
mod message;
pub(super) mod secured;
mod security;
mod status;

use std::sync::Arc;

use axum::Router;
use axum::routing::post;
use rustls::pki_types::CertificateDer;

use super::agency::Agency;
use super::desk::Desk;
use super::office::Office;
use super::xml;
use super::xsd::Schema;
use secured::{Keys, Signer};
use security::Nonces;

/// The operator with its desk and what it checks against.
struct Onee {
    desk: Arc<Desk>,
    nonces: Nonces,
    message: Schema,
    payload: Schema,
    keys: Option<Arc<Keys>>,
}

type Shared = Arc<Onee>;

impl Onee {
    /// Who signs replies; none where they are not signed.
    fn signs_replies(&self) -> Option<&Signer> {
        let asked = self.desk.office.settings.onee_replies_signed;
        self.keys.as_ref().filter(|_| asked).map(|keys| &keys.signing)
    }
}

const MESSAGE_XSD: &str = include_str!("../../../../schemas/xsd/onee/message-1.xsd");
const PAYLOAD_XSD: &str = include_str!("../../../../schemas/xsd/onee/service-request-1.xsd");

/// Opens the agency: `POST /onee/ServiceRequest`, and its steps as they come due.
///
/// # Errors
/// The schemas of the contract cannot be read.
pub(super) fn open(office: &Arc<Office>) -> anyhow::Result<Router> {
    let keys = keys(office)?;
    let (desk, mut due) = Desk::open(Agency::Onee, Arc::clone(office));
    for review in desk.select(|review| event::untold(review).is_some()) {
        if let Some(seq) = event::untold(&review) {
            event::push(&desk, &review, seq, keys.clone());
        }
    }
    let (worker, signing) = (Arc::clone(&desk), keys.clone());
    office.schedule.run(async move {
        while let Some((reference, step)) = due.recv().await {
            match worker.step(&reference, step) {
                Ok(Some(review)) => {
                    if let Some(seq) = event::untold(&review) {
                        event::push(&worker, &review, seq, signing.clone());
                    }
                }
                Ok(None) => {}
                Err(fault) => {
                    tracing::error!(%fault, "a step of ONEE could not be noted");
                    worker.again_later(&reference, step);
                }
            }
        }
    });
    let read = |text| Schema::read(text).map_err(anyhow::Error::msg);
    let onee = Onee {
        desk,
        nonces: Nonces::default(),
        message: read(MESSAGE_XSD)?,
        payload: read(PAYLOAD_XSD)?,
        keys,
    };
    Ok(Router::new().route("/ServiceRequest", post(call::ask)).with_state(Arc::new(onee)))
}

/// Keys of both sides, where ONEE is reached by TLS and signs.
///
/// # Errors
/// The folder cannot be read or written.
pub(super) fn keys(office: &Office) -> anyhow::Result<Option<Arc<Keys>>> {
    let folder = office.settings.onee_keys.as_deref();
    folder.map(|folder| Keys::load_or_make(folder).map(Arc::new)).transpose()
}

#[cfg(test)]
mod tests;

/// A security header as either side would write it, made so many seconds ago.
pub(super) fn security_header(username: &str, password: &str, seconds_ago: u64) -> String {
    security::header_made(username, password, super::clock::now_ms().saturating_sub(seconds_ago * 1000))
}

/// The attributes with which a body can be signed.
pub(super) fn body_mark() -> String {
    message::body_mark()
}

/// Is an answer signed by one of these, and of now?
///
/// # Errors
/// A sentence that says why not.
pub(super) fn signed_reply(bytes: &[u8], agreed: &[&CertificateDer<'_>]) -> Result<(), String> {
    let mut why = "nobody is agreed who would sign answers".to_owned();
    for certificate in agreed {
        match secured::verify(bytes, certificate) {
            Ok(()) => {
                let time = security::check_reply(&xml::parse(bytes)?);
                return time.map_err(|refusal| format!("the answer: {}", refusal.reason));
            }
            Err(found) => why = format!("the answer: {}", found.reason),
        }
    }
    Err(why)
}

/// A signed header as the gateway would write it.
#[cfg(test)]
pub(super) fn header_for_tests(agreed: &super::secrets::OneeSecrets) -> String {
    security::header(&agreed.gateway_username, &agreed.gateway_password)
}
