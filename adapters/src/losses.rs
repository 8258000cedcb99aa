//! For the property tests of mappings: a value without the fields that an adapter declares it cannot carry.

use serde_json::Value;

/// Takes out of a value what the paths name: `permit_file.documents.main` means that field of every document.
pub(crate) fn without(mut value: Value, paths: &[&str]) -> Value {
    for path in paths {
        let names: Vec<&str> = path.split('.').collect();
        take_out(&mut value, &names);
    }
    value
}

fn take_out(value: &mut Value, path: &[&str]) {
    match (value, path) {
        (Value::Array(items), _) => items.iter_mut().for_each(|item| take_out(item, path)),
        (Value::Object(fields), [last]) => {
            fields.remove(*last);
        }
        (Value::Object(fields), [first, rest @ ..]) => {
            if let Some(inside) = fields.get_mut(*first) {
                take_out(inside, rest);
            }
        }
        _ => {}
    }
}

#[test]
fn what_is_named_goes_and_nothing_else() {
    let value = serde_json::json!({"a": {"b": 1, "c": [{"d": 1, "e": 2}, {"d": 3}]}, "f": null});
    let left = without(value, &["a.b", "a.c.d", "f", "nowhere.x"]);
    assert_eq!(left, serde_json::json!({"a": {"c": [{"e": 2}, {}]}}));
}
