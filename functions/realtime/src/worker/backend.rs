//! What a session asks of the gateway: endpoints are called at their own Workers.

use super::ENDPOINTS;
use crate::{Dispatch, Limits, SessionBackend};
use axum::body::Body;
use http::{Request, Response, Uri};
use http_body_util::BodyExt;
use openclaw_cloudflare::{Env, Service, app};
use openclaw_core::{Error, Http, Result};
use openclaw_function_gateway::function;
use openclaw_web::App;
use std::{sync::Arc, time::Duration};

/// Renewing a place wakes the object: seldom. The platform tells of every line that is lost, so that
/// few places wait for their end.
const LEASE: Duration = Duration::from_secs(3600);

/// What a session may do here.
pub(super) fn limits() -> Limits {
    Limits {
        lease: LEASE,
        ..Limits::default()
    }
}

/// The backend of this isolate.
pub(super) async fn find(env: &Env) -> Result<SessionBackend> {
    let app = app(env, ENDPOINTS).await.map_err(Error::internal)?;
    Ok(of(app, env))
}

pub(super) fn of(app: App, env: &Env) -> SessionBackend {
    SessionBackend::new(app, dispatch(env.clone()), LEASE)
}

fn dispatch(env: Env) -> Dispatch {
    Arc::new(move |request| {
        let service = Service::bound(&env, function(request.uri().path()));
        Box::pin(async move {
            match service {
                Some(service) => call(&service, request).await,
                None => Err(Error::not_found("endpoint")),
            }
        })
    })
}

async fn call(service: &Service, request: Request<Body>) -> Result<Response<Body>> {
    let (mut head, body) = request.into_parts();
    let body = body.collect().await.map_err(Error::internal)?.to_bytes();
    let url = format!("https://gateway{}", head.uri);
    head.uri = url.parse::<Uri>().map_err(Error::internal)?;
    let answer = service.send(Request::from_parts(head, body)).await;
    Ok(answer.map_err(Error::internal)?.map(Body::from_stream))
}
