//! The other dialects of a chat, and models that do something else.
//!
//! - [`messages`]: Anthropic's `POST /messages` and `POST /messages/count_tokens`.
//! - [`responses`]: OpenAI's `POST /responses`, and what is kept of them.
//! - [`rows`]: embeddings, completions, moderations, reranking, pictures and audio.
//!
//! Responses in the background are jobs: [`consumers`].
//!
//! A dialect is a conversion at the edge: its request becomes a chat ([`openclaw_schema::chat`]), the
//! chat's answer and chunks become its own. What lies between is every chat's
//! ([`openclaw_chat`]): the same keys, limits, budgets, routing and accounting. `docs/dialects.md`
//! says what becomes of each field.

mod messages;
#[cfg(feature = "openapi")]
pub mod openapi;
mod responses;
mod rows;
mod sse;
#[cfg(feature = "worker")]
mod worker;

use axum::routing::{get, post};
use openclaw_schema::key::Scope;
use openclaw_web::{Access, App, AuthLayer, Consumers, Routes};
use std::sync::Arc;

/// The routes.
pub fn router(app: &App) -> Routes {
    let layer = AuthLayer::new(app.clone(), Access::Scope(Scope::Chat)).counted_by_handler();
    let messages = Routes::new()
        .route("/messages", post(messages::create_message))
        .route("/messages/count_tokens", post(messages::count_tokens));
    let rows = rows::routes()
        .route("/completions", post(rows::create_completion))
        .route("/audio/transcriptions", post(rows::transcribe));
    let responses = Routes::new().route("/responses", post(responses::create_response));
    // These call no model.
    let kept = Routes::new()
        .route(
            "/responses/{id}",
            get(responses::read_response).delete(responses::delete_response),
        )
        .route("/responses/{id}/cancel", post(responses::cancel_response))
        .route("/responses/{id}/input_items", get(responses::list_items));
    let reading = AuthLayer::new(app.clone(), Access::Scope(Scope::Chat));
    messages::with_errors(layer.clone().protect(messages))
        .merge(layer.protect(rows.merge(responses)))
        .merge(reading.protect(kept))
}

/// Who makes responses in the background.
pub fn consumers(app: &App) -> Consumers {
    vec![Arc::new(responses::ResponseJobs::new(app.clone()))]
}
