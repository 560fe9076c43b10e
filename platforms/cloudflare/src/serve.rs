use crate::{
    WorkerRandom, app,
    convert::{from_worker, to_worker},
    glue,
    left::Left,
    log,
    scope::Scope,
};
use axum::{Router, body::Body};
use openclaw_web::{App, not_configured};
use std::panic::AssertUnwindSafe;
use tower_service::Service;
use worker::{
    Env, js_sys::Promise, wasm_bindgen::JsValue, wasm_bindgen_futures::future_to_promise,
    web_sys::Request, worker_sys::Context,
};

/// Answers a request of the Worker that is the function with these routes: the promise of its
/// response.
///
/// When the client leaves, everything that was being done for it is dropped at once; what must
/// still be done (accounting) goes on through the request's `waitUntil`.
pub fn serve(
    request: Request,
    env: Env,
    context: Context,
    routes: fn(&App) -> Router<App>,
) -> Promise {
    // What panics outside of the router costs its own request: nothing else is in this future.
    future_to_promise(AssertUnwindSafe(async move {
        let scope = Scope::new(worker::Context::new(context));
        let mut left = Left::of(&request);
        let response = match left.or(&scope, answer(&request, &env, routes)).await {
            Some(response) => to_worker(response?, &scope, left).await?,
            // Nobody reads it. The status is nginx's.
            None => glue::outgoing(499, "", JsValue::UNDEFINED)?,
        };
        Ok(response.into())
    }))
}

async fn answer(
    request: &Request,
    env: &Env,
    routes: fn(&App) -> Router<App>,
) -> Result<http::Response<Body>, JsValue> {
    let mut router = match app::router(env, routes).await {
        Ok(router) => router,
        Err(cause) => {
            log::install(None);
            return Ok(not_configured(&WorkerRandom, cause));
        }
    };
    let request = from_worker(request).await?;
    match router.call(request).await {
        Ok(response) => Ok(response),
        Err(never) => match never {},
    }
}
