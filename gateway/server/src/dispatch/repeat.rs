//! The second sending: before anything is said twice, the agency is asked by our own reference what became of the
//! first. One that neither refuses a duplicate nor can be asked waits for an operator.

use wasl_adapters::planted;
use wasl_adapters::port::{Adapter, Handled};
use wasl_schemas::agency::{AgencyRequest, Outcome, RequestKind};
use wasl_schemas::line::OPERATOR_NEEDED;

/// Does what a request asks. `repeated`: the broker may have delivered it before.
pub(super) async fn carefully(adapter: &dyn Adapter, request: &AgencyRequest, repeated: bool) -> Handled {
    if request.kind == RequestKind::Query {
        return adapter.query(request).await;
    }
    if planted!("doubt-sent-again") {
        return adapter.handle(request).await;
    }
    let traits = adapter.traits();
    let first = request.attempt <= 1 || request.released;
    if (!repeated && first) || traits.refuses_duplicates {
        return adapter.handle(request).await;
    }
    if !traits.can_be_asked {
        let outcome = Outcome::InDoubt { reason: OPERATOR_NEEDED.to_owned() };
        return Handled { outcome, exchanges: Vec::new() };
    }
    let asked = adapter.query(request).await;
    if asked.outcome != Outcome::NotKnown {
        return asked;
    }
    let mut sent = adapter.handle(request).await;
    let mut exchanges = asked.exchanges;
    exchanges.append(&mut sent.exchanges);
    Handled { outcome: sent.outcome, exchanges }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use async_trait::async_trait;
    use wasl_adapters::port::{Preview, Traits, Untranslatable};
    use wasl_schemas::agency::CollectedItem;
    use wasl_schemas::id::AgencyKind;

    use super::*;

    /// An agency that notes what it is asked, in order.
    struct Noted {
        traits: Traits,
        knows: Outcome,
        calls: Mutex<Vec<&'static str>>,
    }

    impl Noted {
        fn new(refuses_duplicates: bool, can_be_asked: bool, knows: Outcome) -> Self {
            let kind = AgencyKind::try_new("onee").unwrap();
            let (feeds, drops): (Vec<&'static str>, &'static [&'static str]) = (Vec::new(), &[]);
            let traits = Traits { kind, feeds, polled: false, refuses_duplicates, can_be_asked, drops };
            Self { traits, knows, calls: Mutex::default() }
        }

        fn note(&self, call: &'static str, outcome: Outcome) -> Handled {
            self.calls.lock().unwrap().push(call);
            Handled { outcome, exchanges: Vec::new() }
        }
    }

    #[async_trait]
    impl Adapter for Noted {
        async fn handle(&self, _: &AgencyRequest) -> Handled {
            self.note("send", Outcome::Delivered { agency_reference: None })
        }
        async fn query(&self, _: &AgencyRequest) -> Handled {
            self.note("ask", self.knows.clone())
        }
        fn preview(&self, _: &AgencyRequest) -> Result<Preview, Untranslatable> {
            Err(Untranslatable { code: "none", reason: String::new() })
        }
        fn understand(&self, _: &[u8]) -> Result<Vec<CollectedItem>, Untranslatable> {
            Ok(Vec::new())
        }
        fn traits(&self) -> Traits {
            self.traits.clone()
        }
    }

    const SENDING: [RequestKind; 5] = [
        RequestKind::Consult,
        RequestKind::Supplement,
        RequestKind::Cancel,
        RequestKind::Pay,
        RequestKind::Refund,
    ];

    fn request(kind: RequestKind, attempt: u32) -> AgencyRequest {
        let mut request = crate::dispatch::test_request();
        (request.kind, request.attempt) = (kind, attempt);
        request
    }

    async fn calls(agency: &Noted, kind: RequestKind, attempt: u32, repeated: bool) -> Vec<&'static str> {
        agency.calls.lock().unwrap().clear();
        let _ = carefully(agency, &request(kind, attempt), repeated).await;
        agency.calls.lock().unwrap().clone()
    }

    #[tokio::test]
    async fn the_first_sending_asks_nothing() {
        let agency = Noted::new(false, true, Outcome::NotKnown);
        for kind in SENDING {
            assert_eq!(calls(&agency, kind, 1, false).await, ["send"], "{kind:?}");
        }
    }

    #[tokio::test]
    async fn a_second_one_asks_first_whatever_is_sent_and_however_it_came_to_be_a_second() {
        let unknown = Noted::new(false, true, Outcome::NotKnown);
        let known = Noted::new(false, true, Outcome::Acknowledged { agency_reference: None });
        for kind in SENDING {
            for (attempt, repeated) in [(2, false), (1, true), (9, true)] {
                assert_eq!(calls(&unknown, kind, attempt, repeated).await, ["ask", "send"], "{kind:?}");
                assert_eq!(calls(&known, kind, attempt, repeated).await, ["ask"], "{kind:?}");
            }
        }
    }

    /// What cannot be asked now is not sent either.
    #[tokio::test]
    async fn without_an_answer_to_the_question_nothing_is_sent() {
        for knows in [
            Outcome::TryLater { reason: String::new(), retry_after_ms: Some(7) },
            Outcome::InDoubt { reason: String::new() },
            Outcome::Pending { unknown: None },
        ] {
            let agency = Noted::new(false, true, knows.clone());
            let handled = carefully(&agency, &request(RequestKind::Consult, 2), false).await;
            assert_eq!(handled.outcome, knows);
            assert_eq!(*agency.calls.lock().unwrap(), ["ask"]);
        }
    }

    #[tokio::test]
    async fn an_agency_that_refuses_duplicates_is_just_told_again() {
        let agency = Noted::new(true, false, Outcome::NotKnown);
        assert_eq!(calls(&agency, RequestKind::Consult, 2, true).await, ["send"]);
    }

    #[tokio::test]
    async fn one_that_can_neither_refuse_nor_be_asked_waits_for_an_operator() {
        let agency = Noted::new(false, false, Outcome::NotKnown);
        let handled = carefully(&agency, &request(RequestKind::Consult, 2), false).await;
        assert_eq!(handled.outcome, Outcome::InDoubt { reason: OPERATOR_NEEDED.to_owned() });
        assert_eq!(calls(&agency, RequestKind::Consult, 2, false).await, Vec::<&str>::new());
        assert_eq!(calls(&agency, RequestKind::Consult, 1, false).await, ["send"]);
    }

    /// What operators have released is sent once; when the broker repeats it, nobody knows again.
    #[tokio::test]
    async fn what_operators_have_released_is_sent_without_a_question_and_once() {
        let agency = Noted::new(false, false, Outcome::NotKnown);
        let released = AgencyRequest { released: true, ..request(RequestKind::Consult, 3) };
        assert_eq!(
            carefully(&agency, &released, false).await.outcome,
            Outcome::Delivered { agency_reference: None }
        );
        let again = carefully(&agency, &released, true).await;
        assert_eq!(again.outcome, Outcome::InDoubt { reason: OPERATOR_NEEDED.to_owned() });
        assert_eq!(*agency.calls.lock().unwrap(), ["send"]);
    }
}
