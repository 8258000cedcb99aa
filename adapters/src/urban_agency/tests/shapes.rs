//! The tables of fields say what the types read: neither more nor less.

use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use wasl_schemas::line::DriftKind;

use super::super::{shapes, wire};
use super::sample;
use crate::transport::drift::Shape;

/// A message with this value at this path and nothing else.
fn only(path: &str, value: Value) -> Value {
    path.rsplit('/').filter(|step| !step.is_empty()).fold(value, |below, step| match step {
        "*" => json!([below]),
        name => json!({ name: below }),
    })
}

/// A field that is read cannot be of just any type; one that is not read can.
fn reads<T: DeserializeOwned>(path: &str) -> bool {
    let strange = [json!({"strange": [[]], "idNom": {}}), json!(7.5)];
    strange.into_iter().any(|value| serde_json::from_value::<T>(only(path, value)).is_err())
}

fn the_table_fits_the_type<T: DeserializeOwned>(shape: &Shape) {
    for field in shape.fields {
        assert_eq!(reads::<T>(field.path()), field.is_read(), "{} {}", shape.message, field.path());
    }
}

#[test]
fn what_the_tables_call_read_is_read_by_the_types() {
    the_table_fits_the_type::<wire::Created>(&shapes::CREATED);
    the_table_fits_the_type::<wire::Errors>(&shapes::ERRORS);
    the_table_fits_the_type::<wire::SearchAnswer>(&shapes::SEARCH);
    the_table_fits_the_type::<wire::Avis>(&shapes::AVIS);
    the_table_fits_the_type::<wire::Documents>(&shapes::DOCUMENTS);
    the_table_fits_the_type::<wire::Nomenclature>(&shapes::NOMENCLATURE);
}

/// Items of the feed stay raw until each is read, so its table is held against the item's own type.
#[test]
fn what_the_table_of_the_feed_calls_read_is_read_item_by_item() {
    for field in shapes::NOTIFICATIONS.fields {
        let Some(path) = field.path().strip_prefix("/notifications/*") else { continue };
        assert_eq!(reads::<wire::Notification>(path), field.is_read(), "{path}");
    }
}

#[test]
fn the_samples_hold_nothing_that_is_not_known() {
    let cases = [
        (&shapes::CREATED, vec!["consultation-created.json"]),
        (&shapes::ERRORS, vec!["error-duplicate.json", "error-invalid.json", "error-outside-area.json"]),
        (&shapes::ERRORS, vec!["error-stale-version.json"]),
        (&shapes::SEARCH, vec!["search-answer-nothing.json", "search-answer-received.json"]),
        (&shapes::SEARCH, vec!["search-answer-acknowledged-complete.json", "search-answer-incomplete.json"]),
        (&shapes::SEARCH, vec!["search-answer-opinion-given.json"]),
        (&shapes::AVIS, vec!["opinion-favourable.json", "opinion-with-conditions.json"]),
        (&shapes::AVIS, vec!["opinion-unfavourable.json", "opinion-none.json"]),
        (&shapes::NOTIFICATIONS, vec!["notifications-empty.json", "notifications-page.json"]),
        (&shapes::DOCUMENTS, vec!["documents-one-failed.json"]),
        (&shapes::NOMENCLATURE, vec!["nomenclature-nature-avis.json"]),
    ];
    for (shape, names) in cases {
        for name in names {
            let news: Vec<_> = shape.of_json(&sample(name)).into_iter().filter(|note| !note.known).collect();
            assert_eq!(news, [], "{name}");
        }
    }
}

#[test]
fn an_unknown_number_is_noticed_beside_being_pending() {
    let notes = shapes::AVIS.of_json(&sample("opinion-unknown-number.json"));
    let value = notes.iter().find(|note| note.kind == DriftKind::Value).unwrap();
    assert_eq!((value.path.as_str(), value.detail.as_str()), ("/nomNatureAvisRendu/idNom", "9"));
}
