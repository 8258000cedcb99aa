use super::*;
use crate::command::CommandName;
use crate::notice::Notice;

#[test]
fn every_message_has_its_schema_and_all_compile() {
    assert_eq!(prepare(), Ok(()));
    let messages = CommandName::ALL.iter().map(|name| name.as_str()).chain(Notice::NAMES);
    for name in messages.clone() {
        assert!(text(name).is_some(), "{name}");
    }
    assert_eq!(ALL.len(), messages.count() + 2, "common and envelope, and nothing else");
}
