//! Money, on real servers: a card callback in eight copies at once, one that is forged or does not fit, payments at a
//! counter, and the bank's statement beside what is booked.

use futures_util::future::join_all;
use serde_json::{Value, json};
use wasl_adapters::transport::hash_v3::{Parameter, Quirks, hash};
use wasl_adapters::transport::settings::Secret;
use wasl_tests::world::secrets;

use crate::support::ask::http;
use crate::support::gateway::{SOUANI, text};
use crate::support::wait::until;
use crate::support::{Commune, Gateway, Options};

/// The building tax of the sample, in the bank's words.
const AMOUNT: &str = "3680.00";
const CENTIMES: i64 = 368_000;

/// A file with an order for its tax; the simulated payer does as planned.
async fn ordered(gateway: &Gateway, commune: &mut Commune, reference: &str, plan: Value) -> String {
    let mut plan = plan;
    plan["reference"] = json!(reference);
    plan["agency"] = json!("barid-bank");
    gateway.control("plan", plan).await;
    commune.submit(reference, "repair", &[]).await;
    commune.expect(reference, "file.reviewed").await;
    commune.assess(reference).await;
    let ordered = commune.expect(reference, "payment.ordered").await;
    text(&ordered, "/data/order").to_owned()
}

/// Posts card callbacks as the bank would.
struct Bank<'a> {
    gateway: &'a Gateway,
    key: Secret,
    merchant: String,
}

impl<'a> Bank<'a> {
    fn new(gateway: &'a Gateway) -> Self {
        let agreed = secrets::agreed(&gateway.layout).unwrap().barid_bank;
        Self { gateway, key: Secret::new(agreed.store_key), merchant: agreed.merchant_number }
    }

    /// A callback of an order with some parameters changed, hashed by a key.
    fn form(&self, order: &str, transaction: &str, changes: &[(&str, &str)], key: &Secret) -> String {
        let oid = order.replace('-', "");
        let mut pairs = vec![
            ("clientid", self.merchant.as_str()),
            ("oid", oid.as_str()),
            ("amount", AMOUNT),
            ("currency", "504"),
            ("Response", "Approved"),
            ("ProcReturnCode", "00"),
            ("TransId", transaction),
            ("BillToStreet12", "Appt 4"),
            ("BillToStreet2", "Rue A|B \\ 7"),
            ("hashAlgorithm", "ver3"),
            ("rnd", "q7Zs0Hn2VbK1xT9mWc4e"),
        ];
        for (name, value) in changes {
            pairs.retain(|(known, _)| known != name);
            pairs.push((name, value));
        }
        let parameters: Vec<Parameter> =
            pairs.iter().map(|(name, value)| (name.as_bytes().to_vec(), value.as_bytes().to_vec())).collect();
        let hash = hash(&parameters, key, &Quirks::default());
        pairs.push(("HASH", &hash));
        url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
    }

    async fn post(&self, form: String) -> String {
        let url = format!("http://{}/callbacks/barid-bank", self.gateway.ports.callbacks);
        let request = http().post(url).header("content-type", "application/x-www-form-urlencoded");
        let answer = request.body(form).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        answer.text().await.unwrap()
    }

    async fn call(&self, order: &str, transaction: &str, changes: &[(&str, &str)]) -> String {
        self.post(self.form(order, transaction, changes, &self.key)).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn eight_copies_of_one_callback_at_once_book_once_and_what_does_not_fit_books_nothing() {
    let gateway = Gateway::start("payments", Options::default()).await;
    let mut commune = Commune::connect(&gateway, SOUANI).await;
    let never = json!({"behaviour": "paid", "delay_days": 100_000.0});
    let order = ordered(&gateway, &mut commune, "PCT-1", never).await;
    let bank = Bank::new(&gateway);

    // Refused first; the order stays open.
    let declined = [("ProcReturnCode", "51"), ("Response", "Declined")];
    assert_eq!(bank.call(&order, "T0", &declined).await, "APPROVED");
    let failed = commune.expect("PCT-1", "payment.failed").await;
    assert_eq!((&failed["data"]["code"], &failed["data"]["final"]), (&json!("51"), &json!(false)));
    assert_eq!(bank.call(&order, "T0", &declined).await, "APPROVED", "the same again");

    // Nothing is captured unless order, amount, currency and merchant fit, and the HASH is the bank's.
    let stranger = "00000000-0000-4000-8000-000000000000";
    assert_eq!(bank.call(stranger, "T1", &[]).await, "APPROVED");
    for change in [
        ("amount", "3680.01"),
        ("amount", "3680.000"),
        ("currency", "978"),
        ("clientid", "1"),
        ("Response", "Declined"),
    ] {
        assert_eq!(bank.call(&order, "T1", &[change]).await, "APPROVED", "{change:?}");
    }
    let forged = bank.form(&order, "T1", &[], &Secret::new("another key"));
    assert_eq!(bank.post(forged).await, "FAILURE");
    assert_eq!(bank.post("amount=%zz".to_owned()).await, "FAILURE");
    assert_eq!(gateway.count("SELECT count(*) FROM capture").await, 0);

    // Paid: eight copies at once, and once more later.
    let copies = join_all((0..8).map(|_| bank.call(&order, "T2", &[]))).await;
    assert_eq!(copies, ["ACTION=POSTAUTH"; 8]);
    let paid = commune.expect("PCT-1", "payment.confirmed").await;
    assert_eq!(paid["data"]["receipt"]["transaction"], "T2");
    assert_eq!(bank.call(&order, "T2", &[]).await, "ACTION=POSTAUTH", "a repeat gets the same answer");
    // Another transaction on a paid order is acknowledged, not captured.
    let others = join_all((0..8).map(|_| bank.call(&order, "T3", &[]))).await;
    assert_eq!(others, ["APPROVED"; 8]);

    // Something after all of them: whatever they did has been done.
    ordered(&gateway, &mut commune, "PCT-2", json!({"behaviour": "paid", "delay_days": 100_000.0})).await;
    assert_eq!(gateway.count("SELECT count(*) FROM capture").await, 1);
    assert_eq!(commune.told("PCT-1", "payment.confirmed").len(), 1);
    assert_eq!(commune.told("PCT-1", "payment.failed").len(), 1);
    assert_eq!(gateway.count("SELECT count(*) FROM event WHERE name = 'payment-confirmed'").await, 1);
    let parked: Vec<String> =
        sqlx::query_scalar("SELECT code FROM parked ORDER BY code").fetch_all(&gateway.pool).await.unwrap();
    assert_eq!(parked, ["payment.callback-unreadable", "payment.hash-wrong"]);
}

/// A thing to spoil in a statement of the simulated bank; 0: in all of them.
async fn spoil(gateway: &Gateway, number: u64, fault: &str) {
    let url = format!("http://{}/barid-bank/control/statement", gateway.ports.sandbox);
    let body = json!({"number": number, "faults": [fault]});
    assert!(http().post(url).json(&body).send().await.unwrap().status().is_success());
}

/// The statement in whose list the file stands.
async fn in_list(gateway: &Gateway, list: &str, fits: impl Fn(&Value) -> bool) -> (String, Value) {
    until(&format!("a line in {list}"), async || {
        let (_, page) = gateway.read_as("ministry", "/api/v1/payments/statements").await;
        for statement in page["items"].as_array()? {
            let id = text(statement, "/id").to_owned();
            let (_, report) = gateway.read_as("ministry", &format!("/api/v1/payments/statements/{id}")).await;
            let found = report["lists"][list].as_array()?.iter().find(|line| fits(line)).cloned();
            if let Some(line) = found {
                return Some((id, line));
            }
        }
        None
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_counter_payment_is_booked_once_and_the_statement_tells_what_was_not() {
    let settings = vec![("flow.statement_grace_days", 0)];
    let gateway =
        Gateway::start("statements", Options { legal_day_ms: 4_000, settings, ..Options::default() }).await;
    let mut commune = Commune::connect(&gateway, SOUANI).await;
    spoil(&gateway, 0, "unknown").await;
    let soon = |behaviour: &str| json!({"behaviour": behaviour, "delay_days": 0.01});
    for (reference, behaviour) in [
        ("PCT-1", "counter"),
        ("PCT-2", "counter-partial"),
        ("PCT-3", "counter-over"),
        ("PCT-4", "counter-twice"),
    ] {
        ordered(&gateway, &mut commune, reference, soon(behaviour)).await;
    }
    for reference in ["PCT-1", "PCT-4"] {
        let paid = commune.expect(reference, "payment.confirmed").await;
        assert_eq!(paid["data"]["receipt"]["means"], "counter");
        assert_eq!(paid["data"]["receipt"]["amount_centimes"], CENTIMES);
    }
    for (reference, code) in [("PCT-2", "payment.partial"), ("PCT-3", "payment.over")] {
        let failed = commune.expect(reference, "payment.failed").await;
        assert_eq!((&failed["data"]["code"], &failed["data"]["final"]), (&json!(code), &json!(false)));
    }

    let of = |file: &'static str| move |line: &Value| line["file"] == file;
    let (id, line) = in_list(&gateway, "matched", of("PCT-1")).await;
    assert_eq!((&line["amount_centimes"], &line["means"]), (&json!(CENTIMES), &json!("counter")));
    let (_, line) = in_list(&gateway, "different", of("PCT-2")).await;
    assert_eq!((&line["difference"], &line["amount_centimes"]), (&json!("partial"), &json!(CENTIMES / 2)));
    assert_eq!(in_list(&gateway, "different", of("PCT-3")).await.1["difference"], "over");
    in_list(&gateway, "twice", of("PCT-4")).await;
    let (_, unknown) = in_list(&gateway, "unknown", |_| true).await;
    assert_eq!(unknown["amount_centimes"], 12_345);
    twice_is_reported(&gateway).await;
    shown(&gateway, &id).await;
    assert_eq!(commune.told("PCT-4", "payment.confirmed").len(), 1);
    assert_eq!(gateway.ledger("action=violation").await, Vec::<Value>::new());
}

/// The second payment of one order changes nothing and is told to those who look after the bank.
async fn twice_is_reported(gateway: &Gateway) {
    let reported =
        "SELECT count(*) FROM event WHERE name = 'answer-pending' AND data::text LIKE '%payment.twice%'";
    until("the second payment of one order", async || (gateway.count(reported).await == 1).then_some(()))
        .await;
}

/// The same report as CSV and as a page in three languages, and less of it for those who see less.
async fn shown(gateway: &Gateway, id: &str) {
    let path = format!("/api/v1/payments/statements/{id}");
    let csv = gateway.get_as("ministry", &format!("{path}?format=csv")).send().await.unwrap();
    assert_eq!(csv.headers()["content-type"], "text/csv; charset=utf-8; header=present");
    let csv = csv.text().await.unwrap();
    assert!(csv.starts_with("\"list\",\"difference\"") && csv.contains("\"matched\""), "{csv}");
    for (lang, dir) in [("ar", "rtl"), ("fr", "ltr"), ("en", "ltr")] {
        let page = gateway.get_as("ministry", &format!("/payments/{id}?lang={lang}")).send().await.unwrap();
        assert_eq!(page.status(), 200);
        let page = page.text().await.unwrap();
        assert!(page.contains(&format!("dir=\"{dir}\"")) && page.contains("PCT-1"), "{lang}");
    }
    let (_, whole) = gateway.read_as("ministry", &path).await;
    assert_eq!((&whole["balanced"], &whole["statement"]["gap"]), (&json!(true), &json!(false)));
    assert!(whole["statement"]["opening_centimes"].is_i64());
    // A commune sees its own fees and no balance; another one nothing of them; an operator not even that there is one.
    let (_, own) = gateway.read_as("souani", &path).await;
    assert_eq!(own["statement"]["opening_centimes"], Value::Null);
    assert!(own["lists"]["unknown"].as_array().unwrap().is_empty());
    assert_eq!(own["lists"]["matched"], whole["lists"]["matched"]);
    let (_, other) = gateway.read_as("other", &path).await;
    assert!(other["lists"].as_object().unwrap().values().all(|list| list.as_array().unwrap().is_empty()));
    assert_eq!(gateway.read_as("operator", &path).await.0, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_statement_shows_is_missing_and_a_number_left_out_is_noticed() {
    let settings = vec![("flow.statement_grace_days", 0)];
    let gateway =
        Gateway::start("missing", Options { legal_day_ms: 4_000, settings, ..Options::default() }).await;
    let mut commune = Commune::connect(&gateway, SOUANI).await;
    spoil(&gateway, 1, "missing").await;
    // The second statement never comes: the third one tells of it.
    spoil(&gateway, 3, "gap").await;
    let soon = json!({"behaviour": "counter", "delay_days": 0.01});
    ordered(&gateway, &mut commune, "PCT-1", soon.clone()).await;
    commune.expect("PCT-1", "payment.confirmed").await;
    let (_, line) = in_list(&gateway, "missing", |line| line["file"] == "PCT-1").await;
    assert_eq!((&line["booked_centimes"], &line["amount_centimes"]), (&json!(CENTIMES), &Value::Null));
    for reference in ["PCT-2", "PCT-3"] {
        ordered(&gateway, &mut commune, reference, soon.clone()).await;
        commune.expect(reference, "payment.confirmed").await;
        // The next payment is of another day.
        let day = commune.clock.now().to_string()[..10].to_owned();
        until("the next day", async || (commune.clock.now().to_string()[..10] != *day).then_some(())).await;
    }
    let gap = until("a gap", async || {
        let (_, page) = gateway.read_as("ministry", "/api/v1/payments/statements").await;
        page["items"].as_array()?.iter().find(|statement| statement["gap"] == true).cloned()
    })
    .await;
    assert_eq!(gap["sequence"], 3, "{gap}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reversal_entry_gives_back_once_and_a_statement_that_comes_again_changes_nothing() {
    let gateway = Gateway::start("reversal", Options { legal_day_ms: 4_000, ..Options::default() }).await;
    let mut commune = Commune::connect(&gateway, SOUANI).await;
    spoil(&gateway, 1, "reversal").await;
    let soon = json!({"behaviour": "counter", "delay_days": 0.01});
    ordered(&gateway, &mut commune, "PCT-1", soon.clone()).await;
    let refunded = commune.expect("PCT-1", "payment.refunded").await;
    assert_eq!(refunded["data"]["amount_centimes"], CENTIMES);
    let (_, line) = in_list(&gateway, "matched", |line| line["direction"] == "debit").await;
    assert_eq!((&line["file"], &line["amount_centimes"]), (&json!("PCT-1"), &json!(CENTIMES)));

    // The bank tells everything from the beginning once more.
    let kept = gateway.count("SELECT count(*) FROM statement").await;
    let again =
        "UPDATE feed SET cursor = '', version = version + 1, next_at = now() WHERE agency = 'barid-bank'";
    sqlx::query(again).execute(&gateway.pool).await.unwrap();
    let read = "SELECT count(*) FROM feed WHERE agency = 'barid-bank' AND cursor <> ''";
    until("both feeds read again", async || (gateway.count(read).await == 2).then_some(())).await;
    assert_eq!(gateway.count("SELECT count(*) FROM statement").await, kept);
    assert_eq!(gateway.count("SELECT count(*) FROM parked").await, 0);

    // Another content under a number that is known is set aside, and the first one stays.
    spoil(&gateway, 2, "same-id").await;
    ordered(&gateway, &mut commune, "PCT-2", soon).await;
    commune.expect("PCT-2", "payment.confirmed").await;
    let conflict = "SELECT count(*) FROM parked WHERE code = 'payment.statement-conflict'";
    until("a conflict", async || (gateway.count(conflict).await == 1).then_some(())).await;
    assert_eq!(gateway.count("SELECT count(*) FROM statement").await, kept);
    assert_eq!(commune.told("PCT-1", "payment.refunded").len(), 1);
    assert_eq!(commune.told("PCT-1", "payment.confirmed").len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refund_that_the_commune_asks_for_travels_to_the_bank_and_comes_back_once() {
    let gateway = Gateway::start("refund", Options { legal_day_ms: 4_000, ..Options::default() }).await;
    let mut commune = Commune::connect(&gateway, SOUANI).await;
    let soon = json!({"behaviour": "counter", "delay_days": 0.01});
    ordered(&gateway, &mut commune, "PCT-1", soon).await;
    let paid = commune.expect("PCT-1", "payment.confirmed").await;
    let request = |now: jiff::Timestamp| {
        let requested_at = (now - jiff::Span::new().minutes(1)).to_string();
        json!({"fee": paid["data"]["fee"], "requested_at": requested_at, "reason": "Taxe liquidée deux fois."})
    };
    let message = commune.say("refund.requested", "PCT-1", &request(commune.clock.now())).await;
    let refunded = commune.expect("PCT-1", "payment.refunded").await;
    assert_eq!(refunded["data"]["amount_centimes"], CENTIMES);

    // The same message again is an echo; another one has nothing to give back any more.
    commune.publish(&message).await;
    commune.say("refund.requested", "PCT-1", &request(commune.clock.now())).await;
    let refused = commune.expect("PCT-1", "file.refused").await;
    assert_eq!(text(&refused, "/data/faults/0/code"), "refund.not-paid");
    let given_back = gateway.ledger("action=payment-refunded").await;
    assert_eq!(given_back.len(), 1, "{given_back:?}");
    assert_eq!(commune.told("PCT-1", "payment.refunded").len(), 1);

    // The statement of the day shows it, and it is the one that was asked for.
    let (_, line) = in_list(&gateway, "matched", |line| line["direction"] == "debit").await;
    assert_eq!((&line["file"], &line["amount_centimes"]), (&json!("PCT-1"), &json!(CENTIMES)));
}
