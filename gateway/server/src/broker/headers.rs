//! AMQP field tables as text pairs and back.

use lapin::types::{AMQPValue, FieldTable, ShortString};
use serde_json::Value;

use super::error::BrokerError;

/// All headers as text: what is nested (`x-death`) becomes JSON.
pub(super) fn as_text(table: &FieldTable) -> Vec<(String, String)> {
    table.inner().iter().map(|(name, value)| (name.to_string(), text(value))).collect()
}

fn text(value: &AMQPValue) -> String {
    match json(value) {
        Value::String(text) => text,
        other => other.to_string(),
    }
}

fn json(value: &AMQPValue) -> Value {
    match value {
        AMQPValue::Boolean(v) => Value::from(*v),
        AMQPValue::ShortShortInt(v) => Value::from(*v),
        AMQPValue::ShortShortUInt(v) => Value::from(*v),
        AMQPValue::ShortInt(v) => Value::from(*v),
        AMQPValue::ShortUInt(v) => Value::from(*v),
        AMQPValue::LongInt(v) => Value::from(*v),
        AMQPValue::LongUInt(v) => Value::from(*v),
        AMQPValue::LongLongInt(v) => Value::from(*v),
        AMQPValue::Float(v) => Value::from(*v),
        AMQPValue::Double(v) => Value::from(*v),
        AMQPValue::Timestamp(v) => Value::from(*v),
        AMQPValue::DecimalValue(v) => Value::from(format!("{}e-{}", v.value, v.scale)),
        AMQPValue::ShortString(v) => Value::from(v.as_str()),
        AMQPValue::LongString(v) => Value::from(String::from_utf8_lossy(v.as_bytes())),
        AMQPValue::ByteArray(v) => Value::from(String::from_utf8_lossy(v.as_slice())),
        AMQPValue::FieldArray(v) => v.as_slice().iter().map(json).collect(),
        AMQPValue::FieldTable(v) => v.inner().iter().map(|(name, v)| (name.to_string(), json(v))).collect(),
        AMQPValue::Void => Value::Null,
    }
}

/// Text pairs as a field table.
pub(super) fn as_table(headers: &[(String, String)]) -> Result<FieldTable, BrokerError> {
    let mut table = FieldTable::default();
    for (name, value) in headers {
        table.insert(short(name)?, AMQPValue::LongString(value.as_str().into()));
    }
    Ok(table)
}

/// A text of at most 255 bytes.
pub(super) fn short(text: &str) -> Result<ShortString, BrokerError> {
    ShortString::try_new(text)
        .map_err(|_| BrokerError::Settings("a name for the broker is longer than 255 bytes".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_keep_their_text_and_nested_ones_become_json() {
        let mut table = as_table(&[("cloudEvents_id".to_owned(), "é1".to_owned())]).unwrap();
        let mut death = FieldTable::default();
        death.insert("count".into(), AMQPValue::LongLongInt(3));
        let mut list = lapin::types::FieldArray::default();
        list.push(AMQPValue::FieldTable(death));
        table.insert("x-death".into(), AMQPValue::FieldArray(list));
        table.insert("flag".into(), AMQPValue::Boolean(true));
        let text = as_text(&table);
        assert!(text.contains(&("cloudEvents_id".to_owned(), "é1".to_owned())));
        assert!(text.contains(&("x-death".to_owned(), r#"[{"count":3}]"#.to_owned())));
        assert!(text.contains(&("flag".to_owned(), "true".to_owned())));
    }

    #[test]
    fn a_name_that_does_not_fit_is_a_fault_not_a_panic() {
        assert!(as_table(&[("x".repeat(256), String::new())]).is_err());
    }
}
