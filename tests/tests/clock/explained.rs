//! Why this date? Command line, API and page give one answer, in the form of the contract.

use std::collections::BTreeSet;

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::own_rules;
use crate::support::ask::http;
use crate::support::gateway::{SOUANI, text};
use crate::support::messages::file;
use crate::support::{Commune, Gateway};

#[tokio::test(flavor = "multi_thread")]
async fn command_line_api_and_page_explain_a_limit_alike() {
    let gateway = Gateway::start("explained", own_rules::real_days()).await;
    for (line, query) in CASES {
        let (done, said) = gateway.wasl(&arguments(line)).await;
        assert!(done, "{line}: {said}");
        let told: Value = serde_json::from_str(&said).unwrap_or_else(|error| panic!("{error}: {said}"));
        let (status, answer) =
            gateway.read_as("ministry", &format!("/api/v1/deadlines/simulate?{query}")).await;
        assert_eq!(status, StatusCode::OK, "{query}: {answer}");
        assert_eq!(answer, told, "{line}");
        form(&answer);
    }
    refused(&gateway).await;
    on_trial(&gateway).await;
    of_a_file(&gateway).await;
    horizon(&gateway).await;
}

/// The last feast that was sighted lies less than a year ahead (behind, even): the live page warns of it.
async fn horizon(gateway: &Gateway) {
    for (lang, words) in [("fr", "26 mai 2026"), ("ar", "26 ماي 2026"), ("en", "26 May 2026")] {
        let page =
            gateway.get_as("ministry", &format!("/{lang}")).send().await.unwrap().text().await.unwrap();
        let warning = page.split("id=\"horizon\">").nth(1).unwrap().split('<').next().unwrap();
        assert!(warning.contains(words), "{lang}: {warning}");
    }
}

/// The same cases as words of the command line and of the API: every event there is.
const CASES: [(&str, &str); 7] = [
    ("--permit building --class large --filed 2026-11-02", "permit=building&class=large&filed=2026-11-02"),
    (
        "--permit occupancy --filed 2026-11-02 --investment",
        "permit=occupancy&filed=2026-11-02&investment=true",
    ),
    (
        "--permit repair --filed 2026-11-02 --event suspended:2026-11-09 --event resumed:2026-11-16 --event \
         extended:2026-11-17:5",
        "permit=repair&filed=2026-11-02&events=extended:2026-11-17:5,resumed:2026-11-16,suspended:2026-11-09",
    ),
    (
        "--permit building --class small --filed 2026-11-02 --event redeposited:2026-11-12 --event \
         decided:2026-11-20",
        "permit=building&class=small&filed=2026-11-02&events=redeposited:2026-11-12,decided:2026-11-20",
    ),
    (
        "--permit regularisation --filed 2026-11-02 --event agreed:2026-11-12 --event withdrawn:2026-11-20",
        "permit=regularisation&filed=2026-11-02&events=agreed:2026-11-12,withdrawn:2026-11-20",
    ),
    (
        "--permit repair --filed 2026-11-02 --event suspended:2026-11-09",
        "permit=repair&filed=2026-11-02&events=suspended:2026-11-09",
    ),
    ("--permit regularisation --filed 2022-03-01", "permit=regularisation&filed=2022-03-01"),
];

fn arguments(line: &str) -> Vec<&str> {
    ["deadline", "simulate", "--json"].into_iter().chain(line.split(' ')).collect()
}

/// The members that the contract names, each of its type; `due_if_working_days` only where the unit is doubtful.
fn form(answer: &Value) {
    let date = |value: &Value| value.as_str().is_some_and(|day| day.parse::<jiff::civil::Date>().is_ok());
    for key in ["rule", "basis", "zone", "tzdb"] {
        assert!(answer[key].is_string(), "{key}: {answer}");
    }
    assert_eq!(answer["zone"], "Africa/Casablanca");
    assert!(date(&answer["filed"]) && (date(&answer["due"]) || answer["due"].is_null()), "{answer}");
    let later = answer.get("due_if_working_days");
    assert_eq!(later.is_some(), answer["unit"] == "doubtful" && !answer["due"].is_null(), "{answer}");
    assert!(later.is_none_or(date));
    for day in answer["days"].as_array().unwrap() {
        assert!(date(&day["date"]) && day["counted"].is_boolean(), "{day}");
        assert_eq!(day["number"].is_u64(), day["counted"] == true, "{day}");
        three_languages(&day["why"]);
    }
    let mut before = String::new();
    for step in answer["steps"].as_array().unwrap() {
        assert!(step["name"].is_string() && date(&step["due"]), "{step}");
        assert!(before.as_str() <= step["due"].as_str().unwrap(), "{answer}");
        text(step, "/due").clone_into(&mut before);
    }
    assert!(answer["reminders"].as_array().unwrap().iter().all(|reminder| date(&reminder["on"])), "{answer}");
    let silence = &answer["silence"];
    assert!(silence["approval"].is_boolean(), "{answer}");
    if let Some(at) = silence["acquired_at"].as_str() {
        assert!(at.ends_with("T00:00:00+00:00") || at.ends_with("T00:00:00+01:00"), "{at}");
    }
}

fn three_languages(texts: &Value) {
    let all: BTreeSet<&str> = ["fr", "ar", "en"].map(|lang| texts[lang].as_str().unwrap()).into();
    assert!(all.len() == 3 && !all.contains(""), "{texts}");
}

/// What cannot be is refused by its parameter, alike.
async fn refused(gateway: &Gateway) {
    let cases = [
        ("permit=building&filed=2026-11-02", "class"),
        ("permit=repair&filed=2018-11-02", "filed"),
        ("permit=repair&filed=2026-11-02&events=resumed:2026-11-09", "events"),
        ("permit=repair&filed=2026-11-02&events=flown:2026-11-09", "events"),
        ("permit=repair&filed=2026-11-02&events=decided:2026-11-01", "events"),
    ];
    for (query, parameter) in cases {
        let (status, problem) =
            gateway.read_as("ministry", &format!("/api/v1/deadlines/simulate?{query}")).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{query}: {problem}");
        assert_eq!(text(&problem, "/code"), "query.invalid");
        assert!(problem.to_string().contains(parameter), "{query}: {problem}");
    }
    let (done, said) =
        gateway.wasl(&arguments("--permit repair --filed 2026-11-02 --event resumed:2026-11-09")).await;
    assert!(!done && said.contains("the clock is not suspended"), "{said}");
}

/// A calendar on trial moves what is simulated, and nothing else.
async fn on_trial(gateway: &Gateway) {
    let trial = own_rules::day_off(gateway);
    let line = format!("--permit repair --filed 2026-11-02 --calendar {}", trial.display());
    let (done, said) = gateway.wasl(&arguments(&line)).await;
    assert!(done, "{said}");
    let told: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(told["due"], "2026-11-19");
    let off = told["days"].as_array().unwrap().iter().find(|day| day["date"] == "2026-11-10").unwrap();
    assert_eq!(
        (&off["kind"], &off["counted"], &off["name"]["fr"]),
        (&"holiday".into(), &false.into(), &"Congé".into())
    );
    let plain = gateway.wasl(&arguments("--permit repair --filed 2026-11-02")).await.1;
    assert_eq!(serde_json::from_str::<Value>(&plain).unwrap()["due"], "2026-11-17");
}

/// A file that was suspended and extended: filed on 12 October, still from 19 to 25, five days more.
async fn of_a_file(gateway: &Gateway) {
    let mut commune = Commune::connect(gateway, SOUANI).await;
    let mut data = file(SOUANI, "RF-1", "repair", &[], commune.clock.now());
    data["receipt"]["issued_at"] = json!("2026-10-12T09:00:00Z");
    commune.say("file.submitted", "RF-1", &data).await;
    commune.expect("RF-1", "file.registered").await;
    commune
        .say("clock.suspended", "RF-1", &json!({"from": "2026-10-19", "reason": "Enquête publique."}))
        .await;
    commune.say("clock.resumed", "RF-1", &json!({"to": "2026-10-26"})).await;
    let extended = json!({"extended_on": "2026-10-28", "days": 5, "ground": "expertise"});
    commune.say("clock.extended", "RF-1", &extended).await;
    commune
        .expect_that("the extension", |event| {
            event["type"] == "ma.wasl.deadline.moved.v1" && event["data"]["why"] == "extended"
        })
        .await;
    let (status, answer) = gateway.read_as("souani", "/api/v1/files/RF-1/deadline").await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    form(&answer);
    // Ten working days without the suspension end on Monday 2 November; five more, without Friday 6, on Tuesday 10.
    assert_eq!(answer["due"], "2026-11-10");
    let (done, said) = gateway.wasl(&["deadline", "explain", "RF-1", "--json"]).await;
    assert!(done, "{said}");
    let told: Value = serde_json::from_str(&said).unwrap();
    // The administrator's program reads the wall clock, the gateway the clock of this test.
    let but_today = |mut value: Value| {
        value.as_object_mut().unwrap().remove("today").unwrap();
        value
    };
    assert_eq!(but_today(told), but_today(answer));
    let words = [
        ("fr", "Marche Verte", "dernier jour", "délai suspendu"),
        ("ar", "المسيرة الخضراء", "آخر يوم", "أجل موقوف"),
        ("en", "Green March", "last day", "clock suspended"),
    ];
    for (lang, holiday, due, suspended) in words {
        let page = gateway.get_as("souani", &format!("/files/RF-1?lang={lang}")).send().await.unwrap();
        assert_eq!(page.status(), StatusCode::OK);
        let page = page.text().await.unwrap();
        for class in ["worked", "weekend", "holiday", "suspended", "is-due", "is-today", "is-first"] {
            assert!(page.contains("<td class=\"") && has_day(&page, class), "{lang}: no day is {class}");
        }
        for word in [holiday, due, suspended] {
            assert!(page.to_lowercase().contains(&word.to_lowercase()), "{lang}: {word} is not said");
        }
        assert!(page.contains(&format!("lang=\"{lang}\"")));
    }
    let stranger = http().get(format!("http://{}/files/RF-1", gateway.ports.http)).send().await.unwrap();
    assert_eq!(stranger.status(), StatusCode::UNAUTHORIZED);
}

fn has_day(page: &str, class: &str) -> bool {
    page.split("<td class=\"").skip(1).any(|cell| {
        cell.split('"').next().is_some_and(|classes| classes.split(' ').any(|known| known == class))
    })
}
