//! A gateway of which only the core runs, under a legal clock that stands still where the test puts it: what is due
//! is then a matter of the test and not of the machine's speed.
//!
//! The act is a repair: ten working days, certain, and nobody is asked about it.

use jiff::Timestamp;
use serde_json::json;
use toml::Value as Toml;
use wasl_tests::world::clock::{LegalClock, Segment, wall_ms};

use crate::support::gateway::SOUANI;
use crate::support::messages::file;
use crate::support::wait::until;
use crate::support::{Commune, Gateway, Options};

/// Filed on Friday 30 October 2026: the right is acquired when Monday 16 November is over.
pub(crate) const FRIDAY: (&str, &str) = ("2026-10-30T09:00:00Z", "2026-11-17T00:00:00Z");
/// Filed on Monday 2 November (Friday 6 is a holiday): when Tuesday 17 November is over.
pub(crate) const MONDAY: (&str, &str) = ("2026-11-02T09:00:00Z", "2026-11-18T00:00:00Z");
/// Filed on Tuesday 3 November (Wednesday 18 is a holiday too): when Thursday 19 November is over.
pub(crate) const TUESDAY: (&str, &str) = ("2026-11-03T09:00:00Z", "2026-11-20T00:00:00Z");

/// The database ends a transaction that a frozen core has left open.
const IDLE_MS: i64 = 4_000;

pub(crate) struct Bare {
    pub(crate) gateway: Gateway,
    pub(crate) commune: Commune,
}

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A clock that stands still at an instant.
pub(crate) fn stands(text: &str) -> LegalClock {
    jumps(text, 0, text)
}

/// A clock that stands still, and so many wall milliseconds later stands still at another instant.
pub(crate) fn jumps(text: &str, wall_ms_later: i64, to: &str) -> LegalClock {
    let wall = wall_ms();
    let first = Segment { wall_ms: wall, legal: at(text), speed: 0.0 };
    LegalClock::new(vec![first, Segment { wall_ms: wall + wall_ms_later, legal: at(to), speed: 0.0 }])
}

impl Bare {
    /// Broker, database and settings of two cores; none runs yet.
    pub(crate) async fn lay(name: &str, clock: LegalClock) -> Self {
        let options = Options { settings: vec![("broker.heartbeat_s", 4)], ..Options::default() };
        let mut gateway = Gateway::lay(name, options).await;
        gateway.set("core", "database.idle_in_transaction_timeout_ms", Toml::Integer(IDLE_MS));
        std::fs::copy(gateway.layout.config("core"), gateway.layout.config("core_2")).unwrap();
        gateway.set("core_2", "gateway.instance_name", Toml::String("core_2".to_owned()));
        gateway.clock = clock;
        gateway.clock.write(&gateway.layout.dir.join("clock.json")).unwrap();
        let commune = Commune::connect(&gateway, SOUANI).await;
        Self { gateway, commune }
    }

    /// What a core that is started from now on takes for the time.
    pub(crate) fn set_clock(&mut self, clock: LegalClock) {
        clock.write(&self.gateway.layout.dir.join("clock.json")).unwrap();
        self.commune.clock = clock.clone();
        self.gateway.clock = clock;
    }

    /// Starts a core and waits until it leads.
    pub(crate) async fn lead(&mut self, name: &str) {
        let before = self.epoch().await;
        self.gateway.run(name);
        self.led_after(before).await;
    }

    /// Waits for a lead with a higher epoch.
    pub(crate) async fn led_after(&self, before: i64) {
        until("another lead", async || (self.epoch().await > before).then_some(())).await;
    }

    pub(crate) async fn epoch(&self) -> i64 {
        self.gateway.count("SELECT epoch FROM leader").await
    }

    pub(crate) async fn kill(&mut self, name: &str) {
        self.gateway.roles.get_mut(name).unwrap().kill().await;
    }

    /// A repair with this receipt, and its registration.
    pub(crate) async fn submit(&mut self, reference: &str, receipt: (&str, &str)) {
        let mut data = file(SOUANI, reference, "repair", &[], self.commune.clock.now());
        data["receipt"]["issued_at"] = json!(receipt.0);
        self.commune.say("file.submitted", reference, &data).await;
        let registered = self.commune.expect(reference, "file.registered").await;
        assert_eq!(registered["data"]["deadlines"]["right_acquired_at"], receipt.1);
    }

    /// The right of a file as the commune is told of it, acquired at its own legal instant.
    pub(crate) async fn acquired(&mut self, reference: &str, receipt: (&str, &str)) -> Timestamp {
        let told = self.commune.expect(reference, "right.acquired").await;
        assert_eq!(told["data"]["acquired_at"], receipt.1, "{reference}");
        let recorded = at(told["data"]["recorded_at"].as_str().unwrap());
        assert!(recorded >= at(receipt.1), "{reference} was recorded before its instant: {recorded}");
        recorded
    }

    /// How often something happened to a file.
    pub(crate) async fn events(&self, reference: &str, name: &str) -> i64 {
        let sql = "SELECT count(*) FROM event JOIN file ON file.id = event.file_id WHERE reference = $1 AND name = $2";
        sqlx::query_scalar(sql).bind(reference).bind(name).fetch_one(&self.gateway.pool).await.unwrap()
    }

    /// Each of these files has its right and its passed limit exactly once, in the events and in what was told.
    pub(crate) async fn once(&self, references: &[&str]) {
        for reference in references {
            for (event, notice) in
                [("right-acquired", "right.acquired"), ("deadline-passed", "deadline.passed")]
            {
                assert_eq!(self.events(reference, event).await, 1, "{event} of {reference}");
                assert!(self.commune.told(reference, notice).len() <= 1, "{notice} of {reference}");
            }
        }
        self.in_order().await;
    }

    /// Nothing has happened to the file by its limit, and its timer waits.
    pub(crate) async fn not_yet(&self, reference: &str) {
        assert_eq!(self.events(reference, "right-acquired").await, 0, "{reference}");
        assert_eq!(self.events(reference, "deadline-passed").await, 0, "{reference}");
        let waits = "SELECT count(*) FROM timer JOIN file ON file.id = timer.file_id WHERE reference = $1 AND key = 'silence'";
        let waits: i64 =
            sqlx::query_scalar(waits).bind(reference).fetch_one(&self.gateway.pool).await.unwrap();
        assert_eq!(waits, 1, "the timer of {reference}");
    }

    /// No event by a limit is older than the limit, and no reminder younger than its last day.
    async fn in_order(&self) {
        let early = "SELECT count(*) FROM event WHERE name = 'right-acquired'
             AND (data->>'at')::timestamptz < (data->>'acquired_at')::timestamptz";
        assert_eq!(self.gateway.count(early).await, 0, "a right before its instant");
        let early = "SELECT count(*) FROM event WHERE name = 'deadline-passed'
             AND (data->>'at')::timestamptz < ((data->>'due')::date + 1)::timestamptz";
        assert_eq!(self.gateway.count(early).await, 0, "a limit that passed before its last day was over");
        let late = "SELECT count(*) FROM event WHERE name = 'deadline-approaching'
             AND (data->>'at')::timestamptz >= ((data->>'due')::date + 1)::timestamptz";
        assert_eq!(self.gateway.count(late).await, 0, "a reminder of a limit that had passed");
    }

    /// Everything that was to be told has left the outbox.
    pub(crate) async fn all_told(&self) {
        until("an empty outbox", async || {
            (self.gateway.count("SELECT count(*) FROM outbox").await == 0).then_some(())
        })
        .await;
    }
}
