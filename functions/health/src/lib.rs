//! `GET /health` and `GET /health/ready`: neither limited nor authenticated; and `/`, which leads browsers to the
//! dashboard.

mod get_health;
mod get_ready;
mod get_root;
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
}

/// What is not under `/v1`.
pub fn beside() -> Router<App> {
    Router::new().route("/", any(get_root::get_root))
}
