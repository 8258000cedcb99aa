//! The desk of a reviewing agency: takes requests in, answers them when they are due, remembers all.
//!
//! What is the same for the agencies that answer later (urban agency, ONEE, water basin) stands
//! here; how each says it on its wire stands in its own folder.

use std::io;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::action::Action;
use super::agency::Agency;
use super::draw::{Behaviour, Draw};
use super::filing::{AtOnce, Filed, Filing, draw_key, number_prefix, refusal_code};
use super::ledger::Entry;
use super::office::Office;
use super::review::{Next, Review, Reviews, State, Step, answer_detail, first_step};
use super::{clock, locked};

/// A step that is due.
pub(super) type Due = (String, Step);

/// One agency's desk.
pub(super) struct Desk {
    pub(super) agency: Agency,
    pub(super) office: Arc<Office>,
    reviews: Mutex<Reviews>,
    due: mpsc::UnboundedSender<Due>,
}

impl Desk {
    /// Opens the desk with what the ledger knows; steps that are due come out of the receiver.
    #[expect(clippy::disallowed_methods, reason = "one entry per review that the ledger keeps anyway")]
    pub(super) fn open(agency: Agency, office: Arc<Office>) -> (Arc<Self>, mpsc::UnboundedReceiver<Due>) {
        let mut reviews = Reviews::default();
        for entry in office.ledger.select_of(agency, 0, usize::MAX, |_| true) {
            reviews.apply(&entry);
        }
        let (due, receiver) = mpsc::unbounded_channel();
        let pending: Vec<_> =
            reviews.all().filter_map(|review| Some((review.reference.clone(), review.next?))).collect();
        let desk = Arc::new(Self { agency, office, reviews: Mutex::new(reviews), due });
        for (reference, next) in pending {
            desk.arm(&reference, Some(next));
        }
        (desk, receiver)
    }

    /// Where a consultation stands.
    pub(super) fn review(&self, reference: &str) -> Option<Review> {
        locked(&self.reviews).get(reference).cloned()
    }

    /// The same by the agency's own number.
    pub(super) fn numbered(&self, number: &str) -> Option<Review> {
        locked(&self.reviews).numbered(number).cloned()
    }

    /// All requests for which `keep` holds.
    pub(super) fn select(&self, keep: impl Fn(&Review) -> bool) -> Vec<Review> {
        locked(&self.reviews).all().filter(|review| keep(review)).cloned().collect()
    }

    /// Takes a request in, or says that it is known or refused.
    pub(super) fn file(&self, filing: &Filing<'_>) -> io::Result<Filed> {
        let mut reviews = locked(&self.reviews);
        let known = reviews.get(filing.reference).cloned();
        let before = known.is_some() || reviews.turned_away(filing.reference);
        if before {
            let detail = json!({"what": "consultation", "deposit": filing.deposit});
            self.record(Action::Duplicate, filing.reference, Some(filing.file), detail)?;
            return Ok(known.map_or(Filed::Refused, Filed::Before));
        }
        let key = draw_key(filing.file, filing.deposit);
        let draw = self.office.draws.draw(self.agency, &[filing.reference, filing.file, &key]);
        let refuse_now = draw.behaviour == Behaviour::Refused
            && match filing.at_once {
                AtOnce::Nothing => false,
                AtOnce::RefusalIfDrawn => draw.at_once,
                AtOnce::RefusalAndMissingIfDrawn => true,
            };
        if refuse_now {
            let code = refusal_code(self.agency);
            let detail = json!({"code": code, "filed": false, "deposit": filing.deposit});
            let entry =
                self.record(Action::ConsultationRefused, filing.reference, Some(filing.file), detail)?;
            reviews.apply(&entry);
            return Ok(Filed::Refused);
        }
        let mut review = self.accept(&mut reviews, filing, &draw)?;
        let missing_now = draw.behaviour == Behaviour::Incomplete
            && draw.at_once
            && filing.at_once == AtOnce::RefusalAndMissingIfDrawn;
        if missing_now && let Some(asked) = self.take(&mut reviews, &review, Step::AskForMore)? {
            review = asked;
        }
        self.arm(&review.reference, review.next);
        Ok(Filed::New(review))
    }

    fn accept(&self, reviews: &mut Reviews, filing: &Filing<'_>, draw: &Draw) -> io::Result<Review> {
        let (step, days) = first_step(draw);
        let next = Next { step, due_ms: self.office.schedule.due_ms(clock::now_ms(), days) };
        let number = format!("{}{:06}", number_prefix(self.agency), reviews.count() + 1);
        let detail = json!({
            "number": number, "deposit": filing.deposit, "draw": draw, "next": next, "kept": filing.kept,
        });
        let entry = self.record(Action::ConsultationAccepted, filing.reference, Some(filing.file), detail)?;
        reviews.apply(&entry);
        reviews.get(filing.reference).cloned().ok_or_else(|| io::Error::other("the ledger lost an entry"))
    }

    /// What was missing has come, or a new deposit: the agency looks at it and answers.
    pub(super) fn supplement(&self, reference: &str, mark: &str, deposit: u64) -> io::Result<Option<Review>> {
        let mut reviews = locked(&self.reviews);
        let Some(review) = reviews.get(reference).cloned() else { return Ok(None) };
        let draw = Draw { behaviour: review.draw.then, ..review.draw };
        let days = draw.delay_days * 0.2;
        let next =
            Next { step: Step::Acknowledge, due_ms: self.office.schedule.due_ms(clock::now_ms(), days) };
        let detail = json!({"supplement": mark, "deposit": deposit, "draw": draw, "next": next});
        let entry = self.record(Action::ConsultationSupplement, reference, review.file.as_deref(), detail)?;
        reviews.apply(&entry);
        self.arm(reference, Some(next));
        Ok(reviews.get(reference).cloned())
    }

    /// The commune needs no opinion any more.
    pub(super) fn cancel(&self, reference: &str) -> io::Result<Option<Review>> {
        let mut reviews = locked(&self.reviews);
        let Some(review) = reviews.get(reference).cloned() else { return Ok(None) };
        let detail = json!({"number": review.number});
        let entry = self.record(Action::ConsultationCancelled, reference, review.file.as_deref(), detail)?;
        reviews.apply(&entry);
        Ok(reviews.get(reference).cloned())
    }

    /// The gateway has taken what was pushed to it.
    pub(super) fn acknowledged(&self, reference: &str, event_seq: u64, mut detail: Value) -> io::Result<()> {
        let mut reviews = locked(&self.reviews);
        let file = reviews.get(reference).and_then(|review| review.file.clone());
        detail["event_seq"] = json!(event_seq);
        let entry = self.record(Action::CallbackAcknowledged, reference, file.as_deref(), detail)?;
        reviews.apply(&entry);
        Ok(())
    }

    /// Takes a step that came due; none when the request has moved on since.
    pub(super) fn step(&self, reference: &str, step: Step) -> io::Result<Option<Review>> {
        let mut reviews = locked(&self.reviews);
        let Some(review) = reviews.get(reference).cloned() else { return Ok(None) };
        if review.next.is_none_or(|next| next.step != step) {
            return Ok(None);
        }
        let taken = self.take(&mut reviews, &review, step)?;
        if let Some(review) = &taken {
            self.arm(reference, review.next);
        }
        Ok(taken)
    }

    fn take(&self, reviews: &mut Reviews, review: &Review, step: Step) -> io::Result<Option<Review>> {
        let mut detail = match step {
            Step::Answer => answer_detail(review),
            Step::AskForMore => json!({"number": review.number, "missing": 1}),
            Step::Refuse => {
                json!({"number": review.number, "code": refusal_code(self.agency), "filed": true})
            }
            Step::Acknowledge => json!({"number": review.number}),
        };
        if step == Step::Answer && review.draw.out_of_order && review.acknowledgement.is_none() {
            let due_ms = self.office.schedule.due_ms(clock::now_ms(), review.draw.delay_days * 0.1);
            detail["next"] = json!(Next { step: Step::Acknowledge, due_ms });
        } else if step == Step::Acknowledge
            && review.answer.is_none()
            && review.draw.behaviour != Behaviour::Never
        {
            let days = review.draw.delay_days * 0.8;
            let due_ms = self.office.schedule.due_ms(clock::now_ms(), days);
            detail["next"] = json!(Next { step: Step::Answer, due_ms });
        }
        let entry = self.record(step.action(), &review.reference, review.file.as_deref(), detail)?;
        reviews.apply(&entry);
        Ok(reviews.get(&review.reference).cloned())
    }

    /// Sends a step to the receiver once its time has come.
    fn arm(&self, reference: &str, next: Option<Next>) {
        let Some(Next { step, due_ms }) = next else { return };
        let (due, reference) = (self.due.clone(), reference.to_owned());
        self.office.schedule.at(due_ms, async move {
            // Nobody listens any more only when the sandbox stops.
            _ = due.send((reference, step));
        });
    }

    /// A step could not be taken (disk full, folder away): try again in a while.
    pub(super) fn again_later(&self, reference: &str, step: Step) {
        self.arm(reference, Some(Next { step, due_ms: clock::now_ms() + 500 }));
    }

    /// Notes something in the ledger that changes no request.
    pub(super) fn record(
        &self,
        action: Action,
        reference: &str,
        file: Option<&str>,
        detail: Value,
    ) -> io::Result<Arc<Entry>> {
        self.office.ledger.record(self.agency, action, reference, file, detail)
    }

    /// A request broke the contract.
    pub(super) fn violation(&self, reference: &str, reasons: &[String]) {
        self.office.violation(self.agency, reference, reasons);
    }
}

/// Is the request closed for supplements?
pub(super) fn closed(review: &Review) -> bool {
    matches!(review.state, State::Answered | State::Cancelled | State::Refused)
}
