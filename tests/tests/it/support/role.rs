//! A process of the gateway, and the signals that a test sends it.

use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};

use tokio::process::{Child, Command};
use wasl_tests::world::layout::Layout;

/// A running process. Dropped, it is killed.
pub(crate) struct Role {
    child: Child,
}

impl Role {
    /// Starts a program; what it says goes to the end of its log.
    pub(crate) fn start(layout: &Layout, name: &str, program: &Path, arguments: &[&str]) -> Self {
        let log = std::fs::OpenOptions::new().create(true).append(true).open(layout.log(name)).unwrap();
        let mut command = Command::new(program);
        command.args(arguments).current_dir(&layout.root).stdin(Stdio::null()).kill_on_drop(true);
        command.stdout(log.try_clone().unwrap()).stderr(log);
        for (key, _) in std::env::vars_os().filter(|(key, _)| key.to_string_lossy().starts_with("WASL")) {
            command.env_remove(key);
        }
        Self { child: command.spawn().unwrap() }
    }

    /// Its number, while it runs.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id().expect("the process has ended")
    }

    /// Sends a signal: `TERM`, `STOP`, `CONT`.
    pub(crate) fn signal(&self, name: &str) {
        let arguments = [format!("-{name}"), self.pid().to_string()];
        assert!(std::process::Command::new("kill").args(arguments).status().unwrap().success());
    }

    /// SIGKILL: it can write nothing any more.
    pub(crate) async fn kill(&mut self) {
        self.child.kill().await.unwrap();
    }

    /// Has ended by itself.
    pub(crate) fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// SIGTERM, and how it ended after how long.
    pub(crate) async fn stop(&mut self, limit: Duration) -> (ExitStatus, Duration) {
        let begin = Instant::now();
        self.signal("TERM");
        let status = tokio::time::timeout(limit, self.child.wait()).await.expect("it does not stop").unwrap();
        (status, begin.elapsed())
    }
}
