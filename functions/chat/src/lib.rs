//! `POST /chat/completions` and `POST /chat/completions/stream`.
//!
//! The way of a request: parse and check the body ([`openclaw_schema::chat`]), then what every
//! dialect of a chat has in common ([`openclaw_chat`]): reserve and count it in one ledger call, call
//! the provider ([`openclaw_providers`]), settle. A plain answer is settled before it is shown, a
//! stream before its end is; whatever else happens, the [`openclaw_usage::Settlement`] settles when
//! it is dropped.

mod attach_files;
mod create_batch;
mod create_completion;
mod create_completion_stream;
#[cfg(feature = "openapi")]
pub mod openapi;
mod tool_loop;
#[cfg(feature = "worker")]
mod worker;

use axum::routing::post;
use openclaw_schema::key::Scope;
use openclaw_web::{Access, App, AuthLayer, Routes};

/// The routes.
pub fn router(app: &App) -> Routes {
    let routes = Routes::new()
        .route(
            "/chat/completions",
            post(create_completion::create_completion),
        )
        .route("/chat/completions/batch", post(create_batch::create_batch))
        .route(
            "/chat/completions/stream",
            post(create_completion_stream::create_completion_stream),
        );
    AuthLayer::new(app.clone(), Access::Scope(Scope::Chat))
        .counted_by_handler()
        .protect(routes)
}
