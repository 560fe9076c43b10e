//! `GET /analytics/usage`, `GET /analytics/requests` and `GET /analytics/requests/{id}`.

mod csv;
mod get_request;
mod get_usage;
mod list_requests;
#[cfg(feature = "openapi")]
pub mod openapi;
#[cfg(feature = "worker")]
mod worker;

use axum::routing::get;
use openclaw_schema::key::Scope;
use openclaw_web::{Access, App, AuthLayer, Routes};

/// The routes.
pub fn router(app: &App) -> Routes {
    let routes = Routes::new()
        .route("/analytics/usage", get(get_usage::get_usage))
        .route("/analytics/requests", get(list_requests::list_requests))
        .route("/analytics/requests/{id}", get(get_request::get_request));
    AuthLayer::new(app.clone(), Access::Scope(Scope::Analytics)).protect(routes)
}
