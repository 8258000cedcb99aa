//! The shared folder: `out/` to the agency, `in/` from it. A name that ends in `.part` is not there.

use std::io;
use std::path::{Path, PathBuf};

use anyhow::Context;

/// The agency's view of the folder.
#[derive(Debug, Clone)]
pub(super) struct Folder {
    to_agency: PathBuf,
    from_agency: PathBuf,
}

impl Folder {
    /// Makes what is missing of the folder.
    ///
    /// # Errors
    /// The folder cannot be made.
    pub(super) fn open(root: &Path) -> anyhow::Result<Self> {
        for name in ["out", "in", "rejected"] {
            let path = root.join(name);
            std::fs::create_dir_all(&path).with_context(|| format!("cannot make {}", path.display()))?;
        }
        Ok(Self { to_agency: root.join("out"), from_agency: root.join("in") })
    }

    /// Names of complete files that wait, in order.
    pub(super) fn waiting(&self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for file in std::fs::read_dir(&self.to_agency)? {
            if let Ok(name) = file?.file_name().into_string()
                && !name.ends_with(".part")
            {
                names.push(name);
            }
        }
        names.sort();
        Ok(names)
    }

    /// The content of a file that waits; none when it has gone since.
    pub(super) fn read(&self, name: &str) -> io::Result<Option<Vec<u8>>> {
        match std::fs::read(self.to_agency.join(name)) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(fault) if fault.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(fault) => Err(fault),
        }
    }

    /// The agency has the content.
    pub(super) fn remove(&self, name: &str) -> io::Result<()> {
        std::fs::remove_file(self.to_agency.join(name))
    }

    /// Writes beside and renames, so that nobody reads half a file.
    pub(super) fn write(&self, name: &str, text: impl AsRef<[u8]>) -> io::Result<()> {
        let part = self.from_agency.join(format!("{name}.part"));
        std::fs::write(&part, text)?;
        std::fs::rename(part, self.from_agency.join(name))
    }
}
