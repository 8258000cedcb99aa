//! What every measurement needs: percentiles of a sample, and the memory of processes.

/// The percentile of a sample by the nearest rank; 0 of an empty one.
pub(crate) fn percentile(sample: &[f64], percent: usize) -> f64 {
    let mut sorted = sample.to_vec();
    sorted.sort_by(f64::total_cmp);
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or(0.0)
}

/// Resident memory of processes in KiB, summed (`/proc/PID/status`, `VmRSS`). One that has ended has none.
pub(crate) fn rss_kib(pids: &[u32]) -> u64 {
    let of = |pid: &u32| {
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
        let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
        line.split_whitespace().nth(1)?.parse::<u64>().ok()
    };
    pids.iter().filter_map(of).sum()
}
