//! Statements of the bank that came in a reading: kept once, in the transaction that moves the feed's cursor.

use serde_json::json;
use wasl_schemas::problem::{Code, Fault};
use wasl_schemas::statement::Statement;

use super::Core;
use super::decide::{Refusable, park};
use crate::observe::metrics;
use crate::store::parked::parked_id;
use crate::store::statements::{Kept, keep};
use crate::store::{StoreError, Unit};

/// Keeps them. Another content under a known number is set aside; a number that is missing is told.
///
/// # Errors
/// The database's.
pub(super) async fn keep_all(
    core: &Core,
    unit: &mut Unit,
    statements: &[Statement],
    refusable: &Refusable,
) -> Result<(), StoreError> {
    for statement in statements {
        let alarm = match keep(unit.tx(), statement).await? {
            Kept::New { gap: false } | Kept::Same => continue,
            Kept::New { gap: true } => Code::PaymentStatementGap,
            Kept::Conflict => {
                set_aside(unit, statement, refusable.clone());
                Code::PaymentStatementConflict
            }
        };
        tracing::warn!(statement = %statement.key(), code = %alarm, "a statement of the bank needs a look");
        let labels = metrics::Code { code: alarm.as_str().to_owned() };
        core.context.metrics.parked.get_or_create(&labels).inc();
    }
    Ok(())
}

fn set_aside(unit: &mut Unit, statement: &Statement, mut refusable: Refusable) {
    refusable.parked.raw = serde_json::to_vec(statement).unwrap_or_default().into();
    refusable.parked.id = Some(parked_id("statements", Some(&statement.id), &refusable.parked.raw));
    refusable.parked.message_id = Some(statement.id.clone());
    refusable.parked.headers = json!({ "statement": statement.key(), "version": statement.version });
    park(unit, Some(refusable), &[Fault::new(Code::PaymentStatementConflict, "")]);
}
