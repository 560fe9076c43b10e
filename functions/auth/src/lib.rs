//! `POST /auth/token`: a short-lived token from an API key.

mod create_token;
#[cfg(feature = "worker")]
mod worker;

use axum::{Router, routing::post};
use openclaw_web::App;

/// The routes. The key is in the body, so the handler itself authenticates and counts.
pub fn router() -> Router<App> {
    Router::new().route("/auth/token", post(create_token::create_token))
}
