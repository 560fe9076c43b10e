use crate::{
    Platform, WorkerRandom, app,
    convert::{from_worker, to_worker},
    disconnect::Disconnect,
    glue, log,
    scope::Scope,
};
use axum::body::Body;
use openclaw_web::{Endpoints, not_configured};
use tower_service::Service;
use wasm_bindgen::JsValue;
use web_sys::{Request, Response};
use worker::{Context, Env};

/// The status of a request whose client has left, as nginx has it. Nobody reads it.
const CLIENT_CLOSED_REQUEST: u16 = 499;

/// Answers a request of the Worker that is the function with these endpoints.
///
/// When the client leaves, all work for it is dropped at once. Work that must still be done (accounting)
/// goes on through the request's `waitUntil`.
pub async fn serve(
    request: Request,
    env: Env,
    context: Context,
    endpoints: Endpoints,
) -> worker::Result<Response> {
    serve_as(request, env, context, endpoints, |_, _, _| {}).await
}

/// The same for endpoints that take WebSockets: requests carry their [`Platform`].
pub async fn serve_upgrades(
    request: Request,
    env: Env,
    context: Context,
    endpoints: Endpoints,
) -> worker::Result<Response> {
    let prepare: Prepare = |request, env, converted| {
        let platform = Platform::new(request, env);
        converted.extensions_mut().insert(platform);
    };
    serve_as(request, env, context, endpoints, prepare).await
}

/// Adds to a converted request what it cannot say by itself.
type Prepare = fn(&Request, &Env, &mut http::Request<Body>);

async fn serve_as(
    request: Request,
    env: Env,
    context: Context,
    endpoints: Endpoints,
    prepare: Prepare,
) -> worker::Result<Response> {
    let scope = Scope::new(context);
    let mut disconnect = Disconnect::of(&request);
    let answer = answer(&request, &env, endpoints, prepare);
    match disconnect.or(&scope, answer).await {
        Some(response) => to_worker(response?, &scope, disconnect).await,
        None => Ok(glue::outgoing(
            CLIENT_CLOSED_REQUEST,
            "",
            JsValue::UNDEFINED,
        )?),
    }
}

async fn answer(
    request: &Request,
    env: &Env,
    endpoints: Endpoints,
    prepare: Prepare,
) -> worker::Result<http::Response<Body>> {
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
