//! Messages of one lane (a file) to one destination go out one after another: what stands behind one that is under way.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};

use uuid::Uuid;

use crate::store::outbox::OutboxRow;

/// A lane and a destination. Two destinations with the same hash would wait for each other, and no more.
type Key = (Uuid, u64);

/// Lanes of which a message is under way, each with what stands behind it.
#[derive(Debug, Default)]
pub(super) struct Lanes {
    behind: HashMap<Key, VecDeque<OutboxRow>>,
    waiting: usize,
}

impl Lanes {
    /// The message, if it may go now; else it takes its place behind the one that is under way.
    pub(super) fn admit(&mut self, row: OutboxRow) -> Option<OutboxRow> {
        match self.behind.entry(key(&row)) {
            Entry::Occupied(mut behind) => {
                behind.get_mut().push_back(row);
                self.waiting += 1;
                None
            }
            Entry::Vacant(free) => {
                free.insert(VecDeque::new());
                Some(row)
            }
        }
    }

    /// A message has arrived: the one that stood behind it may go now.
    pub(super) fn after(&mut self, row: &OutboxRow) -> Option<OutboxRow> {
        let Entry::Occupied(mut behind) = self.behind.entry(key(row)) else { return None };
        let next = behind.get_mut().pop_front();
        match next {
            Some(_) => self.waiting -= 1,
            None => drop(behind.remove()),
        }
        next
    }

    /// A message did not arrive: whatever stood behind it stays in the database.
    pub(super) fn close(&mut self, row: &OutboxRow) {
        let behind = self.behind.remove(&key(row));
        self.waiting -= behind.map_or(0, |behind| behind.len());
    }

    /// How many stand behind others.
    pub(super) const fn waiting(&self) -> usize {
        self.waiting
    }
}

fn key(row: &OutboxRow) -> Key {
    let mut hasher = DefaultHasher::new();
    (&row.exchange, &row.routing_key).hash(&mut hasher);
    (row.lane, hasher.finish())
}

#[cfg(test)]
mod tests {
    use super::super::tests::row;
    use super::*;

    fn ids(row: Option<OutboxRow>) -> Option<i64> {
        row.map(|row| row.id)
    }

    #[test]
    fn one_of_a_lane_is_under_way_and_the_others_follow_in_their_order() {
        let mut lanes = Lanes::default();
        assert_eq!(ids(lanes.admit(row(1))), Some(1));
        assert_eq!(ids(lanes.admit(row(2))), None);
        assert_eq!(ids(lanes.admit(row(3))), None);
        let elsewhere = OutboxRow { routing_key: "commune.y".to_owned(), ..row(4) };
        assert_eq!(ids(lanes.admit(elsewhere.clone())), Some(4));
        let other = OutboxRow { lane: Uuid::max(), ..row(5) };
        assert_eq!(ids(lanes.admit(other)), Some(5));
        assert_eq!(lanes.waiting(), 2);
        assert_eq!(ids(lanes.after(&row(1))), Some(2));
        assert_eq!(ids(lanes.admit(row(6))), None);
        assert_eq!(ids(lanes.after(&row(2))), Some(3));
        assert_eq!(ids(lanes.after(&row(3))), Some(6));
        assert_eq!(ids(lanes.after(&row(6))), None);
        assert_eq!((lanes.waiting(), ids(lanes.admit(row(7)))), (0, Some(7)));
        assert_eq!(ids(lanes.after(&elsewhere)), None);
    }

    #[test]
    fn behind_one_that_did_not_arrive_nothing_goes() {
        let mut lanes = Lanes::default();
        lanes.admit(row(1));
        lanes.admit(row(2));
        lanes.close(&row(1));
        assert_eq!((lanes.waiting(), ids(lanes.after(&row(1)))), (0, None));
        // What comes next is of a new reading.
        assert_eq!(ids(lanes.admit(row(1))), Some(1));
    }
}
