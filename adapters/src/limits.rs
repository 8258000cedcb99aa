//! Counts that an agency's format allows.

use crate::port::Untranslatable;

/// Refuses a list that is longer than the format allows.
///
/// # Errors
/// The fault with its place and both numbers.
pub(crate) fn at_most(
    code: &'static str,
    pointer: &str,
    count: usize,
    max: usize,
) -> Result<(), Untranslatable> {
    if count <= max {
        return Ok(());
    }
    Err(Untranslatable {
        code,
        reason: format!("{pointer}: {count} entries, the agency takes at most {max}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_itself_is_allowed() {
        assert_eq!(at_most("c", "/p", 100, 100), Ok(()));
        let fault = at_most("c", "/p", 101, 100).unwrap_err();
        assert_eq!(fault.reason, "/p: 101 entries, the agency takes at most 100");
    }
}
