//! The Worker that runs the ports' contract inside workerd, on real bindings. `contract.test.mjs`
//! starts it, beside the ledger's own Worker, and asks it.
//!
//! Every question is a POST of an [`Ask`] and is answered through `serve`, as a function answers.

mod ask;
mod cases;
mod panic;

use axum::routing::post;
use openclaw_cloudflare::{Endpoints, serve};
use openclaw_web::Routes;
use std::cell::RefCell;
use worker::{
    Context, Env, Result, event,
    web_sys::{Request, Response},
};

thread_local!(
    /// The bindings, for stores with a clock of their own.
    static BINDINGS: RefCell<Option<Env>> = const { RefCell::new(None) }
);

#[event(fetch)]
async fn fetch(request: Request, env: Env, context: Context) -> Result<Response> {
    BINDINGS.set(Some(env.clone()));
    serve(request, env, context, Endpoints::new(|_| routes())).await
}

fn routes() -> Routes {
    Routes::new()
        .route("/contract", post(cases::run))
        .route("/add", post(ask::add))
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
