use crate::Env;
use crate::{
    Platform, WorkerRandom, app,
    convert::{from_worker, to_worker},
    glue,
    left::Left,
    log,
    scope::Scope,
};
use axum::body::Body;
use js_sys::Promise;
use openclaw_web::{Endpoints, not_configured};
use std::panic::AssertUnwindSafe;
use tower_service::Service;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::future_to_promise;
use web_sys::Request;
use worker_sys::Context;

/// Answers a request of the Worker that is the function with these endpoints: the promise of its
/// response.
///
/// When the client leaves, everything that was being done for it is dropped at once; what must
/// still be done (accounting) goes on through the request's `waitUntil`.
pub fn serve(request: Request, env: Env, context: Context, endpoints: Endpoints) -> Promise {
    serve_as(request, env, context, endpoints, |_, _, _| {})
}

/// The same for endpoints that take WebSockets: requests carry their [`Platform`].
pub fn serve_upgrades(
    request: Request,
    env: Env,
    context: Context,
    endpoints: Endpoints,
) -> Promise {
    serve_as(
        request,
        env,
        context,
        endpoints,
        |request, env, converted| {
            let platform = Platform::new(request, env);
            converted.extensions_mut().insert(platform);
        },
    )
}

/// Adds to a converted request what it cannot say by itself.
type Prepare = fn(&Request, &Env, &mut http::Request<Body>);

fn serve_as(
    request: Request,
    env: Env,
    context: Context,
    endpoints: Endpoints,
    prepare: Prepare,
) -> Promise {
    // What panics outside of the router costs its own request: nothing else is in this future.
    future_to_promise(AssertUnwindSafe(async move {
        let scope = Scope::new(context);
        let mut left = Left::of(&request);
        let response = match left
            .or(&scope, answer(&request, &env, endpoints, prepare))
            .await
        {
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
    endpoints: Endpoints,
    prepare: Prepare,
) -> Result<http::Response<Body>, JsValue> {
    let mut router = match app::router(env, endpoints).await {
        Ok(router) => router,
        Err(cause) => {
            log::install(None);
            return Ok(not_configured(&WorkerRandom, cause));
        }
    };
    let mut converted = from_worker(request).await?;
    prepare(request, env, &mut converted);
    match router.call(converted).await {
        Ok(response) => Ok(response),
        Err(never) => match never {},
    }
}
