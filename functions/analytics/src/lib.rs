//! `GET /analytics/usage`.

mod get_usage;
#[cfg(feature = "openapi")]
pub mod openapi;
#[cfg(feature = "worker")]
mod worker;

use axum::routing::get;
use openclaw_schema::key::Scope;
use openclaw_web::{Access, App, AuthLayer, Routes};

/// The routes.
pub fn router(app: &App) -> Routes {
    let routes = Routes::new().route("/analytics/usage", get(get_usage::get_usage));
    AuthLayer::new(app.clone(), Access::Scope(Scope::Analytics)).protect(routes)
}
