//! What commands say: results on standard output, complaints on standard error.

use std::io::Write;

use super::Failure;

/// Writes a result. A reader that has gone away is no fault.
pub(super) fn say(text: &str) -> Result<(), Failure> {
    say_bytes(text.as_bytes())?;
    if text.ends_with('\n') { Ok(()) } else { say_bytes(b"\n") }
}

/// Writes a result as it is.
pub(super) fn say_bytes(bytes: &[u8]) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

/// Writes one line on standard error.
pub(super) fn complain(text: &str) {
    // Nobody is left to be told when even this fails.
    let _ = writeln!(std::io::stderr(), "wasl: {text}");
}

/// Writes a remark on standard error, beside a result on standard output.
pub(super) fn remark(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}
