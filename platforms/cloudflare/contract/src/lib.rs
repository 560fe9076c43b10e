//! The Worker that runs the ports' contract inside workerd, on real bindings. `contract.test.mjs`
//! starts it, beside the ledger's own Worker, and asks it.
//!
//! Every question is a POST of an [`Ask`] and is answered through `serve`, as a function answers.

mod ask;
mod cases;
mod panic;

use axum::routing::post;
use openclaw_cloudflare::{Endpoints, consume, serve};
use openclaw_testkit::ScriptedConsumer;
use openclaw_web::{App, Consumers, Routes};
use std::{cell::RefCell, sync::Arc};
use worker::{
    Context, Env, MessageBatch, Result, event,
    web_sys::{Request, Response},
};

thread_local!(
    /// The bindings, for stores with a clock of their own.
    static BINDINGS: RefCell<Option<Env>> = const { RefCell::new(None) }
);

#[event(fetch)]
async fn fetch(request: Request, env: Env, context: Context) -> Result<Response> {
    BINDINGS.set(Some(env.clone()));
    serve(request, env, context, ENDPOINTS).await
}

#[event(queue)]
async fn queue(batch: MessageBatch<String>, env: Env, context: Context) -> Result<()> {
    consume(batch, env, context, ENDPOINTS).await
}

const ENDPOINTS: Endpoints = Endpoints::new(|_| routes()).consuming(consumers);

fn consumers(app: &App) -> Consumers {
    vec![Arc::new(ScriptedConsumer::new(app.ports.clone()))]
}

fn routes() -> Routes {
    Routes::new()
        .route("/contract", post(cases::run))
        .route("/queue", post(cases::run_queue))
        .route("/add", post(ask::add))
        .route("/job", post(ask::job))
        .route("/replace", post(ask::replace))
        .route("/many", post(ask::many))
        .route("/reserve", post(ask::reserve))
        .route("/items", post(ask::items))
        .route("/read", post(ask::read))
        .route("/write", post(ask::write))
        .route("/headers", post(ask::headers))
        .route("/panic", post(panic::panic))
        .route("/slow", post(panic::slow))
}
