//! What is said with the two agencies of the sandbox, which answers the floor as it answers wasl: the bodies that wasl
//! once sent, with ids put in their places. Answers are read no further than the next call needs.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE};
use reqwest::{RequestBuilder, Response};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;
use wasl_tests::sandbox::{Secrets, security_header};

use super::template::{Framed, Template, between};
use super::{CALLS, POLLED, Pass, Plan};

/// Notifications of one page: as many as wasl asks for.
const PAGE_ITEMS_MAX: usize = 50;
/// A token is asked for again after so long; it lives for 300 s.
const TOKEN_SECONDS: u64 = 240;
const SOAP: &str =
    r#"application/soap+xml; charset=utf-8; action="urn:ma:wasl:onee:service-request:1#Request""#;
const JSON: &str = "application/json";

/// One page of what the agency that is polled has to tell.
#[derive(Deserialize)]
pub(super) struct Page {
    #[serde(rename = "notifications")]
    pub(super) notes: Vec<Note>,
    #[serde(rename = "noOffsetSuivant")]
    pub(super) next: usize,
    #[serde(rename = "boSuite")]
    pub(super) more: bool,
}

/// One notification.
#[derive(Deserialize)]
pub(super) struct Note {
    #[serde(rename = "nomTypeEvenement")]
    kind: Kind,
    #[serde(rename = "noConsultationExterne")]
    pub(super) consultation: Uuid,
    #[serde(rename = "idElementConcerne")]
    about: String,
}

#[derive(Deserialize)]
struct Kind {
    #[serde(rename = "idNom")]
    id: usize,
}

impl Note {
    /// The stage that a consultation has come to: 2 or 3.
    pub(super) const fn stage(&self) -> usize {
        self.kind.id + 1
    }
}

/// What an agency calls in.
pub(super) struct Called {
    pub(super) pass: Pass,
    pub(super) stage: usize,
    pub(super) answer: Vec<u8>,
}

/// Both agencies.
pub(super) struct Agencies {
    client: reqwest::Client,
    base: String,
    secrets: Secrets,
    token: tokio::sync::Mutex<Option<(Instant, String)>>,
    /// The request with a gap for the security header, which is of its moment.
    request: Framed,
    consultation: Template,
    search: Template,
    /// Answers to both calls, with a gap for the call's id.
    taken: [Framed; 2],
    /// Whose a consultation is: the agencies know no other name of a file.
    known: Mutex<HashMap<Uuid, Pass>>,
}

impl Agencies {
    pub(super) fn of(plan: &Plan) -> Self {
        let bodies = plan.rows["exchange_body"].as_array().unwrap();
        let sent = |which, stage| {
            let place = Pass { which, ..Pass::of_file("") }.place(stage);
            bodies[place]["sent"].as_str().unwrap_or_default()
        };
        let taken = |stage| Framed::of(sent(CALLS, stage), "CorrelationID>", "</", plan);
        Self {
            client: reqwest::Client::builder().no_proxy().build().unwrap(),
            base: format!("http://{}", plan.sandbox),
            secrets: serde_json::from_slice(&std::fs::read(&plan.secrets).unwrap()).unwrap(),
            token: tokio::sync::Mutex::default(),
            request: Framed::of(sent(CALLS, 1), "Header>", "</env:Header>", plan),
            consultation: Template::of(sent(POLLED, 1), plan),
            search: Template::of(sent(POLLED, 2), plan),
            taken: [taken(2), taken(3)],
            known: Mutex::default(),
        }
    }

    /// Shows a file to an agency.
    pub(super) async fn consult(&self, pass: &Pass) {
        self.known.lock().unwrap().insert(pass.consultation(pass.which), pass.clone());
        let answer = if pass.which == CALLS {
            let ours = &self.secrets.onee;
            let header = security_header(&ours.gateway_username, &ours.gateway_password);
            let request = self.client.post(format!("{}/onee/ServiceRequest", self.base));
            request.header(CONTENT_TYPE, SOAP).body(self.request.fill(pass, &header)).send().await
        } else {
            let request = self.client.post(self.urban("consultations")).header(CONTENT_TYPE, JSON);
            self.allowed(request).await.body(self.consultation.fill(pass)).send().await
        };
        read(answer).await;
    }

    fn urban(&self, path: &str) -> String {
        format!("{}/urban-agency/v1/{path}", self.base)
    }

    async fn allowed(&self, request: RequestBuilder) -> RequestBuilder {
        let caller = &self.secrets.urban_agency.id_acteur_appelant;
        request.header("id-acteur-appelant", caller).header(AUTHORIZATION, self.token().await)
    }

    async fn token(&self) -> String {
        let mut token = self.token.lock().await;
        let life = Duration::from_secs(TOKEN_SECONDS);
        if let Some((_, token)) = token.as_ref().filter(|(since, _)| since.elapsed() < life) {
            return token.clone();
        }
        let ours = &self.secrets.urban_agency;
        let form = json!({"grant_type": "client_credentials", "scope": "consultations",
            "client_id": ours.client_id, "client_secret": ours.client_secret});
        let request = self.client.post(format!("{}/urban-agency/oauth2/token", self.base)).form(&form);
        let answer: Value = serde_json::from_slice(&read(request.send().await).await).unwrap();
        let new = format!("Bearer {}", answer["access_token"].as_str().unwrap());
        *token = Some((Instant::now(), new.clone()));
        new
    }

    /// The page of notifications after a cursor.
    pub(super) async fn page(&self, from: usize) -> Page {
        let address = self.urban(&format!("notifications?offset={from}&limite={PAGE_ITEMS_MAX}"));
        let answer = self.allowed(self.client.get(address)).await.send().await;
        serde_json::from_slice(&read(answer).await).unwrap()
    }

    /// Asks what a notification is about; whose it is.
    pub(super) async fn details(&self, note: &Note) -> Pass {
        let pass = self.whose(note.consultation);
        let request = if note.stage() == 2 {
            let request = self.client.post(self.urban("consultations/recherche?page=0"));
            request.header(CONTENT_TYPE, JSON).body(self.search.fill(&pass))
        } else {
            self.client.get(self.urban(&format!("avis/{}", note.about)))
        };
        read(self.allowed(request).await.send().await).await;
        pass
    }

    /// What a call of an agency says, and what it is answered.
    pub(super) fn called(&self, body: &[u8]) -> Called {
        let text = std::str::from_utf8(body).unwrap();
        let said = |from| &text[between(text, from, "</").unwrap()];
        let stage = if said("Verb>") == "closed" { 3 } else { 2 };
        let pass = self.whose(said("consultationReference>").parse().unwrap());
        let answer = self.taken[stage - 2].fill(&pass, said("MessageID>")).into_bytes();
        Called { pass, stage, answer }
    }

    fn whose(&self, consultation: Uuid) -> Pass {
        self.known.lock().unwrap()[&consultation].clone()
    }
}

async fn read(answer: reqwest::Result<Response>) -> bytes::Bytes {
    let answer = answer.unwrap();
    assert!(answer.status().is_success(), "{}: {:?}", answer.status(), answer.text().await);
    answer.bytes().await.unwrap()
}
