//! The flags of `wasl-sandbox commune`.

use std::path::PathBuf;

use anyhow::Context;
use jiff::Timestamp;

/// How a commune is played.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "Example, after `make up`:\n  \
    wasl-sandbox commune --code 015110106 --amqp \"$(jq -r '.communes[\"015110106\"].amqp' target/local/env.json)\" \\\n    \
    --submit file.submitted --until file.reviewed\n\n\
    Any sample of schemas/samples/valid/ can be sent by its name, any other file by its path. In what is sent, the\n\
    commune, the reference and the ids are yours, and every time is moved to now.")]
pub struct CommuneArgs {
    /// The commune's or arrondissement's 9-digit code (a province: 5 digits).
    #[arg(long)]
    pub code: String,
    /// The broker, with the commune's user and password: amqp://commune-CODE:PASSWORD@host:port/vhost.
    #[arg(long, env = "WASL_AMQP", hide_env_values = true)]
    pub amqp: String,
    /// A sample to send, by name (file.submitted) or path; may stand several times.
    #[arg(long, value_name = "SAMPLE")]
    pub submit: Vec<String>,
    /// Folder of the samples.
    #[arg(long, default_value = "schemas/samples/valid")]
    pub samples: PathBuf,
    /// The file's reference [default: a new one for each file that is submitted].
    #[arg(long)]
    pub reference: Option<String>,
    /// Puts a value into the data of what is sent: permit=building, consultation=…; may stand several times.
    #[arg(long, value_name = "KEY=VALUE")]
    pub set: Vec<String>,
    /// What the clock of the law reads now, RFC 3339 [default: the wall clock].
    #[arg(long)]
    pub now: Option<String>,
    /// End once this has come about a file that was sent (without one, about any file): file.registered, file.reviewed …
    #[arg(long)]
    pub until: Option<String>,
    /// End when nothing has come for so many seconds [default: watch until stopped].
    #[arg(long)]
    pub idle_s: Option<u64>,
    /// Print whole envelopes, one line of JSON each.
    #[arg(long)]
    pub json: bool,
}

impl CommuneArgs {
    /// `commune` or `province`, by the length of the code.
    pub(super) fn kind(&self) -> &'static str {
        if self.code.len() == 5 { "province" } else { "commune" }
    }

    /// Its queue.
    pub(super) fn queue(&self) -> String {
        format!("{}.{}", self.kind(), self.code)
    }

    pub(super) fn now(&self) -> anyhow::Result<Timestamp> {
        #[expect(clippy::disallowed_methods, reason = "a commune's own clock")]
        self.now.as_ref().map_or_else(
            || Ok(Timestamp::now()),
            |text| text.parse().with_context(|| format!("--now {text}: not an RFC 3339 time")),
        )
    }
}
