//! What a function is called for that serves a WebSocket API: an HTTP request, something about a
//! connection, or by itself, to work on a session.

use crate::{Connections, Line, Shelf, Socket, app::Function, run::answer};
use axum::{Router, body::Body};
use http::Response;
use http_body_util::BodyExt;
use lambda_http::{Adapter, Error, request::LambdaRequest, service_fn};
use lambda_runtime::{Context, LambdaEvent, Service};
use openclaw_core::{BoxFuture, Timestamp, time};
use openclaw_web::{App, not_configured};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json, value::RawValue};
use std::{convert::Infallible, sync::Arc};

/// What is done about connections and sessions.
pub trait Sockets: Send + Sync + 'static {
    /// Answers an event about a connection; who asks for one is let in by 2xx.
    fn tell(&self, gateway: Gateway, socket: Told) -> BoxFuture<'static, Response<Body>>;

    /// Works on a session as long as there is something to do. An error: the platform begins the
    /// same work again, after a minute.
    fn work(&self, gateway: Gateway, work: Work) -> BoxFuture<'static, Result<(), String>>;
}

/// What there is to do it with.
#[derive(Clone)]
pub struct Gateway {
    /// Ports and settings.
    pub app: App,
    /// All endpoints that this function has.
    pub router: Router,
    /// The way to clients.
    pub connections: Connections,
    /// Where sessions lie.
    pub shelf: Shelf,
}

/// An event about a connection.
#[derive(Debug)]
pub struct Told {
    /// The event.
    pub event: Socket,
    /// The handshake, where the event is one.
    pub handshake: http::request::Parts,
    /// The connection.
    pub line: Line,
}

/// A call of the function by itself.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Call {
    /// Which session to work on.
    pub session: String,
}

/// An invocation for a [`Call`].
#[derive(Clone, Debug)]
pub struct Work {
    /// Which session.
    pub session: String,
    /// The invocation: the same for work that is begun again because it failed.
    pub invocation: String,
    /// When the invocation is ended, done or not.
    pub until: Timestamp,
}

/// Tells events apart.
pub(crate) struct Events<S> {
    function: Arc<Function>,
    connections: Connections,
    shelf: Shelf,
    sockets: S,
}

impl<S: Sockets> Events<S> {
    pub(crate) fn new(function: Arc<Function>, sockets: S) -> Self {
        let ports = function.ports();
        let settings = function.settings().clone();
        Self {
            connections: Connections::new(settings, ports.http.clone(), ports.clock.clone()),
            shelf: Shelf::new(ports.ledger.clone(), ports.clock.clone()),
            function,
            sockets,
        }
    }

    pub(crate) async fn answer(
        self: Arc<Self>,
        event: LambdaEvent<Box<RawValue>>,
    ) -> Result<Value, Error> {
        let LambdaEvent { payload, context } = event;
        if let Ok(socket) = serde_json::from_str::<Socket>(payload.get()) {
            return self.tell(socket).await;
        }
        if let Ok(call) = serde_json::from_str::<Call>(payload.get()) {
            return self.work(call, &context).await;
        }
        self.http(serde_json::from_str(payload.get())?, context)
            .await
    }

    async fn tell(&self, event: Socket) -> Result<Value, Error> {
        let told = Told {
            handshake: event.handshake(),
            line: event.line(self.function.settings()),
            event,
        };
        let answer = match self.gateway().await {
            Ok(gateway) => self.sockets.tell(gateway, told).await,
            Err(cause) => not_configured(&*self.function.ports().random, cause),
        };
        proxied(answer).await
    }

    async fn work(&self, call: Call, context: &Context) -> Result<Value, Error> {
        let deadline = i64::try_from(context.deadline).unwrap_or(i64::MAX / 1000);
        let work = Work {
            session: call.session,
            invocation: context.request_id.clone(),
            until: time::from_microsecond(deadline.saturating_mul(1000)),
        };
        let gateway = self.gateway().await?;
        self.sockets.work(gateway, work).await?;
        Ok(Value::Null)
    }

    async fn http(
        self: Arc<Self>,
        payload: LambdaRequest,
        context: Context,
    ) -> Result<Value, Error> {
        let function = self.function.clone();
        let answered = service_fn(move |request| {
            let function = function.clone();
            async move { Ok::<_, Infallible>(answer(&function, request).await) }
        });
        let event = LambdaEvent { payload, context };
        // The adapter itself cannot wait: it is tied to one thread.
        let answered = Adapter::from(answered).call(event);
        Ok(serde_json::to_value(answered.await?)?)
    }

    async fn gateway(&self) -> Result<Gateway, String> {
        let (app, router) = self.function.built().await?;
        Ok(Gateway {
            app,
            router,
            connections: self.connections.clone(),
            shelf: self.shelf.clone(),
        })
    }
}

/// An answer as API Gateway takes it.
async fn proxied(answer: Response<Body>) -> Result<Value, Error> {
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
