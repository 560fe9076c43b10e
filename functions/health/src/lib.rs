//! `GET /health` and `GET /health/ready`: neither limited nor authenticated.

mod get_health;
mod get_ready;
#[cfg(feature = "worker")]
mod worker;

use axum::routing::get;
use openclaw_web::Routes;

/// The routes.
pub fn router() -> Routes {
    Routes::new()
        .route("/health", get(get_health::get_health))
        .route("/health/ready", get(get_ready::get_ready))
}
