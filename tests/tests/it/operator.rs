//! The operator's side on real servers: what could not go on is kept, shown, and sent again by two people, once; why a
//! file waits; what is held back; and that the events tell everything.

use lapin::options::{BasicPublishOptions, ConfirmSelectOptions};
use lapin::{BasicProperties, Connection, ConnectionProperties};
use reqwest::StatusCode;
use serde_json::{Value, json};
use sqlx::{Connection as _, PgConnection};
use wasl_tests::world::secrets;
use wasl_tests::world::servers::with_user;

use crate::support::ask::http;
use crate::support::gateway::{SOUANI, text};
use crate::support::servers::database_address;
use crate::support::wait::until;
use crate::support::{Commune, Gateway, Options};

pub(super) const PARKED: &str = "SELECT count(*) FROM parked WHERE status = 'parked'";

impl Gateway {
    /// `POST` of JSON with somebody's token.
    pub(super) async fn post_as(&self, caller: &str, path: &str, body: Value) -> (StatusCode, Value) {
        let url = format!("http://{}{path}", self.ports.http);
        let answer = http().post(url).bearer_auth(&self.tokens[caller]).json(&body).send().await.unwrap();
        (answer.status(), answer.json().await.unwrap())
    }

    /// Asks for an act; its id.
    pub(super) async fn act(&self, caller: &str, body: Value) -> String {
        let (status, act) = self.post_as(caller, "/api/v1/acts", body).await;
        assert_eq!(status, StatusCode::CREATED, "{act}");
        text(&act, "/id").to_owned()
    }

    /// Waits until an act is over; the act.
    pub(super) async fn over(&self, id: &str) -> Value {
        until("the act is over", async || {
            let (_, act) = self.read_as("operator", &format!("/api/v1/acts/{id}")).await;
            matches!(act["status"].as_str(), Some("done" | "failed")).then_some(act)
        })
        .await
    }

    /// Approves as the second operator and waits until it is done.
    pub(super) async fn approve(&self, id: &str) -> Value {
        let (status, said) = self.post_as("second", &format!("/api/v1/acts/{id}/approve"), json!({})).await;
        assert_eq!(status, StatusCode::OK, "{said}");
        self.over(id).await
    }

    /// Runs `wasl` as an operator, with the database login of the api.
    pub(super) async fn wasl_as(&self, operator: &str, arguments: &[&str]) -> (bool, String) {
        let mut command = tokio::process::Command::new(&self.program);
        let token = secrets::path(&self.layout, &format!("token-{operator}"));
        command.env("WASL__AUTH__OPERATOR_TOKEN_FILE", token);
        command.args(arguments).arg("--config").arg(self.layout.config("api"));
        let output = command.output().await.unwrap();
        let said = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8(said).unwrap())
    }
}

/// An outcome for a consultation that nobody knows, as the adapter would publish it.
pub(super) async fn stray(gateway: &Gateway, consultation: &str, number: u32) {
    let outcome = json!({
        "message": "outcome", "id": uuid::Uuid::from_u128(number.into()).to_string(), "agency": "onee",
        "consultation": consultation, "request": "consult", "attempt": 1, "via": "callback",
        "outcome": { "outcome": "acknowledged" }, "exchanges": [],
    });
    publish(gateway, &format!("stray-{number}"), &outcome).await;
}

/// Publishes an outcome as the adapter of ONEE.
pub(super) async fn publish(gateway: &Gateway, id: &str, outcome: &Value) {
    let properties = ConnectionProperties::default();
    let connection = Connection::connect(&gateway.amqp_as("wasl-adapter-onee"), properties).await.unwrap();
    let channel = connection.create_channel().await.unwrap();
    channel.confirm_select(ConfirmSelectOptions::default()).await.unwrap();
    let properties = BasicProperties::default()
        .with_delivery_mode(2)
        .with_message_id(id.into())
        .with_content_type("application/json".into());
    let options = BasicPublishOptions { mandatory: true, immediate: false };
    let body = outcome.to_string();
    let confirm = channel.basic_publish(
        "wasl.answers".into(),
        "onee.outcome".into(),
        options,
        body.as_bytes(),
        properties,
    );
    assert!(matches!(confirm.await.unwrap().await.unwrap(), lapin::Confirmation::Ack(None)));
}

/// A decision for a file that is not there yet: refused, and good once the file has come.
async fn early_decision(commune: &mut Commune, reference: &str) -> String {
    let mut data = crate::support::messages::sample("decision.taken");
    data["decided_at"] = json!(crate::support::messages::minutes_before(commune.clock.now(), 1));
    commune.say("decision.taken", reference, &data).await.id
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_parked_goes_again_by_two_people_and_once() {
    let options = Options { legal_day_ms: 600_000, ..Options::default() };
    let gateway = Gateway::start("operator-parked", options).await;
    let mut commune = Commune::connect(&gateway, SOUANI).await;
    early_decision(&mut commune, "PCT-1").await;
    let refused = commune.expect_that("the refusal", |event| event["subject"] == "PCT-1").await;
    assert_eq!(refused["data"]["faults"][0]["code"], "file.unknown");

    // What is shown: where from, since when, which fault, what is advised; bytes to those alone who may.
    let (_, page) = gateway.read_as("operator", "/api/v1/parked").await;
    let line = page["items"][0].clone();
    assert_eq!((&line["queue"], &line["code"]), (&json!("intake"), &json!("file.unknown")));
    assert_eq!(line["user_id"], format!("commune-{SOUANI}"));
    let id = text(&line, "/id").to_owned();
    let (_, one) = gateway.read_as("operator", &format!("/api/v1/parked/{id}")).await;
    assert_eq!(one["replayable"], true);
    assert!(!text(&one, "/advice/text").is_empty() && !text(&one, "/advice/operators").is_empty());
    let path = format!("/api/v1/parked/{id}/body");
    for nobody in ["operator", "ministry", "souani"] {
        let status = gateway.get_as(nobody, &path).send().await.unwrap().status();
        assert_eq!(status, StatusCode::NOT_FOUND, "{nobody}");
    }
    let body = gateway.get_as("supervisor", &path).send().await.unwrap().bytes().await.unwrap();
    assert_eq!(serde_json::from_slice::<Value>(&body).unwrap()["subject"], "PCT-1");
    assert_eq!(gateway.count("SELECT count(*) FROM parked_reading WHERE reader = 'supervisor'").await, 1);

    // The cause is mended: the file comes. The replay is asked for by one and approved by another.
    commune.submit("PCT-1", "repair", &[]).await;
    commune.expect("PCT-1", "file.registered").await;
    let wish = json!({"kind": "replay", "reason": "the file has come", "parked": [id]});
    let act = gateway.act("operator", wish.clone()).await;
    let (status, said) = gateway.post_as("operator", &format!("/api/v1/acts/{act}/approve"), json!({})).await;
    assert_eq!((status, &said["code"]), (StatusCode::CONFLICT, &json!("operator.same-person")));
    assert_eq!(gateway.count(PARKED).await, 1, "nothing happens before the second person");
    let again = gateway.act("operator", wish).await;
    assert_eq!(gateway.approve(&act).await["status"], "done");
    let recorded = commune.expect("PCT-1", "decision.recorded").await;
    assert_eq!(recorded["causationid"], refused["causationid"], "the first id was kept");
    assert_eq!(gateway.count(PARKED).await, 0);

    // A second replay of the same message finds it gone: nothing is done twice.
    let events = gateway.count("SELECT count(*) FROM event").await;
    let second = gateway.approve(&again).await;
    assert_eq!((&second["items"], &second["items_already"]), (&json!(1), &json!(1)));
    let (status, _) = gateway.post_as("second", &format!("/api/v1/acts/{act}/approve"), json!({})).await;
    assert_eq!(status, StatusCode::CONFLICT, "an act is decided once");
    assert_eq!(gateway.count("SELECT count(*) FROM event").await, events);
    assert_eq!(gateway.count("SELECT count(*) FROM outbox WHERE headers IS NOT NULL").await, 0);
    people_see_it(&gateway).await;
}

/// The pages, in each language, for operators alone; and a form counts from our own page only.
async fn people_see_it(gateway: &Gateway) {
    for (path, words) in [
        ("/operator?lang=fr", "Exploitation"),
        ("/operator?lang=ar", "dir=\"rtl\""),
        ("/operator?lang=en", "Operations"),
        ("/parked?lang=fr", "Messages mis de côté"),
        ("/parked?lang=ar", "الرسائل الموضوعة جانبا"),
        ("/parked?lang=en", "Parked messages"),
        ("/why/PCT-1?lang=en", "Why this file waits"),
    ] {
        let page = gateway.get_as("operator", path).header("accept", "text/html").send().await.unwrap();
        assert_eq!(page.status(), StatusCode::OK, "{path}");
        let page = page.text().await.unwrap();
        assert!(page.contains(words), "{path}: {page}");
    }
    assert_eq!(gateway.get_as("souani", "/operator").send().await.unwrap().status(), StatusCode::NOT_FOUND);
    let form = |site: &'static str| {
        let url = format!("http://{}/operator/ask", gateway.ports.http);
        let cookie = format!("wasl_token={}", gateway.tokens["operator"]);
        let client = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
        let client = client.build().unwrap();
        let request = client.post(url).header("cookie", cookie).header("sec-fetch-site", site);
        request.body("kind=pause&agency=onee&reason=by+a+form&lang=en").send()
    };
    assert_eq!(form("cross-site").await.unwrap().status(), StatusCode::UNAUTHORIZED);
    let answer = form("same-origin").await.unwrap();
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    assert_eq!(answer.headers()["location"], "/operator?lang=en");
    until("the form has its effect", async || {
        (gateway.count("SELECT count(*) FROM agency_pause").await == 1).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_is_what_was_seen_paced_and_what_fails_again_comes_back_to_its_place() {
    let options = Options { settings: vec![("flow.replay_per_second_max", 2)], ..Options::default() };
    let gateway = Gateway::start("operator-group", options).await;
    let unknown = "00000000-0000-4000-8000-000000000001";
    for number in 0..7 {
        stray(&gateway, unknown, number).await;
    }
    until("they are parked", async || (gateway.count(PARKED).await == 7).then_some(())).await;

    let group =
        ["--queue", "answers", "--code", "agency.unmatched", "--reason", "the consultation may be there now"];
    let (good, said) = gateway.wasl_as("operator", &[&["parked", "replay"], &group[..]].concat()).await;
    assert!(good && said.contains("of 7 messages"), "{said}");
    let act = said.split_whitespace().next().unwrap().to_owned();
    // What comes later is another occasion.
    stray(&gateway, unknown, 77).await;
    until("one more is parked", async || (gateway.count(PARKED).await == 8).then_some(())).await;
    let (good, said) = gateway.wasl_as("operator", &["act", "approve", &act]).await;
    assert!(!good && said.contains("operator.same-person"), "{said}");
    let (good, said) = gateway.wasl_as("second", &["act", "approve", &act]).await;
    assert!(good && said.contains("7 of 7 messages"), "{said}");

    let busiest = "SELECT max(n) FROM (SELECT (SELECT count(*) FROM operator_item j WHERE j.outcome = 'sent'
         AND j.done_at > i.done_at - interval '1 second' AND j.done_at <= i.done_at) AS n
         FROM operator_item i WHERE i.outcome = 'sent') AS counted";
    assert_eq!(gateway.count(busiest).await, 2, "never more than the pace in any second");
    let sent = "SELECT count(*) FROM operator_item WHERE outcome = 'sent'";
    assert_eq!(gateway.count(sent).await, 7, "the eighth was not seen");
    // The consultation is still unknown: each comes back to its own place, and none is lost or doubled.
    let back = "SELECT count(*) FROM parked WHERE status = 'parked' AND times = 2";
    until("they come back", async || (gateway.count(back).await == 7).then_some(())).await;
    assert_eq!(gateway.count("SELECT count(*) FROM parked").await, 8);

    let (good, said) = gateway.wasl_as("operator", &[&["parked", "set-aside"], &group[..]].concat()).await;
    assert!(good && said.contains("of 8 messages"), "{said}");
    let act = said.split_whitespace().next().unwrap().to_owned();
    let (good, said) = gateway.wasl_as("second", &["act", "approve", &act]).await;
    assert!(good, "{said}");
    assert_eq!(gateway.count("SELECT count(*) FROM parked WHERE status = 'set-aside'").await, 8);
    let (good, said) = gateway.wasl_as("operator", &[&["parked", "replay"], &group[..]].concat()).await;
    assert!(!good && said.contains("operator.not-possible"), "nothing fits any more: {said}");
    let (good, said) = gateway.wasl_as("operator", &["parked", "list", "--status", "set-aside"]).await;
    assert!(good && said.lines().count() == 8, "{said}");
}

/// Whatever program writes: two people, a set that is fixed, a way that is gone once.
#[tokio::test(flavor = "multi_thread")]
async fn the_database_itself_asks_for_two_people_and_a_fixed_set() {
    let gateway = Gateway::lay("operator-rights", Options::default()).await;
    let mut admin =
        PgConnection::connect(database_address(&gateway.servers, &gateway.name).as_str()).await.unwrap();
    let (user, password) = &gateway.logins[1];
    let address = with_user(&database_address(&gateway.servers, &gateway.name), user, password).unwrap();
    let mut api = PgConnection::connect(&address).await.unwrap();
    let park = "INSERT INTO parked (id, queue, code, faults, raw, headers)
                SELECT gen_random_uuid(), 'answers', 'internal', '[]', '', '{}' FROM generate_series(1, 2)";
    sqlx::query(park).execute(&mut admin).await.unwrap();
    let ask = "WITH act AS (INSERT INTO operator_act (id, kind, status, reason, asked_by, items)
                   VALUES ('00000000-0000-0000-0000-000000000001', 'replay', 'asked', 'because', 'amina', 1) RETURNING id)
               SELECT 1";
    let take = "INSERT INTO operator_item (act_id, place, parked_id, seen_parked_at)
                SELECT '00000000-0000-0000-0000-000000000001', 1, id, parked_at FROM parked ORDER BY id LIMIT 1";
    let mut tx = api.begin().await.unwrap();
    sqlx::query(ask).execute(&mut *tx).await.unwrap();
    sqlx::query(take).execute(&mut *tx).await.unwrap();
    tx.commit().await.unwrap();

    let refused = async |who: &mut PgConnection, statement: &'static str| {
        let done = sqlx::query(statement).execute(who).await;
        let code = done.err().map(|e| e.as_database_error().unwrap().code().unwrap().into_owned());
        code.unwrap_or_else(|| panic!("was let through: {statement}"))
    };
    // Even the administrator is held by what is kept in the database.
    for statement in [
        "UPDATE operator_act SET status = 'approved', decided_by = 'amina', decided_at = now()",
        "UPDATE operator_act SET status = 'approved', decided_by = 'AMINA', decided_at = now()",
        "UPDATE operator_act SET status = 'approved'",
        "UPDATE operator_act SET status = 'done', finished_at = now()",
        "UPDATE operator_act SET asked_by = 'brahim'",
        "UPDATE operator_act SET items = 2",
        "DELETE FROM operator_act",
        "INSERT INTO operator_act (id, kind, status, reason, asked_by, decided_by, decided_at)
         VALUES (gen_random_uuid(), 'replay', 'approved', 'because', 'amina', 'brahim', now())",
        "INSERT INTO operator_item (act_id, place, parked_id, seen_parked_at)
         SELECT '00000000-0000-0000-0000-000000000001', 1, id, parked_at FROM parked ORDER BY id DESC LIMIT 1",
        "UPDATE operator_item SET parked_id = (SELECT id FROM parked ORDER BY id DESC LIMIT 1)",
        "UPDATE operator_item SET outcome = 'sent', done_at = now()",
        "DELETE FROM operator_item",
        "UPDATE parked SET status = 'replayed'",
        "UPDATE parked SET status = 'set-aside'",
        "UPDATE parked SET raw = 'x'",
        "DELETE FROM parked",
    ] {
        let code = refused(&mut admin, statement).await;
        assert!(code.starts_with("23"), "{code}: {statement}");
    }
    // The role of the api asks and decides, and does nothing by itself.
    for statement in [
        "UPDATE parked SET status = 'replayed'",
        "UPDATE operator_item SET outcome = 'sent', done_at = now()",
    ] {
        assert_eq!(refused(&mut api, statement).await, "42501", "{statement}");
    }
    let approve = "UPDATE operator_act SET status = 'approved', decided_by = 'brahim', decided_at = now()";
    sqlx::query(approve).execute(&mut api).await.unwrap();
    assert_eq!(refused(&mut admin, "UPDATE parked SET status = 'set-aside'").await, "23000");
    let other = "UPDATE parked SET status = 'replayed' WHERE id <> (SELECT parked_id FROM operator_item)";
    assert_eq!(refused(&mut admin, other).await, "23000", "only what was seen");
    let seen = "UPDATE parked SET status = 'replayed' WHERE id = (SELECT parked_id FROM operator_item)";
    sqlx::query(seen).execute(&mut admin).await.unwrap();
}
