//! `GET /health` and `GET /health/ready`, and what describes the API: neither limited nor authenticated; and `/`,
//! which leads browsers to the dashboard.

mod get_documents;
mod get_health;
mod get_ready;
mod get_root;
#[cfg(feature = "openapi")]
pub mod openapi;
#[cfg(feature = "worker")]
mod worker;

use axum::{
    Router,
    routing::{any, get},
};
use openclaw_web::{App, Routes};

/// The routes.
pub fn router() -> Routes {
    Routes::new()
        .route("/health", get(get_health::get_health))
        .route("/health/ready", get(get_ready::get_ready))
        .route("/openapi.json", get(get_documents::get_openapi))
        .route("/asyncapi.json", get(get_documents::get_asyncapi))
}

/// What is not under `/v1`.
pub fn beside() -> Router<App> {
    Router::new().route("/", any(get_root::get_root))
}
