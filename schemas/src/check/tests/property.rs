//! Whatever comes from the network, a check ends with a verdict, and equal content has one hash.

use std::sync::LazyLock;

use proptest::prelude::*;

use super::sample::World;
use super::*;

static WORLD: LazyLock<Result<World, String>> = LazyLock::new(|| World::new().map_err(|e| e.to_string()));

/// JSON values of all kinds, three levels deep.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        // Few enough digits that reading is exact to the last bit.
        any::<i32>().prop_map(|n| Value::from(f64::from(n) / 1_000.0)),
        ".{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::btree_map(".{0,6}", inner, 0..5)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn any_bytes_get_a_verdict(body in prop::collection::vec(any::<u8>(), 0..200), kind in "\\PC{0,40}") {
        let world = WORLD.as_ref().map_err(|e| TestCaseError::fail(e.clone()))?;
        let raw = RawMessage {
            content_type: Some(&kind),
            headers: &[("cloudEvents_id".to_owned(), kind.clone())],
            body: &body,
            user_id: Some(&kind),
            routing_key: &kind,
        };
        let refused = check(&raw, &world.context()).err();
        prop_assert!(refused.is_some_and(|r| !r.faults.is_empty() && r.sender.is_none()));
    }

    #[test]
    fn any_data_gets_a_verdict(data in any_json(), which in 0..CommandName::ALL.len()) {
        let world = WORLD.as_ref().map_err(|e| TestCaseError::fail(e.clone()))?;
        let name = CommandName::ALL[which];
        let faults = check_data(name, &data.to_string(), &world.context());
        prop_assert!(!faults.is_empty(), "{name:?} accepts {data}");
    }

    #[test]
    fn content_has_one_canonical_form(data in any_json()) {
        let read = strict::read(&format!("{data:#}")).map_err(|e| TestCaseError::fail(format!("{e:?}")))?;
        let text = canonical::to_text(&read);
        let again = strict::read(&text).map_err(|e| TestCaseError::fail(format!("{e:?}")))?;
        prop_assert_eq!(canonical::to_text(&again), text);
    }
}
