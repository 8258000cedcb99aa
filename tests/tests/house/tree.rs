//! The text files of the repository, without what is built or run in it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

/// Folders that hold nothing of the repository.
const SKIPPED: &[&str] = &["target", ".git", "node_modules"];
/// Where the workspace stands.
const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// Path from the top of the repository, with `/`, to its text.
pub(crate) struct Tree(BTreeMap<String, String>);

static REPOSITORY: LazyLock<Tree> = LazyLock::new(|| {
    let mut files = BTreeMap::new();
    walk(Path::new(ROOT), "", &mut files);
    assert!(files.len() > 300, "only {} files were found under {ROOT}", files.len());
    Tree(files)
});

impl Tree {
    /// This repository.
    pub(crate) fn repository() -> &'static Self {
        &REPOSITORY
    }

    /// A made-up one.
    pub(crate) fn of(files: &[(&str, &str)]) -> Self {
        Self(files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect())
    }

    /// All files whose path begins with `under` and ends with `ending`.
    pub(crate) fn files<'t>(
        &'t self,
        under: &'t str,
        ending: &'t str,
    ) -> impl Iterator<Item = (&'t str, &'t str)> + 't {
        self.0
            .iter()
            .filter(move |(path, _)| path.starts_with(under) && path.ends_with(ending))
            .map(|(path, text)| (path.as_str(), text.as_str()))
    }

    /// The text of one file.
    pub(crate) fn text(&self, path: &str) -> Option<&str> {
        self.0.get(path).map(String::as_str)
    }

    /// Whether a file or a folder of this name exists.
    pub(crate) fn has(&self, path: &str) -> bool {
        let folder = format!("{}/", path.trim_end_matches('/'));
        self.0.contains_key(path) || self.0.keys().any(|file| file.starts_with(&folder))
    }

    /// The folders directly below `under`, which ends with `/`.
    pub(crate) fn folders(&self, under: &str) -> Vec<&str> {
        let mut names: Vec<&str> = self
            .0
            .keys()
            .filter_map(|path| path.strip_prefix(under)?.split_once('/'))
            .map(|(folder, _)| folder)
            .collect();
        names.dedup();
        names
    }
}

/// The folder of the workspace.
pub(crate) fn root() -> PathBuf {
    PathBuf::from(ROOT)
}

/// Files that are no text (pictures) are left out, but their names are kept.
fn walk(folder: &Path, name: &str, into: &mut BTreeMap<String, String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let own = entry.file_name().into_string().unwrap();
        let path = if name.is_empty() { own.clone() } else { format!("{name}/{own}") };
        let kind = entry.file_type().unwrap();
        if kind.is_dir() && !SKIPPED.contains(&own.as_str()) {
            walk(&entry.path(), &path, into);
        } else if kind.is_file() {
            // Another program may remove a file of its own meanwhile.
            let Ok(bytes) = std::fs::read(entry.path()) else { continue };
            into.insert(path, String::from_utf8(bytes).unwrap_or_default());
        }
    }
}
