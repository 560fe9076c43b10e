use crate::{ApiError, App, RequestId, Routes, auth_layer::CallerLog, cors::Cors, error::Cause};
use axum::{
    Router,
    extract::{MatchedPath, Request, State},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
};
use futures_util::FutureExt;
use http::{HeaderValue, Method, Uri};
use openclaw_core::{Code, Error, id};
use std::{any::Any, panic::AssertUnwindSafe, time::Duration};
use tower::ServiceExt;

/// The prefixes of every path.
const PREFIXES: [&str; 2] = ["/v1", "/api/v1"];

/// The whole service: `routes` under `/v1` and `/api/v1`, `beside` as it is, JSON errors for what
/// is not there, and around all of it request ids, CORS and the log. Slashes too many in a path are
/// forgiven.
pub fn stack(app: App, routes: Routes, beside: Router<App>) -> Router {
    let mut router = Router::new();
    for (path, methods) in routes.into_paths() {
        for prefix in PREFIXES {
            router = router.route(&format!("{prefix}{path}"), methods.clone());
        }
    }
    let router = router
        .method_not_allowed_fallback(no_method)
        .merge(beside)
        .fallback(no_route);
    let plain = router.clone().with_state(app.clone());
    router
        .fallback(move |request| otherwise(plain.clone(), request))
        .layer(from_fn_with_state(app.clone(), outermost))
        .with_state(app)
}

async fn no_route() -> ApiError {
    Error::not_found("endpoint").into()
}

/// Looks again where slashes were all that stood in the way.
async fn otherwise(plain: Router, mut request: Request) -> Response {
    match plain_uri(request.uri()) {
        None => no_route().await.into_response(),
        Some(uri) => {
            *request.uri_mut() = uri;
            match plain.oneshot(request).await {
                Ok(response) => response,
                Err(never) => match never {},
            }
        }
    }
}

/// `uri` without slashes that are doubled or at its path's end; `None` where there are none.
fn plain_uri(uri: &Uri) -> Option<Uri> {
    let segments = uri.path().split('/').filter(|segment| !segment.is_empty());
    let path = segments.fold(String::new(), |path, segment| path + "/" + segment);
    if path.is_empty() || path == uri.path() {
        return None;
    }
    let query = uri.query().map(|query| format!("?{query}"));
    let path_and_query = path + &query.unwrap_or_default();
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(path_and_query.parse().ok()?);
    Uri::from_parts(parts).ok()
}

async fn no_method(method: Method) -> ApiError {
    let message = format!("{method} is not allowed here");
    Error::new(Code::MethodNotAllowed, message).into()
}

/// The answer in place of a handler that panicked: its fault costs its own request only.
fn panicked(panic: &(dyn Any + Send)) -> Response {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    let cause = format!("panic: {}", text.unwrap_or("of an unknown kind"));
    ApiError(Error::internal(cause)).into_response()
}

/// The answer of whom the request is for, also where that panics.
async fn answered(request: Request, next: Next) -> Response {
    // A panic leaves nothing half-changed that others see: what is shared is reached through ports, or
    // in maps that are whole between two calls.
    let run = AssertUnwindSafe(next.run(request)).catch_unwind();
    run.await.unwrap_or_else(|panic| panicked(&*panic))
}

/// A request's line in the log.
struct Line<'a> {
    id: &'a RequestId,
    method: Method,
    route: &'a str,
    /// Until the head of the answer.
    took: Duration,
}

impl Line<'_> {
    /// One line a request: its settlement writes that of a request which is accounted. Probes of a load
    /// balancer that find all well are for `debug`.
    fn write(self, response: &Response) {
        let (method, route, status) = (self.method, self.route, response.status().as_u16());
        let request = &*self.id.0;
        let duration_ms = u64::try_from(self.took.as_millis()).unwrap_or(u64::MAX);
        let logged = response.extensions().get::<CallerLog>();
        let (account, key) = logged.map_or((None, None), |CallerLog { caller, .. }| {
            (Some(&*caller.account.id), Some(&*caller.key.id))
        });
        let is_probe = route.contains("/health") || route.ends_with("/metrics");
        if let Some(Cause(cause)) = response.extensions().get() {
            tracing::error!(request, account, key, %method, route, status, duration_ms, cause, "request failed");
        } else if logged.is_some_and(|logged| logged.is_accounted) || (is_probe && status < 400) {
            tracing::debug!(request, account, key, %method, route, status, duration_ms, "request");
        } else {
            tracing::info!(target: "openclaw::request", request, account, key, %method, route, status, duration_ms, "request");
        }
    }
}

/// Names the request and logs it, and why it failed. Query strings and bodies are never logged.
async fn outermost(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let id = RequestId(id::timed(&*app.ports.random, app.ports.clock.now(), "req_").into());
    request.extensions_mut().insert(id.clone());
    let begun = app.ports.clock.now();
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let cors = Cors::of(&app, request.headers());
    let mut response = match cors.preflight(&request) {
        Some(response) => response,
        None => {
            let mut response = answered(request, next).await;
            cors.write(response.headers_mut());
            response
        }
    };
    if let Ok(value) = HeaderValue::from_str(&id.0) {
        response.headers_mut().insert("x-request-id", value);
    }
    let line = Line {
        id: &id,
        method,
        route: route.as_ref().map_or("", MatchedPath::as_str),
        took: app.ports.clock.now().duration_since(begun),
    };
    line.write(&response);
    response
}
