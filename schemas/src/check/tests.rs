//! The samples in `schemas/samples/` are the tests: each valid one passes, each invalid one reports exactly
//! the fault that it is named after.

mod mutation;
mod property;
mod sample;

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use super::*;
use crate::command::Command;
use crate::id::CommuneCode;
use crate::notice::Notice;
use sample::{Folder, Sample, World};

type Outcome = Result<(), Box<dyn std::error::Error>>;

fn codes(faults: &[Fault]) -> Vec<(&str, &str)> {
    let mut list: Vec<_> = faults.iter().map(|f| (f.code.as_str(), f.pointer.as_str())).collect();
    list.sort_unstable();
    list
}

fn is_command(sample: &Sample) -> bool {
    CommandName::ALL.iter().any(|name| sample.is_named(name.as_str()))
}

#[test]
fn every_valid_command_passes() -> Outcome {
    let world = World::new()?;
    let mut seen = BTreeSet::new();
    for sample in sample::all(Folder::Valid)?.iter().filter(|s| is_command(s)) {
        let checked = world.check(sample).map_err(|r| format!("{}: {:?}", sample.stem, codes(&r.faults)))?;
        assert!(sample.is_named(checked.name.as_str()), "{}", sample.stem);
        assert_eq!(checked.body_hash, envelope::body_hash(&checked.envelope), "{}", sample.stem);
        let late: &[&str] = &[];
        assert_eq!(
            checked.warnings.iter().map(|w| w.code.as_str()).collect::<Vec<_>>(),
            late,
            "{}",
            sample.stem
        );
        seen.insert(checked.name.as_str());
    }
    assert_eq!(seen.len(), CommandName::ALL.len(), "a command has no valid sample: {seen:?}");
    Ok(())
}

#[test]
fn every_notice_has_a_sample_that_is_read_and_written_alike() -> Outcome {
    for name in Notice::NAMES {
        let samples: Vec<_> =
            sample::all(Folder::Valid)?.into_iter().filter(|s| s.is_named(name) && !is_command(s)).collect();
        assert!(!samples.is_empty(), "{name} has no sample");
        for sample in samples {
            let envelope = envelope::parse(Some("application/cloudevents+json"), [], &sample.body)
                .map_err(|faults| format!("{}: {:?}", sample.stem, codes(&faults)))?;
            assert_eq!(envelope.short_name(), Some(name));
            let raw = envelope.data.as_ref().ok_or("no data")?.get();
            let data = strict::read(raw).map_err(|e| format!("{e:?}"))?;
            assert_eq!(codes(&schema::faults(name, &data, "")), [], "{}", sample.stem);
            let notice: Notice = serde_json::from_value(serde_json::json!({"name": name, "data": data}))?;
            let written = serde_json::to_value(&notice)?;
            assert_eq!(written.get("data"), Some(&data), "{}", sample.stem);
        }
    }
    Ok(())
}

#[test]
fn envelopes_of_all_samples_follow_the_schema_of_the_envelope() -> Outcome {
    for sample in sample::all(Folder::Valid)?.iter().filter(|s| s.headers.is_empty()) {
        let event: Value = serde_json::from_slice(&sample.body)?;
        assert_eq!(codes(&schema::faults("envelope", &event, "")), [], "{}", sample.stem);
    }
    Ok(())
}

#[test]
fn every_invalid_sample_reports_exactly_its_fault() -> Outcome {
    let world = World::new()?;
    for sample in sample::all(Folder::Invalid)? {
        let refused = world.check(&sample).err().ok_or_else(|| format!("{} passes", sample.stem))?;
        if let Some(expected) = &sample.faults {
            let mut expected: Vec<_> = expected.iter().map(|(c, p)| (c.as_str(), p.as_str())).collect();
            expected.sort_unstable();
            assert_eq!(codes(&refused.faults), expected, "{}", sample.stem);
            continue;
        }
        let found: Vec<&str> = refused.faults.iter().map(|f| f.code.as_str()).collect();
        let named =
            Code::ALL.iter().filter(|code| sample.is_named(code.as_str())).max_by_key(|c| c.as_str().len());
        let named = named.ok_or_else(|| format!("{} is named after no code", sample.stem))?;
        assert_eq!(found, [named.as_str()], "{}: {:?}", sample.stem, codes(&refused.faults));
    }
    Ok(())
}

/// Codes that need the file's state, the journal or another wire; all others must have a sample.
const NOT_OF_A_CHECK: [&str; 19] = [
    "message.id-reused",
    "file.unknown",
    "file.reference-taken",
    "file.version-",
    "file.state-forbids",
    "file.receipt.old",
    "file.class-differs",
    "file.rule-missing",
    "file.agency-missing",
    "file.document.unknown",
    "consultation.",
    "clock.",
    "complement.",
    "fee.duplicate",
    "decision.reported-late",
    "decision.binding",
    "decision.already",
    "decision.after",
    "silence.",
];

#[test]
fn every_code_of_a_check_has_an_invalid_sample() -> Outcome {
    let samples = sample::all(Folder::Invalid)?;
    let of_a_message = [
        "envelope.",
        "message.",
        "schema.",
        "commune.",
        "province.",
        "file.",
        "consultation.",
        "clock.",
        "complement.",
        "opinion.",
        "fee.",
        "decision.",
        "silence.",
        "time.",
    ];
    for code in Code::ALL.iter().map(|code| code.as_str()) {
        let here = of_a_message.iter().any(|area| code.starts_with(area))
            && !NOT_OF_A_CHECK.iter().any(|other| code.starts_with(other));
        assert!(!here || samples.iter().any(|s| s.is_named(code)), "{code} has no sample");
    }
    Ok(())
}

#[test]
fn a_late_report_of_a_decision_is_a_warning() -> Outcome {
    let mut world = World::new()?;
    world.now = world.now.checked_add(SignedDuration::from_hours(2))?;
    let all = sample::all(Folder::Valid)?;
    let sample = all.iter().find(|s| s.stem == "decision.taken").ok_or("no sample")?;
    let checked = world.check(sample).map_err(|r| format!("{:?}", codes(&r.faults)))?;
    assert_eq!(codes(&checked.warnings), [("decision.reported-late", "/data/decided_at")]);
    Ok(())
}

#[test]
fn an_answer_goes_to_the_user_of_the_broker_never_to_the_claimed_source() -> Outcome {
    let world = World::new()?;
    let all = sample::all(Folder::Invalid)?;
    let forged = all.iter().find(|s| s.stem == "envelope.user-id-forged").ok_or("no sample")?;
    let refused = world.check(forged).err().ok_or("passes")?;
    assert_eq!(refused.sender, Some(Sender::Commune(CommuneCode::try_new("015110101")?)));
    assert!(refused.id.is_some() && refused.event_type.is_some() && refused.body_hash.is_some());
    let nobody = all.iter().find(|s| s.stem == "envelope.user-id-missing").ok_or("no sample")?;
    assert_eq!(world.check(nobody).err().ok_or("passes")?.sender, None);
    Ok(())
}

#[test]
fn a_small_difference_between_clocks_is_tolerated_and_a_larger_one_is_not() -> Outcome {
    let mut world = World::new()?;
    let all = sample::all(Folder::Valid)?;
    let sample = all.iter().find(|s| s.stem == "silence.invoked").ok_or("no sample")?;
    let invoked: Timestamp = "2026-11-21T12:00:00Z".parse()?;
    world.now = invoked.checked_sub(world.tolerance)?;
    assert!(world.check(sample).is_ok());
    world.now = world.now.checked_sub(SignedDuration::from_secs(1))?;
    let refused = world.check(sample).err().ok_or("passes")?;
    assert_eq!(codes(&refused.faults), [("time.in-future", "/data/invoked_at")]);
    Ok(())
}

#[test]
fn the_number_of_faults_is_bounded() -> Outcome {
    let world = World::new()?;
    let many: Vec<String> = (0..5_000).map(|n| format!("\"f{n}\":1")).collect();
    let faults = check_data(CommandName::FileWithdrawn, &format!("{{{}}}", many.join(",")), &world.context());
    assert_eq!(faults.len(), FAULTS_MAX);
    Ok(())
}

#[test]
fn a_title_must_match_as_a_whole() -> Result<(), String> {
    let pattern = TitlePattern::try_new(TitlePattern::DEFAULT)?;
    assert!(pattern.matches("11595/33") && pattern.matches("4821/06") && pattern.matches("120/C"));
    for bad in ["", "11595", "/33", "11595/33 bis", "T11595/33", "11595/33\n"] {
        assert!(!pattern.matches(bad), "{bad:?}");
    }
    assert!(TitlePattern::try_new("(").is_err());
    assert!(!TitlePattern::try_new("a|b")?.matches("ab"));
    Ok(())
}
