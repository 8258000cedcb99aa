//! The conversation: one address, one SOAP operation, one attempt.

use async_trait::async_trait;
use jiff::Timestamp;
use reqwest::header::HeaderName;
use wasl_schemas::agency::{AgencyRequest, CollectRequest, CollectedItem, Exchange, Outcome, RequestKind};
use wasl_schemas::id::AgencyKind;
use wasl_schemas::line::{CertificateNote, DriftNote};

use super::config::Config;
use super::message::{Asked, Head, Message, write_request};
use super::{event, map, secured};
use crate::opinions::our_reference;
use crate::port::{
    Adapter, Collected, Expected, Handled, Identified, Preview, RawCallback, Received, Traits, Untranslatable,
};
use crate::transport::clock::wall_now;
use crate::transport::drift;
use crate::transport::http::{Answer, Call, HttpClient, Trouble, trouble_of_status};
use crate::transport::soap::{self, Blame, Envelope, SoapError, Version};
use crate::transport::wsse::{self, Freshness};
use crate::transport::xml::XmlLimits;
use crate::transport::xmldsig::SignatureFault;

/// The one operation.
const ACTION: &str = "urn:ma:wasl:onee:service-request:1#Request";
const TYPE_12: &str =
    r#"application/soap+xml; charset=utf-8; action="urn:ma:wasl:onee:service-request:1#Request""#;
const TYPE_11: &str = "text/xml; charset=utf-8";

/// The adapter.
pub(super) struct Onee {
    pub(super) config: Config,
    client: HttpClient,
    kind: AgencyKind,
}

impl Onee {
    pub(super) fn new(config: Config) -> Result<Self, String> {
        let client = HttpClient::new(&config.http, &[&config.endpoint])?;
        let kind = AgencyKind::try_new("onee").map_err(|e| e.to_string())?;
        Ok(Self { config, client, kind })
    }

    /// The envelope of a request, secured as the settings say.
    pub(super) fn envelope(
        &self,
        head: &Head,
        asked: &Asked,
        fresh: Freshness,
    ) -> Result<Vec<u8>, SignatureFault> {
        let body = |out: &mut _| write_request(out, head, asked);
        secured::write(&self.config, self.config.version, self.config.ours.as_ref(), fresh, body)
    }

    fn head(&self, request: &AgencyRequest, kind: RequestKind, at: Timestamp) -> Head {
        let message_id = map::message_id(request.consultation, kind, request.attempt);
        Head { at, source: self.config.source.clone(), message_id, correlation_id: None }
    }

    async fn ask(&self, request: &AgencyRequest, kind: RequestKind, asked: &Asked) -> Handled {
        let mut exchanges = Vec::new();
        let outcome = match self.exchange(request, kind, asked, &mut exchanges).await {
            Ok(outcome) => outcome,
            Err(trouble) => trouble.into(),
        };
        Handled { outcome, exchanges }
    }

    async fn exchange(
        &self,
        request: &AgencyRequest,
        kind: RequestKind,
        asked: &Asked,
        exchanges: &mut Vec<Exchange>,
    ) -> Result<Outcome, Trouble> {
        let fresh = Freshness::draw();
        let head = self.head(request, kind, fresh.now);
        // A key that was tried when it was read: if it refuses now, an operator must look, and the file can wait.
        let body = self.envelope(&head, asked, fresh).map_err(|why| Trouble::transient(why.to_string()))?;
        let media_type = match self.config.version {
            Version::V12 => TYPE_12,
            Version::V11 => TYPE_11,
        };
        let what = format!("SOAP {}/ServiceRequest", asked.verb());
        let mut call = Call::post(self.config.endpoint.clone(), what, media_type, body);
        if self.config.version == Version::V11 {
            call = call.header(HeaderName::from_static("soapaction"), &format!("\"{ACTION}\""))?;
        }
        if asked.only_reads() {
            call = call.reading();
        }
        let answer = self.client.send(call, exchanges).await?;
        let read = Envelope::read(&answer.body, XmlLimits::default());
        drift::note(exchanges, read.as_ref().map(event::drift_of).unwrap_or_default());
        let message = understood(&self.config, &answer, read, asked.only_reads())?;
        settle(request, &head, asked, &message)
    }
}

/// The message of a 200, or the trouble that a fault or a status means.
fn understood(
    config: &Config,
    answer: &Answer,
    read: Result<Envelope, SoapError>,
    safe: bool,
) -> Result<Message, Trouble> {
    let envelope = match read {
        Ok(envelope) => envelope,
        Err(why) => return Err(without_soap(answer, safe, &why.to_string())),
    };
    // A fault about our access is told also to those who are not believed: nobody can sign for whom he does not know.
    if let Err(fault) = &envelope.body
        && is_about_the_line(&fault.code)
    {
        return Err(Trouble::transient(format!("{}: {}", fault.code, fault.reason)));
    }
    let envelope = secured::signed_reply(config, &answer.body, envelope, wall_now())
        .map_err(|why| Trouble::lost(safe, format!("{}: {why}", why.code())))?;
    match envelope.body {
        Err(fault) if fault.blame == Blame::Sender => {
            Err(Trouble::Refused { code: fault.code, reason: fault.reason })
        }
        Err(fault) => {
            let reason = format!("{}: {}", fault.code, fault.reason);
            Err(Trouble::Transient { reason, retry_after_ms: answer.retry_after_ms(wall_now()) })
        }
        Ok(_) if answer.status >= 500 => Err(Trouble::lost(safe, format!("HTTP {}", answer.status))),
        Ok(body) => Message::read(&body).map_err(|why| Trouble::lost(safe, why)),
    }
}

/// About our access or our settings, not about the file: mended by whoever runs the gateway, and then it goes
/// through.
fn is_about_the_line(code: &str) -> bool {
    wsse::SUBCODES.contains(&code) || matches!(code, "MustUnderstand" | "VersionMismatch")
}

/// What an answer without an envelope means, by its status.
fn without_soap(answer: &Answer, safe: bool, why: &str) -> Trouble {
    if let Some(trouble) = trouble_of_status(answer, safe, wall_now()) {
        return trouble;
    }
    match answer.status {
        413 => {
            let reason = "HTTP 413: the message is too large".to_owned();
            Trouble::Refused { code: "http.413".to_owned(), reason }
        }
        // No service of ONEE's refuses a file without a SOAP fault: this comes from something before it, which does
        // not like our address, our certificate (some servers say 400 then) or our access.
        status @ 400..=499 => Trouble::transient(format!("HTTP {status} without a SOAP fault")),
        status => Trouble::lost(safe, format!("HTTP {status}: {why}")),
    }
}

/// Believes an answer only when it is about what was asked.
fn settle(
    request: &AgencyRequest,
    head: &Head,
    asked: &Asked,
    message: &Message,
) -> Result<Outcome, Trouble> {
    let safe = asked.only_reads();
    if message.correlation_id.as_ref().is_some_and(|id| *id != head.message_id) {
        return Err(Trouble::lost(safe, "the answer's CorrelationID is that of another request"));
    }
    let about = message.status.as_ref().map(|s| our_reference(&s.reference));
    if about.is_none() && message.correlation_id.is_none() {
        return Err(Trouble::lost(safe, "the answer names neither our message nor our reference"));
    }
    if about.is_some_and(|reference| reference != Some(request.consultation)) {
        return Err(Trouble::lost(safe, "the answer is about another consultation"));
    }
    let Some(reply) = &message.reply else {
        return Err(Trouble::lost(safe, "the answer is an event"));
    };
    Ok(map::outcome(asked, reply, message.status.as_ref()))
}

/// Asked before a second sending, what `get` says is about the consultation; what matters is whether **this**
/// request arrived. ONEE takes a supplement or a cancellation twice without harm.
fn of_second_sending(kind: RequestKind, found: Outcome) -> Outcome {
    match (kind, found) {
        (RequestKind::Supplement, Outcome::Incomplete { .. }) => Outcome::NotKnown,
        (RequestKind::Cancel, Outcome::NotKnown) => Outcome::Cancelled,
        (
            RequestKind::Cancel,
            Outcome::Delivered { .. }
            | Outcome::Acknowledged { .. }
            | Outcome::Incomplete { .. }
            | Outcome::Pending { .. },
        ) => Outcome::NotKnown,
        (_, found) => found,
    }
}

#[async_trait]
impl Adapter for Onee {
    async fn handle(&self, request: &AgencyRequest) -> Handled {
        match map::asked(request, &self.config, wall_now()) {
            Ok(asked) => self.ask(request, request.kind, &asked).await,
            Err(fault) => {
                let outcome = Outcome::Refused { code: fault.code.to_owned(), reason: fault.reason };
                Handled { outcome, exchanges: Vec::new() }
            }
        }
    }

    async fn query(&self, request: &AgencyRequest) -> Handled {
        let asked = Asked::Get(request.consultation.to_string());
        let mut handled = self.ask(request, RequestKind::Query, &asked).await;
        handled.outcome = of_second_sending(request.kind, handled.outcome);
        handled
    }

    /// ONEE has no feed.
    async fn collect(&self, request: &CollectRequest) -> Collected {
        Collected { next_cursor: request.cursor.clone(), ..Collected::default() }
    }

    fn identify(&self, raw: &RawCallback) -> Identified {
        event::identify(raw)
    }

    fn receive(&self, raw: &RawCallback, expected: &Expected) -> Received {
        event::receive(&self.config, raw, expected)
    }

    /// Without the security header, which is of its moment, and at the time of the receipt.
    fn preview(&self, request: &AgencyRequest) -> Result<Preview, Untranslatable> {
        let at = request.permit_file.receipt.issued_at;
        let asked = map::asked(request, &self.config, at)?;
        let head = self.head(request, request.kind, at);
        Ok(Preview {
            target: format!("POST {} ({}/ServiceRequest)", self.config.endpoint, asked.verb()),
            content_type: self.config.version.media_type().to_owned(),
            body: soap::write(self.config.version, |_| {}, |out| write_request(out, &head, &asked)),
        })
    }

    fn understand(&self, bytes: &[u8]) -> Result<Vec<CollectedItem>, Untranslatable> {
        event::understand(bytes)
    }

    fn drift(&self, raw: &RawCallback) -> Vec<DriftNote> {
        event::drift(raw)
    }

    fn certificates(&self) -> Vec<CertificateNote> {
        let signers = self.config.certificates.iter().cloned();
        self.client.certificates().into_iter().chain(signers).collect()
    }

    fn traits(&self) -> Traits {
        Traits {
            kind: self.kind.clone(),
            feeds: Vec::new(),
            polled: true,
            // A second `create` is answered OE-DUPLICATE; the gateway asks first all the same.
            refuses_duplicates: false,
            can_be_asked: true,
            drops: map::DROPS,
        }
    }
}
