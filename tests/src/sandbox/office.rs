//! What all simulated agencies share: ledger, draws, timers, callbacks, outages.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::sync::Notify;

use super::action::Action;
use super::agency::Agency;
use super::callbacks::Callbacks;
use super::config::Settings;
use super::draw::{Draws, PlannedDraw};
use super::ledger::{Entry, Ledger};
use super::scenario::Scenarios;
use super::schedule::Schedule;
use super::secrets::Secrets;
use super::{clock, locked};

/// How an agency is away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Outage {
    /// Answers 503 and does nothing.
    Unavailable,
    /// Never answers and does nothing.
    Hang,
    /// Does its work and breaks the connection before the answer is complete.
    Swallow,
}

/// The shared part of every agency.
pub(super) struct Office {
    pub(super) settings: Settings,
    pub(super) secrets: Secrets,
    pub(super) ledger: Ledger,
    pub(super) draws: Draws,
    pub(super) schedule: Schedule,
    pub(super) callbacks: Callbacks,
    pub(super) scenarios: Arc<Scenarios>,
    outages: Mutex<BTreeMap<Agency, Outage>>,
    outage_changed: Notify,
}

impl Office {
    pub(super) fn new(
        settings: Settings,
        secrets: Secrets,
        ledger: Ledger,
        schedule: Schedule,
    ) -> anyhow::Result<Self> {
        let scenarios = Arc::new(Scenarios::new(settings.seed, settings.scenarios.clone()));
        let draws = Draws::new(settings.seed, settings.profile.clone(), Arc::clone(&scenarios));
        for entry in ledger.select(0, |entry| entry.action == Action::PlanSet) {
            take_plan(&draws, &entry);
        }
        let callbacks = Callbacks::new(Arc::clone(&scenarios))?;
        let outages = Mutex::default();
        let outage_changed = Notify::new();
        Ok(Self { settings, secrets, ledger, draws, schedule, callbacks, scenarios, outages, outage_changed })
    }

    /// Fixes the behaviour for one reference, also over a restart.
    pub(super) fn plan(&self, agency: Agency, reference: &str, planned: PlannedDraw) -> std::io::Result<()> {
        let entry = self.ledger.record(agency, Action::PlanSet, reference, None, json!(planned))?;
        take_plan(&self.draws, &entry);
        Ok(())
    }

    /// Legal time at a wall time, as `2026-11-03T09:00:00Z`.
    pub(super) fn legal_text(&self, wall_ms: u64) -> String {
        clock::text(self.settings.legal_clock.at(wall_ms))
    }

    /// The legal date in Morocco, some days after a wall time.
    pub(super) fn legal_date(&self, wall_ms: u64, days_later: u64) -> String {
        clock::local_date(self.settings.legal_clock.at(wall_ms) + days_later * clock::DAY_MS)
    }

    /// How the agency is away at present; a restart ends every outage.
    pub(super) fn outage(&self, agency: Agency) -> Option<Outage> {
        locked(&self.outages).get(&agency).copied()
    }

    /// Begins or ends an outage.
    pub(super) fn set_outage(&self, agency: Agency, outage: Option<Outage>) -> std::io::Result<()> {
        self.ledger.record(agency, Action::OutageSet, "", None, json!({"outage": outage}))?;
        match outage {
            Some(outage) => locked(&self.outages).insert(agency, outage),
            None => locked(&self.outages).remove(&agency),
        };
        self.outage_changed.notify_waiters();
        Ok(())
    }

    /// Waits until the agency is there: an agency that is away sends nothing either.
    pub(super) async fn present(&self, agency: Agency) {
        loop {
            let changed = self.outage_changed.notified();
            if self.outage(agency).is_none() {
                return;
            }
            changed.await;
        }
    }

    /// Notes that a request broke the contract; a full disk must not hide it from the log.
    pub(super) fn violation(&self, agency: Agency, reference: &str, reasons: &[String]) {
        tracing::warn!(agency = agency.key(), reference, ?reasons, "contract violated");
        let detail = json!({"reasons": reasons});
        if let Err(fault) = self.ledger.record(agency, Action::Violation, reference, None, detail) {
            tracing::error!(%fault, "the ledger took no violation");
        }
    }
}

fn take_plan(draws: &Draws, entry: &Entry) {
    if let Ok(planned) = serde_json::from_value(entry.detail.clone()) {
        draws.plan(entry.agency, &entry.reference, planned);
    }
}
