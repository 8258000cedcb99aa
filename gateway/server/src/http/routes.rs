//! Every route with its method and its right, once. A route that names no right does not compile; what is not
//! here does not exist.

use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::handler::Handler;
use axum::http::Method;
use axum::middleware::from_fn_with_state;
use axum::response::Response;
use axum::routing::{MethodFilter, on};

use super::app::Shared;
use super::auth::Right;
use super::guard::{Guarded, guard, secure};
use super::lang::Lang;
use super::problem::Problem;
use super::{api, callbacks, documents, page, probes, spec};

/// A line of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Route {
    /// Method as text; `ANY` for callbacks.
    pub method: &'static str,
    /// Pattern of the path.
    pub path: &'static str,
    /// What it asks for.
    pub right: Right,
}

/// Routes while they are laid out.
pub struct Routes {
    app: Shared,
    router: Router<Shared>,
    table: Vec<Route>,
    /// The next route is for forms.
    form: bool,
}

impl Routes {
    /// No route yet.
    #[must_use]
    pub fn new(app: Shared) -> Self {
        Self { app, router: Router::new(), table: Vec::new(), form: false }
    }

    /// Adds a route that must be answered within `http.request_timeout_ms`.
    #[must_use]
    pub fn route<H, T>(self, method: &Method, path: &'static str, right: Right, handler: H) -> Self
    where
        H: Handler<T, Shared>,
        T: 'static,
    {
        let limit = Duration::from_millis(self.app.settings().http.request_timeout_ms);
        self.add(Some(method), path, right, Some(limit), handler)
    }

    /// Adds a route that the forms of our own pages are sent to: a signed-in browser may, from these pages alone.
    #[must_use]
    pub fn form<H, T>(self, path: &'static str, right: Right, handler: H) -> Self
    where
        H: Handler<T, Shared>,
        T: 'static,
    {
        let limit = Duration::from_millis(self.app.settings().http.request_timeout_ms);
        Self { form: true, ..self }.add(Some(&Method::POST), path, right, Some(limit), handler)
    }

    /// Adds a route that streams and keeps its own limits.
    #[must_use]
    pub fn stream<H, T>(self, method: &Method, path: &'static str, right: Right, handler: H) -> Self
    where
        H: Handler<T, Shared>,
        T: 'static,
    {
        self.add(Some(method), path, right, None, handler)
    }

    /// Adds a route for whatever method an agency uses.
    #[must_use]
    pub fn any_method<H, T>(self, path: &'static str, right: Right, handler: H) -> Self
    where
        H: Handler<T, Shared>,
        T: 'static,
    {
        let limit = Duration::from_millis(self.app.settings().http.request_timeout_ms);
        self.add(None, path, right, Some(limit), handler)
    }

    fn add<H, T>(
        mut self,
        method: Option<&Method>,
        path: &'static str,
        right: Right,
        time_limit: Option<Duration>,
        handler: H,
    ) -> Self
    where
        H: Handler<T, Shared>,
        T: 'static,
    {
        let (filter, name) = match method {
            None => (MethodFilter::GET.or(MethodFilter::POST).or(MethodFilter::PUT), "ANY"),
            Some(&Method::PUT) => (MethodFilter::PUT, "PUT"),
            Some(&Method::POST) => (MethodFilter::POST, "POST"),
            Some(_) => (MethodFilter::GET, "GET"),
        };
        let guarded = Guarded { app: self.app.clone(), right, route: path, time_limit, form: self.form };
        self.form = false;
        self.router = self.router.route(path, on(filter, handler).layer(from_fn_with_state(guarded, guard)));
        self.table.push(Route { method: name, path, right });
        self
    }

    /// The table as it was laid out.
    #[must_use]
    pub fn table(&self) -> &[Route] {
        &self.table
    }

    /// The service; everything else is "not found".
    pub fn into_router(self) -> Router {
        self.router.fallback(unknown).with_state(self.app)
    }
}

async fn unknown(request: Request) -> Response {
    let mut response = Problem::not_found().render(Lang::negotiate(request.headers()));
    secure(&mut response);
    response
}

/// What `http.listen` serves: API, page, documents of communes, health.
#[must_use]
pub fn public(app: Shared) -> Routes {
    let (get, post) = (&Method::GET, &Method::POST);
    probes::routes(spec::routes(Routes::new(app)))
        .route(get, "/api/v1/files", Right::Files, api::files::search)
        .route(get, "/api/v1/files/{reference}", Right::Files, api::file::show)
        .route(get, "/api/v1/files/{reference}/exchanges/{id}", Right::WireBodies, api::wire_log::show)
        .route(get, "/api/v1/files/{reference}/deadline", Right::Files, api::deadline::explain)
        .route(get, "/api/v1/consultations", Right::Consultations, api::consultations::search)
        .route(get, "/api/v1/deadlines", Right::Files, api::deadlines::list)
        .route(get, "/api/v1/deadlines/simulate", Right::Figures, api::simulate::simulate)
        .route(get, "/api/v1/agencies", Right::Figures, api::agencies::list)
        .route(get, "/api/v1/agencies/{kind}/drift", Right::Lines, api::lines::drift)
        .route(get, "/api/v1/lines", Right::Lines, api::lines::list)
        .route(get, "/api/v1/communes", Right::Figures, api::communes::list)
        .route(get, "/api/v1/communes/{code}", Right::Figures, api::communes::show)
        .route(get, "/api/v1/silence", Right::Figures, api::silence::list)
        .route(get, "/api/v1/payments", Right::Figures, api::payments::sums)
        .route(get, "/api/v1/payments/statements", Right::Money, api::statements::list)
        .route(get, "/api/v1/payments/statements/{id}", Right::Money, api::statements::show)
        .route(get, "/api/v1/alarms", Right::Operate, api::alarms::list)
        .route(get, "/api/v1/parked", Right::Operate, api::parked::list)
        .route(get, "/api/v1/parked/{id}", Right::Operate, api::parked::show)
        .route(get, "/api/v1/parked/{id}/body", Right::ParkedBodies, api::parked::body)
        .route(get, "/api/v1/files/{reference}/waiting", Right::Waiting, api::waiting::of_file)
        .route(get, "/api/v1/waiting", Right::Operate, api::waiting::requests)
        .route(get, "/api/v1/held", Right::Operate, api::waiting::held_back)
        .route(get, "/api/v1/acts", Right::Operate, api::acts::list)
        .route(get, "/api/v1/acts/{id}", Right::Operate, api::acts::show)
        .route(post, "/api/v1/acts", Right::Operate, api::acts::ask)
        .route(post, "/api/v1/acts/{id}/approve", Right::Operate, api::acts::approve)
        .route(post, "/api/v1/acts/{id}/decline", Right::Operate, api::acts::decline)
        .route(get, "/api/v1/stats/day", Right::Figures, api::stats::day)
        .stream(&Method::PUT, "/documents/{sha256}", Right::PutDocuments, documents::put)
        .stream(get, "/documents/{sha256}", Right::Proven, documents::get)
        .route(get, "/", Right::Page, page::negotiated)
        .route(get, "/fr", Right::Page, page::french)
        .route(get, "/ar", Right::Page, page::arabic)
        .route(get, "/en", Right::Page, page::english)
        .stream(get, "/live", Right::Page, page::live::stream)
        .route(get, "/lines", Right::Lines, page::lines::show)
        .route(get, "/operator", Right::Operate, page::operator::show)
        .form("/operator/ask", Right::Operate, page::operator::ask)
        .form("/operator/acts/{id}/{decision}", Right::Operate, page::operator::decide)
        .route(get, "/why/{reference}", Right::Waiting, page::why::show)
        .route(get, "/parked", Right::Operate, page::parked::list)
        .route(get, "/parked/{id}", Right::Operate, page::parked::show)
        .route(get, "/payments", Right::Money, page::reconciliation::latest)
        .route(get, "/payments/{id}", Right::Money, page::reconciliation::show)
        .route(get, "/files", Right::Files, page::file::find)
        .route(get, "/files/{reference}", Right::Files, page::file::show)
        .route(get, "/assets/{name}", Right::Open, page::assets::show)
}

/// What `http.callbacks_listen` serves: callbacks and signed links, for agencies.
#[must_use]
pub fn partners(app: Shared) -> Routes {
    Routes::new(app)
        .route(&Method::GET, "/healthz", Right::Open, probes::healthz)
        .any_method("/callbacks/{agency}", Right::Proven, callbacks::receive)
        .any_method("/callbacks/{agency}/{*rest}", Right::Proven, callbacks::receive)
        .stream(&Method::GET, "/documents/{sha256}", Right::Proven, documents::get)
}
