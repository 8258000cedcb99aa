//! Destinations that take nothing (queue missing or full): each backs off on its own. What is for them stays in the
//! database until a sweep tries them again.

use std::collections::HashMap;
use std::time::Duration;

use tokio::time::Instant;

/// Destinations by name, while they back off or are tried again.
#[derive(Debug, Default)]
pub(super) struct Backoffs(HashMap<String, Backoff>);

#[derive(Debug)]
struct Backoff {
    until: Instant,
    delay: Duration,
    /// A sweep tries it again, and it has not refused since.
    tried: bool,
}

impl Backoffs {
    /// Nobody backs off.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Does it back off, or is it being tried again? What is handed over for it then waits for a sweep: older messages
    /// for it may stand in the database.
    pub(super) fn knows(&self, destination: &str) -> bool {
        self.0.contains_key(destination)
    }

    /// It has refused something and was not tried again since: nothing goes there.
    pub(super) fn is_closed(&self, destination: &str) -> bool {
        self.0.get(destination).is_some_and(|backoff| !backoff.tried)
    }

    /// Those whose time is not up.
    pub(super) fn waiting(&self, now: Instant) -> impl Iterator<Item = String> {
        self.0.iter().filter(move |(_, backoff)| backoff.until > now).map(|(name, _)| name.clone())
    }

    /// A sweep begins: those whose time is up are tried again.
    pub(super) fn try_again(&mut self, now: Instant) {
        self.0.values_mut().filter(|backoff| backoff.until <= now).for_each(|backoff| backoff.tried = true);
    }

    /// The sweep has ended: whoever was tried and refused nothing is as good as any other.
    pub(super) fn tried(&mut self) {
        self.0.retain(|_, backoff| !backoff.tried);
    }

    /// It refused a message; for how long nothing is sent there: `initial`, then twice as long each time, up to
    /// `longest`. Several refusals of one moment are one.
    pub(super) fn refused(
        &mut self,
        destination: String,
        now: Instant,
        (initial, longest): (Duration, Duration),
    ) -> Duration {
        let before = self.0.get(&destination);
        let delay = match before {
            Some(backoff) if !backoff.tried => backoff.delay,
            Some(backoff) => (backoff.delay * 2).min(longest),
            None => initial,
        };
        self.0.insert(destination, Backoff { until: now + delay, delay, tried: false });
        delay
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_destination_is_left_alone_twice_as_long_each_time_until_it_takes_again() {
        let (begin, limits) = (Instant::now(), (Duration::from_secs(1), Duration::from_secs(3)));
        let mut backoffs = Backoffs::default();
        let mut now = begin;
        for seconds in [1, 2, 3, 3] {
            let delay = backoffs.refused("a".to_owned(), now, limits);
            assert_eq!(delay.as_secs(), seconds);
            // What was under way with it is refused too.
            assert_eq!(backoffs.refused("a".to_owned(), now, limits), delay);
            backoffs.try_again(now + delay / 2);
            assert!(backoffs.is_closed("a") && backoffs.waiting(now).eq(["a".to_owned()]));
            now += delay;
            backoffs.try_again(now);
            assert!(!backoffs.is_closed("a") && backoffs.knows("a") && backoffs.waiting(now).count() == 0);
        }
        backoffs.tried();
        assert!(!backoffs.knows("a") && backoffs.is_empty());
        assert_eq!(backoffs.refused("a".to_owned(), now, limits).as_secs(), 1);
    }

    #[test]
    fn what_refuses_while_it_is_tried_is_not_opened_by_the_end_of_the_sweep() {
        let (now, limits) = (Instant::now(), (Duration::from_secs(1), Duration::from_secs(3)));
        let mut backoffs = Backoffs::default();
        backoffs.refused("a".to_owned(), now, limits);
        backoffs.try_again(now + limits.0);
        backoffs.refused("a".to_owned(), now + limits.0, limits);
        backoffs.tried();
        assert!(backoffs.is_closed("a"));
    }
}
