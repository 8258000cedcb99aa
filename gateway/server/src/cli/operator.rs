//! Who acts on the command line, and what acts share. Whoever acts shows a token of an operator, so that the names that
//! are kept are names of people; the database sees to it that two of them are two.

use std::time::Duration;

use sqlx::PgPool;
use uuid::Uuid;

use super::{Failure, block_on, output};
use crate::acting::{self, Wish};
use crate::config::Settings;
use crate::http::auth::{Caller, Right, Tokens};
use crate::store::connect;
use crate::store::read::acts::{self, ActLine};

/// How often it is looked whether the core has done an act.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// Whose token stands in `auth.operator_token_file`.
///
/// # Errors
/// None does, or it is no operator's.
pub(super) fn who(settings: &Settings) -> Result<Caller, Failure> {
    let usage = |what: &str| Failure::Usage(format!("auth.operator_token_file {what}"));
    let file = settings.auth.operator_token_file.as_deref().ok_or_else(|| {
        usage("must name the file with your operator's token: acts are kept with the name of whoever asked")
    })?;
    let token = std::fs::read_to_string(file).map_err(|error| usage(&format!("cannot be read: {error}")))?;
    let tokens = Tokens::load(settings.auth.tokens_file.as_deref())?;
    let caller = tokens.caller(token.trim()).filter(|caller| caller.has(Right::Operate));
    caller.cloned().ok_or_else(|| usage("holds no operator's token of auth.tokens_file of these settings"))
}

/// Asks for an act. One that needs nobody else is waited for, the others wait for somebody else.
pub(super) fn ask(settings: &Settings, wish: &Wish, wait: Duration) -> Result<(), Failure> {
    let by = who(settings)?.name;
    let act = block_on(async {
        let pool = connect::pool(&settings.database)?;
        let act = acting::ask(&pool, settings.flow.replay_messages_max, &by, wish).await?;
        if act.needs_two { Ok(act) } else { done(&pool, act.id, wait).await }
    })??;
    if act.needs_two {
        let about = if act.items > 0 {
            format!(" of {} messages, these and no others", act.items)
        } else {
            String::new()
        };
        output::say(&format!("{}  {}{about}: asked for by {by}", act.id, act.kind))?;
        output::remark(&format!("another operator approves it: wasl act approve {}", act.id));
        return Ok(());
    }
    report(&act)
}

/// Approves or declines; what was approved is waited for.
pub(super) fn decide(settings: &Settings, id: Uuid, approve: bool, wait: Duration) -> Result<(), Failure> {
    let by = who(settings)?.name;
    let act = block_on(async {
        let pool = connect::pool(&settings.database)?;
        let act = acting::decide(&pool, id, &by, approve).await?;
        if approve { done(&pool, act.id, wait).await } else { Ok(act) }
    })??;
    report(&act)
}

/// Waits until the core has done an act, and says how far it is while that lasts.
async fn done(pool: &PgPool, id: Uuid, wait: Duration) -> Result<ActLine, Failure> {
    let mut told = -1;
    let finished = async {
        loop {
            let act = acts::one(pool, id).await?.ok_or_else(|| anyhow::anyhow!("there is no act {id}"))?;
            if act.status != "approved" {
                return Ok::<_, Failure>(act);
            }
            if act.items > 0 && act.items_done != told {
                told = act.items_done;
                output::remark(&format!("{told} of {} messages", act.items));
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    };
    match tokio::time::timeout(wait, finished).await {
        Ok(act) => act,
        Err(_) => Err(anyhow::anyhow!(
            "not done within {} s: the core goes on with it as soon as one leads (wasl act show {id})",
            wait.as_secs()
        )
        .into()),
    }
}

/// Says what became of an act; one that failed is a refusal.
fn report(act: &ActLine) -> Result<(), Failure> {
    output::say(&line(act))?;
    match (act.status.as_str(), act.outcome.as_deref()) {
        ("failed", Some(code)) => {
            let page = wasl_schemas::problem::Code::from_text(code).map(wasl_schemas::problem::Code::page);
            output::complain(page.map_or(code, |page| page.text.en));
            Err(Failure::Told)
        }
        _ => Ok(()),
    }
}

/// An act in one line.
pub(super) fn line(act: &ActLine) -> String {
    let mut about = Vec::new();
    if act.items > 0 {
        about.push(format!("{} of {} messages", act.items_done, act.items));
    }
    for (word, count) in [("gone before", act.items_already), ("not to be sent again", act.items_impossible)]
    {
        if count > 0 {
            about.push(format!("{count} {word}"));
        }
    }
    about.extend(act.reference.clone());
    about.extend(act.release_as.clone());
    about.extend(act.sequence.map(|sequence| format!("event {sequence}")));
    about.extend(act.agency.clone());
    let decided = act.decided_by.as_ref().map(|by| format!("  decided by {by}")).unwrap_or_default();
    format!(
        "{}  {:<9} {:<9} {}  asked by {}{decided}  {}",
        act.id,
        act.kind,
        act.status,
        about.join(", "),
        act.asked_by,
        act.reason
    )
}
