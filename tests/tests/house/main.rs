//! The house: promises of this repository that a compiler cannot keep. Each check is a function from what it reads
//! to a list of faults, tried twice: on the repository, where it finds none, and on a planted fault, which it names.
//!
//! When one fails it says the file, what is wrong and what to do instead. An exception is a line in the check's own
//! list, with its reason.
#![expect(
    clippy::unwrap_used,
    reason = "what cannot be read is a failure of the test, told where it happens"
)]

mod adapters;
mod alarms;
mod boundaries;
mod codes;
mod crates;
mod days;
mod dependencies;
mod documents;
mod faults;
mod habits;
mod instructions;
mod licence;
mod migrations;
mod purity;
mod samples;
mod settings;
mod source;
mod tree;

/// Fails with all faults at once, one a line.
#[track_caller]
fn none(faults: &[String]) {
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

/// Fails unless exactly these faults were found: each text is a part of one fault, in order.
#[track_caller]
fn exactly(faults: &[String], parts: &[&str]) {
    let said = faults.join("\n");
    assert_eq!(faults.len(), parts.len(), "planted {parts:?}, found:\n{said}");
    for (fault, part) in faults.iter().zip(parts) {
        assert!(fault.contains(part), "`{part}` is not in `{fault}`");
    }
}
