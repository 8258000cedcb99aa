//! Every crash point. A test compares this list with the source, and runs through all of it.

/// A step between two side effects.
#[derive(Debug, Clone, Copy)]
pub struct Point {
    /// Its name in the source.
    pub name: &'static str,
    /// Processes that pass it.
    pub roles: &'static [&'static str],
    /// What has been done, and what has not.
    pub between: &'static str,
}

const CORE: &[&str] = &["core"];
const API: &[&str] = &["api"];
const ADAPTERS: &[&str] = &[
    "adapter-urban-agency",
    "adapter-onee",
    "adapter-water-basin",
    "adapter-land-registry",
    "adapter-barid-bank",
];
/// Agencies that are read by feed.
const FEEDS: &[&str] = &["adapter-urban-agency", "adapter-water-basin", "adapter-barid-bank"];
/// Agencies that are spoken to over HTTP.
const HTTP: &[&str] =
    &["adapter-urban-agency", "adapter-onee", "adapter-land-registry", "adapter-barid-bank"];
const FOLDER: &[&str] = &["adapter-water-basin"];
const PUBLISHERS: &[&str] = &["core", "api", "adapter-onee"];

/// Every point, in the order in which a message meets them.
pub const POINTS: &[Point] = &[
    at("core.received", CORE, "a batch is delivered; nothing is written"),
    at("core.written", CORE, "a transaction is written; it is not committed"),
    at("core.committed", CORE, "a transaction is committed; its messages are not handed over"),
    at("core.handed-over", CORE, "messages are handed to the publisher"),
    at("core.settled", CORE, "a batch is committed and handed over; it is not acknowledged"),
    at("core.acknowledged", CORE, "a batch is acknowledged"),
    at("core.timers-taken", CORE, "timers are taken in a transaction; nothing is decided"),
    at("core.timers-fired", CORE, "what timers gave rise to is committed"),
    at("core.feeds-asked", CORE, "the request to read a feed is committed"),
    at("core.marker-sent", CORE, "the guard's marker is committed; it is not published"),
    at("core.marker-back", CORE, "the guard's marker came back; it is not acknowledged"),
    at("publish.opened", CORE, "the publisher has its channel; what was left in the outbox is not read"),
    at("publish.read", CORE, "outbox rows are read; they are not published"),
    at("publish.confirmed", CORE, "the broker has confirmed; the rows are not deleted"),
    at("publish.deleted", CORE, "confirmed rows are deleted"),
    at("broker.sent", PUBLISHERS, "messages are published; no confirm is read"),
    at("request.received", ADAPTERS, "a request is delivered; the agency is not called"),
    at("request.called", ADAPTERS, "the agency has answered; nothing is published"),
    at(
        "request.answered",
        ADAPTERS,
        "the outcome is published and confirmed; the request is not acknowledged",
    ),
    at("request.acknowledged", ADAPTERS, "the request is acknowledged"),
    at("feed.received", FEEDS, "a reading of a feed is asked for; the agency is not called"),
    at("feed.called", FEEDS, "a feed is read; nothing is published"),
    at("feed.answered", FEEDS, "a reading is published and confirmed; it is not acknowledged"),
    at("feed.acknowledged", FEEDS, "a reading is acknowledged"),
    at("http.before", HTTP, "a call is written down; it is not sent"),
    at("http.after", HTTP, "the agency has answered a call; its answer is not read"),
    at("folder.part-written", FOLDER, "a file is written under its working name; it is not renamed"),
    at("folder.renamed", FOLDER, "a file has its name; nothing is published"),
    at("folder.removed", FOLDER, "an answer file is removed after the cursor that names it; the next is not"),
    at("callback.received", API, "a callback is read; nothing is looked up"),
    at("callback.captured", API, "a card payment is committed; its outcome is not published"),
    at("callback.published", API, "a callback's outcome is confirmed; its nonce is not kept"),
    at("callback.kept", API, "a callback is settled; it is not answered"),
];

const fn at(name: &'static str, roles: &'static [&'static str], between: &'static str) -> Point {
    Point { name, roles, between }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_are_unique_and_every_point_is_passed_by_somebody() {
        let names: BTreeSet<&str> = POINTS.iter().map(|point| point.name).collect();
        assert_eq!(names.len(), POINTS.len());
        assert!(POINTS.iter().all(|point| !point.roles.is_empty() && !point.between.is_empty()));
    }
}
