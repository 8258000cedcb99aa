//! Reports about the lines to the agencies: remembered and, where something is new, told to the operator once.

use wasl_schemas::line::LineReport;

use super::Core;
use crate::store::{StoreError, Unit, lines};

/// Takes a report over.
///
/// # Errors
/// The database's.
pub(super) async fn accept(core: &Core, unit: &mut Unit, report: &LineReport) -> Result<(), StoreError> {
    for news in lines::write(unit.tx(), report).await? {
        let lines::News { message, path, kind, detail } = news;
        tracing::warn!(agency = %report.agency, message, path, kind, detail, "an agency's message has changed");
    }
    // Reports come every hour at least: often enough to forget what was kept long enough.
    lines::forget_bodies(unit.tx(), core.context.settings.adapter.wire_body_keep_days).await?;
    Ok(())
}
