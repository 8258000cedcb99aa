//! Software that was not written here, installed by `deploy/local/install-tools`.

use std::path::PathBuf;

use super::servers::root;

/// What a tool said: whether it succeeded, and its output.
pub(crate) struct Said {
    pub(crate) good: bool,
    pub(crate) out: String,
}

fn tools() -> PathBuf {
    root().join("target/tools")
}

/// A script of `tests/tools/`.
pub(crate) fn script(name: &str) -> String {
    root().join("tests/tools").join(name).to_string_lossy().into_owned()
}

/// Runs Python with the packages of the tests.
pub(crate) async fn python(arguments: &[&str]) -> Said {
    let program = tools().join("python/bin/python").to_string_lossy().into_owned();
    run(&program, arguments, "").await
}

/// AsyncAPI's own parser.
pub(crate) async fn asyncapi(file: &str) -> Said {
    let (script, tools) = (script("asyncapi.mjs"), tools().to_string_lossy().into_owned());
    run("node", &[&script, &tools, file], "").await
}

/// Runs a program with this on its standard input.
///
/// # Panics
/// It is not there: says what installs it.
pub(crate) async fn run(program: &str, arguments: &[&str], input: &str) -> Said {
    use tokio::io::AsyncWriteExt;
    let mut command = tokio::process::Command::new(program);
    command.args(arguments).current_dir(root()).kill_on_drop(true);
    command.stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped());
    let mut child = command
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap_or_else(|fault| panic!("{program} cannot run ({fault}): call deploy/local/install-tools"));
    let mut standard_input = child.stdin.take().unwrap();
    standard_input.write_all(input.as_bytes()).await.unwrap();
    drop(standard_input);
    let output = child.wait_with_output().await.unwrap();
    let out = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    Said { good: output.status.success(), out }
}
