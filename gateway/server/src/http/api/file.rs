//! `GET /api/v1/files/{reference}`: one file with all that belongs to it.

use axum::Json;
use axum::extract::{Path, State};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use wasl_schemas::problem::Code;

use super::Place;
use crate::http::app::{App, Shared};
use crate::http::auth::Caller;
use crate::http::problem::Problem;
use crate::http::query::Asked;
use crate::store::read::consultations::{self, ConsultationFilter, ConsultationLine};
use crate::store::read::file::{self, EventLine, ExchangeLine, FeeLine, FileRow};
use wasl_schemas::directory::CommuneDirectory as _;
use wasl_schemas::id::CommuneCode;

/// Most consultations of one file; a file has a handful per deposit.
const CONSULTATIONS_MAX: i64 = 500;

/// The query.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileQuery {
    /// Needed when several communes use the same reference.
    pub commune: Option<String>,
}

/// The answer.
#[derive(Debug, Serialize)]
pub struct FileAnswer {
    /// The searched columns.
    #[serde(flatten)]
    pub file: FileRow,
    /// The commune's names.
    pub commune_name: Place,
    /// The whole state as the core keeps it; not for agencies.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<Value>,
    /// Consultations, those of the caller's agency only where the caller is one.
    pub consultations: Vec<ConsultationLine>,
    /// Fees; not for agencies.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fees: Option<Vec<FeeLine>>,
    /// Events, oldest first; not for agencies.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub events: Option<Vec<EventLine>>,
    /// What was said on agencies' wires, newest first.
    pub exchanges: Vec<ExchangeLine>,
}

/// Shows one file, by reference, registration number or id.
pub async fn show(
    State(app): State<Shared>,
    caller: Caller,
    Path(reference): Path<String>,
    Asked(query): Asked<FileQuery>,
) -> Result<Json<FileAnswer>, Problem> {
    let row = one(&app, &caller, &reference, query.commune.as_deref()).await?;
    Ok(Json(whole(&app, &caller, row).await?))
}

/// The only file of this reference inside the caller's scope.
///
/// # Errors
/// Not found; or `commune` is needed, because several files match.
pub async fn one(
    app: &App,
    caller: &Caller,
    reference: &str,
    commune: Option<&str>,
) -> Result<FileRow, Problem> {
    let mut found = file::find(&app.pool, &caller.scope, reference, commune).await?;
    match (found.pop(), found.is_empty()) {
        (Some(row), true) => Ok(row),
        (Some(_), false) => {
            Err(Problem { code: Code::QueryInvalid, pointer: Some("commune".to_owned()), status: None })
        }
        (None, _) => Err(Problem::not_found()),
    }
}

/// Everything that belongs to a file, as far as the caller may see it.
///
/// # Errors
/// The database is away.
pub async fn whole(app: &App, caller: &Caller, row: FileRow) -> Result<FileAnswer, Problem> {
    let (pool, scope) = (&app.pool, &caller.scope);
    let filter = ConsultationFilter { file: Some(row.id), ..ConsultationFilter::default() };
    let today = app.today().date;
    let (consultations, exchanges) = tokio::try_join!(
        consultations::search(pool, scope, &filter, today, None, CONSULTATIONS_MAX),
        file::exchanges(pool, scope, row.id),
    )?;
    let (fees, events) = if caller.is_agency() {
        (None, None)
    } else {
        let (fees, events) = tokio::try_join!(file::fees(pool, row.id), file::events(pool, row.id))?;
        (Some(fees), Some(events))
    };
    let name = CommuneCode::try_new(row.commune.as_str()).ok();
    let world = app.world();
    let name = name.and_then(|code| world.directory.commune(&code)).map(|entry| entry.name.clone());
    Ok(FileAnswer {
        commune_name: Place { code: row.commune.clone(), name },
        state: (!caller.is_agency()).then(|| row.state.clone()),
        file: row,
        consultations,
        fees,
        events,
        exchanges,
    })
}
