//! Callbacks: whose it is, then all checks of who said it, then what it says.

use std::hint::black_box;

use wasl_adapters::port::{Expected, RawCallback, Received};
use wasl_schemas::money::Centimes;

use crate::count::{Case, Work};
use crate::{settings, test_request};

/// The order in the bank's samples.
pub(crate) const ORDER: &str = "0193a5c27e4b7a319c553f1d0b6e8a10";

/// Agency, sample, and when it came.
const CALLBACKS: [(&str, &str, &str); 5] = [
    ("onee", "event-changed-incomplete.xml", "2026-10-05T09:30:02Z"),
    ("onee", "event-closed.xml", "2026-10-05T09:30:02Z"),
    ("barid-bank", "callback-approved.form", "2026-12-03T14:02:12Z"),
    ("barid-bank", "callback-declined.form", "2026-12-03T14:02:12Z"),
    ("barid-bank", "callback-forged-amount.form", "2026-12-03T14:02:12Z"),
];

pub(crate) fn cases() -> Vec<Case> {
    let case = |(kind, sample, at): (&'static str, &'static str, &'static str)| {
        let stem = sample.split('.').next().unwrap();
        Case::new(format!("{kind}.callback.{stem}"), move || Some(received(kind, sample, at)))
    };
    CALLBACKS.map(case).into_iter().collect()
}

fn received(kind: &str, sample: &str, at: &str) -> Work {
    let adapter = settings::built(kind);
    let body = test_request::sample(&format!("{kind}/{sample}"));
    let at = at.parse().unwrap();
    let sent = vec![("content-type".to_owned(), "application/x-www-form-urlencoded".to_owned())];
    let believed = !sample.contains("forged");
    let expected = Expected { known: true, amount_centimes: Some(Centimes(625_000)), ..Expected::default() };
    Box::new(move || {
        // Each callback is read anew.
        let raw = RawCallback::new("POST".to_owned(), String::new(), sent.clone(), body.clone(), at);
        assert!(black_box(adapter.identify(&raw)).consultation.is_some());
        let received = black_box(adapter.receive(black_box(&raw), &expected));
        let taken = matches!(received, Received::Accept { .. } | Received::Capture { .. });
        assert_eq!(taken, believed, "{received:?}");
    })
}
