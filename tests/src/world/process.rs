//! Processes of a run: each with its log and the file that holds its number.

use std::fs::{File, OpenOptions};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::Context;

use super::layout::Layout;

/// A process has this long to stop after SIGTERM before it is killed.
const STOP_TIMEOUT: Duration = Duration::from_secs(10);
/// How often a process is looked at while it stops.
const LOOK_INTERVAL: Duration = Duration::from_millis(10);

/// A process that was started here. Dropped, it is killed: nothing outlives a run that fails.
#[derive(Debug)]
pub struct Process {
    /// Its name: `core`, `api`, `adapter-onee`, `sandbox`.
    pub name: String,
    child: Option<Child>,
    pid_file: PathBuf,
}

impl Process {
    /// Starts a program. Its group is its own, so that Ctrl-C at the terminal reaches only us: we stop it in
    /// order. It inherits no setting of the gateway from our environment.
    ///
    /// # Errors
    /// It cannot be started, or its log or number cannot be written.
    pub fn start(layout: &Layout, name: &str, program: &Path, arguments: &[&str]) -> anyhow::Result<Self> {
        _ = std::fs::remove_file(layout.log(name));
        Self::start_again(layout, name, program, arguments, &[])
    }

    /// The same with these variables besides, for one that has run before: its log goes on.
    ///
    /// # Errors
    /// As [`Process::start`].
    pub fn start_again(
        layout: &Layout,
        name: &str,
        program: &Path,
        arguments: &[&str],
        variables: &[(&str, &str)],
    ) -> anyhow::Result<Self> {
        let log = log_file(&layout.log(name))?;
        let mut command = Command::new(program);
        command.args(arguments).current_dir(&layout.root).stdin(Stdio::null());
        command.stdout(log.try_clone()?).stderr(log).process_group(0);
        for (key, _) in std::env::vars_os().filter(|(key, _)| key.to_string_lossy().starts_with("WASL")) {
            command.env_remove(key);
        }
        command.envs(variables.iter().copied());
        let child = command.spawn().with_context(|| format!("cannot start {}", program.display()))?;
        let pid_file = layout.pid(name);
        std::fs::write(&pid_file, format!("{} {}\n", child.id(), program.display()))?;
        Ok(Self { name: name.to_owned(), child: Some(child), pid_file })
    }

    /// Its number.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.as_ref().map_or(0, Child::id)
    }

    /// It has ended by itself.
    pub fn has_ended(&mut self) -> bool {
        self.child.as_mut().is_none_or(|child| !matches!(child.try_wait(), Ok(None)))
    }

    /// Waits until it has ended by itself; none when it has not in time.
    pub async fn end(&mut self, timeout: Duration) -> Option<ExitStatus> {
        let begin = Instant::now();
        let child = self.child.as_mut()?;
        loop {
            if let Ok(Some(status)) = child.try_wait() {
                return Some(status);
            }
            if begin.elapsed() > timeout {
                return None;
            }
            tokio::time::sleep(LOOK_INTERVAL).await;
        }
    }

    /// Lets it live on after us.
    pub fn detach(mut self) {
        self.child = None;
    }

    /// Asks it to stop, waits, and kills it when it does not.
    pub async fn stop(mut self) {
        let Some(mut child) = self.child.take() else { return };
        signal(child.id(), "TERM");
        let begin = Instant::now();
        while matches!(child.try_wait(), Ok(None)) && begin.elapsed() < STOP_TIMEOUT {
            tokio::time::sleep(LOOK_INTERVAL).await;
        }
        end(&mut child);
        _ = std::fs::remove_file(&self.pid_file);
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            end(child);
            _ = std::fs::remove_file(&self.pid_file);
        }
    }
}

fn end(child: &mut Child) {
    // Both fail only when it has ended already.
    _ = child.kill();
    _ = child.wait();
}

fn log_file(path: &Path) -> anyhow::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    options.open(path).with_context(|| format!("cannot write {}", path.display()))
}

fn signal(pid: u32, name: &str) {
    // The kernel's call needs unsafe code; the program does not.
    _ = Command::new("kill").args([&format!("-{name}"), &pid.to_string()]).stderr(Stdio::null()).status();
}

/// The processes that an earlier command left running in this folder: name and number. One whose number now
/// belongs to another program does not count.
#[must_use]
pub fn left_running(layout: &Layout) -> Vec<(String, u32)> {
    let Ok(files) = std::fs::read_dir(layout.dir.join("pids")) else { return Vec::new() };
    files
        .flatten()
        .filter_map(|file| {
            let text = std::fs::read_to_string(file.path()).ok()?;
            let (pid, program) = text.trim().split_once(' ')?;
            let runs = std::fs::read_link(format!("/proc/{pid}/exe")).ok()?;
            // A program that was built anew since is shown as deleted.
            let same = runs.to_string_lossy().trim_end_matches(" (deleted)") == program;
            let pid = pid.parse().ok()?;
            same.then(|| (file.file_name().to_string_lossy().into_owned(), pid))
        })
        .collect()
}

/// Stops what an earlier command left running, all at once, and waits for it.
pub async fn stop_left(layout: &Layout) {
    for (_, pid) in left_running(layout) {
        signal(pid, "TERM");
    }
    let begin = Instant::now();
    while !left_running(layout).is_empty() && begin.elapsed() < STOP_TIMEOUT {
        tokio::time::sleep(LOOK_INTERVAL).await;
    }
    for (_, pid) in left_running(layout) {
        signal(pid, "KILL");
    }
    if let Ok(files) = std::fs::read_dir(layout.dir.join("pids")) {
        for file in files.flatten() {
            _ = std::fs::remove_file(file.path());
        }
    }
}
