//! What the environment asks for.

use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// `name` or `name:n`: where the process kills itself, and on which passage.
const CRASH_AT: &str = "WASL_CRASH_AT";
/// Names of planted mistakes, separated by commas.
const PLANT: &str = "WASL_PLANT";

/// A mistake that can be planted.
#[derive(Debug, Clone, Copy)]
pub struct Plant {
    /// Its name.
    pub name: &'static str,
    /// What is done wrong.
    pub mistake: &'static str,
}

/// Every mistake that can be planted.
pub const PLANTS: &[Plant] = &[
    plant("ack-before-commit", "deliveries are acknowledged before their transaction is committed"),
    plant("inbox-off", "what was seen before is taken for new"),
    plant("confirm-ignored", "a publish counts as done without a confirm"),
    plant("is-ack-alone", "a message that no queue took counts as confirmed, since the client says ack"),
    plant(
        "no-mandatory",
        "messages are published without mandatory, so that nobody hears of one that no queue took",
    ),
    plant("timer-in-local-time", "legal timers fire by a clock that still stands at UTC+1"),
    plant("callback-before-confirm", "an agency's callback is answered before its outcome is confirmed"),
    plant("doubt-sent-again", "a request whose fate is not known is sent again without asking"),
    plant("outbox-deleted-first", "outbox rows are deleted before they are published"),
    plant("unbounded-buffer", "deliveries are taken without a limit"),
    plant("cursor-too-early", "the cursor of a feed is committed before its items"),
    plant("order-by-arrival", "messages of one file go out in any order"),
];

const fn plant(name: &'static str, mistake: &'static str) -> Plant {
    Plant { name, mistake }
}

/// Where to die, and the passages so far.
struct Crash {
    name: String,
    passage: u64,
    passed: AtomicU64,
}

/// Notes a passage; the one that was asked for is the last.
pub fn reached(name: &'static str) {
    static CRASH: OnceLock<Option<Crash>> = OnceLock::new();
    let asked = CRASH.get_or_init(|| std::env::var(CRASH_AT).ok().map(|text| asked(&text)));
    let Some(crash) = asked.as_ref().filter(|crash| crash.name == name) else { return };
    if crash.passed.fetch_add(1, Ordering::SeqCst) + 1 == crash.passage {
        die();
    }
}

fn asked(text: &str) -> Crash {
    let (name, passage) = text.split_once(':').unwrap_or((text, "1"));
    Crash { name: name.to_owned(), passage: passage.parse().unwrap_or(1), passed: AtomicU64::new(0) }
}

/// The kernel's call needs unsafe code; the program `kill` does not. This thread does nothing more.
fn die() -> ! {
    let own = std::process::id().to_string();
    // Whether or not it could be started: nothing comes after this.
    _ = Command::new("kill").args(["-KILL", &own]).stdin(Stdio::null()).status();
    loop {
        std::thread::park();
    }
}

/// Whether this mistake is planted.
#[must_use]
pub fn is_planted(name: &'static str) -> bool {
    static PLANTED: OnceLock<Vec<String>> = OnceLock::new();
    let planted = PLANTED.get_or_init(|| {
        let names = std::env::var(PLANT).unwrap_or_default();
        names.split(',').map(|name| name.trim().to_owned()).collect()
    });
    planted.iter().any(|one| one == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_passage_is_the_first_unless_said_otherwise() {
        assert_eq!(
            (asked("core.received").name.as_str(), asked("core.received").passage),
            ("core.received", 1)
        );
        assert_eq!(asked("core.received:2").passage, 2);
    }

    #[test]
    fn nothing_is_planted_unless_asked_for() {
        assert!(PLANTS.iter().all(|plant| !is_planted(plant.name)));
        assert!(PLANTS.len() >= 12);
    }
}
