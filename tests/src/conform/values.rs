//! The values of a case: `{reference}`, `{file}`, what was agreed, and what answers gave.

use std::collections::BTreeMap;

use anyhow::bail;
use uuid::Uuid;

use super::settings::Settings;
use crate::sandbox::wall;

/// Names and their texts.
#[derive(Debug, Clone)]
pub(super) struct Values(BTreeMap<String, String>);

impl Values {
    /// New references for a case; the agency's part stands behind the file's.
    pub(super) fn new(settings: &Settings, part: Option<&str>) -> Self {
        let reference = settings.reference.clone().unwrap_or_else(|| Uuid::now_v7().to_string());
        let suffix = settings.wishes.files.get(part.unwrap_or("favourable")).map_or("", String::as_str);
        let short = Uuid::now_v7().simple().to_string();
        let now_ms = wall::now_ms();
        let mut values = BTreeMap::new();
        let mut put = |name: &str, value: String| values.insert(name.to_owned(), value);
        put("hex", reference.replace('-', ""));
        put("reference", reference);
        put("other", Uuid::now_v7().to_string());
        put("other_hex", Uuid::now_v7().simple().to_string());
        put("message", Uuid::now_v7().to_string());
        put("file", format!("KIT-{}{suffix}", &short[20..]));
        put("commune", settings.wishes.commune.clone());
        // The same without decimals, which nobody may take for it.
        let amount = settings.amount.clone().unwrap_or_else(|| "6250.00".to_owned());
        put("dirhams", amount.split('.').next().unwrap_or_default().to_owned());
        put("amount", amount);
        put("now", wall::text(now_ms));
        put("epoch", (now_ms / 1000).to_string());
        put("in_ten_days", wall::local_date(now_ms + 10 * wall::DAY_MS));
        put("transaction", format!("T{}", &short[17..].to_uppercase()));
        for (key, value) in &settings.agreed {
            put(&format!("agreed.{key}"), value.clone());
        }
        Self(values)
    }

    /// No value at all: for documents that stand by themselves.
    pub(super) fn none() -> Self {
        Self(BTreeMap::new())
    }

    pub(super) fn put(&mut self, name: &str, value: String) {
        self.0.insert(name.to_owned(), value);
    }

    /// The text with every `{name}` replaced.
    ///
    /// # Errors
    /// A name without a value: the case is wrong.
    pub(super) fn fill(&self, text: &str) -> anyhow::Result<String> {
        let (mut out, mut rest) = (String::with_capacity(text.len()), text);
        while let Some(at) = rest.find('{') {
            out.push_str(&rest[..at]);
            rest = &rest[at..];
            let Some(end) = rest.find('}') else { break };
            let name = &rest[1..end];
            let named = !name.is_empty()
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._".contains(&byte));
            if !named {
                out.push('{');
                rest = &rest[1..];
                continue;
            }
            match self.0.get(name) {
                Some(value) => out.push_str(value),
                None => bail!("the case names {{{name}}}, which has no value"),
            }
            rest = &rest[end + 1..];
        }
        Ok(out + rest)
    }
}
