//! From checked data to the typed command.

use serde::Deserialize;
use serde_json::Value;

use crate::command::{Command, CommandName};

/// Reads the data of the message `name`.
pub(super) fn command(name: CommandName, data: &Value) -> Result<Command, serde_json::Error> {
    Ok(match name {
        CommandName::FileSubmitted => Command::FileSubmitted(Deserialize::deserialize(data)?),
        CommandName::FileSupplemented => Command::FileSupplemented(Deserialize::deserialize(data)?),
        CommandName::FileRedeposited => Command::FileRedeposited(Deserialize::deserialize(data)?),
        CommandName::FileWithdrawn => Command::FileWithdrawn(Deserialize::deserialize(data)?),
        CommandName::ModificationRequested => Command::ModificationRequested(Deserialize::deserialize(data)?),
        CommandName::ClockSuspended => Command::ClockSuspended(Deserialize::deserialize(data)?),
        CommandName::ClockResumed => Command::ClockResumed(Deserialize::deserialize(data)?),
        CommandName::ClockExtended => Command::ClockExtended(Deserialize::deserialize(data)?),
        CommandName::OpinionRecorded => Command::OpinionRecorded(Deserialize::deserialize(data)?),
        CommandName::MinutesRecorded => Command::MinutesRecorded(Deserialize::deserialize(data)?),
        CommandName::FeeAssessed => Command::FeeAssessed(Deserialize::deserialize(data)?),
        CommandName::RefundRequested => Command::RefundRequested(Deserialize::deserialize(data)?),
        CommandName::DecisionTaken => Command::DecisionTaken(Deserialize::deserialize(data)?),
        CommandName::ApplicantInformed => Command::ApplicantInformed(Deserialize::deserialize(data)?),
        CommandName::SilenceInvoked => Command::SilenceInvoked(Deserialize::deserialize(data)?),
        CommandName::SilenceAttested => Command::SilenceAttested(Deserialize::deserialize(data)?),
    })
}
