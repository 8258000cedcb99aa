//! All adapters, one line each. Adding an agency adds one line here.

use std::sync::Arc;

use crate::port::Adapter;

/// What the gateway knows of a kind before (or without) building its adapter: the core role, which has no
/// secrets of any agency, reads feeds and polls from here.
pub struct Entry {
    /// The kind: name of its queue and of its configuration file.
    pub kind: &'static str,
    /// Feeds that the core has read by timer.
    pub feeds: &'static [&'static str],
    /// Open requests are asked about by poll.
    pub polled: bool,
    /// Builds it from the table `[adapter]`.
    build: fn(&toml::Table) -> Result<Arc<dyn Adapter>, String>,
}

/// The kinds that exist, in the order of the documents.
pub const ENTRIES: &[Entry] = &[
    Entry {
        kind: "urban-agency",
        feeds: &["notifications"],
        polled: false,
        build: crate::urban_agency::build,
    },
    Entry { kind: "onee", feeds: &[], polled: true, build: crate::onee::build },
    Entry { kind: "water-basin", feeds: &["in"], polled: false, build: crate::water_basin::build },
    Entry { kind: "land-registry", feeds: &[], polled: false, build: crate::land_registry::build },
    Entry {
        kind: "barid-bank",
        feeds: &["notifications", "statements"],
        polled: true,
        build: crate::barid_bank::build,
    },
];

/// The names of all kinds.
#[must_use]
pub fn kinds() -> Vec<&'static str> {
    ENTRIES.iter().map(|entry| entry.kind).collect()
}

/// The entry of a kind.
#[must_use]
pub fn entry(kind: &str) -> Option<&'static Entry> {
    ENTRIES.iter().find(|entry| entry.kind == kind)
}

/// Why an adapter cannot be built.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BuildError {
    /// No adapter of this kind.
    #[error("there is no adapter `{0}` (known: {1})")]
    UnknownKind(String, String),
    /// Its settings are wrong: names the key, and the nearest known one.
    #[error("{place}: {message}")]
    Settings {
        /// Where they stand.
        place: String,
        /// One sentence.
        message: String,
    },
}

/// Builds the adapter of a kind from the table `[adapter]` of its file; `place` is that file, for a refusal.
///
/// # Errors
/// [`BuildError`] in one sentence that says what to mend.
pub fn build(kind: &str, place: &str, settings: &toml::Table) -> Result<Arc<dyn Adapter>, BuildError> {
    let entry = entry(kind).ok_or_else(|| BuildError::UnknownKind(kind.to_owned(), kinds().join(", ")))?;
    (entry.build)(settings).map_err(|message| BuildError::Settings { place: place.to_owned(), message })
}

#[cfg(test)]
mod tests {
    use wasl_schemas::agency::{AgencyRequest, Outcome, RequestKind};

    use super::*;

    #[test]
    fn an_unknown_kind_is_refused_with_those_that_exist() {
        let refused =
            build("one", "one.toml", &toml::Table::new()).err().map(|e| e.to_string()).unwrap_or_default();
        assert!(refused.contains("`one`") && refused.contains("urban-agency"), "{refused}");
    }

    #[test]
    fn a_refusal_of_settings_names_the_file_that_was_read() {
        let refused = build("onee", "/etc/wasl/agencies/onee.toml", &toml::Table::new()).err();
        assert_eq!(
            refused.map(|e| e.to_string()).as_deref(),
            Some("/etc/wasl/agencies/onee.toml: `endpoint` is missing")
        );
    }

    /// What each kind is asked beyond a first request. Money is the bank's; the others give opinions.
    const OFFERED: &[(&str, &[RequestKind])] = &[
        ("urban-agency", OPINIONS),
        ("onee", OPINIONS),
        ("water-basin", OPINIONS),
        // It answers facts at once: a supplement asks again, and there is nothing to take back.
        ("land-registry", &[RequestKind::Consult, RequestKind::Supplement, RequestKind::Query]),
        ("barid-bank", &[RequestKind::Pay, RequestKind::Refund]),
    ];
    const OPINIONS: &[RequestKind] = &[RequestKind::Consult, RequestKind::Supplement, RequestKind::Cancel];
    const ALL: [RequestKind; 5] = [
        RequestKind::Consult,
        RequestKind::Supplement,
        RequestKind::Cancel,
        RequestKind::Pay,
        RequestKind::Refund,
    ];

    /// With settings that are whole but lead nowhere.
    fn built(kind: &str) -> Arc<dyn Adapter> {
        build(kind, "test", &crate::transport::testing::working_keys(kind)).unwrap()
    }

    fn asked(kind: &str, what: RequestKind) -> AgencyRequest {
        let mut request = crate::test_request::supplement(kind, kind, "plan-masse");
        request.kind = what;
        request.order = Some(
            serde_json::from_value(serde_json::json!({
                "order": request.consultation, "amount_centimes": 123_400, "label": "taxe",
                "beneficiary": {"name": "Commune", "rib": "011780000012345678901296"},
                "payable_until": "2026-12-31", "asked_on": "2026-10-05",
            }))
            .unwrap(),
        );
        request
    }

    #[test]
    fn every_kind_stands_in_the_table_below() {
        assert_eq!(OFFERED.iter().map(|(kind, _)| *kind).collect::<Vec<_>>(), kinds());
    }

    #[test]
    fn supplements_cancellations_and_refunds_travel_too() {
        for (kind, offered) in OFFERED {
            let adapter = built(kind);
            let mut bodies = std::collections::BTreeSet::new();
            for what in *offered {
                let request = asked(kind, *what);
                let preview = adapter.preview(&request).unwrap_or_else(|e| panic!("{kind} {what:?}: {e}"));
                assert!(!preview.body.is_empty(), "{kind} {what:?}");
                bodies.insert((preview.target, preview.body));
            }
            assert_eq!(bodies.len(), offered.len(), "{kind}: each of them says something else");
        }
    }

    /// What is not its matter is refused with a code, not sent and not pretended.
    #[tokio::test]
    async fn what_a_kind_does_not_offer_is_refused_or_already_done() {
        for (kind, offered) in OFFERED {
            let adapter = built(kind);
            for what in ALL.iter().filter(|what| !offered.contains(what)) {
                let handled = adapter.handle(&asked(kind, *what)).await;
                assert_eq!(handled.exchanges, [], "{kind} {what:?}: nothing was said");
                match (what, handled.outcome) {
                    (_, Outcome::Refused { code, .. }) => assert!(!code.is_empty(), "{kind} {what:?}"),
                    // Nothing of it stands open there.
                    (RequestKind::Cancel, Outcome::Cancelled) => {}
                    (_, other) => panic!("{kind} {what:?}: {other:?}"),
                }
            }
        }
    }

    #[test]
    fn none_of_them_leaves_a_doubt_to_an_operator_and_all_say_who_they_are() {
        for entry in ENTRIES {
            let traits = built(entry.kind).traits();
            assert!(traits.refuses_duplicates || traits.can_be_asked, "{}", entry.kind);
            assert_eq!(traits.kind.as_str(), entry.kind);
            assert_eq!(
                (traits.feeds.as_slice(), traits.polled),
                (entry.feeds, entry.polled),
                "{}",
                entry.kind
            );
        }
    }
}
