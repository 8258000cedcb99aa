//! The conversation: one question, one answer.

use async_trait::async_trait;
use wasl_schemas::agency::{AgencyRequest, CollectedItem, Exchange, Outcome, RequestKind};
use wasl_schemas::id::AgencyKind;

use super::config::Config;
use super::map;
use super::wire::Answer;
use crate::opinions::our_reference;
use crate::port::{Adapter, Handled, Preview, Traits, Untranslatable};
use crate::transport::http::{Call, HttpClient, Trouble};

const MEDIA_TYPE: &str = "application/json";

/// The adapter.
pub(super) struct Heritage {
    config: Config,
    client: HttpClient,
    kind: AgencyKind,
}

impl Heritage {
    /// Builds it.
    pub(super) fn new(config: Config) -> Result<Self, String> {
        let client = HttpClient::new(&config.http, &[&config.endpoint])?;
        let kind = AgencyKind::try_new("heritage").map_err(|fault| fault.to_string())?;
        Ok(Self { config, client, kind })
    }

    async fn ask(&self, request: &AgencyRequest) -> Handled {
        let mut exchanges = Vec::new();
        let outcome = self.try_ask(request, &mut exchanges).await.unwrap_or_else(Outcome::from);
        Handled { outcome, exchanges }
    }

    async fn try_ask(
        &self,
        request: &AgencyRequest,
        exchanges: &mut Vec<Exchange>,
    ) -> Result<Outcome, Trouble> {
        let body = serde_json::to_vec(&map::question(request))
            .map_err(|fault| Trouble::transient(fault.to_string()))?;
        let call = Call::post(self.config.endpoint.clone(), "POST question", MEDIA_TYPE, body).reading();
        let answer = self.client.send(call, exchanges).await?;
        if answer.status != 200 {
            return Err(Trouble::transient(format!("HTTP {}", answer.status)));
        }
        let answer: Answer =
            serde_json::from_slice(&answer.body).map_err(|fault| Trouble::transient(fault.to_string()))?;
        if our_reference(&answer.reference) != Some(request.consultation) {
            return Err(Trouble::transient("the answer is about another consultation"));
        }
        Ok(map::outcome(answer))
    }
}

#[async_trait]
impl Adapter for Heritage {
    async fn handle(&self, request: &AgencyRequest) -> Handled {
        match request.kind {
            RequestKind::Consult | RequestKind::Supplement | RequestKind::Query => self.ask(request).await,
            RequestKind::Cancel => Handled { outcome: Outcome::Cancelled, exchanges: Vec::new() },
            RequestKind::Pay | RequestKind::Refund => {
                let (code, reason) =
                    ("heritage.request.kind".to_owned(), "/kind: takes no payment".to_owned());
                Handled { outcome: Outcome::Refused { code, reason }, exchanges: Vec::new() }
            }
        }
    }

    /// Asking twice does no harm.
    async fn query(&self, request: &AgencyRequest) -> Handled {
        match request.kind {
            RequestKind::Query => self.ask(request).await,
            _ => Handled { outcome: Outcome::NotKnown, exchanges: Vec::new() },
        }
    }

    fn preview(&self, request: &AgencyRequest) -> Result<Preview, Untranslatable> {
        let unwritable =
            |fault: serde_json::Error| Untranslatable { code: "heritage.request", reason: fault.to_string() };
        Ok(Preview {
            target: format!("POST {}", self.config.endpoint),
            content_type: MEDIA_TYPE.to_owned(),
            body: serde_json::to_vec(&map::question(request)).map_err(unwritable)?,
        })
    }

    fn understand(&self, bytes: &[u8]) -> Result<Vec<CollectedItem>, Untranslatable> {
        let unreadable = |reason: String| Untranslatable { code: "heritage.answer.unreadable", reason };
        let answer: Answer = serde_json::from_slice(bytes).map_err(|fault| unreadable(fault.to_string()))?;
        let consultation = our_reference(&answer.reference)
            .ok_or_else(|| unreadable("not one of our references".to_owned()))?;
        Ok(vec![CollectedItem {
            event_id: answer.reference.clone(),
            consultation,
            outcome: map::outcome(answer),
        }])
    }

    fn traits(&self) -> Traits {
        Traits {
            kind: self.kind.clone(),
            feeds: Vec::new(),
            polled: false,
            refuses_duplicates: true,
            can_be_asked: true,
            drops: map::DROPS,
        }
    }
}
