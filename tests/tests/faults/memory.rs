//! What a process takes of the memory, as Linux counts it (proc(5), /proc/pid/status).

fn field_kib(pid: &str, name: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with(name)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// The most that it ever held (VmHWM), in KiB. `self`: this process.
pub(crate) fn peak_kib(pid: &str) -> u64 {
    field_kib(pid, "VmHWM:")
}

/// What it holds now (VmRSS), in KiB.
pub(crate) fn now_kib(pid: &str) -> u64 {
    field_kib(pid, "VmRSS:")
}
