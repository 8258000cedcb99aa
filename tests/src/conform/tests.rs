//! The cases over our own five simulated agencies; and a fault that is planted in one makes a case fail.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::json;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::{ConformArgs, Report, judge};
use crate::sandbox::{Agency, ServeArgs, serve_and_tell};

/// A sandbox with one agency, and the settings that go with it.
struct Partner {
    agency: Agency,
    http: String,
    folder: PathBuf,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Partner {
    async fn open(agency: Agency, scenario: Option<&str>) -> Self {
        Self::open_with(agency, scenario, false).await
    }

    /// Signed: TLS with a client certificate, and every message signed, replies too.
    async fn open_with(agency: Agency, scenario: Option<&str>, signed: bool) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("wasl-conform-{}-{number}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&folder).unwrap();
        let args = ServeArgs {
            agency: vec![agency],
            scenario: scenario.map(str::to_owned),
            slow_ms: Some(60_000),
            legal_day_ms: Some(40),
            // The bank tells of a day once it is over: its days pass, long before anything expires.
            legal_start: (agency == Agency::BaridBank).then(|| "2020-01-01T08:00:00Z".to_owned()),
            settings: Some(folder.join("settings")),
            ledger: Some(folder.join("ledger.jsonl")),
            onee_keys: signed.then(|| folder.join("keys")),
            onee_replies_signed: signed,
            ..ServeArgs::default()
        };
        let stop = CancellationToken::new();
        let (ready, address) = oneshot::channel();
        let stopped = stop.clone();
        let task = tokio::spawn(async move {
            let tell = |http: &str| ready.send(http.to_owned()).unwrap();
            serve_and_tell(args.settings().unwrap(), stopped, tell).await.unwrap();
        });
        let http = address.await.unwrap();
        Self { agency, http, folder, stop, task }
    }

    /// Settings with shorter waits, so that what never comes is known soon.
    fn hasten(&self) {
        let path = self.config();
        let text = std::fs::read_to_string(&path).unwrap();
        let waits = "[conform]\nanswer_within_ms = 1500\nresult_within_ms = 1500\n";
        std::fs::write(&path, text.replace("[conform.files]", &format!("{waits}[conform.files]"))).unwrap();
    }

    fn config(&self) -> PathBuf {
        self.folder.join(format!("settings/conform/{}.toml", self.agency.key()))
    }

    async fn judge(&self, only: Option<&str>) -> Report {
        let args = ConformArgs {
            agency: self.agency,
            config: self.config(),
            url: None,
            callbacks: None,
            reference: None,
            amount: None,
            only: only.map(str::to_owned),
            json: None,
            schemas: None,
        };
        judge(&args).await.unwrap()
    }

    async fn close(self) {
        self.stop.cancel();
        self.task.await.unwrap();
        std::fs::remove_dir_all(&self.folder).unwrap();
    }
}

async fn conforms(agency: Agency, cases_min: usize) {
    let partner = Partner::open(agency, None).await;
    let report = partner.judge(None).await;
    assert!(report.good(), "{}", report.table());
    // Signatures have a run of their own.
    let left = report.left_out().iter().filter(|(case, _)| !case.contains("sign"));
    assert_eq!(left.count(), 0, "{}", report.table());
    assert!(report.outcomes().len() >= cases_min, "only {} cases", report.outcomes().len());
    partner.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_urban_agency_conforms() {
    conforms(Agency::UrbanAgency, 100).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn onee_conforms() {
    conforms(Agency::Onee, 80).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn onee_conforms_by_mutual_tls_and_with_signed_messages() {
    let partner = Partner::open_with(Agency::Onee, None, true).await;
    let report = partner.judge(None).await;
    assert!(report.good(), "{}", report.table());
    assert_eq!(report.left_out(), [], "{}", report.table());
    let of = |name: &str| report.outcomes().iter().filter(|one| one.case.starts_with(name)).count();
    assert_eq!((of("signature."), of("reply.")), (9, 1));
    partner.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reply_that_is_wrongly_signed_is_found() {
    let partner = Partner::open_with(Agency::Onee, Some("wrong-signature"), true).await;
    let report = partner.judge(Some("reply.signed")).await;
    let [outcome] = report.outcomes() else { panic!("{}", report.table()) };
    assert!(!outcome.pass && outcome.reason.contains("not that of the agreed key"), "{}", report.table());
    partner.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_water_basin_agency_conforms() {
    conforms(Agency::WaterBasin, 80).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_land_registry_conforms() {
    conforms(Agency::LandRegistry, 30).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_bank_conforms() {
    conforms(Agency::BaridBank, 80).await;
}

/// What each planted fault breaks, and in which words the report says so.
const PLANTED: [(Agency, &str, &str, &str); 8] = [
    (Agency::UrbanAgency, "wrong-reference", "create.valid", "/noConsultationExterne"),
    (Agency::UrbanAgency, "unknown-value", "opinion.favourable", "/nomNatureAvisRendu/idNom: `77`"),
    (Agency::UrbanAgency, "slow", "create.valid", "no answer in time"),
    (Agency::Onee, "wrong-reference", "create.valid", "CorrelationID"),
    (Agency::Onee, "fault", "create.valid", "status 500 instead of [200]"),
    (Agency::LandRegistry, "wrong-signature", "ask.valid", "SHA-512"),
    (Agency::BaridBank, "unknown-value", "order.valid", "TxSts: `QQQQ` instead of `ACCP`"),
    (Agency::BaridBank, "cut", "order.valid", "the connection broke"),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_planted_fault_is_found_and_named() {
    for (agency, scenario, case, words) in PLANTED {
        let partner = Partner::open(agency, Some(scenario)).await;
        partner.hasten();
        let report = partner.judge(Some(case)).await;
        let [outcome] = report.outcomes() else { panic!("{agency:?} {case}: {}", report.table()) };
        assert!(!outcome.pass && outcome.reason.contains(words), "{scenario}: {}", report.table());
        assert!(report.json().contains("\"pass\": false"), "{}", report.json());
        partner.close().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_agency_that_takes_no_files_is_found() {
    let partner = Partner::open(Agency::WaterBasin, None).await;
    partner.hasten();
    let away = json!({"agency": "water-basin", "on": true});
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    client.post(format!("{}/control/outage", partner.http)).json(&away).send().await.unwrap();
    let report = partner.judge(Some("request.valid")).await;
    assert!(!report.good() && report.table().contains("came in time"), "{}", report.table());
    partner.close().await;
}

/// One thing is wrong in all of them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_statement_with_one_thing_wrong_is_found_by_its_rule() {
    for (fault, rule) in [("unbalanced", "balance"), ("not-mad", "currency"), ("lost", "summary")] {
        let partner = Partner::open(Agency::BaridBank, None).await;
        let asked = json!({"number": 0, "faults": [fault]});
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let address = format!("{}/barid-bank/control/statement", partner.http);
        client.post(address).json(&asked).send().await.unwrap().error_for_status().unwrap();
        // A payment at a counter, so that there is a statement.
        assert!(partner.judge(Some("notifications.message")).await.good());
        let report = partner.judge(Some("statements.")).await;
        assert_eq!(report.outcomes().len(), 10, "{}", report.table());
        for outcome in report.outcomes() {
            let hit = outcome.case == format!("statements.{rule}");
            assert_eq!(outcome.pass, !hit, "{fault}: {}", report.table());
            assert!(!hit || outcome.reason.contains(&format!("{rule}: ")), "{}", report.table());
        }
        partner.close().await;
    }
}

#[test]
fn every_statement_of_the_cases_breaks_the_rules_that_it_names() {
    let schemas = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../schemas"));
    let mut found = std::collections::BTreeSet::new();
    for case in super::statement_cases(&schemas).unwrap() {
        let faults = super::statement_faults(&case.bytes);
        let rules: std::collections::BTreeSet<&str> = faults.iter().map(|fault| fault.rule).collect();
        assert_eq!(rules.iter().copied().collect::<Vec<_>>(), case.kit, "{}: {faults:?}", case.case);
        found.extend(rules);
    }
    let all = ["balance", "currency", "decimals", "details", "direction", "duplicate", "identity", "message"];
    assert_eq!(found.into_iter().collect::<Vec<_>>(), [&all[..], &["summary", "version"]].concat());
}
