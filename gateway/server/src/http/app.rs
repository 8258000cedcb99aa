//! What every handler is given.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::Context as _;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use sqlx::PgPool;
use wasl_adapters::port::Adapter;
use wasl_core::time::{add_days, local_date, start_of_day};
use wasl_schemas::id::AgencyKind;

use super::auth::Tokens;
use super::callbacks::{Answers, Together};
use super::documents::{DocumentStore, Links};
use super::in_force::InForce;
use super::page::live::Live;
use crate::config::Settings;
use crate::context::Context;
use crate::dispatch::{Line, adapter_of};
use crate::flow::World;
use crate::store;
use crate::store::read::stats::Today;
use crate::store::read::{Day, Instant};

/// Days of the figures: what was registered in the last twelve months, from the begin of a month on.
const WINDOW_DAYS: i32 = 365;

/// The api role; handlers share it behind an [`Arc`].
pub struct App {
    /// Settings, clock, health, metrics.
    pub context: Context,
    /// Rules, calendar, communes: those in force.
    pub in_force: InForce,
    /// Connections as the api role of the database.
    pub pool: PgPool,
    /// Connections for lists and sums: see [`store::connect::pool_for_lists`].
    pub lists: PgPool,
    /// Who may call.
    pub tokens: Tokens,
    /// Adapters, for what agencies call us with.
    pub agencies: BTreeMap<AgencyKind, Arc<dyn Adapter>>,
    /// What is known of the lines on which they call.
    pub lines: BTreeMap<AgencyKind, Line>,
    /// Where verified callbacks are published.
    pub answers: Answers,
    /// What they ask of the database at the same time.
    pub callbacks: Together,
    /// Documents on disk.
    pub documents: DocumentStore,
    /// Signed links to them.
    pub links: Links,
    /// The live page.
    pub live: Live,
}

/// How handlers hold it.
pub type Shared = Arc<App>;

impl App {
    /// Reads everything that the api role needs; connects to nothing yet.
    ///
    /// # Errors
    /// One sentence that names the setting or the file to mend.
    pub fn load(context: Context, answers: Answers) -> anyhow::Result<Shared> {
        let settings = Arc::clone(&context.settings);
        let agencies = agencies(&settings)?;
        let line = |kind: &AgencyKind| (kind.clone(), Line::new(kind.clone(), context.metrics.clone()));
        Ok(Arc::new(Self {
            lines: agencies.keys().map(line).collect(),
            in_force: InForce::new(World::load(&settings)?),
            pool: store::connect::pool(&settings.database)?,
            lists: store::connect::pool_for_lists(&settings.database)?,
            tokens: Tokens::load(settings.auth.tokens_file.as_deref())?,
            agencies,
            answers,
            callbacks: Together::default(),
            documents: DocumentStore::open(&settings.documents)?,
            links: Links::load(&settings.documents)?,
            live: Live::new(settings.http.live_clients_max),
            context,
        }))
    }

    /// The settings.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.context.settings
    }

    /// Rules, calendar, communes, as they are now. An answer takes them once.
    #[must_use]
    pub fn world(&self) -> Arc<World> {
        self.in_force.get()
    }

    /// The present legal day.
    #[must_use]
    pub fn today(&self) -> Today {
        let date = local_date(self.context.clock.now());
        let since = start_of_month(add_days(date, -WINDOW_DAYS));
        Today { date: Day(date), begin: Instant(start_of_day(date)), since: Instant(since) }
    }

    /// Days after a payment in which a statement need not show it yet.
    #[must_use]
    pub fn grace_days(&self) -> i32 {
        i32::from(self.settings().flow.statement_grace_days)
    }

    /// The wall-clock instant at which a window of the same length begins.
    #[must_use]
    pub fn wall_since(&self) -> Instant {
        let now = crate::clock::wall_now();
        let hours = Span::new().hours(i64::from(WINDOW_DAYS) * 24);
        Instant(now.checked_sub(hours).unwrap_or(Timestamp::UNIX_EPOCH))
    }
}

/// The first instant of a month by UTC, as the kept figures count months.
fn start_of_month(date: Date) -> Timestamp {
    let midnight = date.first_of_month().to_zoned(TimeZone::UTC);
    midnight.map_or(Timestamp::UNIX_EPOCH, |midnight| midnight.timestamp())
}

/// The adapters of all kinds that are served.
fn agencies(settings: &Settings) -> anyhow::Result<BTreeMap<AgencyKind, Arc<dyn Adapter>>> {
    let mut built = BTreeMap::new();
    for kind in &settings.agencies.enabled {
        let adapter = adapter_of(settings, kind)?;
        let kind =
            AgencyKind::try_new(kind.as_str()).with_context(|| format!("agencies.enabled: `{kind}`"))?;
        built.insert(kind, adapter);
    }
    Ok(built)
}
