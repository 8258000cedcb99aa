//! A message as it comes from the broker, and all its checks.

use std::hint::black_box;

use jiff::SignedDuration;
use wasl_schemas::check::{CheckContext, RawMessage, TitlePattern, check};
use wasl_schemas::directory::Directory;

use crate::count::{Case, Work};
use crate::now;
use crate::samples::Sample;

pub(crate) fn cases(samples: &[Sample]) -> Vec<Case> {
    let case = |sample: &Sample| {
        let name = format!("check.{}", sample.stem);
        let sample = sample.clone();
        Case::new(name, move || Some(checked(sample.clone())))
    };
    samples.iter().map(case).collect()
}

fn checked(sample: Sample) -> Work {
    let directory = Directory::compiled_in().unwrap();
    let pattern = TitlePattern::try_new(TitlePattern::DEFAULT).unwrap();
    Box::new(move || {
        let raw = RawMessage {
            content_type: Some("application/cloudevents+json"),
            headers: &[],
            body: sample.body.as_bytes(),
            user_id: Some(&sample.user),
            routing_key: &sample.routing_key,
        };
        let context = CheckContext {
            communes: &directory,
            now: now(),
            title_pattern: &pattern,
            future_tolerance: SignedDuration::from_mins(5),
            message_bytes_max: 1 << 20,
        };
        let checked =
            black_box(check(&raw, &context)).unwrap_or_else(|refused| panic!("{}: {refused:?}", sample.stem));
        assert_eq!(checked.name, sample.name);
    })
}
