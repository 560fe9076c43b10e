//! `GET /health` and `GET /health/ready`: neither limited nor authenticated.

mod get_health;
mod get_ready;
#[cfg(feature = "worker")]
mod worker;

use axum::{Router, routing::get};
use openclaw_web::App;

/// The routes.
pub fn router() -> Router<App> {
    Router::new()
        .route("/health", get(get_health::get_health))
        .route("/health/ready", get(get_ready::get_ready))
}
