//! What a sweep of the outbox has published and may still come by hand-over. A commit and its hand-over are one after
//! the other under one lock, so of all that was read one batch at most is still to come, and it comes next.

use std::collections::HashSet;

use crate::store::outbox::OutboxRow;

/// Numbers of the rows that were read and not handed over since.
#[derive(Debug, Default)]
pub(super) struct Swept(HashSet<i64>);

impl Swept {
    /// A reading; what earlier ones had may still come.
    pub(super) fn read(&mut self, rows: &[OutboxRow]) {
        self.0.extend(rows.iter().map(|row| row.id));
    }

    /// Something was handed over: of what was read before it, only this last reading may still come.
    pub(super) fn has_come(&mut self, last: &[OutboxRow]) {
        self.0.clear();
        self.read(last);
    }

    /// Takes what was read off a hand-over.
    pub(super) fn drop_from(&self, rows: &mut Vec<OutboxRow>) {
        if !self.0.is_empty() {
            rows.retain(|row| !self.0.contains(&row.id));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::row;
    use super::*;

    fn left(swept: &Swept, ids: &[i64]) -> Vec<i64> {
        let mut rows: Vec<OutboxRow> = ids.iter().copied().map(row).collect();
        swept.drop_from(&mut rows);
        rows.into_iter().map(|row| row.id).collect()
    }

    #[test]
    fn what_a_reading_had_does_not_go_out_again_when_it_is_handed_over_after_the_next_reading() {
        let mut swept = Swept::default();
        // 3 is committed and read; its hand-over is still under way when the sweep reads on.
        swept.read(&[row(1), row(2), row(3)]);
        swept.read(&[row(4)]);
        assert_eq!(left(&swept, &[3, 4, 5]), [5]);
        // Something came after a reading: nothing of the readings before that one is still to come.
        swept.has_come(&[row(5)]);
        assert_eq!(left(&swept, &[4, 5, 6]), [4, 6]);
        swept.has_come(&[]);
        assert_eq!(left(&swept, &[5]), [5]);
    }
}
