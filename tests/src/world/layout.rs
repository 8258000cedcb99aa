//! Where a run keeps its things. Nothing outside its folder is written.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

/// The folders of a run.
#[derive(Debug, Clone)]
pub struct Layout {
    /// The checkout.
    pub root: PathBuf,
    /// The folder with the built programs.
    pub programs: PathBuf,
    /// Everything of this run.
    pub dir: PathBuf,
    /// The folder of the private servers.
    pub servers: PathBuf,
}

impl Layout {
    /// A run in `dir`, with its servers in `servers`, both below the checkout.
    ///
    /// # Errors
    /// The present folder is not the checkout, or the folders cannot be made.
    pub fn new(dir: &str, servers: &str) -> anyhow::Result<Self> {
        let root = std::env::current_dir().context("no present folder")?;
        if !root.join("deploy/local/up").exists() {
            bail!("{} is not the folder of the project: run it from there", root.display());
        }
        let program = std::env::current_exe().context("this program has no path")?;
        let programs = program.parent().context("this program has no folder")?.to_owned();
        let layout = Self { dir: root.join(dir), servers: root.join(servers), root, programs };
        for folder in
            ["config", "config/agencies", "logs", "pids", "documents", "water-basin/in", "water-basin/out"]
        {
            make(&layout.dir.join(folder))?;
        }
        make_private(&layout.secrets())?;
        Ok(layout)
    }

    /// A program of the same build.
    ///
    /// # Errors
    /// It has not been built.
    pub fn program(&self, name: &str) -> anyhow::Result<PathBuf> {
        let path = self.programs.join(name);
        if !path.exists() {
            bail!("{} has not been built", path.display());
        }
        Ok(path)
    }

    /// Files that only their owner may read.
    #[must_use]
    pub fn secrets(&self) -> PathBuf {
        self.dir.join("secrets")
    }

    /// Settings of a process.
    #[must_use]
    pub fn config(&self, name: &str) -> PathBuf {
        self.dir.join("config").join(format!("{name}.toml"))
    }

    /// What a process says.
    #[must_use]
    pub fn log(&self, name: &str) -> PathBuf {
        self.dir.join("logs").join(format!("{name}.log"))
    }

    /// The number of a process.
    #[must_use]
    pub fn pid(&self, name: &str) -> PathBuf {
        self.dir.join("pids").join(name)
    }
}

fn make(path: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(path).with_context(|| format!("cannot make {}", path.display()))
}

fn make_private(path: &Path) -> anyhow::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    make(path)?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o700))
        .with_context(|| format!("cannot close {}", path.display()))
}
