//! A message made from a sample: the sender, the ids and the times are the partner's own.

use std::path::PathBuf;

use anyhow::{Context, bail};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use uuid::Uuid;

use super::settings::CommuneArgs;

/// A message that can be published.
#[derive(Debug, Clone)]
pub(super) struct Letter {
    pub(super) name: String,
    pub(super) reference: String,
    pub(super) id: String,
    pub(super) user: String,
    pub(super) routing_key: String,
    pub(super) body: Vec<u8>,
}

impl Letter {
    /// Makes a message from a sample.
    ///
    /// # Errors
    /// The sample is absent or no structured CloudEvent, or a `--set` has no value.
    pub(super) fn read(args: &CommuneArgs, sample: &str, now: Timestamp) -> anyhow::Result<Self> {
        let named = args.samples.join(format!("{sample}.json"));
        let path = if named.exists() { named } else { PathBuf::from(sample) };
        let text = std::fs::read(&path).with_context(|| {
            format!("{sample}: neither {} nor a file", args.samples.join(sample).display())
        })?;
        let mut event: Value =
            serde_json::from_slice(&text).with_context(|| format!("{} is not JSON", path.display()))?;
        let Some(name) = super::short_name(&event).map(str::to_owned) else {
            bail!("{} is no CloudEvent with a type like ma.wasl.file.submitted.v1", path.display());
        };
        // A minute ago, so that no clock that is a little behind takes it for the future.
        let minute_ago = now - SignedDuration::from_mins(1);
        if let Some(written) = event["time"].as_str().and_then(|time| time.parse::<Timestamp>().ok()) {
            move_times(&mut event["data"], minute_ago.duration_since(written));
        }
        let (id, kind) = (Uuid::now_v7().to_string(), args.kind());
        let reference = match (&args.reference, name.as_str()) {
            (Some(reference), _) => reference.clone(),
            (None, "file.submitted") => format!("KIT-{}", &Uuid::now_v7().simple().to_string()[12..24]),
            (None, _) => bail!("{name} is about a file that exists: name it with --reference"),
        };
        event["id"] = json!(id);
        event["source"] =
            json!(format!("/{}/{}", if kind == "province" { "provinces" } else { "communes" }, args.code));
        event["subject"] = json!(reference);
        event["time"] = json!(minute_ago.to_string());
        for extension in ["correlationid", "causationid", "traceparent"] {
            event.as_object_mut().map(|event| event.remove(extension));
        }
        let data = &mut event["data"];
        for (key, value) in [("reference", &reference), ("commune", &args.code)] {
            if data[key].is_string() {
                data[key] = json!(value);
            }
        }
        for setting in &args.set {
            let (key, value) =
                setting.split_once('=').with_context(|| format!("--set {setting}: KEY=VALUE"))?;
            data[key] = serde_json::from_str(value).unwrap_or_else(|_| json!(value));
        }
        Ok(Self {
            user: format!("{kind}-{}", args.code),
            routing_key: format!("{kind}.{}.{name}", args.code),
            name,
            reference,
            id,
            body: event.to_string().into_bytes(),
        })
    }
}

/// Moves every date-time; dates without a time stay.
fn move_times(value: &mut Value, by: SignedDuration) {
    match value {
        Value::String(text) if text.contains('T') => {
            if let Ok(moved) = text.parse::<Timestamp>().and_then(|time| time.checked_add(by)) {
                *text = moved.to_string();
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| move_times(item, by)),
        Value::Object(members) => members.values_mut().for_each(|member| move_times(member, by)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(more: &[&str]) -> CommuneArgs {
        #[derive(clap::Parser)]
        struct Flags {
            #[command(flatten)]
            args: CommuneArgs,
        }
        let samples = concat!(env!("CARGO_MANIFEST_DIR"), "/../schemas/samples/valid");
        let fixed = ["kit", "--code", "050910101", "--amqp", "amqp://x", "--samples", samples];
        let all = fixed.iter().chain(more).copied();
        <Flags as clap::Parser>::try_parse_from(all).unwrap().args
    }

    #[test]
    fn a_sample_becomes_the_communes_own_message() {
        let now: Timestamp = "2027-03-01T10:00:00Z".parse().unwrap();
        let args = args(&["--set", "permit=occupancy"]);
        let letter = Letter::read(&args, "file.submitted", now).unwrap();
        let event: Value = serde_json::from_slice(&letter.body).unwrap();
        assert_eq!(letter.routing_key, "commune.050910101.file.submitted");
        assert_eq!(event["source"], "/communes/050910101");
        assert_eq!(
            (&event["data"]["commune"], &event["data"]["permit"]),
            (&json!("050910101"), &json!("occupancy"))
        );
        assert_eq!(event["data"]["reference"], event["subject"]);
        // The sample's receipt is 67 seconds older than its envelope.
        assert_eq!(event["data"]["receipt"]["issued_at"], "2027-03-01T09:57:53Z");
    }

    #[test]
    fn what_is_about_a_file_needs_its_reference() {
        let now: Timestamp = "2027-03-01T10:00:00Z".parse().unwrap();
        assert!(
            Letter::read(&args(&[]), "decision.taken", now).unwrap_err().to_string().contains("--reference")
        );
        let letter = Letter::read(&args(&["--reference", "PCT-1"]), "decision.taken", now).unwrap();
        assert_eq!((letter.reference.as_str(), letter.name.as_str()), ("PCT-1", "decision.taken"));
        assert!(Letter::read(&args(&[]), "no.such", now).is_err());
    }
}
