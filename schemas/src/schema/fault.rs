//! From a validator's error to a coded fault. The value itself is never shown.

use jsonschema::ValidationError;
use jsonschema::error::ValidationErrorKind as Kind;
use serde_json::Value;

use crate::problem::{Code, Fault};
use crate::strict::push_key;

/// Adds the fault or faults of one error.
pub(super) fn push(error: &ValidationError<'_>, prefix: &str, faults: &mut Vec<Fault>) {
    let pointer = format!("{prefix}{}", error.instance_path().as_str());
    let below = |name: &str| {
        let mut pointer = pointer.clone();
        push_key(&mut pointer, name);
        pointer
    };
    let limited = |code, limit: &str| Fault::with(code, pointer.clone(), &[("limit", limit)]);
    let fault = match error.kind() {
        Kind::Required { property } => {
            Fault::new(Code::SchemaRequired, below(property.as_str().unwrap_or_default()))
        }
        Kind::AdditionalProperties { unexpected } => {
            faults.extend(unexpected.iter().map(|name| Fault::new(Code::SchemaAdditional, below(name))));
            return;
        }
        Kind::Type { .. } => Fault::new(Code::SchemaType, pointer),
        Kind::Pattern { .. } => Fault::new(Code::SchemaPattern, pointer),
        Kind::Enum { options } => allowed(pointer, options),
        Kind::Constant { expected_value } => allowed(pointer, expected_value),
        Kind::Format { format } => Fault::new(of_format(format), pointer),
        Kind::MaxLength { limit } | Kind::MinLength { limit } => {
            limited(Code::SchemaLength, &limit.to_string())
        }
        Kind::MaxItems { limit } | Kind::MinItems { limit } => {
            limited(Code::SchemaLength, &limit.to_string())
        }
        Kind::Maximum { limit } | Kind::Minimum { limit } => limited(Code::SchemaRange, &limit.to_string()),
        _ => Fault::new(Code::MessageSchema, pointer),
    };
    faults.push(fault);
}

fn of_format(format: &str) -> Code {
    match format {
        "cin" => Code::FileIdCinInvalid,
        "ice" => Code::FileIdIceInvalid,
        "rib" => Code::FileIdRibInvalid,
        _ => Code::SchemaFormat,
    }
}

/// The allowed values, as the schema lists them.
fn allowed(pointer: String, values: &Value) -> Fault {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let list = match values {
        Value::Array(list) => list.iter().map(text).collect::<Vec<_>>().join(", "),
        one => text(one),
    };
    Fault::with(Code::SchemaEnum, pointer, &[("allowed", list.as_str())])
}
