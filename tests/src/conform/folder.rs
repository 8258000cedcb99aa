//! The drop folder of the water basin agency: files to it, files from it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;

/// How often the folder is looked into.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// The gateway's view of the folder.
#[derive(Debug, Clone)]
pub(super) struct Folder {
    to_agency: PathBuf,
    from_agency: PathBuf,
}

impl Folder {
    /// # Errors
    /// It has no `out/` and `in/`, and they cannot be made.
    pub(super) fn open(root: &Path) -> anyhow::Result<Self> {
        let folder = Self { to_agency: root.join("out"), from_agency: root.join("in") };
        for path in [&folder.to_agency, &folder.from_agency] {
            std::fs::create_dir_all(path).with_context(|| format!("cannot make {}", path.display()))?;
        }
        Ok(folder)
    }

    /// Writes beside and renames, as the contract says; a name that ends with `.part` stays as it is.
    ///
    /// # Errors
    /// The disk.
    pub(super) fn write(&self, name: &str, bytes: &[u8]) -> anyhow::Result<()> {
        let stem = name.strip_suffix(".part").unwrap_or(name);
        let part = self.to_agency.join(format!("{stem}.part"));
        std::fs::write(&part, bytes).with_context(|| format!("cannot write {}", part.display()))?;
        if stem == name {
            std::fs::rename(&part, self.to_agency.join(name))
                .with_context(|| format!("cannot rename to {name}"))?;
        }
        Ok(())
    }

    /// Does a file still lie in `out/`?
    pub(super) fn waits(&self, name: &str) -> bool {
        self.to_agency.join(name).exists()
    }

    /// Waits for the files whose name is before `*` and behind it, in name order; none after the time.
    pub(super) async fn wait(
        &self,
        pattern: &str,
        within_ms: u64,
        fits: impl Fn(&[u8]) -> bool,
    ) -> Option<Vec<u8>> {
        let look = async {
            loop {
                if let Some(found) = self.come(pattern).into_iter().find(|bytes| fits(bytes)) {
                    return found;
                }
                tokio::time::sleep(LOOK_EVERY).await;
            }
        };
        tokio::time::timeout(Duration::from_millis(within_ms), look).await.ok()
    }

    /// What has come under names of this pattern.
    pub(super) fn come(&self, pattern: &str) -> Vec<Vec<u8>> {
        let (begin, end) = pattern.split_once('*').unwrap_or((pattern, ""));
        let names = std::fs::read_dir(&self.from_agency).into_iter().flatten().flatten();
        let mut names: Vec<PathBuf> = names
            .filter(|file| {
                file.file_name().to_str().is_some_and(|name| name.starts_with(begin) && name.ends_with(end))
            })
            .map(|file| file.path())
            .collect();
        names.sort();
        names.iter().filter_map(|path| std::fs::read(path).ok()).collect()
    }
}
