//! The feed of notifications (README §5): read from a cursor, resolved item by item, never past an item that
//! was neither understood nor set aside.

use base64::Engine as _;
use futures_util::{StreamExt as _, stream};
use serde_json::Value;
use wasl_schemas::agency::{CollectedItem, Exchange, Outcome, RejectedItem, Said};
use wasl_schemas::id::ConsultationId;
use wasl_schemas::line::DriftNote;

use super::call::{UrbanAgency, parse, refused};
use super::map::{back, back::Standing};
use super::{shapes, wire};
use crate::port::{Collected, Untranslatable};
use crate::transport::http::{Call, Trouble};

/// Name of the feed.
pub(super) const NOTIFICATIONS: &str = "notifications";
/// Notifications whose details are read at a time.
const DETAILS_AT_ONCE: usize = 16;
/// Bytes of a rejected item that are kept.
const RAW_BYTES_MAX: usize = 64 << 10;

/// One item of the page, read as far as it can be without asking more.
struct Item {
    offset: i64,
    event_id: String,
    raw: Value,
    read: Option<(wire::Notification, ConsultationId)>,
}

enum Resolved {
    Understood(CollectedItem),
    Rejected(RejectedItem),
}

/// Reads one page after the cursor. A failure in the middle keeps what was understood before it.
pub(super) async fn read(agency: &UrbanAgency, cursor: &str) -> Collected {
    let failed = |reason: String| Collected {
        next_cursor: cursor.to_owned(),
        failed: Some(reason),
        ..Collected::default()
    };
    let Ok(from) = (if cursor.is_empty() { Ok(0) } else { cursor.parse::<i64>() }) else {
        return failed(format!("the cursor is not an offset ({} characters)", cursor.len()));
    };
    let (page, drift) = match read_page(agency, from).await {
        Ok(read) => read,
        Err(trouble) => return failed(reason_of(trouble)),
    };
    let more = page.boSuite == Some(true);
    if page.notifications.iter().any(|raw| offset_of(raw).is_none()) && end_of(&page) <= from {
        return failed("notifications without noOffset".to_owned());
    }
    let items = items_of(page, from);
    let mut resolving = stream::iter(items).map(|item| resolve(agency, item)).buffered(DETAILS_AT_ONCE);
    let mut collected = Collected { next_cursor: from.to_string(), drift, ..Collected::default() };
    while let Some((offset, resolved, said)) = resolving.next().await {
        // What was said is kept even where it ended badly.
        collected.said.extend(said);
        match resolved {
            Ok(Resolved::Understood(item)) => collected.items.push(item),
            Ok(Resolved::Rejected(item)) => collected.rejected.push(item),
            // The rest of the page waits for the next reading, from this very item.
            Err(_) if offset_moved(&collected, from) => return collected,
            Err(trouble) => return failed(reason_of(trouble)),
        }
        collected.next_cursor = offset.to_string();
    }
    collected.more = more && offset_moved(&collected, from);
    collected
}

fn offset_moved(collected: &Collected, from: i64) -> bool {
    collected.next_cursor != from.to_string()
}

fn reason_of(trouble: Trouble) -> String {
    match trouble {
        Trouble::Transient { reason, .. } | Trouble::InDoubt { reason } => reason,
        Trouble::Refused { code, reason } => format!("{code}: {reason}"),
    }
}

async fn read_page(
    agency: &UrbanAgency,
    from: i64,
) -> Result<(wire::NotificationPage, Vec<DriftNote>), Trouble> {
    let limit = agency.config.page_items_max;
    let url = agency.url(&format!("notifications?offset={from}&limite={limit}"));
    let answer = agency.ask(Call::get(url, "GET notifications"), &mut Vec::new()).await?;
    if answer.status != 200 {
        return Err(refused(&answer));
    }
    Ok((parse(&answer, true)?, shapes::NOTIFICATIONS.of_json(&answer.body)))
}

fn offset_of(raw: &Value) -> Option<i64> {
    raw.get("noOffset").and_then(Value::as_i64)
}

/// The highest offset of the page.
fn end_of(page: &wire::NotificationPage) -> i64 {
    let seen = page.notifications.iter().filter_map(offset_of).max();
    seen.max(page.noOffsetSuivant).unwrap_or(i64::MIN)
}

/// The page's items after the cursor, in order. One without an offset is taken for the page's end: it can
/// only be set aside together with all that comes before it.
fn items_of(page: wire::NotificationPage, from: i64) -> Vec<Item> {
    let end = end_of(&page);
    let mut items: Vec<Item> = page.notifications.into_iter().map(|raw| item_of(raw, end)).collect();
    items.retain(|item| item.offset > from);
    items.sort_by_key(|item| item.offset);
    items
}

fn item_of(raw: Value, end: i64) -> Item {
    let read: Option<wire::Notification> = serde_json::from_value(raw.clone()).ok();
    let offset = offset_of(&raw).unwrap_or(end);
    let id = raw.get("idNotification").and_then(Value::as_str).map(str::to_owned);
    let ours = read.as_ref().and_then(|n| back::our_reference(n.noConsultationExterne.as_deref()));
    let read = if id.is_some() { read.zip(ours) } else { None };
    Item { offset, event_id: id.unwrap_or_else(|| format!("offset-{offset}")), raw, read }
}

/// The ids under which the items of a page are handed on.
#[cfg(test)]
pub(super) fn ids_of(page: wire::NotificationPage) -> Vec<String> {
    items_of(page, i64::MIN).into_iter().map(|item| item.event_id).collect()
}

async fn resolve(agency: &UrbanAgency, item: Item) -> (i64, Result<Resolved, Trouble>, Vec<Said>) {
    let offset = item.offset;
    let Some((notification, consultation)) = &item.read else {
        let reason = "no id, or not a reference of ours";
        return (offset, Ok(Resolved::Rejected(rejected(&item, "feed.item-unreadable", reason))), Vec::new());
    };
    let mut journal = Vec::new();
    let outcome = outcome_of(agency, notification, *consultation, &mut journal).await;
    let said = |exchange| Said { consultation: *consultation, exchange };
    let said = journal.into_iter().map(said).collect();
    let resolved = match outcome {
        Ok(outcome) => Ok(Resolved::Understood(CollectedItem {
            event_id: item.event_id.clone(),
            consultation: *consultation,
            outcome,
        })),
        // What it points to is not there: no reason to hold up the feed.
        Err(Trouble::Refused { code, reason }) => {
            Ok(Resolved::Rejected(rejected(&item, "feed.detail-refused", &format!("{code}: {reason}"))))
        }
        Err(trouble) => Err(trouble),
    };
    (offset, resolved, said)
}

async fn outcome_of(
    agency: &UrbanAgency,
    notification: &wire::Notification,
    consultation: ConsultationId,
    journal: &mut Vec<Exchange>,
) -> Result<Outcome, Trouble> {
    match (notification.nomTypeEvenement.id, &notification.idElementConcerne) {
        (Some(1), pec_id) => {
            let Some(found) = agency.find(consultation, journal).await? else {
                let reason = "it notifies a consultation that it does not find".to_owned();
                return Err(Trouble::Refused { code: "CONSULTATION-INCONNUE".to_owned(), reason });
            };
            let outcome = acknowledgement_of(&found, pec_id.as_deref());
            Ok(agency.with_documents_not_taken(outcome, &found, journal).await)
        }
        (Some(2), Some(id)) => agency.opinion(id, consultation, journal).await,
        _ => {
            let mut named = notification.clone();
            agency.label(&mut named.nomTypeEvenement, "TYPE_EVENEMENT", journal).await;
            Ok(back::event(&named))
        }
    }
}

/// The acknowledgement that the notification is about; a newer one has its own notification.
fn acknowledgement_of(found: &wire::Found, pec_id: Option<&str>) -> Outcome {
    match &found.pecMetier {
        Some(pec) if pec_id.is_none() || pec.idPecMetier.as_deref() == pec_id => {
            back::acknowledgement(pec, found.idConsultation.clone())
        }
        Some(_) => Outcome::Pending { unknown: None },
        None => Outcome::Pending { unknown: Some("an acknowledgement without pecMetier".to_owned()) },
    }
}

fn rejected(item: &Item, code: &str, reason: &str) -> RejectedItem {
    let bytes = item.raw.to_string().into_bytes();
    let kept = &bytes[..bytes.len().min(RAW_BYTES_MAX)];
    RejectedItem {
        event_id: item.event_id.clone(),
        code: code.to_owned(),
        reason: reason.to_owned(),
        raw_base64: base64::engine::general_purpose::STANDARD.encode(kept),
    }
}

/// What the adapter makes of a body of the agency: an opinion, a search's answer or a page of notifications.
pub(super) fn understand(bytes: &[u8]) -> Result<Vec<CollectedItem>, Untranslatable> {
    let unreadable = |reason: String| Untranslatable { code: "agency.answer-unreadable", reason };
    let value: Value = serde_json::from_slice(bytes).map_err(|e| unreadable(e.to_string()))?;
    if value.get("notifications").is_some() {
        let page = serde_json::from_value(value).map_err(|e| unreadable(e.to_string()))?;
        return Ok(items_of(page, i64::MIN).into_iter().filter_map(offline).collect());
    }
    if value.get("resultats").is_some() {
        let answer: wire::SearchAnswer =
            serde_json::from_value(value).map_err(|e| unreadable(e.to_string()))?;
        return Ok(answer.resultats.iter().flatten().filter_map(found_offline).collect());
    }
    if value.get("nomNatureAvisRendu").is_some() {
        let avis: wire::Avis = serde_json::from_value(value).map_err(|e| unreadable(e.to_string()))?;
        let consultation = back::our_reference(avis.noConsultationExterne.as_deref())
            .ok_or_else(|| unreadable("/noConsultationExterne: not a reference of ours".to_owned()))?;
        let event_id = avis.idAvis.clone().unwrap_or_default();
        return Ok(vec![CollectedItem { event_id, consultation, outcome: back::opinion(&avis) }]);
    }
    Err(unreadable("neither notifications, resultats nor an avis".to_owned()))
}

fn found_offline(found: &wire::Found) -> Option<CollectedItem> {
    let consultation = back::our_reference(found.noConsultationExterne.as_deref())?;
    let outcome = match back::standing(found) {
        Standing::Is(outcome) => outcome,
        Standing::Opinion(id) => {
            Outcome::Pending { unknown: Some(format!("opinion {id} is still to be read")) }
        }
    };
    Some(CollectedItem { event_id: found.idConsultation.clone().unwrap_or_default(), consultation, outcome })
}

fn offline(item: Item) -> Option<CollectedItem> {
    let (notification, consultation) = item.read?;
    let outcome = match notification.nomTypeEvenement.id {
        Some(1 | 2) => Outcome::Pending {
            unknown: Some(format!(
                "{} is still to be read",
                notification.idElementConcerne.unwrap_or_default()
            )),
        },
        _ => back::event(&notification),
    };
    Some(CollectedItem { event_id: item.event_id, consultation, outcome })
}
