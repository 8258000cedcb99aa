//! When a failed attempt is made again: one schedule, in one place, computed without randomness.

use sha2::{Digest, Sha256};
use wasl_schemas::id::ConsultationId;

use crate::policy::Policy;

/// Delay before the next attempt, in milliseconds.
///
/// Exponential from `retry_initial_ms` to `retry_max_ms`, spread over ±25 % by a hash of (consultation,
/// failures), so that an agency that comes back is not met by everybody at once (no thundering herd). The
/// agency's own wish (`Retry-After`) is a lower bound, itself capped at `retry_max_ms`.
#[must_use]
pub fn delay_ms(
    policy: &Policy,
    consultation: ConsultationId,
    failures: u32,
    retry_after_ms: Option<u64>,
) -> u64 {
    let exponent = failures.saturating_sub(1).min(30);
    let grown = u64::from(policy.retry_factor).saturating_pow(exponent);
    let base = policy.retry_initial_ms.saturating_mul(grown).min(policy.retry_max_ms);
    let spread = base / 4;
    let jitter = if spread == 0 { 0 } else { hash_of(consultation, failures) % (2 * spread + 1) };
    let delay = base - spread + jitter;
    delay.max(retry_after_ms.unwrap_or(0).min(policy.retry_max_ms))
}

fn hash_of(consultation: ConsultationId, failures: u32) -> u64 {
    let digest =
        Sha256::new().chain_update(consultation.0.as_bytes()).chain_update(failures.to_be_bytes()).finalize();
    digest.iter().take(8).fold(0, |acc, byte| (acc << 8) | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn grows_up_to_the_maximum_and_honours_retry_after() {
        let policy =
            Policy { retry_initial_ms: 1_000, retry_factor: 2, retry_max_ms: 60_000, ..Policy::default() };
        let id = ConsultationId(Uuid::from_u128(1));
        for failures in 1..40 {
            let base = (1_000_u64 << (failures - 1).min(20)).min(60_000);
            let delay = delay_ms(&policy, id, failures, None);
            assert!(delay >= base - base / 4 && delay <= base + base / 4, "{failures}: {delay}");
        }
        assert!(delay_ms(&policy, id, 1, Some(30_000)) >= 30_000);
        assert!(delay_ms(&policy, id, 1, Some(u64::MAX)) <= 75_000);
    }

    #[test]
    fn different_consultations_are_spread() {
        let policy = Policy { retry_initial_ms: 100_000, ..Policy::default() };
        let delays: std::collections::BTreeSet<u64> =
            (0..100).map(|n| delay_ms(&policy, ConsultationId(Uuid::from_u128(n)), 1, None)).collect();
        assert!(delays.len() > 90, "{}", delays.len());
    }
}
