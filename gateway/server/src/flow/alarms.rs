//! The active core looks whether something is wrong: it reads figures, lets the pure board say what turns, and keeps
//! the state in the database, so that an alarm begins once and ends once, whichever core leads.

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::time::Instant;
use wasl_core::time::{days_between, local_date};
use wasl_schemas::wire;

use super::patience::Patience;
use super::{Core, guard};
use crate::broker::depth::Counter;
use crate::broker::{BrokerError, topology};
use crate::clock::wall_now;
use crate::config::Alarm;
use crate::observe::Metrics;
use crate::observe::alarm::{Board, Change, Limit, Name, Reading, Terms, Turn};
use crate::observe::metrics::{Agency, AlarmLabels, Named};
use crate::store::read::Instant as At;
use crate::store::{StoreError, alarms, read};

/// How often it is asked which partners have files, in rounds of counting.
const PARTNERS_EVERY_ROUNDS: u64 = 20;

/// Looks every `alarm.look_interval_ms` until cancelled.
///
/// # Errors
/// The database's, or the loss of the lead.
pub async fn watch(core: &Core) -> Result<(), StoreError> {
    let settings = &core.context.settings.alarm;
    let mut patience = Patience::new(core, "alarms");
    let open = loop {
        let open = alarms::open(&core.pool).await;
        if let Some(open) = patience.done(open).await {
            break open?;
        }
    };
    forget(&core.context.metrics);
    for (name, subject) in &open {
        show(core, *name, subject, true);
    }
    let terms = Terms { begin_ms: settings.begin_after_ms, end_ms: settings.end_after_ms };
    let mut board = Board::new(terms, open);
    let (begin, mut marked) = (Instant::now(), Instant::now());
    loop {
        tokio::select! {
            () = core.context.cancel.cancelled() => return Ok(()),
            () = tokio::time::sleep(Duration::from_millis(settings.look_interval_ms)) => {}
        }
        let looked = look(core, &mut board, begin, &mut marked).await;
        if let Some(looked) = patience.done(looked).await {
            looked?;
        }
    }
}

/// One look. What has turned is told once it is written; a look that fails has not happened.
async fn look(
    core: &Core,
    board: &mut Board,
    begin: Instant,
    marked: &mut Instant,
) -> Result<(), StoreError> {
    let settings = &core.context.settings.alarm;
    if marked.elapsed() >= Duration::from_millis(settings.marker_interval_ms) {
        guard::prove(core).await?;
        *marked = Instant::now();
    }
    let readings = readings(core).await?;
    let now_ms = u64::try_from(begin.elapsed().as_millis()).unwrap_or(u64::MAX);
    let mut next = board.clone();
    let changes = next.look(&readings, now_ms);
    alarms::write(&core.pool, core.epoch, &changes, settings.keep_days).await?;
    *board = next;
    for change in &changes {
        tell(core, change);
    }
    core.context.metrics.alarms_looked_seconds.set(wall_now().as_second());
    Ok(())
}

/// Each begin and each end is one line of the log.
fn tell(core: &Core, change: &Change) {
    let Change { key: (name, subject), turn, value, threshold } = change;
    let Some(turn) = turn else { return };
    show(core, *name, subject, *turn == Turn::Begins);
    let name = name.as_str();
    match turn {
        Turn::Begins => tracing::error!(alarm = name, subject, value, threshold, "an alarm begins"),
        Turn::Ends => tracing::info!(alarm = name, subject, "an alarm ends"),
    }
}

fn show(core: &Core, name: Name, subject: &str, active: bool) {
    let labels = AlarmLabels { name: name.as_str(), subject: subject.to_owned() };
    core.context.metrics.alarm.get_or_create(&labels).set(active.into());
}

/// A core that stands by says nothing about alarms.
pub fn forget(metrics: &Metrics) {
    metrics.alarm.clear();
    metrics.queue_oldest_seconds.clear();
    metrics.agency_silent_seconds.clear();
    metrics.alarms_looked_seconds.set(0);
}

/// Everything that can be wrong, as it is now.
async fn readings(core: &Core) -> Result<Vec<Reading>, StoreError> {
    let (pool, settings) = (&core.pool, &core.context.settings.alarm);
    let mut all = queues(core, settings);
    all.extend(marker(core));
    let one = |name, value, limit| Reading { name, subject: String::new(), value, limit };
    let held: Vec<String> = core.held.destinations().into_iter().collect();
    let outbox_age_s = alarms::outbox_age_s(pool, &held).await?;
    all.push(one(Name::OutboxOld, outbox_age_s, Limit::age_s(settings.outbox_age_s)));
    let parked = count(alarms::parked_unanswered(pool).await?);
    all.push(one(Name::ParkedWaiting, parked, Limit::count(settings.parked_count)));
    if let Some(held_s) = alarms::held_s(pool).await? {
        all.push(one(Name::RightHeld, held_s, Limit::age_s(settings.right_held_s)));
    }
    let confirmed = days_between(local_date(core.now()), core.world.calendar.confirmed_until());
    all.push(one(Name::CalendarHorizon, confirmed.into(), Limit::days_left(settings.calendar_days)));
    all.extend(agencies(core, settings).await?);
    Ok(all)
}

async fn agencies(core: &Core, settings: &Alarm) -> Result<Vec<Reading>, StoreError> {
    let pool = &core.pool;
    let enabled: BTreeSet<&str> = core.context.settings.agencies.enabled.iter().map(String::as_str).collect();
    let known = |subject: &str| enabled.contains(subject.split('/').next().unwrap_or(subject));
    let reading = |name, figure: alarms::Figure, limit| {
        known(&figure.subject).then_some(Reading {
            name,
            subject: figure.subject,
            value: figure.value,
            limit,
        })
    };
    let mut all = Vec::new();
    let unreachable = Limit::age_s(settings.agency_unreachable_s);
    let open = alarms::breakers_open(pool).await?;
    // Paused by operators, it is not even tried.
    let tried = open.into_iter().filter(|f| !core.held.is_paused(&f.subject));
    all.extend(tried.filter_map(|f| reading(Name::AgencyUnreachable, f, unreachable)));
    let ends = Limit::days_left(settings.certificate_days);
    let certificates = alarms::certificates(pool, At(wall_now())).await?;
    all.extend(certificates.into_iter().filter_map(|f| reading(Name::CertificateEnds, f, ends)));
    let silent = alarms::silent(pool).await?;
    let metric = &core.context.metrics.agency_silent_seconds;
    metric.clear();
    for figure in &silent {
        metric.get_or_create(&Agency { agency: figure.subject.clone() }).set(whole(figure.value));
    }
    let limit = Limit::age_s(settings.agency_silent_s);
    all.extend(silent.into_iter().filter_map(|f| reading(Name::AgencySilent, f, limit)));
    let needed = Limit::count(settings.operator_needed_count);
    let waiting = read::lines::operator_needed(pool).await?;
    let waiting = waiting.into_iter().map(|(subject, n)| alarms::Figure { subject, value: count(n) });
    all.extend(waiting.filter_map(|f| reading(Name::OperatorNeeded, f, needed)));
    Ok(all)
}

/// The oldest message of each queue. A marker that has not come back from a queue is itself a message of this age; what
/// waits in a queue is not older than the time since it was last seen empty.
fn queues(core: &Core, settings: &Alarm) -> Vec<Reading> {
    let mut ages = core.queues.ages(Instant::now());
    if let Some((waited, queues)) = core.guard.waiting() {
        for queue in queues {
            let age = ages.entry(queue).or_default();
            *age = waited.max(*age);
        }
    }
    let metric = &core.context.metrics.queue_oldest_seconds;
    metric.clear();
    let own: BTreeSet<String> = topology::core_queues(&core.context.settings).into_iter().collect();
    let mut all = Vec::new();
    for (queue, age) in ages {
        let value = age.as_secs_f64();
        metric.get_or_create(&Named { name: queue.clone() }).set(whole(value));
        let (name, subject, limit_s) = if own.contains(&queue) {
            (Name::CoreQueueOld, queue, settings.core_queue_age_s)
        } else if let Some(kind) = queue.strip_prefix("review.") {
            (Name::AgencyQueueOld, kind.to_owned(), settings.agency_queue_age_s)
        } else {
            (Name::PartnerQueueOld, queue, settings.partner_queue_age_s)
        };
        all.push(Reading { name, subject, value, limit: Limit::age_s(limit_s) });
    }
    all
}

fn marker(core: &Core) -> Option<Reading> {
    let (waited, _) = core.guard.waiting()?;
    let limit_s = core.context.settings.flow.marker_alarm_ms as f64 / 1000.0;
    let limit = Limit::above(limit_s, limit_s);
    let subject = String::new();
    Some(Reading { name: Name::MarkerOverdue, subject, value: waited.as_secs_f64(), limit })
}

/// Counts the messages of all queues every `alarm.queue_interval_ms` until cancelled. While the broker is away nothing
/// is counted, and what waited goes on to age.
pub async fn count_queues(core: &Core) {
    let pause = Duration::from_millis(core.context.settings.alarm.queue_interval_ms);
    let (mut counter, mut partners) = (None, Vec::new());
    for round in 0_u64.. {
        if round.is_multiple_of(PARTNERS_EVERY_ROUNDS) {
            partners = partner_queues(core).await.unwrap_or(partners);
        }
        if let Err(error) = count_once(core, &mut counter, &partners).await {
            // The work's own connections say it aloud.
            tracing::debug!(%error, "queues cannot be counted");
            counter = None;
        }
        tokio::select! {
            () = core.context.cancel.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
        }
    }
}

async fn count_once(
    core: &Core,
    counter: &mut Option<Counter>,
    partners: &[String],
) -> Result<(), BrokerError> {
    let counter = match counter {
        Some(counter) => counter,
        none => none.insert(Counter::open(&core.context).await?),
    };
    let settings = &core.context.settings;
    let agencies = topology::agencies(settings);
    let reviews: Vec<String> = agencies.iter().flat_map(wire::queues_of_agency).collect();
    for queue in topology::core_queues(settings).iter().chain(&reviews).chain(partners) {
        // A queue that does not exist holds nothing.
        let messages = counter.messages(queue).await?.unwrap_or(0);
        core.queues.saw(queue, messages, Instant::now());
    }
    Ok(())
}

async fn partner_queues(core: &Core) -> Option<Vec<String>> {
    let partners = alarms::partners(&core.pool).await.ok()?;
    let kinds = [
        (topology::GROUP_COMMUNE, partners.communes),
        (topology::GROUP_PROVINCE, partners.provinces),
        (topology::GROUP_REGION, partners.regions),
    ];
    let queues = |(group, codes): (&str, Vec<String>)| {
        codes.into_iter().map(move |code| format!("{group}.{code}")).collect::<Vec<_>>()
    };
    Some(kinds.into_iter().flat_map(queues).collect())
}

/// A count of messages is far below 2^52.
fn count(n: i64) -> f64 {
    n as f64
}

#[expect(clippy::cast_possible_truncation, reason = "an age in seconds")]
fn whole(seconds: f64) -> i64 {
    seconds as i64
}
