//! Whether both sides do the same for a file: rows by table, messages by queue.

use std::collections::{BTreeMap, BTreeSet};

/// Counts for each file by what is counted.
pub(crate) type Shape = BTreeMap<String, f64>;

/// What both sides must do equally often may differ by this share.
const ALIKE: f64 = 0.02;
/// What depends on how inputs fall into batches, readings and races may differ by more, and why.
const LOOSE: [(&str, f64, &str); 11] = [
    ("file updated", 0.5, "one update for all inputs of a file in a batch"),
    ("consultation updated", 0.5, "one update for all inputs of a consultation in a batch"),
    ("timer inserted", 0.1, "a timer that is set and forgotten in one batch is never written"),
    ("timer updated", 9.0, "set again only when the acknowledgement comes in a batch of its own"),
    ("timer deleted", 0.15, "a timer that is set and forgotten in one batch is never written"),
    ("event inserted", 0.1, "an acknowledgement that the opinion overtakes is no event"),
    ("published to commune.015110106", 0.1, "and no notice"),
    ("outbox inserted", 0.1, "and no notice; each reading of the feed is a message"),
    ("outbox deleted", 0.1, "as inserted"),
    ("published to answers", 0.1, "each reading of the feed is a message"),
    ("published to review.urban-agency.feeds", 0.5, "each reading of the feed is a message"),
];
/// Moved by every reading, not by every file.
const NOT_OF_FILES: [&str; 3] = ["feed inserted", "feed updated", "feed deleted"];

/// What one side does more often than the other, in a sentence each.
pub(crate) fn differences(wasl: &Shape, floor: &Shape) -> Vec<String> {
    let names: BTreeSet<&String> = wasl.keys().chain(floor.keys()).collect();
    let names = names.into_iter().filter(|name| !NOT_OF_FILES.contains(&name.as_str()));
    let of = |shape: &Shape, name: &str| shape.get(name).copied().unwrap_or(0.0);
    names
        .filter_map(|name| {
            let (wasl, floor) = (of(wasl, name), of(floor, name));
            let loose = LOOSE.iter().find(|(loose, ..)| loose == name).map(|(_, share, _)| *share);
            let most = loose.unwrap_or(ALIKE) * wasl.min(floor).max(1.0);
            let alike = (wasl - floor).abs() <= most;
            (!alike).then(|| format!("{name}: {wasl:.2} a file in wasl, {floor:.2} in the floor"))
        })
        .collect()
}
