//! `POST /auth/token`: a short-lived token from an API key.

mod create_token;
#[cfg(feature = "openapi")]
pub mod openapi;
#[cfg(feature = "worker")]
mod worker;

use axum::routing::post;
use openclaw_web::Routes;

/// The routes. The key is in the body, so the handler itself authenticates and counts.
pub fn router() -> Routes {
    Routes::new().route("/auth/token", post(create_token::create_token))
}
