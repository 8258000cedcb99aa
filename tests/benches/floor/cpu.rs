//! Processor time of processes, from `/proc`.

use std::collections::BTreeMap;

/// Processes by what they are: `wasl`, `floor`, `broker`, `database`, `sandbox`.
pub(crate) type Groups = BTreeMap<&'static str, Vec<u32>>;

/// Milliseconds of processor time by group. A group is its processes with all their children; children that have
/// ended count through whoever waited for them.
pub(crate) fn busy_ms(groups: &Groups) -> BTreeMap<&'static str, f64> {
    let all = processes();
    let sum = |roots: &Vec<u32>| {
        let mut total = 0;
        let mut waiting = roots.clone();
        while let Some(pid) = waiting.pop() {
            let Some(process) = all.get(&pid) else { continue };
            total += process.ticks;
            waiting.extend(all.iter().filter(|(_, child)| child.parent == pid).map(|(pid, _)| *pid));
        }
        // USER_HZ is 100 on every Linux that this runs on (`getconf CLK_TCK`).
        total as f64 * 10.0
    };
    groups.iter().map(|(name, roots)| (*name, sum(roots))).collect()
}

struct Process {
    parent: u32,
    ticks: u64,
}

fn processes() -> BTreeMap<u32, Process> {
    let folders = std::fs::read_dir("/proc").unwrap().flatten();
    folders
        .filter_map(|folder| {
            let pid: u32 = folder.file_name().to_str()?.parse().ok()?;
            let stat = std::fs::read_to_string(folder.path().join("stat")).ok()?;
            // The name stands in parentheses and may hold anything.
            let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
            let number = |index: usize| fields.get(index)?.parse::<u64>().ok();
            // Fields 4 (ppid) and 14 to 17 (utime, stime, cutime, cstime) of proc(5).
            let ticks = number(11)? + number(12)? + number(13)? + number(14)?;
            Some((pid, Process { parent: u32::try_from(number(1)?).ok()?, ticks }))
        })
        .collect()
}
