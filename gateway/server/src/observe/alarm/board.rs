//! The state of all alarms: what turns, and when. Pure; time comes in as milliseconds of any clock that never goes back.

use std::collections::BTreeMap;

use super::{Name, Reading};

/// Which alarm, about what.
pub type Key = (Name, String);

/// How long something must stand before an alarm turns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// Wrong for so long, and it begins.
    pub begin_ms: u64,
    /// Right for so long, and it ends.
    pub end_ms: u64,
}

/// An alarm turns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// It was quiet.
    Begins,
    /// It was active.
    Ends,
}

/// What an alarm does at a look.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// Which one.
    pub key: Key,
    /// How it turns; none while an active one goes on.
    pub turn: Option<Turn>,
    /// What was seen.
    pub value: f64,
    /// The value at which it begins.
    pub threshold: f64,
}

#[derive(Debug, Clone, Copy, Default)]
struct State {
    active: bool,
    /// Since when the contrary of the state has been seen without a break.
    contrary_since: Option<u64>,
}

/// All alarms.
#[derive(Debug, Clone)]
pub struct Board {
    terms: Terms,
    states: BTreeMap<Key, State>,
}

impl Board {
    /// A board on which these alarms are active.
    #[must_use]
    pub fn new(terms: Terms, active: impl IntoIterator<Item = Key>) -> Self {
        let states = active.into_iter().map(|key| (key, State { active: true, contrary_since: None }));
        Self { terms, states: states.collect() }
    }

    /// Looks once: says what turns and what goes on. What is active and has no reading any more (a queue that is gone,
    /// an agency that owes nothing) counts as right, with the value 0.
    pub fn look(&mut self, readings: &[Reading], now_ms: u64) -> Vec<Change> {
        let mut changes = Vec::new();
        let mut left = std::mem::take(&mut self.states);
        for reading in readings {
            let key = (reading.name, reading.subject.clone());
            let mut state = left.remove(&key).unwrap_or_default();
            let (wrong, right) =
                (reading.limit.is_wrong(reading.value), reading.limit.is_right(reading.value));
            let contrary = if state.active { right } else { wrong };
            let turn = state.step(contrary, self.terms, now_ms);
            self.keep(key, state, turn, reading.value, reading.limit.begin(), &mut changes);
        }
        for (key, mut state) in left {
            let turn = state.step(state.active, self.terms, now_ms);
            self.keep(key, state, turn, 0.0, 0.0, &mut changes);
        }
        changes
    }

    fn keep(
        &mut self,
        key: Key,
        state: State,
        turn: Option<Turn>,
        value: f64,
        threshold: f64,
        changes: &mut Vec<Change>,
    ) {
        if state.active || turn.is_some() {
            changes.push(Change { key: key.clone(), turn, value, threshold });
        }
        // What is quiet and stays so needs no place.
        if state.active || state.contrary_since.is_some() {
            self.states.insert(key, state);
        }
    }
}

impl State {
    fn step(&mut self, contrary: bool, terms: Terms, now_ms: u64) -> Option<Turn> {
        if !contrary {
            self.contrary_since = None;
            return None;
        }
        let since = *self.contrary_since.get_or_insert(now_ms);
        let patience_ms = if self.active { terms.end_ms } else { terms.begin_ms };
        if now_ms.saturating_sub(since) < patience_ms {
            return None;
        }
        *self = Self { active: !self.active, contrary_since: None };
        Some(if self.active { Turn::Begins } else { Turn::Ends })
    }
}
