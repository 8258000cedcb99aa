//! The conversation with the agency over HTTP (README §§1–4, 6).

use std::sync::{Arc, Weak};

use async_trait::async_trait;
use jiff::Timestamp;
use reqwest::header::{AUTHORIZATION, HeaderName};
use serde::Serialize;
use serde::de::DeserializeOwned;
use wasl_schemas::agency::{AgencyRequest, CollectRequest, CollectedItem, Exchange, Outcome, RequestKind};
use wasl_schemas::id::{AgencyKind, ConsultationId};
use wasl_schemas::line::CertificateNote;

use super::ahead::{self, Ahead};
use super::config::Config;
use super::map::{self, back::Standing};
use super::nomenclatures::Labels;
use super::{feed, shapes, wire};
use crate::port::{
    Adapter, Collected, Expected, Handled, Preview, RawCallback, Received, Reply, Traits, Untranslatable,
};
use crate::transport::clock::wall_now;
use crate::transport::drift;
use crate::transport::http::{Answer, Call, HttpClient, Trouble, trouble_of_status};
use crate::transport::oauth2::TokenSource;

/// Kind of this adapter: its queue and its configuration file.
const KIND: &str = "urban-agency";
/// The caller's identity, beside the token.
const CALLER: HeaderName = HeaderName::from_static("id-acteur-appelant");
const JSON: &str = "application/json";
/// Pages of a search by our own reference that are read; more than one result is already strange.
const SEARCH_PAGES_MAX: u32 = 5;

/// The adapter. Keeps the token, labels of nomenclatures and the page that comes next, nothing else.
pub(super) struct UrbanAgency {
    pub(super) config: Config,
    http: HttpClient,
    tokens: TokenSource,
    pub(super) labels: Labels,
    pub(super) ahead: Ahead,
    /// For what goes on after a call has ended.
    pub(super) itself: Weak<Self>,
    kind: AgencyKind,
}

impl UrbanAgency {
    pub(super) fn new(config: Config) -> Result<Arc<Self>, String> {
        let http = HttpClient::new(&config.http, &[&config.base_url, &config.credentials.token_url])?;
        let tokens = TokenSource::new(config.credentials.clone());
        let kind = AgencyKind::try_new(KIND).map_err(|e| e.to_string())?;
        let (labels, ahead) = (Labels::default(), Ahead::default());
        Ok(Arc::new_cyclic(|itself| Self {
            config,
            http,
            tokens,
            labels,
            ahead,
            itself: itself.clone(),
            kind,
        }))
    }

    /// Sends an authorised call; a refused token is replaced once. What comes back is a 2xx, or a 4xx to read.
    pub(super) async fn ask(&self, call: Call, journal: &mut Vec<Exchange>) -> Result<Answer, Trouble> {
        let safe = call.safe;
        let mut renewed = false;
        loop {
            let token = self.tokens.token(&self.http, journal).await?;
            let call = call.clone().header(AUTHORIZATION, &format!("Bearer {}", token.reveal()))?;
            let call = call.header(CALLER, &self.config.caller_id)?;
            let answer = self.http.send(call, journal).await?;
            match answer.status {
                // Refused before anything was done, so it may be repeated.
                401 if !renewed => {
                    self.tokens.forget(&token).await;
                    renewed = true;
                }
                401 | 403 => {
                    return Err(Trouble::transient(format!("our access is refused: {}", refusal(&answer).1)));
                }
                _ => {
                    return match trouble_of_status(&answer, safe, wall_now()) {
                        Some(trouble) => Err(trouble),
                        None => Ok(answer),
                    };
                }
            }
        }
    }

    fn links(&self, now: Timestamp) -> map::out::Links<'_> {
        self.config.documents.as_ref().map(|links| (links, now))
    }

    /// An address below the base.
    pub(super) fn url(&self, path: &str) -> String {
        format!("{}/{path}", self.config.base_url)
    }

    fn post<T: Serialize>(&self, path: &str, what: &str, body: &T) -> Result<Call, Trouble> {
        let bytes = json(body).map_err(untranslatable)?;
        Ok(Call::post(self.url(path), format!("POST {what}"), JSON, bytes))
    }

    /// The consultation that carries our reference, if the agency has it.
    pub(super) async fn find(
        &self,
        consultation: ConsultationId,
        journal: &mut Vec<Exchange>,
    ) -> Result<Option<wire::Found>, Trouble> {
        let reference = consultation.to_string();
        let search =
            wire::Search { criteresSurConsultations: wire::SearchBy { noConsultationExterne: reference } };
        for page in 0..SEARCH_PAGES_MAX {
            let path = format!("consultations/recherche?page={page}");
            let call = self.post(&path, "consultations/recherche", &search)?.reading();
            let answer = self.ask(call, journal).await?;
            if answer.status != 200 {
                return Err(refused(&answer));
            }
            drift::note(journal, shapes::SEARCH.of_json(&answer.body));
            let read: wire::SearchAnswer = parse(&answer, true)?;
            let ours = |found: &wire::Found| {
                map::back::our_reference(found.noConsultationExterne.as_deref()) == Some(consultation)
            };
            // "It has no such request" allows a sending, so it is believed only when it is said plainly.
            let Some(results) = read.resultats else {
                return Err(Trouble::transient("the search is answered without `resultats`"));
            };
            let nameless = results.iter().any(|found| found.noConsultationExterne.is_none());
            if let Some(found) = results.into_iter().find(ours) {
                return Ok(Some(found));
            }
            if nameless {
                return Err(Trouble::transient("a result of the search carries no reference"));
            }
            if page + 1 >= read.nombrePages.unwrap_or(0) {
                break;
            }
        }
        Ok(None)
    }

    async fn consult(
        &self,
        request: &AgencyRequest,
        journal: &mut Vec<Exchange>,
    ) -> Result<Outcome, Trouble> {
        let links = self.links(wall_now());
        let body = map::out::consultation(request, &self.config.caller_id, links).map_err(untranslatable)?;
        let answer = self.ask(self.post("consultations", "consultations", &body)?, journal).await?;
        note_change(&answer, journal);
        let agency_reference = match answer.status {
            200..=299 => created(&answer, request.consultation)?.idConsultation,
            // It has this reference already: an earlier attempt arrived.
            409 if refusal(&answer).0 == "CONSULTATION-EXISTANTE" => errors(&answer).idConsultation,
            _ => return Err(refused(&answer)),
        };
        Ok(Outcome::Delivered { agency_reference })
    }

    /// A change needs the current version: search, send, and after `VERSION-PERIMEE` the same once more.
    async fn change(&self, request: &AgencyRequest, journal: &mut Vec<Exchange>) -> Result<Outcome, Trouble> {
        for _ in 0..2 {
            let Some(found) = self.find(request.consultation, journal).await? else {
                return Ok(match request.kind {
                    RequestKind::Cancel => Outcome::Cancelled,
                    _ => Outcome::NotKnown,
                });
            };
            let (Some(id), Some(version)) = (&found.idConsultation, found.noVersion) else {
                return Ok(Outcome::Pending {
                    unknown: Some("a consultation without id or noVersion".to_owned()),
                });
            };
            let call = self.changing_call(request, id, version)?;
            let answer = self.ask(call, journal).await?;
            note_change(&answer, journal);
            let agency_reference = found.idConsultation;
            match (answer.status, refusal(&answer).0.as_str(), request.kind) {
                (409, "VERSION-PERIMEE", _) => {}
                (200..=299, _, RequestKind::Cancel) => return Ok(Outcome::Cancelled),
                (200..=299, ..) | (409, "COMPLEMENT-EXISTANT", _) => {
                    return Ok(Outcome::Delivered { agency_reference });
                }
                _ => return Err(refused(&answer)),
            }
        }
        Err(Trouble::transient("the agency keeps changing the consultation (VERSION-PERIMEE twice)"))
    }

    fn changing_call(&self, request: &AgencyRequest, id: &str, version: i64) -> Result<Call, Trouble> {
        let id: String = url::form_urlencoded::byte_serialize(id.as_bytes()).collect();
        if request.kind == RequestKind::Cancel {
            let path = format!("consultations/{id}/annulation");
            return self.post(&path, "consultations/{id}/annulation", &map::out::cancellation(version));
        }
        let body = map::out::complement(request, version, self.links(wall_now())).map_err(untranslatable)?;
        self.post(&format!("consultations/{id}/complements"), "consultations/{id}/complements", &body)
    }

    async fn what_became(
        &self,
        request: &AgencyRequest,
        journal: &mut Vec<Exchange>,
    ) -> Result<Outcome, Trouble> {
        let Some(found) = self.find(request.consultation, journal).await? else {
            return Ok(Outcome::NotKnown);
        };
        let state = found.nomEtatConsultation.id;
        let outcome = match map::back::standing(&found) {
            Standing::Is(outcome) => self.with_documents_not_taken(outcome, &found, journal).await,
            Standing::Opinion(id) => self.opinion(&id, request.consultation, journal).await?,
        };
        Ok(match (request.kind, &outcome) {
            // Still incomplete, or not cancelled: the change that we ask about has not arrived.
            (RequestKind::Supplement, Outcome::Incomplete { .. }) => Outcome::NotKnown,
            (RequestKind::Cancel, Outcome::Delivered { .. } | Outcome::Acknowledged { .. })
                if state != Some(7) =>
            {
                Outcome::NotKnown
            }
            _ => outcome,
        })
    }

    /// Reads one opinion and checks that it is about our consultation.
    pub(super) async fn opinion(
        &self,
        id: &str,
        consultation: ConsultationId,
        journal: &mut Vec<Exchange>,
    ) -> Result<Outcome, Trouble> {
        let path: String = url::form_urlencoded::byte_serialize(id.as_bytes()).collect();
        let answer = self.ask(Call::get(self.url(&format!("avis/{path}")), "GET avis/{id}"), journal).await?;
        if answer.status != 200 {
            return Err(refused(&answer));
        }
        drift::note(journal, shapes::AVIS.of_json(&answer.body));
        let mut avis: wire::Avis = parse(&answer, true)?;
        if map::back::our_reference(avis.noConsultationExterne.as_deref()) != Some(consultation) {
            return Ok(Outcome::Pending {
                unknown: Some("the opinion carries another reference".to_owned()),
            });
        }
        self.label(&mut avis.nomNatureAvisRendu, "NATURE_AVIS", journal).await;
        Ok(map::back::opinion(&avis))
    }
}

#[async_trait]
impl Adapter for UrbanAgency {
    async fn handle(&self, request: &AgencyRequest) -> Handled {
        let mut exchanges = Vec::new();
        let result = match request.kind {
            RequestKind::Consult => self.consult(request, &mut exchanges).await,
            RequestKind::Supplement | RequestKind::Cancel => self.change(request, &mut exchanges).await,
            RequestKind::Query => self.what_became(request, &mut exchanges).await,
            RequestKind::Pay | RequestKind::Refund => Err(not_offered(request.kind)),
        };
        Handled { outcome: result.unwrap_or_else(Outcome::from), exchanges }
    }

    async fn query(&self, request: &AgencyRequest) -> Handled {
        let mut exchanges = Vec::new();
        let result = self.what_became(request, &mut exchanges).await;
        Handled { outcome: result.unwrap_or_else(Outcome::from), exchanges }
    }

    async fn collect(&self, request: &CollectRequest) -> Collected {
        ahead::collect(self, &request.cursor).await
    }

    fn receive(&self, _raw: &RawCallback, _expected: &Expected) -> Received {
        let body = "this agency is read through its notifications; it has no callback".to_owned();
        Received::Reject {
            reply: Reply { status: 404, content_type: "text/plain; charset=utf-8", body: body.clone() },
            code: "callback.not-offered",
            reason: body,
        }
    }

    fn preview(&self, request: &AgencyRequest) -> Result<Preview, Untranslatable> {
        // Pure, so no clock: the receipt's time stands for the time of sending.
        let links = self.links(request.permit_file.receipt.issued_at);
        let (target, body) = match request.kind {
            RequestKind::Consult => {
                let body = map::out::consultation(request, &self.config.caller_id, links)?;
                ("consultations", json(&body)?)
            }
            // The version is the agency's and is read just before sending: 1 stands for it here.
            RequestKind::Supplement => {
                ("consultations/{id}/complements", json(&map::out::complement(request, 1, links)?)?)
            }
            RequestKind::Cancel => ("consultations/{id}/annulation", json(&map::out::cancellation(1))?),
            RequestKind::Query => {
                let by = wire::SearchBy { noConsultationExterne: request.consultation.to_string() };
                ("consultations/recherche?page=0", json(&wire::Search { criteresSurConsultations: by })?)
            }
            RequestKind::Pay | RequestKind::Refund => {
                return Err(Untranslatable { code: NOT_OFFERED, reason: request.kind.as_str().to_owned() });
            }
        };
        Ok(Preview { target: format!("POST {}", self.url(target)), content_type: JSON.to_owned(), body })
    }

    fn understand(&self, bytes: &[u8]) -> Result<Vec<CollectedItem>, Untranslatable> {
        feed::understand(bytes)
    }

    fn certificates(&self) -> Vec<CertificateNote> {
        self.http.certificates()
    }

    fn traits(&self) -> Traits {
        Traits {
            kind: self.kind.clone(),
            feeds: vec![feed::NOTIFICATIONS],
            polled: false,
            refuses_duplicates: true,
            can_be_asked: true,
            drops: map::DROPS,
        }
    }
}

const NOT_OFFERED: &str = "request.not-offered";

fn not_offered(kind: RequestKind) -> Trouble {
    let reason = format!("an urban agency cannot be asked to {}", kind.as_str());
    Trouble::Refused { code: NOT_OFFERED.to_owned(), reason }
}

fn json<T: Serialize>(body: &T) -> Result<Vec<u8>, Untranslatable> {
    serde_json::to_vec(body).map_err(|e| Untranslatable { code: "request.json", reason: e.to_string() })
}

fn untranslatable(fault: Untranslatable) -> Trouble {
    Trouble::Refused { code: fault.code.to_owned(), reason: fault.reason }
}

/// Reads a JSON answer. One that can't be read after a change leaves it in doubt.
pub(super) fn parse<T: DeserializeOwned>(answer: &Answer, safe: bool) -> Result<T, Trouble> {
    serde_json::from_slice(&answer.body)
        .map_err(|e| Trouble::lost(safe, format!("HTTP {}: the answer cannot be read: {e}", answer.status)))
}

/// The answer to something new or changed, or its refusal.
fn note_change(answer: &Answer, journal: &mut [Exchange]) {
    let shape = if answer.status < 300 { shapes::CREATED } else { shapes::ERRORS };
    drift::note(journal, shape.of_json(&answer.body));
}

fn created(answer: &Answer, consultation: ConsultationId) -> Result<wire::Created, Trouble> {
    let created: wire::Created = parse(answer, false)?;
    match map::back::our_reference(created.noConsultationExterne.as_deref()) {
        Some(theirs) if theirs == consultation => Ok(created),
        _ => Err(Trouble::lost(false, "the answer does not repeat our reference")),
    }
}

fn errors(answer: &Answer) -> wire::Errors {
    serde_json::from_slice(&answer.body).unwrap_or_default()
}

/// First code and whole text of an error body.
fn refusal(answer: &Answer) -> (String, String) {
    map::back::errors(&errors(answer), answer.status)
}

pub(super) fn refused(answer: &Answer) -> Trouble {
    let (code, reason) = refusal(answer);
    if matches!(answer.status, 404 | 405 | 410) && errors(answer).erreurs.is_empty() {
        // Not the agency's own words: a wrong address or something in between. No file suffers for it.
        return Trouble::transient(format!("HTTP {} without the agency's error body", answer.status));
    }
    Trouble::Refused { code, reason }
}
