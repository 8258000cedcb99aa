//! For tests with software that was not written here: `xmllint`, `xmlsec1`. A tool that is missing fails the test, it
//! is never skipped: `deploy/local/install-tools` installs them.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A folder that goes with the test.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        let path = std::env::temp_dir().join(format!("wasl-outside-{:032x}", rand::random::<u128>()));
        std::fs::create_dir(&path).unwrap();
        Self(path)
    }

    /// Writes a file; its path as text.
    pub(crate) fn put(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.path(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_owned()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Runs a tool to its end.
pub(crate) fn run(program: &str, arguments: &[&str]) -> Output {
    match Command::new(program).args(arguments).output() {
        Ok(output) => output,
        Err(fault) => panic!("{program}: {fault}. Run deploy/local/install-tools"),
    }
}

/// Checks documents against a schema of `schemas/xsd/` with xmllint; what it says when they do not fit.
pub(crate) fn schema_faults(schema: &str, documents: &[&[u8]]) -> Option<String> {
    let folder = Folder::new();
    let xsd = Path::new(env!("CARGO_MANIFEST_DIR")).join("../schemas/xsd").join(schema);
    let files: Vec<String> =
        documents.iter().enumerate().map(|(n, bytes)| folder.put(&format!("{n}.xml"), bytes)).collect();
    let mut arguments = vec!["--nonet", "--noout", "--schema", xsd.to_str().unwrap()];
    arguments.extend(files.iter().map(String::as_str));
    let said = run("xmllint", &arguments);
    (!said.status.success()).then(|| String::from_utf8_lossy(&said.stderr).into_owned())
}
