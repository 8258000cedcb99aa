//! The conversation: one question, one answer. It only reads, so a doubt is settled by asking again.

use async_trait::async_trait;
use reqwest::header::HeaderName;
use wasl_schemas::agency::{AgencyRequest, CollectedItem, Exchange, Outcome, RequestKind};
use wasl_schemas::id::AgencyKind;
use wasl_schemas::line::CertificateNote;

use super::config::Config;
use super::identity::Identity;
use super::map;
use super::shapes;
use super::wire::{Answer, Question};
use crate::opinions::our_reference;
use crate::port::{Adapter, Handled, Preview, Traits, Untranslatable};
use crate::transport::clock::wall_now;
use crate::transport::drift;
use crate::transport::http::{self, Call, HttpClient, Trouble, trouble_of_status};
use crate::transport::soap::{self, Blame, Envelope, Version};
use crate::transport::xml::{Element, XmlLimits};

const ACTION: &str = "\"urn:ma:wasl:land-registry:title-state:1#TitleState\"";
const MEDIA_TYPE: &str = "text/xml; charset=utf-8";

/// The adapter.
pub(super) struct LandRegistry {
    pub(super) config: Config,
    pub(super) client: HttpClient,
    kind: AgencyKind,
}

impl LandRegistry {
    pub(super) fn new(config: Config) -> Result<Self, String> {
        let addresses: Vec<&str> =
            std::iter::once(&config.endpoint).chain(&config.parcel_endpoint).map(String::as_str).collect();
        let client = HttpClient::new(&config.http, &addresses)?;
        let kind = AgencyKind::try_new("land-registry").map_err(|e| e.to_string())?;
        Ok(Self { config, client, kind })
    }

    async fn ask(&self, request: &AgencyRequest) -> Handled {
        let mut exchanges = Vec::new();
        let outcome = match map::question(request) {
            Err(fault) => Outcome::Refused { code: fault.code.to_owned(), reason: fault.reason },
            Ok(question) => {
                self.exchange(request, &question, &mut exchanges).await.unwrap_or_else(Outcome::from)
            }
        };
        Handled { outcome, exchanges }
    }

    async fn exchange(
        &self,
        request: &AgencyRequest,
        question: &Question,
        exchanges: &mut Vec<Exchange>,
    ) -> Result<Outcome, Trouble> {
        let identity = map::identity(request, &self.config);
        let body = envelope(&identity, question);
        let call = Call::post(self.config.endpoint.clone(), "SOAP TitleState", MEDIA_TYPE, body.clone());
        let call = call.reading().header(HeaderName::from_static("soapaction"), ACTION)?;
        let answer = self.client.send(call, exchanges).await?;
        let (envelope, body_element) = understood(&answer)?;
        identity.check(&envelope, &body).map_err(|why| Trouble::transient(why.to_string()))?;
        drift::note(exchanges, shapes::TITLE_STATE.of_xml(&body_element));
        let answer = Answer::read(&body_element).map_err(Trouble::transient)?;
        if our_reference(&answer.reference) != Some(request.consultation) {
            return Err(Trouble::transient("the answer is about another consultation"));
        }
        map::trouble(question, &answer)?;
        let drawings = self.drawings(request, (question, &answer), &identity, exchanges).await?;
        map::outcome(question, &answer, &drawings, &self.config)
    }
}

/// The envelope of a question.
fn envelope(identity: &Identity, question: &Question) -> Vec<u8> {
    soap::write(Version::V11, |out| identity.write(out), |out| question.write(out))
}

/// The envelope of a 200 and its body, or the trouble that a fault or a status means.
fn understood(answer: &http::Answer) -> Result<(Envelope, Element), Trouble> {
    let now = wall_now();
    let envelope = Envelope::read(&answer.body, XmlLimits::default()).map_err(|why| {
        trouble_of_status(answer, true, now).unwrap_or_else(|| match answer.status {
            401 | 403 => Trouble::transient(format!("HTTP {}: our access is refused", answer.status)),
            400..=499 => Trouble::Refused {
                code: format!("http.{}", answer.status),
                reason: format!("HTTP {} without a SOAP fault", answer.status),
            },
            status => Trouble::transient(format!("HTTP {status}: {why}")),
        })
    })?;
    match &envelope.body {
        Ok(body) if answer.status == 200 => {
            let body = body.clone();
            Ok((envelope, body))
        }
        Ok(_) => Err(Trouble::transient(format!("HTTP {} with an answer", answer.status))),
        Err(fault) if fault.blame == Blame::Sender => {
            Err(Trouble::Refused { code: fault.code.clone(), reason: fault.reason.clone() })
        }
        Err(fault) => {
            let reason = format!("{}: {}", fault.code, fault.reason);
            Err(Trouble::Transient { reason, retry_after_ms: answer.retry_after_ms(now) })
        }
    }
}

/// The body of a SOAP answer.
#[cfg(test)]
pub(super) fn body_of(bytes: &[u8]) -> Option<Element> {
    Envelope::read(bytes, XmlLimits::default()).ok()?.body.ok()
}

#[async_trait]
impl Adapter for LandRegistry {
    async fn handle(&self, request: &AgencyRequest) -> Handled {
        let done = |outcome| Handled { outcome, exchanges: Vec::new() };
        match request.kind {
            RequestKind::Consult | RequestKind::Supplement | RequestKind::Query => self.ask(request).await,
            // A question leaves nothing behind that could be called off.
            RequestKind::Cancel => done(Outcome::Cancelled),
            RequestKind::Pay | RequestKind::Refund => done(Outcome::Refused {
                code: "land-registry.request.kind".to_owned(),
                reason: "/kind: the land registry takes no payment here".to_owned(),
            }),
        }
    }

    async fn query(&self, request: &AgencyRequest) -> Handled {
        match request.kind {
            RequestKind::Query => self.ask(request).await,
            // Reading twice does no harm: it may be asked.
            _ => Handled { outcome: Outcome::NotKnown, exchanges: Vec::new() },
        }
    }

    fn preview(&self, request: &AgencyRequest) -> Result<Preview, Untranslatable> {
        if !matches!(request.kind, RequestKind::Consult | RequestKind::Supplement | RequestKind::Query) {
            let reason =
                format!("/kind: nothing is sent to the land registry for `{}`", request.kind.as_str());
            return Err(Untranslatable { code: "land-registry.request.kind", reason });
        }
        let question = map::question(request)?;
        Ok(Preview {
            target: format!("POST {} (TitleState)", self.config.endpoint),
            content_type: MEDIA_TYPE.to_owned(),
            body: envelope(&map::identity(request, &self.config), &question),
        })
    }

    /// Without the question beside it: parcels are taken as the answer names them, areas are not compared.
    fn understand(&self, bytes: &[u8]) -> Result<Vec<CollectedItem>, Untranslatable> {
        let unreadable = |reason: String| Untranslatable { code: "land-registry.answer.unreadable", reason };
        let envelope = Envelope::read(bytes, XmlLimits::default()).map_err(|e| unreadable(e.to_string()))?;
        let body = envelope.body.map_err(|fault| Untranslatable {
            code: "land-registry.answer.fault",
            reason: format!("{}: {}", fault.code, fault.reason),
        })?;
        let answer = Answer::read(&body).map_err(unreadable)?;
        let consultation = our_reference(&answer.reference)
            .ok_or_else(|| unreadable("consultationReference is not one of our references".to_owned()))?;
        let outcome = map::outcome_alone(&answer, &self.config).unwrap_or_else(Outcome::from);
        let event_id = answer.extract_number.unwrap_or_else(|| "unnamed".to_owned());
        Ok(vec![CollectedItem { event_id, consultation, outcome }])
    }

    fn certificates(&self) -> Vec<CertificateNote> {
        self.client.certificates()
    }

    fn traits(&self) -> Traits {
        Traits {
            kind: self.kind.clone(),
            feeds: Vec::new(),
            // The answer comes in the reply.
            polled: false,
            // Nothing is filed, so nothing is filed twice.
            refuses_duplicates: true,
            can_be_asked: true,
            drops: map::DROPS,
        }
    }
}
