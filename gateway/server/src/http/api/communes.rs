//! `GET /api/v1/communes` and `/communes/{code}`: counts, mean delays, top and bottom ten by mean delay, large
//! and small projects apart.

use axum::Json;
use axum::extract::{Path, State};
use serde::Serialize;
use wasl_schemas::directory::CommuneDirectory as _;
use wasl_schemas::file::Name;
use wasl_schemas::id::CommuneCode;

use super::mean;
use crate::http::app::{App, Shared};
use crate::http::auth::Caller;
use crate::http::problem::Problem;
use crate::store::read::Scope;
use crate::store::read::communes::{self, CommuneFigures};

/// Length of the lists of best and worst.
const RANKED: usize = 10;

/// One commune.
#[derive(Debug, Clone, Serialize)]
pub struct CommuneLine {
    /// Counts.
    #[serde(flatten)]
    pub figures: CommuneFigures,
    /// Names.
    pub name: Option<Name>,
    /// Mean number of calendar days to a decision on large projects, one decimal.
    pub mean_days_large: Option<f64>,
    /// The same for small projects.
    pub mean_days_small: Option<f64>,
}

/// A place in a ranking.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Ranked {
    /// Commune.
    pub commune: String,
    /// Names.
    pub name: Option<Name>,
    /// Mean number of days.
    pub mean_days: f64,
    /// Over how many decisions.
    pub decisions: i64,
}

/// Best and worst by mean delay.
#[derive(Debug, Serialize)]
pub struct Ranking {
    /// Shortest first.
    pub top: Vec<Ranked>,
    /// Longest first.
    pub bottom: Vec<Ranked>,
}

/// The answer.
#[derive(Debug, Serialize)]
pub struct CommunesAnswer {
    /// Every commune that registered a file in the last twelve months.
    pub communes: Vec<CommuneLine>,
    /// Large projects.
    pub large: Ranking,
    /// Small projects.
    pub small: Ranking,
}

fn line(app: &App, figures: CommuneFigures) -> CommuneLine {
    let code = CommuneCode::try_new(figures.commune.as_str()).ok();
    CommuneLine {
        name: code.and_then(|code| app.world().directory.commune(&code).cloned()).map(|entry| entry.name),
        mean_days_large: mean(figures.days_large_sum, figures.decided_large),
        mean_days_small: mean(figures.days_small_sum, figures.decided_small),
        figures,
    }
}

/// Ranks those that decided at all. Equal delays: more decisions first, then the code.
fn ranking(lines: &[CommuneLine], of: impl Fn(&CommuneLine) -> (Option<f64>, i64)) -> Ranking {
    let mut ranked: Vec<Ranked> = lines
        .iter()
        .filter_map(|line| {
            let (mean_days, decisions) = of(line);
            let (commune, name) = (line.figures.commune.clone(), line.name.clone());
            Some(Ranked { commune, name, mean_days: mean_days?, decisions })
        })
        .collect();
    ranked.sort_by(|a, b| {
        a.mean_days
            .total_cmp(&b.mean_days)
            .then(b.decisions.cmp(&a.decisions))
            .then(a.commune.cmp(&b.commune))
    });
    let bottom = ranked.iter().rev().take(RANKED).cloned().collect();
    ranked.truncate(RANKED);
    Ranking { top: ranked, bottom }
}

/// All communes inside the caller's scope.
pub async fn list(State(app): State<Shared>, caller: Caller) -> Result<Json<CommunesAnswer>, Problem> {
    let today = app.today();
    let figures = communes::figures(&app.lists, &caller.scope, today.since, today.date).await?;
    let communes: Vec<CommuneLine> = figures.into_iter().map(|figures| line(&app, figures)).collect();
    let large = ranking(&communes, |line| (line.mean_days_large, line.figures.decided_large));
    let small = ranking(&communes, |line| (line.mean_days_small, line.figures.decided_small));
    Ok(Json(CommunesAnswer { communes, large, small }))
}

/// One commune. One that is outside the caller's scope, or has no file, does not exist.
pub async fn show(
    State(app): State<Shared>,
    caller: Caller,
    Path(code): Path<String>,
) -> Result<Json<CommuneLine>, Problem> {
    let scope = match &caller.scope.commune {
        Some(own) if *own != code => return Err(Problem::not_found()),
        _ => Scope { commune: Some(code), ..caller.scope },
    };
    let today = app.today();
    let mut figures = communes::figures(&app.lists, &scope, today.since, today.date).await?;
    figures.pop().map(|figures| Json(line(&app, figures))).ok_or_else(Problem::not_found)
}
