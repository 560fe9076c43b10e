//! The entry on AWS Lambda: what API Gateway tells of connections becomes letters to their sessions.
//!
//! A session lies on a shelf ([`openclaw_aws::Shelf`]) while nothing happens. Whoever leaves a letter
//! there has the function invoked to work on it ([`actor`]), unless somebody does: one at a time holds
//! a session ([`hold`]), and looks for letters once more when it has let go.

mod actor;
mod fit;
mod gathered;
mod hold;
mod letter;
mod outbox;
mod record;

use crate::{
    Desk, Grant, Limits, SESSION, Session,
    reply::{self, Reply},
};
use axum::{body::Body, response::IntoResponse};
use futures_util::{FutureExt, try_join};
use hold::Hold;
use http::Response;
use letter::Letter;
use openclaw_aws::{CONNECTION, Call, Gateway, Kind, Sockets, Told, Work};
use openclaw_core::{BoxFuture, Error, Result, id};
use openclaw_web::ApiError;
use record::{Around, Record};
use std::{sync::Arc, time::Duration};
use tower::ServiceExt;

/// What a session may do here: a place is claimed for as long as a connection may be open, so nobody
/// has to be woken to hold it.
const LIMITS: Limits = Limits {
    unordered: true,
    replay: 1 << 20,
    lease: CONNECTION,
};

/// What of an invocation's time is left to the next one.
const MARGIN: Duration = Duration::from_secs(20);

/// The WebSocket on AWS Lambda.
#[derive(Clone, Copy, Debug)]
pub struct Realtime;

impl Sockets for Realtime {
    fn tell(&self, gateway: Gateway, told: Told) -> BoxFuture<'static, Response<Body>> {
        async move {
            let done = match told.event.request_context.event_type {
                Kind::Connect => connect(&gateway, told).await,
                Kind::Message => message(&gateway, told).await,
                Kind::Disconnect => disconnect(&gateway, told).await,
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

    fn work(&self, gateway: Gateway, work: Work) -> BoxFuture<'static, Result<(), String>> {
        self::work(gateway, work)
            .map(|done| done.map_err(|error| error.cause.clone().unwrap_or(error.to_string())))
            .boxed()
    }
}

/// What our side did wrong, by its cause.
fn log(error: &Error) {
    if let Some(cause) = &error.cause {
        tracing::error!(%error, cause, "a connection");
    }
}

fn desk(gateway: &Gateway) -> Desk {
    let router = gateway.router.clone();
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
    Desk::new(gateway.app.clone(), Arc::new(dispatch), LIMITS.lease)
}

/// 401, 403, 429.
async fn connect(gateway: &Gateway, told: Told) -> Result<()> {
    let desk = desk(gateway);
    let grant = desk.handshake(&told.handshake).await?;
    let begun = begin(gateway, &desk, told, grant.clone()).await;
    if let (Err(_), Some(grant)) = (&begun, &grant)
        && let Err(error) = desk.release(grant).await
    {
        log(&error);
    }
    begun
}

async fn begin(gateway: &Gateway, desk: &Desk, told: Told, grant: Option<Grant>) -> Result<()> {
    let (shelf, now) = (&gateway.shelf, desk.now());
    let id = id::new(&*desk.app().ports.random, SESSION);
    let session = Session::new(id.clone(), now, LIMITS);
    let connection = told.line.connection.clone();
    let around = Around {
        connection: Some(connection.clone()),
        line: Some(told.line),
        grant,
        ..Around::default()
    };
    let record = Record::new(around, &session)?.to_bytes()?;
    try_join!(
        shelf.save(&id, &record, now + CONNECTION),
        shelf.lead(&connection, &id)
    )?;
    // Until the client authenticates somebody must look at the time.
    let call = Call { session: id };
    Ok(gateway.connections.invoke(&call).await?)
}

/// What could not be handed on is told: whoever sent it would wait.
async fn message(gateway: &Gateway, told: Told) -> Result<()> {
    let line = told.line.clone();
    let handed_on = hand_on(gateway, told).await;
    if let Err(error) = &handed_on {
        let error = reply::error(error);
        let frame = reply::text(&Reply::Error { error: &error });
        // Who is gone waits for nothing.
        let _ = gateway.connections.post(&line, frame).await;
    }
    handed_on
}

async fn hand_on(gateway: &Gateway, told: Told) -> Result<()> {
    let context = told.event.request_context;
    let Some(session) = gateway.shelf.session_of(&context.connection_id).await? else {
        // Its session has ended.
        return Ok(gateway.connections.close(&told.line).await?);
    };
    let letter = Letter::Text {
        from: context.connection_id,
        text: told.event.body.unwrap_or_default(),
    };
    let id = context.message_id.unwrap_or(context.request_id);
    let at = context.request_time_epoch;
    letter.leave(&gateway.shelf, &session, at, &id).await?;
    hold::wake(gateway, session).await
}

async fn disconnect(gateway: &Gateway, told: Told) -> Result<()> {
    let context = told.event.request_context;
    let Some(session) = gateway.shelf.session_of(&context.connection_id).await? else {
        return Ok(());
    };
    let code = context.disconnect_status_code;
    let letter = Letter::Closed {
        from: context.connection_id.clone(),
        code: code.and_then(|code| u16::try_from(code).ok()),
    };
    // Behind the messages of the same millisecond.
    let id = format!("~{}", context.request_id);
    let at = context.request_time_epoch;
    letter.leave(&gateway.shelf, &session, at, &id).await?;
    gateway
        .shelf
        .forget_connection(&context.connection_id)
        .await?;
    hold::wake(gateway, session).await
}

/// Works on a session until nothing is to be done about it, or somebody else does.
async fn work(gateway: Gateway, work: Work) -> Result<()> {
    let until = work.until - MARGIN;
    while let Some(hold) = Hold::take(&gateway, &work).await? {
        let (hold, done) = actor::act(&gateway, hold, until).await;
        hold.let_go().await?;
        done?;
        if !gateway.shelf.has_letters(&work.session).await? {
            break;
        }
        if gateway.app.ports.clock.now() >= until {
            let session = work.session;
            return Ok(gateway.connections.invoke(&Call { session }).await?);
        }
    }
    Ok(())
}
