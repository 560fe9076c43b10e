//! The entry on AWS Lambda: events about connections become messages to their sessions.
//!
//! While nothing happens a session is saved in the store ([`openclaw_aws::SessionStore`]). Whoever
//! leaves a message there invokes the function to work on the session ([`actor`]), unless an invocation
//! does so already. One invocation at a time holds the session's [`lease`]; it looks for messages once
//! more after it has released the lease.

mod actor;
mod event_buffer;
mod fit;
mod lease;
mod message;
mod outbox;
mod record;

use crate::{
    Limits, SESSION, Session, SessionAuth, SessionBackend, TIME_TO_AUTHENTICATE,
    server_frame::{self, ConnectionFrame},
};
use axum::{body::Body, response::IntoResponse};
use futures_util::{FutureExt, try_join};
use http::Response;
use lease::Lease;
use message::SessionMessage;
use openclaw_aws::{
    MAX_CONNECTION_TIME, SelfInvocation, SessionServices, SessionWork, SocketEvent,
    SocketEventKind, SocketHandler,
};
use openclaw_core::{BoxFuture, Error, Result, id};
use openclaw_web::ApiError;
use record::{Record, RecordState};
use std::{sync::Arc, time::Duration};
use tower::ServiceExt;

/// The limits of a session here. A place is claimed for as long as a connection may be open, so that no
/// invocation is needed to renew it.
const LIMITS: Limits = Limits {
    unordered: true,
    replay: 1 << 20,
    lease: MAX_CONNECTION_TIME,
};

/// How long a connection without a credential is remembered: until the schedule that closes it, which may be a
/// minute late, has been used. No invocation works on it meanwhile, unless its client sends something.
const UNAUTHENTICATED: Duration = TIME_TO_AUTHENTICATE.saturating_add(Duration::from_secs(100));

/// An invocation stops this long before its end and leaves the rest to another one.
const MARGIN: Duration = Duration::from_secs(20);

/// The WebSocket on AWS Lambda.
#[derive(Clone, Copy, Debug)]
pub struct Realtime;

impl SocketHandler for Realtime {
    fn handle(
        &self,
        services: SessionServices,
        event: SocketEvent,
    ) -> BoxFuture<'static, Response<Body>> {
        async move {
            let done = match event.payload.request_context.event_type {
                SocketEventKind::Connect => connect(&services, event).await,
                SocketEventKind::Message => message(&services, event).await,
                SocketEventKind::Disconnect => disconnect(&services, event).await,
            };
            match done {
                Ok(()) => Response::default(),
                Err(error) => {
                    log(&error);
                    ApiError(error).into_response()
                }
            }
        }
        .boxed()
    }

    fn work(
        &self,
        services: SessionServices,
        work: SessionWork,
    ) -> BoxFuture<'static, Result<(), String>> {
        self::work(services, work)
            .map(|done| done.map_err(|error| error.cause.clone().unwrap_or(error.to_string())))
            .boxed()
    }
}

/// Logs the cause of an error that is ours.
fn log(error: &Error) {
    if let Some(cause) = &error.cause {
        tracing::error!(%error, cause, "a connection");
    }
}

fn backend(services: &SessionServices) -> SessionBackend {
    let router = services.router.clone();
    let dispatch = move |request| {
        let answered = router.clone().oneshot(request);
        async move {
            match answered.await {
                Ok(answer) => Ok(answer),
                Err(never) => match never {},
            }
        }
        .boxed()
    };
    SessionBackend::new(services.app.clone(), Arc::new(dispatch), LIMITS.lease)
}

/// 401, 403, 429.
async fn connect(services: &SessionServices, event: SocketEvent) -> Result<()> {
    let backend = backend(services);
    let auth = backend.handshake(&event.handshake).await?;
    let created = create_session(services, &backend, event, auth.clone()).await;
    if let (Err(_), Some(auth)) = (&created, &auth)
        && let Err(error) = backend.release(auth).await
    {
        log(&error);
    }
    created
}

async fn create_session(
    services: &SessionServices,
    backend: &SessionBackend,
    event: SocketEvent,
    auth: Option<SessionAuth>,
) -> Result<()> {
    let (store, now) = (&services.store, backend.now());
    let id = id::new(&*backend.app().ports.random, SESSION);
    let session = Session::new(id.clone(), now, LIMITS);
    let connection = event.address.connection.clone();
    let state = RecordState {
        connection: Some(connection.clone()),
        address: Some(event.address.clone()),
        auth,
        ..RecordState::default()
    };
    let is_authenticated = state.auth.is_some();
    let lifetime = match is_authenticated {
        true => MAX_CONNECTION_TIME,
        false => UNAUTHENTICATED,
    };
    let record = Record::new(state, &session)?.to_bytes()?;
    try_join!(
        store.save(&id, &record, now + lifetime),
        store.bind_connection(&connection, &id, lifetime)
    )?;
    let work = SelfInvocation { session: id };
    if is_authenticated {
        services.connections.invoke(&work).await?;
        return Ok(());
    }
    // Where it cannot be made, API Gateway closes the connection after ten minutes in silence.
    let end = now + TIME_TO_AUTHENTICATE;
    let scheduled = services.connections.invoke_at(&event.function, &work, end);
    if let Err(error) = scheduled.await {
        tracing::warn!(%error, "nobody will close a connection that does not authenticate");
    }
    Ok(())
}

/// Tells the client where a message could not be handed on: it would wait for an answer.
async fn message(services: &SessionServices, event: SocketEvent) -> Result<()> {
    let address = event.address.clone();
    let handed_on = hand_on(services, event).await;
    if let Err(error) = &handed_on {
        let error = server_frame::error(error);
        let frame = server_frame::text(&ConnectionFrame::Error { error: &error });
        // A client that is gone waits for nothing.
        let _ = services.connections.post(&address, frame).await;
    }
    handed_on
}

async fn hand_on(services: &SessionServices, event: SocketEvent) -> Result<()> {
    let context = event.payload.request_context;
    let Some(session) = services.store.session_of(&context.connection_id).await? else {
        // Its session has ended, or its client did not authenticate in time.
        return Ok(services.connections.close(&event.address).await?);
    };
    let message = SessionMessage::Text {
        from: context.connection_id,
        text: event.payload.body.unwrap_or_default(),
    };
    let id = context.message_id.unwrap_or(context.request_id);
    let at = context.request_time_epoch;
    message.put(&services.store, &session, at, &id).await?;
    lease::wake(services, session).await
}

async fn disconnect(services: &SessionServices, event: SocketEvent) -> Result<()> {
    let context = event.payload.request_context;
    let Some(session) = services.store.session_of(&context.connection_id).await? else {
        return Ok(());
    };
    let code = context.disconnect_status_code;
    let message = SessionMessage::Closed {
        from: context.connection_id.clone(),
        code: code.and_then(|code| u16::try_from(code).ok()),
    };
    // It sorts after the messages of the same millisecond.
    let id = format!("~{}", context.request_id);
    let at = context.request_time_epoch;
    message.put(&services.store, &session, at, &id).await?;
    services
        .store
        .unbind_connection(&context.connection_id)
        .await?;
    lease::wake(services, session).await
}

/// Works on a session until there is nothing to do, or another invocation does it.
async fn work(services: SessionServices, work: SessionWork) -> Result<()> {
    let until = work.until - MARGIN;
    while let Some(lease) = Lease::acquire(&services, &work).await? {
        let (lease, done) = actor::act(&services, lease, until).await;
        lease.release().await?;
        done?;
        if !services.store.has_messages(&work.session).await? {
            break;
        }
        if services.app.ports.clock.now() >= until {
            let session = work.session;
            return Ok(services
                .connections
                .invoke(&SelfInvocation { session })
                .await?);
        }
    }
    Ok(())
}
