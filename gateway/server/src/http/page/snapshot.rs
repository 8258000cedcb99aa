//! All numbers of the page, read together, once for all viewers.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use wasl_schemas::file::{Permit, ProjectClass};

use super::pulse::Pulse;
use crate::http::api::agencies::{AgencyLine, lines};
use crate::http::api::payments::{StatusSum, sums_of};
use crate::http::app::App;
use crate::observe::ComponentState;
use crate::store::StoreError;
use crate::store::read::alarms::{self, AlarmLine};
use crate::store::read::live::{self, Plumbing};
use crate::store::read::stats::{self, FlowFigures, Today};
use crate::store::read::{Scope, agencies, payments};

/// The legal limit for building permits of each class, in days: the reference beside the means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Large projects.
    pub large_days: Option<u16>,
    /// Small projects.
    pub small_days: Option<u16>,
}

/// A place with its names in French and Arabic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Region {
    /// Two digits.
    pub code: String,
    /// In French; also used in English.
    pub fr: String,
    /// In Arabic.
    pub ar: String,
}

/// The numbers at one moment.
#[derive(Debug)]
pub struct Snapshot {
    /// The present legal day.
    pub today: Today,
    /// The legal clock.
    pub legal_now: Timestamp,
    /// The legal clock does not read what the wall clock reads.
    pub clock_shifted: bool,
    /// By region and class.
    pub flow: Vec<FlowFigures>,
    /// The regions of the country, in the order of their codes.
    pub regions: Vec<Region>,
    /// By kind of agency.
    pub agencies: Vec<AgencyLine>,
    /// By status.
    pub payments: BTreeMap<String, StatusSum>,
    /// Parked, outbox, leader.
    pub plumbing: Plumbing,
    /// Alarms that last.
    pub alarms: Vec<AlarmLine>,
    /// Components of this process.
    pub health: BTreeMap<String, ComponentState>,
    /// Events of the last minutes.
    pub pulse: Pulse,
    /// Legal limits.
    pub limits: Limits,
    /// The day until which every holiday is confirmed, where it lies less than a year ahead.
    pub confirmed_until: Option<Date>,
}

impl Snapshot {
    /// Reads everything; `pulse` goes on from where the last reading ended.
    ///
    /// # Errors
    /// The database's.
    pub async fn read(app: &App, mut pulse: Pulse) -> Result<Self, StoreError> {
        let (pool, today, all) = (&app.pool, app.today(), Scope::default());
        let wall_now = crate::clock::wall_now();
        let (flow, agencies, payments, plumbing, alarms, bins) = tokio::try_join!(
            stats::flow(&app.lists, &all, today),
            agencies::figures(&app.lists, &all, today.since, today.date),
            payments::figures(&app.lists, &all, today.since, today.begin),
            live::plumbing(pool, app.wall_since()),
            alarms::list(pool, false),
            pulse.read(pool, wall_now),
        )?;
        pulse.take(&bins, wall_now);
        let metrics = &app.context.metrics;
        metrics.outbox_rows.set(plumbing.outbox_rows);
        metrics.outbox_age_seconds.set(plumbing.outbox_oldest_s);
        metrics.parked_open.set(plumbing.parked_open);
        Ok(Self {
            today,
            legal_now: app.context.clock.now(),
            clock_shifted: !app.context.clock.is_real(),
            flow,
            regions: regions(app),
            agencies: in_usual_order(lines(&agencies)),
            payments: sums_of(&payments),
            plumbing,
            alarms,
            health: app.context.health.report(),
            pulse,
            limits: limits(app, today),
            confirmed_until: app.world().calendar.horizon_near(today.date.0),
        })
    }
}

/// The order of the documents: who gives the binding opinion first.
fn in_usual_order(mut lines: Vec<AgencyLine>) -> Vec<AgencyLine> {
    let usual = wasl_adapters::registry::kinds();
    lines.sort_by_key(|line| usual.iter().position(|kind| *kind == line.agency).unwrap_or(usize::MAX));
    lines
}

fn regions(app: &App) -> Vec<Region> {
    let world = app.world();
    let entries = world.directory.regions();
    entries.map(|r| Region { code: r.code.clone(), fr: r.name.fr.clone(), ar: r.name.ar.clone() }).collect()
}

fn limits(app: &App, today: Today) -> Limits {
    let world = app.world();
    let limit =
        |class| world.rules.rule_for(Permit::Building, class, today.date.0, false).map(|rule| rule.limit);
    Limits { large_days: limit(ProjectClass::Large), small_days: limit(ProjectClass::Small) }
}
