//! States of files as this core wrote them, so that the next message about one need not fetch and read it anew.
//!
//! A state is believed only while the row is the one that this core wrote: the database compares, under the row's lock,
//! which transaction wrote it (`xmin`). Whoever else changes a row, a rebuild or a hand, is seen by that.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use prometheus_client::metrics::counter::Counter;
use wasl_core::file::FileState;
use wasl_schemas::id::FileId;

use crate::observe::Metrics;
use crate::observe::metrics::Named;

/// A state, and the number of the transaction that wrote it.
pub(super) type Kept = (i64, Box<FileState>);

/// The states that are kept. Clones share them.
#[derive(Debug, Clone)]
pub struct States {
    kept: Arc<Mutex<Generations>>,
    from_memory: Counter,
    from_database: Counter,
}

/// What was written of late, and what before that: when the first is full, the second is forgotten.
#[derive(Debug)]
struct Generations {
    count_max: usize,
    young: HashMap<FileId, Kept>,
    old: HashMap<FileId, Kept>,
}

impl States {
    /// Keeps so many states at most; 0: none.
    #[must_use]
    pub fn new(count_max: usize, metrics: &Metrics) -> Self {
        let kept = Generations { count_max, young: HashMap::new(), old: HashMap::new() };
        let counter = |name: &str| metrics.file_states.get_or_create_owned(&Named { name: name.to_owned() });
        Self {
            kept: Arc::new(Mutex::new(kept)),
            from_memory: counter("memory"),
            from_database: counter("database"),
        }
    }

    /// Takes what is kept of these files out: it is changed now, and kept again once the change stands.
    pub(super) fn take(&self, files: impl Iterator<Item = FileId>) -> BTreeMap<FileId, Kept> {
        let mut kept = self.lock();
        files.filter_map(|file| Some((file, kept.take(file)?))).collect()
    }

    /// Keeps what a transaction wrote, after its commit.
    pub(super) fn keep(&self, transaction: i64, states: Vec<(FileId, FileState)>) {
        let mut kept = self.lock();
        for (file, state) in states {
            kept.keep(file, (transaction, Box::new(state)));
        }
    }

    /// So many states came from memory, and so many from the database.
    pub(super) fn count(&self, memory: usize, database: usize) {
        self.from_memory.inc_by(memory as u64);
        self.from_database.inc_by(database as u64);
    }

    fn lock(&self) -> MutexGuard<'_, Generations> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Generations {
    fn take(&mut self, file: FileId) -> Option<Kept> {
        let old = self.old.remove(&file);
        self.young.remove(&file).or(old)
    }

    fn keep(&mut self, file: FileId, state: Kept) {
        if self.count_max == 0 {
            return;
        }
        if self.young.len() >= self.count_max.div_ceil(2) {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(file, state);
    }
}
