//! Draws that depend on the seed, a reference and a question alone, never on the order of arrival: the same
//! seed plays the same day.

use sha2::{Digest, Sha256};

/// Where every draw of a run comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chance {
    seed: u64,
}

impl Chance {
    /// Draws by a seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self { seed }
    }

    /// The seed.
    #[must_use]
    pub const fn seed(self) -> u64 {
        self.seed
    }

    /// A number that the reference and the question determine.
    #[must_use]
    pub fn number(self, reference: &str, question: &str) -> u32 {
        let mut hash = Sha256::new();
        hash.update(self.seed.to_be_bytes());
        for part in [reference, question] {
            hash.update(part.as_bytes());
            hash.update([0]);
        }
        let mut upper = [0u8; 4];
        upper.copy_from_slice(&hash.finalize()[..4]);
        u32::from_be_bytes(upper)
    }

    /// In [0, 1).
    #[must_use]
    pub fn unit(self, reference: &str, question: &str) -> f64 {
        f64::from(self.number(reference, question)) / (f64::from(u32::MAX) + 1.0)
    }

    /// True in this share of the draws.
    #[must_use]
    pub fn happens(self, reference: &str, question: &str, share: f64) -> bool {
        self.unit(reference, question) < share
    }

    /// A whole number from `min` to `max`, both included.
    #[must_use]
    pub fn between(self, reference: &str, question: &str, min: u32, max: u32) -> u32 {
        let width = u64::from(max.saturating_sub(min)) + 1;
        let point = u64::from(self.number(reference, question)) * width / (u64::from(u32::MAX) + 1);
        min + u32::try_from(point).unwrap_or(0)
    }

    /// One of the items; the first of an empty list's replacement is the caller's.
    #[must_use]
    pub fn pick<'a, T>(self, reference: &str, question: &str, items: &'a [T]) -> Option<&'a T> {
        let last = u32::try_from(items.len().checked_sub(1)?).ok()?;
        items.get(usize::try_from(self.between(reference, question, 0, last)).ok()?)
    }

    /// The references in an order that the question draws: the first n of it are a fair quota.
    #[must_use]
    pub fn shuffled(self, references: &[String], question: &str) -> Vec<usize> {
        let mut order: Vec<usize> = (0..references.len()).collect();
        order.sort_by_key(|index| (self.number(&references[*index], question), *index));
        order
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draw_depends_on_seed_reference_and_question_alone() {
        let (one, two) = (Chance::new(1), Chance::new(2));
        assert_eq!(one.number("PCT-1", "delay"), one.number("PCT-1", "delay"));
        assert_ne!(one.number("PCT-1", "delay"), two.number("PCT-1", "delay"));
        assert_ne!(one.number("PCT-1", "delay"), one.number("PCT-1", "ending"));
        assert_ne!(one.number("PCT-1", "delay"), one.number("PCT-2", "delay"));
    }

    #[test]
    fn whole_numbers_fill_their_range_evenly() {
        let chance = Chance::new(5);
        let mut counts = [0u32; 6];
        for number in 0..6_000 {
            let drawn = chance.between(&number.to_string(), "die", 1, 6);
            counts[usize::try_from(drawn).unwrap() - 1] += 1;
        }
        assert!(counts.iter().all(|count| (850..1150).contains(count)), "{counts:?}");
    }

    #[test]
    fn a_quota_is_a_permutation() {
        let references: Vec<String> = (0..50).map(|n| format!("F-{n}")).collect();
        let mut order = Chance::new(3).shuffled(&references, "silent");
        assert_ne!(order, (0..50).collect::<Vec<_>>());
        order.sort_unstable();
        assert_eq!(order, (0..50).collect::<Vec<_>>());
    }
}
