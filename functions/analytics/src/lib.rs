//! `GET /analytics/usage`.

mod get_usage;
#[cfg(feature = "worker")]
mod worker;

use axum::{Router, routing::get};
use openclaw_schema::key::Scope;
use openclaw_web::{Access, App, Guard};

/// The routes.
pub fn router(app: &App) -> Router<App> {
    let routes = Router::new().route("/analytics/usage", get(get_usage::get_usage));
    Guard::new(app.clone(), Access::Scope(Scope::Analytics)).protect(routes)
}
