//! The command line as a whole.

use clap::CommandFactory;

use super::*;

fn parse(line: &str) -> Result<Cli, clap::Error> {
    Cli::try_parse_from(line.split(' '))
}

#[test]
fn the_commands_hold_together() {
    Cli::command().debug_assert();
}

#[test]
fn wrong_usage_has_exit_code_2_and_help_0() {
    for line in
        ["wasl", "wasl serve --role boss", "wasl serve --role adapter:none", "wasl check x", "wasl fly"]
    {
        assert_eq!(parse(line).unwrap_err().exit_code(), 2, "{line}");
    }
    for line in ["wasl --help", "wasl topology export --help", "wasl --version"] {
        assert_eq!(parse(line).unwrap_err().exit_code(), 0, "{line}");
    }
}

#[test]
fn settings_files_may_stand_before_or_after_the_command() {
    for line in ["wasl --config a --config b serve", "wasl serve --config a --config b"] {
        assert_eq!(parse(line).unwrap().config, [PathBuf::from("a"), PathBuf::from("b")], "{line}");
    }
}
