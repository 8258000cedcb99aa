//! One core is active, the others stand by: the lead is taken, held and lost as a whole.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::try_join_all;
use tokio::sync::{Mutex, mpsc};
use wasl_core::time::{days_between, local_date};
use wasl_schemas::wire;

use super::patience::Patience;
use super::publish::Handover;
use super::{Core, World, alarms, collect, early, operate, publish, receive, remind};
use crate::broker::{BrokerError, Session, run_connection, topology};
use crate::context::Context;
use crate::observe::metrics::{Agency, Named};
use crate::store::read::silence::{self, SilenceStage};
use crate::store::read::{Day, Scope};
use crate::store::{StoreError, connect, feeds, figures, files, leader, outbox, parked, read, timers};

/// Batches of committed messages that may wait for the publisher in memory; more wait in the database.
const HANDOVER_BATCHES_MAX: usize = 64;
/// Pause before the lead is tried for again after a fault of the database.
const AGAIN_AFTER: Duration = Duration::from_millis(300);
/// How often the gauges of the database are read.
const GAUGES_EVERY: Duration = Duration::from_secs(2);
/// How often the outbox is counted, in rounds of the gauges: what is deleted already is read with it.
const OUTBOX_EVERY_ROUNDS: u64 = 5;
/// How often the files on the way of silence are counted, in rounds of the gauges: once a minute.
const SILENCE_EVERY_ROUNDS: u64 = 30;
/// How often the journal of the figures is moved into the sums, in rounds of the gauges.
const SETTLE_EVERY_ROUNDS: u64 = 3;
/// What happened in which hour is kept for so long, in hours of legal time: the page asks for the present day.
const HOURS_KEPT: i64 = 50;

/// Runs the core until the process stops: stands by, leads, and after any fault of the database begins anew.
///
/// # Errors
/// Rules, calendar or registry that cannot be used: the program does not start.
pub async fn run_core(context: Context) -> anyhow::Result<()> {
    let mut world = World::load(&context.settings)?;
    while !context.cancel.is_cancelled() {
        let scope = context.scope();
        match lead(&scope, &mut world).await {
            // Told to stop, or to begin anew with other rules.
            Ok(()) => {}
            Err(error) => {
                // Said once in the log for as long as it lasts; `/readyz` has it all the time.
                context.health.not_ready("database", error.to_string());
            }
        }
        tokio::select! {
            () = context.cancel.cancelled() => {}
            () = tokio::time::sleep(AGAIN_AFTER) => {}
        }
    }
    Ok(())
}

/// Stands by, then leads until the process stops or the rules change (`Ok`), or the lead is lost.
async fn lead(scope: &Context, world: &mut Arc<World>) -> Result<(), StoreError> {
    let settings = &scope.settings;
    scope.health.not_ready("leader", "standing by");
    let holder = settings.gateway.instance();
    let Some(mut lead) = leader::take(&settings.database, &settings.flow, &holder, &scope.cancel).await?
    else {
        return Ok(());
    };
    // They may have changed while this core stood by.
    match World::load(settings) {
        Ok(present) => *world = present,
        Err(error) => tracing::error!(%error, "rules or calendar cannot be used: those in force stay"),
    }
    let pool = connect::pool_by_key(&settings.database)?;
    feeds::ensure(&pool, &known_feeds(scope)).await?;
    tracing::info!(epoch = lead.epoch, "this core leads");
    scope.health.ready("database");
    scope.health.ready("leader");
    scope.metrics.leader_epoch.set(lead.epoch);
    let (sender, receiver) = mpsc::channel(HANDOVER_BATCHES_MAX);
    let handover: Handover = Arc::new(Mutex::new(receiver));
    let core = Core::new(scope.clone(), world.clone(), pool.clone(), lead.epoch, sender);
    warn_of_horizon(&core);
    core.held.look(&pool).await?;
    let consuming = run_connection("consume", scope, |session| consume(core.clone(), session));
    let publishing = run_connection("publish", scope, |session| {
        let (core, handover) = (core.clone(), handover.clone());
        async move { publish::publish(&core, session, &handover).await }
    });
    let brokers = async { tokio::join!(consuming, publishing) };
    tokio::pin!(brokers);
    let ended = tokio::select! {
        ended = remind::remind(&core) => ended,
        ended = early::settle(&core) => ended,
        ended = recompute(&core) => ended,
        ended = operate::operate(&core) => ended,
        error = lead.lost(&settings.flow) => Err(error),
        ended = gauges(&core) => ended,
        ended = alarms::watch(&core) => ended,
        () = alarms::count_queues(&core) => Ok(()),
        _ = &mut brokers => Ok(()),
    };
    scope.cancel.cancel();
    brokers.await;
    scope.metrics.leader_epoch.set(0);
    alarms::forget(&scope.metrics);
    lead.give_back().await;
    pool.close().await;
    ended
}

/// Moves deadlines to other rules or another calendar. It goes on where it was, so a fault that can pass is waited out.
async fn recompute(core: &Core) -> Result<(), StoreError> {
    let mut patience = Patience::new(core, "recompute");
    loop {
        let ended = super::recompute::recompute(core).await;
        if let Some(ended) = patience.done(ended).await {
            return ended;
        }
    }
}

/// All consumers of the core on one connection, each on its own channel. First whether all its queues are there: they end
/// together, and a delivery that is taken and given back, again and again, would count as one that nobody can read.
async fn consume(core: Core, session: Session) -> Result<(), BrokerError> {
    let queues = topology::core_queues(&core.context.settings);
    topology::verify_queues(&session, queues.iter().map(String::as_str)).await?;
    let mut dead = Vec::new();
    for queue in topology::dead_queues(&core.context.settings) {
        let (core, session) = (core.clone(), session.clone());
        dead.push(async move { receive::dead_letters(&core, session, &queue).await });
    }
    tokio::try_join!(
        receive::intake(&core, session.clone(), wire::QUEUE_INTAKE),
        receive::intake(&core, session.clone(), wire::QUEUE_URGENT),
        collect::answers(&core, session.clone(), wire::QUEUE_ANSWERS),
        collect::answers(&core, session.clone(), wire::QUEUE_CALLBACKS),
        receive::unrouted(&core, session.clone()),
        try_join_all(dead),
    )?;
    Ok(())
}

fn known_feeds(scope: &Context) -> Vec<(String, String)> {
    let enabled = &scope.settings.agencies.enabled;
    wasl_adapters::registry::ENTRIES
        .iter()
        .filter(|entry| enabled.iter().any(|kind| kind == entry.kind))
        .flat_map(|entry| entry.feeds.iter().map(|feed| (entry.kind.to_owned(), (*feed).to_owned())))
        .collect()
}

/// Calendar days for which every holiday is still confirmed.
fn confirmed_days(core: &Core) -> i64 {
    days_between(local_date(core.now()), core.world.calendar.confirmed_until()).into()
}

/// Limits that are counted past what is confirmed may still move: somebody must look after the calendar.
fn warn_of_horizon(core: &Core) {
    if let Some(until) = core.world.calendar.horizon_near(local_date(core.now())) {
        let days = confirmed_days(core);
        tracing::warn!(%until, days, "the holidays of the calendar are not confirmed for a whole year from now");
    }
}

/// Figures of the database and of the calendar.
#[expect(clippy::cast_possible_truncation, reason = "an age in seconds")]
async fn gauges(core: &Core) -> Result<(), StoreError> {
    for round in 0_u64.. {
        tokio::select! {
            () = core.context.cancel.cancelled() => return Ok(()),
            () = tokio::time::sleep(GAUGES_EVERY) => {}
        }
        if round.is_multiple_of(OUTBOX_EVERY_ROUNDS) {
            let (rows, age_seconds) = outbox::backlog(&core.pool).await?;
            core.context.metrics.outbox_rows.set(rows);
            core.context.metrics.outbox_age_seconds.set(age_seconds as i64);
        }
        core.context.metrics.calendar_confirmed_days.set(confirmed_days(core));
        let waiting = read::lines::operator_needed(&core.pool).await?;
        for kind in wasl_adapters::registry::kinds() {
            let needed = waiting.iter().find(|(agency, _)| agency == kind).map_or(0, |(_, count)| *count);
            let agency = Agency { agency: kind.to_owned() };
            core.context.metrics.agency_operator_needed.get_or_create(&agency).set(needed);
        }
        core.context.metrics.parked_open.set(parked::open_count(&core.pool).await?);
        core.context.metrics.timers_due.set(timers::due_count(&core.pool, core.now()).await?);
        core.context.metrics.silence_held.set(files::held_count(&core.pool).await?);
        if round.is_multiple_of(SETTLE_EVERY_ROUNDS) {
            figures::settle(&core.pool, core.epoch).await?;
        }
        if round.is_multiple_of(SILENCE_EVERY_ROUNDS) {
            let hour = core.now().as_second().div_euclid(3_600) - HOURS_KEPT;
            figures::forget(&core.pool, core.epoch, i32::try_from(hour).unwrap_or(0)).await?;
            count_silence(core).await?;
        }
    }
    Ok(())
}

/// How many files have come how far on the way of silence.
async fn count_silence(core: &Core) -> Result<(), StoreError> {
    let counts = silence::counts(&core.pool, &Scope::default(), Day(local_date(core.now()))).await?;
    let stages = [
        (SilenceStage::Eligible, counts.eligible),
        (SilenceStage::Acquired, counts.acquired),
        (SilenceStage::Invoked, counts.invoked),
        (SilenceStage::Attested, counts.attested),
    ];
    for (stage, count) in stages {
        let name = Named { name: stage.as_str().to_owned() };
        core.context.metrics.silence_files.get_or_create(&name).set(count);
    }
    Ok(())
}
