//! A new calendar: what it would move is shown first; then every open deadline is computed again, and the commune
//! hears of it. A calendar that cannot be read changes nothing.

use std::path::Path;

use serde_json::Value;

use crate::own_rules;
use crate::support::gateway::SOUANI;
use crate::support::{Commune, Gateway};

async fn check(gateway: &Gateway, file: &Path) -> Value {
    let file = file.to_string_lossy();
    let (done, said) = gateway.wasl(&["calendar", "check", &file, "--json"]).await;
    assert!(done, "{said}");
    serde_json::from_str(&said).unwrap_or_else(|error| panic!("{error}: {said}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_off_moves_the_open_deadlines_once_and_says_so_before_and_after() {
    let (gateway, rules) = own_rules::gateway("calendar", &["core"]).await;
    let mut commune = Commune::connect(&gateway, SOUANI).await;
    commune.submit("RF-1", "repair", &[]).await;
    let registered = commune.expect("RF-1", "file.registered").await;
    // Ten working days from Monday 2 November, with the holiday of Friday 6.
    assert_eq!(registered["data"]["deadlines"]["due"], "2026-11-17");

    let new = own_rules::day_off(&gateway);
    let checked = check(&gateway, &new).await;
    let moved = &checked["moved"][0];
    assert_eq!((&checked["open_files"], moved["reference"].as_str()), (&1.into(), Some("RF-1")), "{checked}");
    // The tenth day was Tuesday 17; Wednesday 18 is a holiday, so it is Thursday 19.
    assert_eq!(
        (&moved["before"]["due"], &moved["after"]["due"]),
        (&"2026-11-17".into(), &"2026-11-19".into())
    );
    assert_eq!(moved["days"], 2);
    assert_eq!(gateway.count("SELECT count(*) FROM event WHERE name = 'clock-moved'").await, 0);

    std::fs::copy(&new, rules.join("calendar/exceptional.toml")).unwrap();
    let (done, said) = gateway.wasl(&["calendar", "apply", "--wait-s", "60"]).await;
    assert!(done && said.contains("1 open files were looked at, 1 moved"), "{said}");
    let told = commune.expect("RF-1", "deadline.moved").await;
    assert_eq!(told["data"]["why"], "calendar");
    assert_eq!(told["data"]["before"]["due"], "2026-11-17");
    assert_eq!(told["data"]["after"]["due"], "2026-11-19");
    let timers = "SELECT count(*) FROM timer WHERE key = 'due:decision' AND due_at = '2026-11-20T00:00:00Z'";
    assert_eq!(gateway.count(timers).await, 1);

    // Once more is once too many: nothing is left to move.
    let (done, said) = gateway.wasl(&["calendar", "apply", "--wait-s", "60"]).await;
    assert!(done, "{said}");
    assert_eq!(gateway.count("SELECT count(*) FROM event WHERE name = 'clock-moved'").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_calendar_that_cannot_be_read_is_refused_and_the_core_goes_on_with_the_present_one() {
    let (gateway, rules) = own_rules::gateway("calendar-refused", &["core"]).await;
    let mut commune = Commune::connect(&gateway, SOUANI).await;
    let wrong = rules.join("calendar/exceptional.toml");
    std::fs::write(&wrong, "[[exceptional]]\ndate = 2026-13-40\n").unwrap();
    let (done, said) = gateway.wasl(&["calendar", "check", &wrong.to_string_lossy()]).await;
    assert!(!done && said.contains("exceptional.toml"), "{said}");
    let (done, said) = gateway.wasl(&["calendar", "apply", "--wait-s", "60"]).await;
    assert!(!done && said.contains("refused"), "{said}");
    commune.submit("RF-2", "repair", &[]).await;
    let registered = commune.expect("RF-2", "file.registered").await;
    assert_eq!(registered["data"]["deadlines"]["due"], "2026-11-17");
}
