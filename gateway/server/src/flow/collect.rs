//! Collect: what adapters answer, and what agencies say by themselves.

use std::collections::BTreeMap;

use base64::Engine;
use serde_json::json;
use wasl_adapters::planted;
use wasl_core::file::Input;
use wasl_schemas::agency::{
    AnswerMessage, CollectRequest, CollectedMessage, Exchange, OutcomeMessage, RequestKind, Said, Via,
};
use wasl_schemas::id::ConsultationId;
use wasl_schemas::problem::{Code, Fault};

use super::Core;
use super::decide::{Refusable, Target, Work, park};
use super::notify::collect_message;
use super::receive::{Judged, refusable_of, run};
use super::remind::FEED_PATIENCE_MS;
use crate::broker::{BrokerError, Delivery, Session};
use crate::clock::wall_now;
use crate::store::inbox::Key;
use crate::store::parked::parked_id;
use crate::store::{StoreError, Unit, feeds};

/// Consumes a queue of what agencies say (`answers`, or `answers.urgent` with what they called us with) until the
/// connection or the lead ends.
///
/// # Errors
/// Whatever ends the session; it is then built anew.
pub async fn answers(core: &Core, session: Session, queue: &str) -> Result<(), BrokerError> {
    run(core, session, queue, judge).await
}

/// A reading of a feed, with how to set it aside.
#[derive(Debug, Clone)]
pub struct Reading {
    message: CollectedMessage,
    pub(super) refusable: Refusable,
}

fn judge(core: &Core, queue: &str, delivery: &Delivery) -> Judged {
    let mut refusable = refusable_of(core, queue, delivery);
    refusable.answer_to = None;
    match AnswerMessage::read(&delivery.body) {
        Ok(AnswerMessage::Outcome(message)) => {
            refusable.parked.consultation = Some(message.consultation.0);
            Judged::Good(Box::new(outcome_work(*message, refusable)))
        }
        Ok(AnswerMessage::Collected(message)) => {
            Judged::Collected(Box::new(Reading { message: *message, refusable }))
        }
        Ok(AnswerMessage::Line(report)) => Judged::Line(report),
        Err(_) => Judged::Aside(Box::new(refusable), vec![Fault::new(Code::AgencyAnswerUnreadable, "")]),
    }
}

fn outcome_work(message: OutcomeMessage, refusable: Refusable) -> Work {
    let source = format!("/agencies/{}", message.agency);
    let id = message.id.to_string();
    Work {
        cause: format!("{source}|{id}"),
        // Outcomes of one id say the same by construction; there is no content to compare.
        key: Some(Key { source, id, body_hash: [0; 32] }),
        target: Target::Consultation(message.consultation),
        input: Input::Outcome(Box::new(message)),
        refusable: Some(refusable),
    }
}

/// Moves the cursor and takes the items over, together: an old reading changes nothing at all.
///
/// # Errors
/// The database's.
pub(super) async fn accept(core: &Core, unit: &mut Unit, reading: Reading) -> Result<Vec<Work>, StoreError> {
    let Reading { message, refusable } = reading;
    let CollectedMessage {
        agency,
        feed,
        version,
        next_cursor,
        more,
        items,
        rejected,
        failed,
        statements,
        said,
        ..
    } = message;
    let flow = &core.context.settings.flow;
    let interval_ms = i64::try_from(flow.feed_interval_ms).unwrap_or(i64::MAX);
    if let Some(why) = failed {
        tracing::warn!(%agency, feed, why, "a feed could not be read; its cursor stays");
        feeds::failed(unit.tx(), agency.as_str(), &feed, version, &why, interval_ms).await?;
        return Ok(Vec::new());
    }
    // More is waiting and this reading has brought something: read on at once. Until that is answered, the timer of
    // the feed stands behind, as for every reading.
    let read_on = more && !(items.is_empty() && rejected.is_empty() && statements.is_empty());
    let again_ms = if read_on { FEED_PATIENCE_MS } else { interval_ms };
    let moved = if planted!("cursor-too-early") {
        let mut early = core.pool.begin().await?;
        let moved =
            feeds::advance(&mut early, agency.as_str(), &feed, version, &next_cursor, again_ms).await?;
        early.commit().await?;
        moved
    } else {
        feeds::advance(unit.tx(), agency.as_str(), &feed, version, &next_cursor, again_ms).await?
    };
    if !moved {
        return Ok(Vec::new());
    }
    if read_on {
        let (agency, feed) = (agency.clone(), feed.clone());
        let next = CollectRequest { agency, feed, cursor: next_cursor, version: version + 1 };
        unit.say(collect_message(next, wall_now())?);
    }
    let mut said = by_consultation(said);
    super::statements::keep_all(core, unit, &statements, &refusable).await?;
    for item in rejected {
        let mut one = refusable.clone();
        let raw = base64::engine::general_purpose::STANDARD.decode(&item.raw_base64).unwrap_or_default();
        one.parked.id = Some(parked_id(&format!("{agency}/{feed}"), Some(&item.event_id), &raw));
        one.parked.raw = raw.into();
        one.parked.message_id = Some(item.event_id);
        one.parked.headers = json!({ "agency": agency, "feed": feed, "reason": item.reason });
        let code = Code::from_text(&item.code).unwrap_or(Code::AgencyAnswerUnreadable);
        park(unit, Some(one), &[Fault::new(code, "")]);
    }
    let works = items.into_iter().filter_map(|item| {
        let mut one = refusable.clone();
        let place = format!("{agency}/{feed}");
        one.parked.id = Some(parked_id(&place, Some(&item.event_id), item.event_id.as_bytes()));
        one.parked.message_id = Some(item.event_id.clone());
        one.parked.consultation = Some(item.consultation.0);
        // As a message of its own, so that it can be sent again without the reading in which it came.
        let alone = OutcomeMessage {
            id: OutcomeMessage::id_of_event(&agency, &item.event_id),
            agency: agency.clone(),
            consultation: item.consultation,
            request: RequestKind::Query,
            attempt: 0,
            via: Via::Collect,
            outcome: item.outcome,
            exchanges: Vec::new(),
        };
        let alone = AnswerMessage::Outcome(Box::new(alone));
        one.parked.raw = serde_json::to_vec(&alone).unwrap_or_default().into();
        let AnswerMessage::Outcome(mut message) = alone else { return None };
        // What was said stands with the first item of its consultation: it is written down once.
        message.exchanges = said.remove(&item.consultation).unwrap_or_default();
        Some(outcome_work(*message, one))
    });
    Ok(works.collect())
}

fn by_consultation(said: Vec<Said>) -> BTreeMap<ConsultationId, Vec<Exchange>> {
    let mut sorted: BTreeMap<ConsultationId, Vec<Exchange>> = BTreeMap::new();
    for Said { consultation, exchange } in said {
        sorted.entry(consultation).or_default().push(exchange);
    }
    sorted
}
