//! A unit of work: one transaction that carries a whole batch, with one statement per table.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use sqlx::{PgPool, PgTransaction};
use uuid::Uuid;
use wasl_core::file::evolve::evolve;
use wasl_core::file::{Effect, Event, FileState, Step, TimerKind, When};
use wasl_schemas::agency::OutcomeMessage;
use wasl_schemas::id::{ConsultationId, FileId};

use super::early::NewEarly;
use super::files::{self, NewEvent, Told};
use super::inbox::{Key, Seen};
use super::outbox::{NewMessage, OutboxRow};
use super::parked::NewParked;
use super::states::States;
use super::timers::{Due, TimerChanges};
use super::{StoreError, early, inbox, leader, models, outbox, parked, timers};

/// A file inside a unit: locked, changed in memory, written at the commit.
#[derive(Debug)]
pub struct FileWork {
    /// As it stands now; `None` before its registration.
    pub state: Option<FileState>,
    pub(super) sequence: i64,
    pub(super) hash: Vec<u8>,
    pub(super) stamps: Stamps,
    pub(super) touched: BTreeSet<ConsultationId>,
    pub(super) legal_now: Timestamp,
    events: Vec<NewEvent>,
    timers: TimerChanges,
    timers_only: bool,
}

/// Legal times that only events know.
#[derive(Debug, Default)]
pub(super) struct Stamps {
    pub(super) reviewed_at: Option<Timestamp>,
    pub(super) overdue_at: Option<Timestamp>,
    pub(super) withdrawn_at: Option<Timestamp>,
}

impl FileWork {
    pub(super) fn loaded(state: FileState, sequence: i64, hash: Vec<u8>) -> Self {
        Self { state: Some(state), sequence, hash, ..Self::unborn() }
    }

    fn unborn() -> Self {
        Self {
            state: None,
            sequence: 0,
            hash: Vec::new(),
            stamps: Stamps::default(),
            touched: BTreeSet::new(),
            legal_now: Timestamp::UNIX_EPOCH,
            events: Vec::new(),
            timers: TimerChanges::default(),
            timers_only: false,
        }
    }

    /// Number of the last event.
    #[must_use]
    pub const fn sequence(&self) -> i64 {
        self.sequence
    }

    fn append(&mut self, event: &Event, cause: &str, now: Timestamp) -> Result<(), StoreError> {
        let unreadable = |e: serde_json::Error| StoreError::Unreadable { what: "event", why: e.to_string() };
        let data = serde_json::value::to_raw_value(event).map_err(unreadable)?;
        self.hash = files::chain(&self.hash, data.get());
        self.sequence += 1;
        self.events.push(NewEvent {
            sequence: self.sequence,
            name: files::event_name(event),
            cause: cause.to_owned(),
            data,
            hash: self.hash.clone(),
            legal_at: now.to_string(),
        });
        self.note(event);
        Ok(())
    }

    /// A file as its events tell it, with every row of it to be written.
    pub(super) fn retold(history: &[Told]) -> Self {
        let mut work = Self::unborn();
        for told in history {
            work.state = evolve(work.state.take(), &told.event);
            work.tell(told);
        }
        work
    }

    /// Goes on by one event that is stored already.
    pub(super) fn tell(&mut self, told: &Told) {
        self.sequence = told.sequence;
        self.hash.clone_from(&told.hash);
        self.legal_now = told.legal_at;
        self.note(&told.event);
    }

    /// What only the event knows.
    fn note(&mut self, event: &Event) {
        match event {
            Event::Reviewed { at, .. } => self.stamps.reviewed_at = Some(*at),
            Event::DeadlinePassed { what, at, .. } if what == "decision" => {
                self.stamps.overdue_at = Some(*at);
            }
            Event::Withdrawn { withdrawn_at, .. } => self.stamps.withdrawn_at = Some(*withdrawn_at),
            Event::Registered { deposit, .. } | Event::Redeposited { deposit, .. } => {
                self.touched.extend(deposit.plan.iter().map(|p| p.consultation));
            }
            Event::ClockMoved { reviewers, .. } => self.touched.extend(reviewers.iter().map(|(id, _)| *id)),
            _ => {}
        }
        self.touched.extend(event.consultation());
    }
}

/// What one step asks to be said, with the number of the event that causes it.
pub type ToSay = (i64, Effect);

/// One transaction of the core.
pub struct Unit {
    tx: PgTransaction<'static>,
    files: BTreeMap<FileId, FileWork>,
    messages: Vec<NewMessage>,
    parked: Vec<NewParked>,
    exchanges: Vec<(FileId, OutcomeMessage)>,
    early: Vec<NewEarly>,
    states: States,
    /// The number of this transaction.
    number: i64,
}

impl Unit {
    /// Begins, behind the fence. States of files that were written before are taken from `states`, and what this unit
    /// writes is kept there.
    ///
    /// # Errors
    /// [`StoreError::Fenced`] when another core leads; otherwise the database's.
    pub async fn begin(pool: &PgPool, epoch: i64, states: States) -> Result<Self, StoreError> {
        let mut tx = pool.begin().await?;
        let number = leader::fence(&mut tx, epoch).await?;
        let (files, messages, parked, exchanges) = (BTreeMap::new(), Vec::new(), Vec::new(), Vec::new());
        Ok(Self { tx, files, messages, parked, exchanges, early: Vec::new(), states, number })
    }

    /// See [`inbox::record`].
    ///
    /// # Errors
    /// The database's.
    pub async fn record(&mut self, keys: &[Key]) -> Result<Vec<Seen>, StoreError> {
        if keys.is_empty() { Ok(Vec::new()) } else { inbox::record(&mut self.tx, keys).await }
    }

    /// Which file each consultation or order belongs to.
    ///
    /// # Errors
    /// The database's.
    pub async fn files_of(
        &mut self,
        ids: &BTreeSet<ConsultationId>,
    ) -> Result<BTreeMap<ConsultationId, FileId>, StoreError> {
        let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
        files::of_consultations(&mut self.tx, &ids).await
    }

    /// Locks and loads files, in the order of their ids. Those that this unit has locked before stay as they are.
    ///
    /// # Errors
    /// The database's.
    pub async fn lock(&mut self, ids: &BTreeSet<FileId>) -> Result<(), StoreError> {
        let new = ids.iter().filter(|id| !self.files.contains_key(id));
        let list: Vec<Uuid> = new.map(|id| id.0).collect();
        if list.is_empty() {
            return Ok(());
        }
        self.files.extend(files::lock(&mut self.tx, &list, &self.states).await?);
        for id in ids {
            self.files.entry(*id).or_insert_with(FileWork::unborn);
        }
        Ok(())
    }

    /// See [`timers::take`].
    ///
    /// # Errors
    /// The database's.
    pub async fn take_timers(
        &mut self,
        due: &[Due],
        legal: bool,
        now: Timestamp,
    ) -> Result<Vec<Due>, StoreError> {
        timers::take(&mut self.tx, due, legal, now).await
    }

    /// Sets a timer of a locked file outside a step.
    pub fn set_timer(&mut self, file: FileId, kind: &TimerKind, when: When) {
        if let Some(work) = self.files.get_mut(&file) {
            work.timers.set(kind, when);
            work.timers_only = true;
        }
    }

    /// Puts the deadlines of a locked file that nothing has happened to in place of those it has.
    pub fn renew_deadlines(&mut self, file: FileId, timers: &[(TimerKind, When)]) {
        let Some(work) = self.files.get_mut(&file).filter(|work| work.events.is_empty()) else { return };
        work.timers.clear_legal();
        for (kind, when) in timers {
            work.timers.set(kind, *when);
        }
        work.timers_only = true;
    }

    /// The transaction itself, for the cursors of feeds.
    pub const fn tx(&mut self) -> &mut PgTransaction<'static> {
        &mut self.tx
    }

    /// The state of a locked file.
    #[must_use]
    pub fn state(&self, file: FileId) -> Option<&FileState> {
        self.files.get(&file).and_then(|work| work.state.as_ref())
    }

    /// Takes over what a step decided: events, timers. Returns what is to be said.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`] when an event cannot be serialised.
    pub fn apply(
        &mut self,
        file: FileId,
        step: Step,
        cause: &str,
        now: Timestamp,
    ) -> Result<Vec<ToSay>, StoreError> {
        let Some(work) = self.files.get_mut(&file) else { return Ok(Vec::new()) };
        let first = work.sequence + 1;
        work.legal_now = now;
        for event in &step.events {
            work.append(event, cause, now)?;
        }
        work.state = step.state;
        let mut to_say = Vec::new();
        for (index, effect) in step.effects {
            match effect {
                Effect::SetTimer(kind, when) => work.timers.set(&kind, when),
                Effect::ClearTimer(kind) => work.timers.clear(&kind),
                Effect::ClearLegalTimers => work.timers.clear_legal(),
                Effect::ClearAllTimers => work.timers.clear_all(),
                said @ (Effect::Notify(_) | Effect::Escalate(..) | Effect::Request(_)) => {
                    to_say.push((first + i64::try_from(index).unwrap_or(0), said));
                }
            }
        }
        Ok(to_say)
    }

    /// How many files of this unit something has happened to.
    #[must_use]
    pub fn changed_files(&self) -> i64 {
        i64::try_from(self.files.values().filter(|work| !work.events.is_empty()).count()).unwrap_or(i64::MAX)
    }

    /// Something to say after the commit.
    pub fn say(&mut self, message: NewMessage) {
        self.messages.push(message);
    }

    /// Several things to say after the commit, in order.
    pub fn say_all(&mut self, messages: Vec<NewMessage>) {
        self.messages.extend(messages);
    }

    /// Forgets keys that this unit recorded: their messages were refused and may come again.
    ///
    /// # Errors
    /// The database's.
    pub async fn forget(&mut self, keys: &[Key]) -> Result<(), StoreError> {
        if keys.is_empty() { Ok(()) } else { inbox::forget(&mut self.tx, keys).await }
    }

    /// Something to set aside.
    pub fn park(&mut self, parked: NewParked) {
        self.parked.push(parked);
    }

    /// Something that came before its file.
    pub fn keep_early(&mut self, early: NewEarly) {
        self.early.push(early);
    }

    /// Something in it came before its file.
    #[must_use]
    pub fn keeps_early(&self) -> bool {
        !self.early.is_empty()
    }

    /// What was said on an agency's wire.
    pub fn journal(&mut self, file: FileId, message: OutcomeMessage) {
        if !message.exchanges.is_empty() {
            self.exchanges.push((file, message));
        }
    }

    /// Writes everything and commits.
    ///
    /// # Errors
    /// The database's; then nothing of this unit has happened.
    pub async fn commit(self) -> Result<Vec<OutboxRow>, StoreError> {
        let (written, rows) = self.write().await?;
        written.commit().await?;
        Ok(rows)
    }

    /// Writes everything, without the commit: what is returned may be published once [`Written::commit`] is done.
    ///
    /// # Errors
    /// The database's; then nothing of this unit has happened.
    pub async fn write(mut self) -> Result<(Written, Vec<OutboxRow>), StoreError> {
        let changed: Vec<(&FileState, &FileWork)> = self
            .files
            .values()
            .filter(|w| !w.events.is_empty())
            .filter_map(|w| w.state.as_ref().map(|s| (s, w)))
            .collect();
        if !changed.is_empty() {
            models::write_files(&mut self.tx, &changed).await?;
            models::write_consultations(&mut self.tx, &changed).await?;
            models::write_fees(&mut self.tx, &changed).await?;
            let events: Vec<(FileId, &NewEvent)> =
                changed.iter().flat_map(|(s, w)| w.events.iter().map(|e| (s.id, e))).collect();
            files::append(&mut self.tx, &events).await?;
        }
        let woken = self.files.iter().filter(|(_, w)| !w.events.is_empty() || w.timers_only);
        let woken: Vec<(FileId, &TimerChanges)> = woken.map(|(id, w)| (*id, &w.timers)).collect();
        timers::write(&mut self.tx, &woken).await?;
        super::exchanges::write(&mut self.tx, self.exchanges).await?;
        parked::write(&mut self.tx, &self.parked).await?;
        early::write(&mut self.tx, &self.early).await?;
        let rows = outbox::write(&mut self.tx, self.messages).await?;
        let written = self.files.into_iter().filter(|(_, work)| !work.events.is_empty());
        let left = written.filter_map(|(id, work)| Some((id, work.state?))).collect();
        Ok((Written { tx: self.tx, states: self.states, number: self.number, left }, rows))
    }
}

/// A unit that is written and waits for its commit.
pub struct Written {
    tx: PgTransaction<'static>,
    states: States,
    number: i64,
    /// The files that it wrote, as they stand.
    left: Vec<(FileId, FileState)>,
}

impl Written {
    /// Commits.
    ///
    /// # Errors
    /// The database's; whether the commit stands is then unknown, and the inbox will tell.
    pub async fn commit(self) -> Result<(), StoreError> {
        self.tx.commit().await?;
        self.states.keep(self.number, self.left);
        Ok(())
    }
}
