//! Receive: what communes, prefectures and provinces send, in batches.

use jiff::SignedDuration;
use serde_json::json;
use uuid::Uuid;
use wasl_adapters::{crash_point, planted};
use wasl_core::file::Input;
use wasl_schemas::agency::{CommuneRef, ReviewMessage};
use wasl_schemas::check::{CheckContext, Checked, RawMessage, Sender, check};
use wasl_schemas::command::Command;
use wasl_schemas::directory::CommuneDirectory;
use wasl_schemas::id::{CommuneCode, FileId, Reference};
use wasl_schemas::line::LineReport;
use wasl_schemas::problem::{Code, Fault};
use wasl_schemas::wire;

use super::decide::{Refusable, Tally, Target, Work, decide, park, refuse};
use super::patience::Patience;
use super::{Core, early, guard, replay};
use crate::broker::{BatchConsumer, BrokerError, Delivery, Session};
use crate::observe::metrics::{Named, QueueOutcome};
use crate::store::StoreError;
use crate::store::inbox::Key;
use crate::store::parked::NewParked;

/// Consumes a queue of partners (new files, or what concerns known ones) until the connection or the lead ends, but while
/// operators drain the gateway. Deliveries are acknowledged after the commit only.
///
/// # Errors
/// Whatever ends the session; it is then built anew.
pub async fn intake(core: &Core, session: Session, queue: &str) -> Result<(), BrokerError> {
    while !session.cancel.is_cancelled() {
        tokio::select! {
            () = session.cancel.cancelled() => {}
            () = core.held.taking_in() => {
                run_until(core, session.clone(), queue, judge, core.held.draining()).await?;
            }
        }
    }
    Ok(())
}

/// Consumes what matched no binding: answered as of an unknown type, and set aside. What `intake` takes by its bindings
/// is here only because that queue was missing: it is judged like any other.
///
/// # Errors
/// Whatever ends the session.
pub async fn unrouted(core: &Core, session: Session) -> Result<(), BrokerError> {
    run(core, session, wire::QUEUE_UNROUTED, |core, queue, delivery| {
        if ["commune.", "province."].iter().any(|key| delivery.routing_key.starts_with(key)) {
            return judge(core, wire::QUEUE_INTAKE, delivery);
        }
        let faults = vec![Fault::new(Code::EnvelopeTypeUnknown, "/type")];
        Judged::Bad(Box::new(refusable_of(core, queue, delivery)), faults)
    })
    .await
}

/// Consumes what the broker gave up on: set aside with its raw bytes, for an operator.
///
/// # Errors
/// Whatever ends the session.
pub async fn dead_letters(core: &Core, session: Session, queue: &str) -> Result<(), BrokerError> {
    run(core, session, queue, |core, queue, delivery| {
        let mut refusable = refusable_of(core, queue, delivery);
        if let Ok(ReviewMessage::Request(request)) = serde_json::from_slice(&delivery.body) {
            refusable.parked.file = Some(request.file.0);
            refusable.parked.consultation = Some(request.consultation.0);
        }
        Judged::Aside(Box::new(refusable), vec![Fault::new(Code::ParkedDeadLetter, "")])
    })
    .await
}

/// A queue's batches: judge each delivery, decide all in one unit, acknowledge. Shared with the answers.
pub(super) async fn run(
    core: &Core,
    session: Session,
    queue: &str,
    judge: fn(&Core, &str, &Delivery) -> Judged,
) -> Result<(), BrokerError> {
    run_until(core, session, queue, judge, std::future::pending()).await
}

/// The same until something happens: what was taken and not decided goes back to the queue.
async fn run_until(
    core: &Core,
    session: Session,
    queue: &str,
    judge: fn(&Core, &str, &Delivery) -> Judged,
    enough: impl Future<Output = ()>,
) -> Result<(), BrokerError> {
    tokio::pin!(enough);
    let mut consumer = BatchConsumer::open(&session, queue).await?;
    let settler = consumer.settler();
    let name = Named { name: queue.to_owned() };
    loop {
        let count_max = if queue == wire::QUEUE_INTAKE {
            tokio::select! {
                biased;
                () = session.cancel.cancelled() => return Ok(()),
                count = core.few_left_to_say() => count,
            }
        } else {
            usize::MAX
        };
        core.pace.answers_wait(queue, consumer.ready()?, core.context.settings.broker.batch_messages_max);
        let batch = tokio::select! {
            biased;
            () = session.cancel.cancelled() => return Ok(()),
            () = &mut enough => return consumer.close().await,
            batch = consumer.next_batch(count_max) => batch?,
        };
        crash_point!("core.received");
        if planted!("ack-before-commit") {
            settler.ack_all(&batch).await?;
        }
        let begin = std::time::Instant::now();
        let metrics = &core.context.metrics;
        metrics.batch_messages.get_or_create(&name).observe(batch.deliveries.len() as f64);
        let (markers, messages): (Vec<&Delivery>, Vec<&Delivery>) =
            batch.deliveries.iter().partition(|delivery| guard::is_marker(delivery));
        let own = crate::broker::user(&core.context.settings.broker);
        let as_it_came = |d: &Delivery| judge(core, queue, &replay::as_it_came(d, own.as_deref()));
        // Judged again where it must be done again, so that nothing is copied where it need not be.
        let judged = || messages.iter().copied().map(as_it_came).collect::<Vec<Judged>>();
        if !messages.is_empty() {
            let mut patience = Patience::new(core, queue);
            let done = loop {
                let settled = settle(core, queue, judged).await;
                if let Some(done) = patience.done(settled).await {
                    break done;
                }
            };
            done.map_err(BrokerError::work)?;
        }
        for marker in markers {
            core.guard.came_back(queue, marker.message_id.as_deref());
            crash_point!("core.marker-back");
        }
        crash_point!("core.settled");
        settler.ack_all(&batch).await?;
        crash_point!("core.acknowledged");
        metrics.batch_seconds.get_or_create(&name).observe(begin.elapsed().as_secs_f64());
    }
}

/// A delivery after its checks.
#[derive(Debug, Clone)]
pub enum Judged {
    /// To be decided.
    Good(Box<Work>),
    /// A reading of a feed.
    Collected(Box<super::collect::Reading>),
    /// About the line to an agency.
    Line(Box<LineReport>),
    /// To be answered and set aside.
    Bad(Box<Refusable>, Vec<Fault>),
    /// To be set aside without an answer.
    Aside(Box<Refusable>, Vec<Fault>),
}

/// Commits a batch. One that the database refuses is done again delivery by delivery, so that only what
/// fails alone is set aside.
async fn settle(core: &Core, queue: &str, judged: impl Fn() -> Vec<Judged>) -> Result<(), StoreError> {
    match commit(core, queue, judged(), true).await {
        Err(StoreError::Refused(_) | StoreError::Unreadable { .. }) => {
            core.context.metrics.batch_retries.get_or_create(&Named { name: queue.to_owned() }).inc();
            for one in judged() {
                // Alone also means: without what waits for it, which is then settled by itself.
                if let Err(error) = commit(core, queue, vec![one.clone()], false).await {
                    set_aside(core, queue, one, error).await?;
                }
            }
            Ok(())
        }
        done => done,
    }
}

/// What fails alone because of its content is set aside; any other fault ends the session.
async fn set_aside(core: &Core, queue: &str, one: Judged, error: StoreError) -> Result<(), StoreError> {
    if !matches!(error, StoreError::Refused(_) | StoreError::Unreadable { .. }) {
        return Err(error);
    }
    tracing::error!(queue, %error, "a message cannot be stored and is set aside");
    let refusable = match one {
        Judged::Good(work) => work.refusable.map(|mut refusable| {
            if let Target::File(file) = work.target {
                refusable.parked.file = Some(file.0);
            }
            refusable
        }),
        Judged::Bad(refusable, _) | Judged::Aside(refusable, _) => Some(*refusable),
        Judged::Collected(reading) => Some(reading.refusable),
        // Nothing waits for a report.
        Judged::Line(_) => return Ok(()),
    };
    let mut unit = core.begin().await?;
    park(&mut unit, refusable, &[Fault::new(Code::Internal, "")]);
    core.commit(unit).await?;
    Ok(())
}

/// Decides a batch; `join`: together with what is kept about its files.
async fn commit(core: &Core, queue: &str, judged: Vec<Judged>, join: bool) -> Result<(), StoreError> {
    let now = core.now();
    let mut unit = core.begin().await?;
    let mut tally = Tally::default();
    let mut works = Vec::with_capacity(judged.len());
    let read = judged.iter().any(|one| matches!(one, Judged::Collected(_)));
    for one in judged {
        match one {
            Judged::Good(work) => works.push(*work),
            Judged::Collected(reading) => {
                works.extend(super::collect::accept(core, &mut unit, *reading).await?);
            }
            Judged::Line(report) => super::lines::accept(core, &mut unit, &report).await?,
            Judged::Bad(refusable, faults) => refuse(&mut unit, &mut tally, Some(*refusable), &faults, now)?,
            Judged::Aside(refusable, faults) => {
                tally.parked += 1;
                park(&mut unit, Some(*refusable), &faults);
            }
        }
    }
    if join && core.early.any() {
        works = early::join(core, &mut unit, works, &mut tally).await?;
    }
    let works = super::documents::demand(core, &mut unit, works, &mut tally).await?;
    let decided = decide(core, &mut unit, works, now).await?;
    core.commit(unit).await?;
    if read {
        core.feed_moved.notify_one();
    }
    count(core, queue, tally, decided);
    Ok(())
}

fn count(core: &Core, queue: &str, a: Tally, b: Tally) {
    let pairs = [
        ("done", a.done + b.done),
        ("early", a.early + b.early),
        ("duplicate", a.duplicate + b.duplicate),
        ("refused", a.refused + b.refused),
        ("parked", a.parked + b.parked),
    ];
    for (outcome, n) in pairs.into_iter().filter(|(_, n)| *n > 0) {
        let labels = QueueOutcome { queue: queue.to_owned(), outcome: outcome.to_owned() };
        core.context.metrics.messages.get_or_create(&labels).inc_by(n);
    }
}

/// Checks one delivery of a partner.
pub(super) fn judge(core: &Core, queue: &str, delivery: &Delivery) -> Judged {
    let settings = &core.context.settings;
    let raw = RawMessage {
        content_type: delivery.content_type.as_deref(),
        headers: &delivery.headers,
        body: &delivery.body,
        user_id: delivery.user_id.as_deref(),
        routing_key: &delivery.routing_key,
    };
    let future_ms = i64::try_from(settings.flow.future_tolerance_ms).unwrap_or(i64::MAX);
    let context = CheckContext {
        communes: &core.world.directory,
        now: core.now(),
        title_pattern: &core.world.title_pattern,
        message_bytes_max: settings.broker.message_bytes_max,
        future_tolerance: SignedDuration::from_millis(future_ms),
    };
    let mut refusable = refusable_of(core, queue, delivery);
    match check(&raw, &context) {
        Ok(checked) => {
            refusable.refused_id = Some(checked.envelope.id.clone());
            refusable.refused_type = Some(checked.envelope.event_type.clone());
            refusable.subject.clone_from(&checked.envelope.subject);
            work_of(core, checked, refusable)
        }
        Err(refused) => {
            let refused = *refused;
            // Of what cannot be read the AMQP property is all that its sender can tell it by.
            refusable.refused_id = refused.id.or_else(|| delivery.message_id.clone());
            refusable.refused_type = refused.event_type;
            refusable.subject = refused.subject;
            Judged::Bad(Box::new(refusable), refused.faults)
        }
    }
}

fn work_of(core: &Core, checked: Checked, refusable: Refusable) -> Judged {
    let Checked { envelope, command, sender, body_hash, warnings, .. } = checked;
    let fail =
        |refusable: Refusable, code| Judged::Bad(Box::new(refusable), vec![Fault::new(code, "/subject")]);
    let subject = envelope.subject.clone().unwrap_or_default();
    let Ok(reference) = Reference::try_new(subject) else {
        return fail(refusable, Code::EnvelopeAttributeInvalid);
    };
    let commune = match (&command, &sender) {
        (Command::SilenceAttested(attestation), Sender::Province(_)) => attestation.commune.clone(),
        (_, Sender::Commune(code)) => code.clone(),
        (_, Sender::Province(_)) => return fail(refusable, Code::ProvinceNotYours),
    };
    let Some(about) = commune_ref(core, &commune) else { return fail(refusable, Code::CommuneUnknown) };
    if let Sender::Province(province) = &sender
        && &about.province != province
    {
        return fail(refusable, Code::ProvinceNotYours);
    }
    let key = Key { source: envelope.source, id: envelope.id, body_hash };
    Judged::Good(Box::new(Work {
        cause: format!("{}|{}", key.source, key.id),
        key: Some(key),
        target: Target::File(FileId::of(&commune, &reference)),
        input: Input::Message { command, commune: about, warnings },
        refusable: Some(refusable),
    }))
}

fn commune_ref(core: &Core, code: &CommuneCode) -> Option<CommuneRef> {
    let entry = core.world.directory.commune(code)?;
    Some(CommuneRef {
        code: code.clone(),
        name: entry.name.clone(),
        province: entry.province.clone(),
        region: entry.region.clone(),
    })
}

/// How this delivery would be refused: who is answered, and its raw bytes.
pub(super) fn refusable_of(core: &Core, queue: &str, delivery: &Delivery) -> Refusable {
    let sender = delivery.user_id.as_deref().and_then(|user| user.strip_prefix("commune-"));
    let sender =
        sender.or_else(|| delivery.routing_key.strip_prefix("commune.").and_then(|k| k.split('.').next()));
    let answer_to = sender
        .and_then(|code| CommuneCode::try_new(code).ok())
        .filter(|code| core.world.directory.commune(code).is_some());
    let headers: serde_json::Map<String, serde_json::Value> =
        delivery.headers.iter().map(|(k, v)| (k.clone(), json!(v))).collect();
    Refusable {
        answer_to,
        refused_id: None,
        refused_type: None,
        subject: None,
        parked: NewParked {
            // What was sent again comes back to the place where it was parked.
            id: delivery.header(wire::HEADER_PARKED).and_then(|id| Uuid::try_parse(id).ok()),
            queue: queue.to_owned(),
            code: String::new(),
            faults: serde_json::Value::Null,
            raw: delivery.body.clone(),
            headers: serde_json::Value::Object(headers),
            content_type: delivery.content_type.clone(),
            routing_key: Some(delivery.routing_key.clone()),
            user_id: delivery.user_id.clone(),
            message_id: delivery.message_id.clone(),
            file: None,
            consultation: None,
            about: None,
        },
    }
}
