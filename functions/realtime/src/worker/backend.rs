//! The gateway as sessions use it: endpoints are called at their own Workers.

use super::ENDPOINTS;
use crate::{Dispatch, Limits, SessionBackend};
use axum::body::Body;
use http::{Request, Response, Uri};
use http_body_util::BodyExt;
use openclaw_cloudflare::{Service, app};
use openclaw_core::{Error, Http, Result};
use openclaw_function_gateway::function;
use openclaw_web::App;
use std::{sync::Arc, time::Duration};
use worker::Env;

/// Renewing a place among the account's connections wakes the object: a long lease does it seldom. The
/// platform reports every connection that is lost, so that few places wait for the end of their lease.
const LEASE: Duration = Duration::from_secs(3600);

/// The limits of a session here.
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
                Ok(service) => call(&service, request).await,
                Err(_) => Err(Error::not_found("endpoint")),
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
