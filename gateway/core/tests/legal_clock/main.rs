//! The legal clock against a second, independent count, and what must hold on every filing date.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

mod agreement;
mod draw;
mod every;
mod holidays;
mod one_module;
mod properties;
mod restart;
mod slow;
mod stored;
mod told;
mod zone_changes;

use wasl_core::calendar::Calendar;
use wasl_core::procedure::Rules;
use wasl_schemas::file::PermitFile;

const AGENCIES: [&str; 5] = ["urban-agency", "onee", "water-basin", "land-registry", "barid-bank"];
const FILES: [(&str, &str); 3] = [
    ("fixed.toml", include_str!("../../../../config/calendar/fixed.toml")),
    ("lunar.toml", include_str!("../../../../config/calendar/lunar.toml")),
    ("exceptional.toml", include_str!("../../../../config/calendar/exceptional.toml")),
];

fn rules() -> Rules {
    Rules::from_toml(include_str!("../../../../config/procedures.toml"), &AGENCIES).unwrap()
}

fn calendar() -> Calendar {
    Calendar::from_toml(&FILES).unwrap()
}

/// The file of the contract's sample.
fn file() -> PermitFile {
    let sample = include_str!("../../../../schemas/samples/valid/file.submitted.json");
    let whole: serde_json::Value = serde_json::from_str(sample).unwrap();
    serde_json::from_value(whole["data"].clone()).unwrap()
}
