//! The mapping over messages of the contract.

use wasl_schemas::agency::{Outcome, RequestKind};

use super::map;
use super::wire::Answer;
use crate::test_request::request;

#[test]
fn a_file_becomes_a_question_that_carries_our_reference() {
    let asked = request("heritage", "heritage-1", RequestKind::Consult);
    let question = map::question(&asked);
    assert_eq!(question.reference, asked.consultation.to_string());
    assert_eq!(question.titles, ["11595/33"]);
}

#[test]
fn an_answer_becomes_an_opinion_and_an_unknown_one_is_pending() {
    let answer = |opinion: &str, reason: Option<&str>| {
        let (reference, opinion) = (String::new(), opinion.to_owned());
        map::outcome(Answer { reference, opinion, reason: reason.map(str::to_owned) })
    };
    assert!(matches!(answer("yes", None), Outcome::Answered { .. }));
    assert!(matches!(answer("no", Some("listed")), Outcome::Answered { .. }));
    assert!(matches!(answer("no", None), Outcome::Pending { .. }));
    assert!(matches!(answer("perhaps", None), Outcome::Pending { .. }));
}
