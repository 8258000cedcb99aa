//! The effective settings for people to read: without secrets.

use toml::{Table, Value};

/// What stands in the place of a password inside an address.
const HIDDEN: &str = "***";

/// The settings as TOML. Secrets stand in files, whose names are shown; a password inside an address is not.
pub(super) fn without_secrets(settings: &Table) -> String {
    let mut shown = settings.clone();
    for section in shown.iter_mut().filter_map(|(_, value)| value.as_table_mut()) {
        for (_, value) in section.iter_mut() {
            if let Value::String(text) = value {
                *text = hide_password(text);
            }
        }
    }
    shown.to_string()
}

/// The text with the password of an address replaced.
pub(crate) fn hide_password(text: &str) -> String {
    let Ok(mut url) = url::Url::parse(text) else { return text.to_owned() };
    if url.password().is_some() && url.set_password(Some(HIDDEN)).is_ok() {
        url.to_string()
    } else {
        text.to_owned()
    }
}
