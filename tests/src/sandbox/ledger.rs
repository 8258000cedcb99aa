//! The ledger: every effect that a request had at an agency, in order, on disk before the answer.
//!
//! One JSON object per line. A line is handed to the system before the effect is answered, so it
//! survives kill -9 of the process; a line cut off by such a kill is dropped at the next start,
//! since nothing was answered for it.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::{Arc, Mutex};

use anyhow::Context;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::Notify;

use super::action::Action;
use super::agency::Agency;
use super::{clock, locked};

/// One line of the ledger.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Entry {
    /// From 1, without gaps.
    pub seq: u64,
    /// Wall time, milliseconds since 1970.
    pub at_ms: u64,
    /// Whose ledger.
    pub agency: Agency,
    /// What happened.
    pub action: Action,
    /// The gateway's consultation id or order id; empty when a violation hides it.
    pub reference: String,
    /// The commune's file reference, when the request carried it.
    pub file: Option<String>,
    /// What else is known: kind of opinion, amount in centimes, code, due time.
    pub detail: Value,
}

#[derive(Debug, Default)]
struct Book {
    file: Option<File>,
    entries: Vec<Arc<Entry>>,
    by_agency: BTreeMap<Agency, Vec<Arc<Entry>>>,
    counts: BTreeMap<Agency, BTreeMap<Action, u64>>,
}

/// The one ledger of a sandbox.
#[derive(Debug, Default)]
pub struct Ledger {
    book: Mutex<Book>,
    grown: Notify,
}

impl Ledger {
    /// Opens or makes the file and reads what it holds; a cut-off last line is removed.
    ///
    /// # Errors
    /// The file cannot be read or written, or a line other than the last is not an entry.
    pub fn open(path: Option<&Path>) -> anyhow::Result<Self> {
        let mut book = Book::default();
        if let Some(path) = path {
            let mut file = OpenOptions::new()
                .create(true)
                .truncate(false)
                .read(true)
                .write(true)
                .open(path)
                .with_context(|| format!("cannot open the ledger {}", path.display()))?;
            let mut text = Vec::new();
            file.read_to_end(&mut text)?;
            let (entries, good_bytes) =
                recover(&text).with_context(|| format!("ledger {}", path.display()))?;
            file.set_len(good_bytes)?;
            file.seek(SeekFrom::End(0))?;
            for entry in entries {
                book.take(Arc::new(entry));
            }
            book.file = Some(file);
        }
        Ok(Self { book: Mutex::new(book), grown: Notify::new() })
    }

    /// Writes one effect; it stands on disk when this returns.
    ///
    /// # Errors
    /// The disk refused the line: then the effect must not be answered.
    pub fn record(
        &self,
        agency: Agency,
        action: Action,
        reference: &str,
        file: Option<&str>,
        detail: Value,
    ) -> std::io::Result<Arc<Entry>> {
        let mut book = locked(&self.book);
        let seq = u64::try_from(book.entries.len()).unwrap_or(u64::MAX) + 1;
        let entry = Entry {
            seq,
            at_ms: clock::now_ms(),
            agency,
            action,
            reference: reference.to_owned(),
            file: file.map(str::to_owned),
            detail,
        };
        if let Some(file) = &mut book.file {
            let mut line = serde_json::to_vec(&entry)?;
            line.push(b'\n');
            file.write_all(&line)?;
        }
        let entry = Arc::new(entry);
        book.take(Arc::clone(&entry));
        drop(book);
        self.grown.notify_waiters();
        Ok(entry)
    }

    /// Entries after a sequence number that pass a filter.
    pub fn select(&self, after: u64, keep: impl Fn(&Entry) -> bool) -> Vec<Arc<Entry>> {
        let book = locked(&self.book);
        let start = usize::try_from(after).unwrap_or(usize::MAX).min(book.entries.len());
        book.entries[start..].iter().filter(|entry| keep(entry)).cloned().collect()
    }

    /// The same of one agency, at most so many: however much the others write, it is not looked at.
    pub fn select_of(
        &self,
        agency: Agency,
        after: u64,
        most: usize,
        keep: impl Fn(&Entry) -> bool,
    ) -> Vec<Arc<Entry>> {
        let book = locked(&self.book);
        let entries = book.by_agency.get(&agency).map_or(&[][..], Vec::as_slice);
        let start = entries.partition_point(|entry| entry.seq <= after);
        entries[start..].iter().filter(|entry| keep(entry)).take(most).cloned().collect()
    }

    /// Entries after a sequence number that pass a filter, but waits until there is one.
    pub async fn select_some(&self, after: u64, keep: impl Fn(&Entry) -> bool) -> Vec<Arc<Entry>> {
        loop {
            let grown = self.grown.notified();
            let found = self.select(after, &keep);
            if !found.is_empty() {
                return found;
            }
            grown.await;
        }
    }

    /// One entry by its number.
    pub fn get(&self, seq: u64) -> Option<Arc<Entry>> {
        let index = usize::try_from(seq.checked_sub(1)?).ok()?;
        locked(&self.book).entries.get(index).cloned()
    }

    /// The last entries, newest first.
    pub fn last(&self, count: usize) -> Vec<Arc<Entry>> {
        locked(&self.book).entries.iter().rev().take(count).cloned().collect()
    }

    /// How often each action happened, by agency.
    pub fn counts(&self) -> BTreeMap<Agency, BTreeMap<Action, u64>> {
        locked(&self.book).counts.clone()
    }
}

impl Book {
    fn take(&mut self, entry: Arc<Entry>) {
        *self.counts.entry(entry.agency).or_default().entry(entry.action).or_default() += 1;
        self.by_agency.entry(entry.agency).or_default().push(Arc::clone(&entry));
        self.entries.push(entry);
    }
}

/// The entries of a ledger and how many of its bytes they fill.
fn recover(text: &[u8]) -> anyhow::Result<(Vec<Entry>, u64)> {
    let mut entries = Vec::new();
    let mut good_bytes = 0;
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        if line.last() != Some(&b'\n') {
            break;
        }
        let entry = serde_json::from_slice(line)
            .with_context(|| format!("line {} is not an entry", entries.len() + 1))?;
        entries.push(entry);
        good_bytes += u64::try_from(line.len())?;
    }
    Ok((entries, good_bytes))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_line_cut_off_by_a_kill_is_dropped_and_the_ledger_goes_on() {
        let path = std::env::temp_dir().join(format!("wasl-sandbox-ledger-{}", uuid::Uuid::now_v7()));
        let ledger = Ledger::open(Some(&path)).unwrap();
        for reference in ["a", "b", "c"] {
            let detail = json!({"due_ms": 7});
            ledger
                .record(Agency::Onee, Action::ConsultationAccepted, reference, Some("PCT-1"), detail)
                .unwrap();
        }
        drop(ledger);
        let bytes = std::fs::read(&path).unwrap();
        std::fs::write(&path, &bytes[..bytes.len() - 20]).unwrap();

        let ledger = Ledger::open(Some(&path)).unwrap();
        let kept: Vec<_> = ledger.select(0, |_| true).iter().map(|entry| entry.reference.clone()).collect();
        assert_eq!(kept, ["a", "b"]);
        let next = ledger.record(Agency::Onee, Action::Duplicate, "b", None, Value::Null).unwrap();
        assert_eq!(next.seq, 3);
        drop(ledger);
        let again = Ledger::open(Some(&path)).unwrap();
        std::fs::remove_file(&path).unwrap();
        assert_eq!(again.select(0, |_| true).len(), 3);
        assert_eq!(again.select_of(Agency::Onee, 1, 1, |_| true)[0].reference, "b");
        assert!(again.select_of(Agency::BaridBank, 0, 9, |_| true).is_empty());
        assert_eq!(again.counts()[&Agency::Onee][&Action::ConsultationAccepted], 2);
    }

    #[test]
    fn damage_before_the_last_line_is_reported_with_its_line() {
        let fault = recover(b"{}\n{\"seq\":1}\n").unwrap_err();
        assert!(fault.to_string().contains("line 1"));
    }
}
