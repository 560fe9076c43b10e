//! The events of a function that serves a WebSocket API: an HTTP request, something about a
//! connection, or an invocation by the function itself, to work on a session.

use crate::{
    ConnectionAddress, Connections, SessionStore, SocketPayload, app::Function, calls::Calls,
    jobs::until, schedules::Schedules,
};
use axum::{Router, body::Body};
use http::Response;
use http_body_util::BodyExt;
use lambda_http::{Adapter, Error, request::LambdaRequest, service_fn};
use lambda_runtime::{Context, LambdaEvent, Service};
use openclaw_core::{BoxFuture, Timestamp};
use openclaw_web::{App, not_configured};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json, value::RawValue};
use std::{convert::Infallible, sync::Arc};

/// Handles connections and sessions.
pub trait SocketHandler: Send + Sync + 'static {
    /// Answers an event about a connection. A handshake that is answered with 2xx becomes one.
    fn handle(
        &self,
        services: SessionServices,
        event: SocketEvent,
    ) -> BoxFuture<'static, Response<Body>>;

    /// Works on a session as long as there is something to do. After an error the platform begins
    /// the same work again, a minute later.
    fn work(
        &self,
        services: SessionServices,
        work: SessionWork,
    ) -> BoxFuture<'static, Result<(), String>>;
}

/// The services that a [`SocketHandler`] works with.
#[derive(Clone)]
pub struct SessionServices {
    /// Ports and settings.
    pub app: App,
    /// All endpoints that this function has.
    pub router: Router,
    /// Messages to clients, and the function's invocations of itself.
    pub connections: Connections,
    /// Sessions between two invocations.
    pub store: SessionStore,
}

/// An event about a connection.
#[derive(Debug)]
pub struct SocketEvent {
    /// As API Gateway sent it.
    pub payload: SocketPayload,
    /// The handshake, where the event is one.
    pub handshake: http::request::Parts,
    /// The connection.
    pub address: ConnectionAddress,
    /// The ARN of this function.
    pub function: String,
}

/// The payload with which the function invokes itself.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct SelfInvocation {
    /// The session to work on.
    pub session: String,
}

/// The work of an invocation for a [`SelfInvocation`].
#[derive(Clone, Debug)]
pub struct SessionWork {
    /// The session to work on.
    pub session: String,
    /// The invocation's id: the same for work that is begun again because it failed.
    pub invocation: String,
    /// When Lambda ends the invocation, done or not.
    pub until: Timestamp,
}

/// Hands each event to the router or to the handler.
pub(crate) struct EventRouter<S> {
    function: Arc<Function>,
    connections: Connections,
    store: SessionStore,
    handler: S,
}

impl<S: SocketHandler> EventRouter<S> {
    pub(crate) fn new(function: Arc<Function>, handler: S, schedules: Option<Schedules>) -> Self {
        let ports = function.ports();
        let settings = function.settings().clone();
        let calls = Calls::new(settings, ports.http.clone(), ports.clock.clone());
        Self {
            connections: Connections::new(calls, schedules),
            store: SessionStore::new(ports.ledger.clone(), ports.clock.clone()),
            function,
            handler,
        }
    }

    pub(crate) async fn answer(
        self: Arc<Self>,
        event: LambdaEvent<Box<RawValue>>,
    ) -> Result<Value, Error> {
        let LambdaEvent { payload, context } = event;
        if let Ok(payload) = serde_json::from_str::<SocketPayload>(payload.get()) {
            return self.handle(payload, context.invoked_function_arn).await;
        }
        if let Ok(invocation) = serde_json::from_str::<SelfInvocation>(payload.get()) {
            return self.work(invocation, &context).await;
        }
        let payload = serde_json::from_str(payload.get())?;
        http(self.function.clone(), payload, context).await
    }

    async fn handle(&self, payload: SocketPayload, function: String) -> Result<Value, Error> {
        let event = SocketEvent {
            function,
            handshake: payload.handshake(),
            address: payload.address(self.function.settings()),
            payload,
        };
        let answer = match self.services().await {
            Ok(services) => self.handler.handle(services, event).await,
            Err(cause) => not_configured(&*self.function.ports().random, cause),
        };
        to_proxy_response(answer).await
    }

    async fn work(&self, invocation: SelfInvocation, context: &Context) -> Result<Value, Error> {
        let work = SessionWork {
            session: invocation.session,
            invocation: context.request_id.clone(),
            until: until(context),
        };
        let services = self.services().await?;
        self.handler.work(services, work).await?;
        Ok(Value::Null)
    }

    async fn services(&self) -> Result<SessionServices, String> {
        let (app, router) = self.function.built().await?;
        Ok(SessionServices {
            app,
            router,
            connections: self.connections.clone(),
            store: self.store.clone(),
        })
    }
}

/// Answers an HTTP request in one piece.
pub(crate) async fn http(
    function: Arc<Function>,
    payload: LambdaRequest,
    context: Context,
) -> Result<Value, Error> {
    let answered = service_fn(move |request| {
        let function = function.clone();
        async move { Ok::<_, Infallible>(function.answer(request).await) }
    });
    let event = LambdaEvent { payload, context };
    // The adapter itself cannot wait: it is tied to one thread.
    let answered = Adapter::from(answered).call(event);
    Ok(serde_json::to_value(answered.await?)?)
}

/// An answer as API Gateway takes it from a proxy integration.
async fn to_proxy_response(answer: Response<Body>) -> Result<Value, Error> {
    let (head, body) = answer.into_parts();
    let body = body.collect().await?.to_bytes();
    let headers = head.headers.iter();
    let headers = headers.filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
    Ok(json!({
        "statusCode": head.status.as_u16(),
        "headers": headers.collect::<std::collections::BTreeMap<_, _>>(),
        "body": String::from_utf8_lossy(&body),
    }))
}
