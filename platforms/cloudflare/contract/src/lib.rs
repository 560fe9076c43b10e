//! The Worker that runs the ports' contract inside workerd, on real bindings. `contract.test.mjs`
//! starts it, beside the ledger's own Worker, and asks it.
//!
//! Every question is a POST of an [`Ask`] and is answered through `serve`, as a function answers.

mod ask;
mod cases;
mod panic;

use axum::routing::post;
use js_sys::Promise;
use openclaw_cloudflare::{Context, Endpoints, Env, serve};
use openclaw_web::Routes;
use std::cell::RefCell;
use wasm_bindgen::prelude::wasm_bindgen;
use web_sys::Request;

thread_local!(
    /// The bindings, for stores with a clock of their own.
    static BINDINGS: RefCell<Option<Env>> = const { RefCell::new(None) }
);

/// Answers a question.
#[wasm_bindgen]
pub fn fetch(request: Request, env: Env, context: Context) -> Promise {
    BINDINGS.set(Some(env.clone()));
    serve(request, env, context, Endpoints::new(|_| routes()))
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
        .route("/panic", post(panic::panic))
        .route("/slow", post(panic::slow))
}
