//! Requests of other endpoints than the chat's: called and accounted as a chat is.

use crate::{
    admit::{Accounting, AdmittedChat},
    complete::{detached, failed, write_served},
};
use axum::{body::Body, response::Response};
use bytes::Bytes;
use futures_util::{FutureExt, StreamExt, stream};
use http::header;
use openclaw_core::{ByteStream, Error, Money, Ports};
use openclaw_guardrails::Guards;
use openclaw_providers::{Forwarded, ForwardedBody};
use openclaw_schema::{key::OnDisconnect, usage::TokenUsage};
use openclaw_usage::{Status, Waited};
use openclaw_web::{App, Result, Writes, streamed};
use std::{pin::pin, sync::Arc, time::Duration};

/// What a whole answer tells.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counted {
    /// As far as the provider counted.
    pub usage: TokenUsage,
    /// An estimate of the tokens out, where it did not.
    pub estimated_completion_tokens: u64,
}

/// How an endpoint's answers are read and shown.
pub struct ForwardedAnswer {
    /// Reads a whole answer.
    pub count: fn(&Bytes) -> Counted,
    /// The whole answer as the caller gets it, with its tokens and their cost.
    pub show: fn(&Bytes, &TokenUsage, Money) -> Bytes,
}

/// Calls the provider, and settles a whole answer before it is shown, a streamed one at its end. When
/// the client leaves, the call ends with it, unless the key says to drain.
pub async fn forward(
    app: &App,
    admitted: AdmittedChat,
    answer: ForwardedAnswer,
) -> Result<Response> {
    let drain = admitted.on_disconnect == OnDisconnect::Drain;
    let done = call(app.ports.clone(), admitted, answer).boxed();
    match drain {
        true => detached(&app.ports, done).await,
        false => done.await,
    }
}

async fn call(ports: Ports, admitted: AdmittedChat, answer: ForwardedAnswer) -> Result<Response> {
    let AdmittedChat {
        plan,
        mut accounting,
        guards,
        ..
    } = admitted;
    accounting.settlement.calling();
    let called = pin!(plan.forward(ports));
    let reply = match accounting.settlement.finish(called).await {
        Err(refused) => {
            accounting.settlement.settle(Status::Interrupted).await?;
            return Err(refused.into());
        }
        Ok(Err(failure)) => {
            accounting.failed(&failure);
            accounting.settlement.settle(Status::Failed).await?;
            return Ok(failed(failure));
        }
        Ok(Ok(reply)) => reply,
    };
    accounting.served(&reply.served);
    let Forwarded { content_type, body } = reply.answer;
    let body = match body {
        ForwardedBody::Whole(bytes) => whole(accounting, guards, bytes, &answer).await?,
        ForwardedBody::Stream(bytes) => {
            accounting.settlement.admitted().await?;
            streamed(relayed(accounting, bytes))
        }
    };
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    if let Some(kind) = content_type {
        headers.insert(header::CONTENT_TYPE, kind);
    }
    let served = &reply.served;
    write_served(headers, Some(&served.provider), served.attempts);
    Ok(response)
}

async fn whole(
    mut accounting: Accounting,
    guards: Option<Arc<Guards>>,
    bytes: Bytes,
    answer: &ForwardedAnswer,
) -> Result<Body, Error> {
    let settlement = &mut accounting.settlement;
    let counted = (answer.count)(&bytes);
    settlement.generated(counted.estimated_completion_tokens);
    settlement.counted(counted.usage);
    let (usage, cost) = settlement.usage();
    let let_out = guards.map_or(Ok(None), |guards| guards.answer(&bytes));
    let bytes = match let_out {
        Ok(changed) => changed.unwrap_or(bytes),
        Err(error) => {
            settlement.failed(&error);
            settlement.settle(Status::Failed).await?;
            return Err(error);
        }
    };
    let shown = (answer.show)(&bytes, &usage, cost);
    settlement.settle(Status::Completed).await?;
    Ok(Body::from(shown))
}

/// Bytes on their way, settled at their end: an end too early breaks the connection off.
fn relayed(accounting: Accounting, bytes: ByteStream) -> Writes {
    let writes = stream::unfold(Some((accounting, bytes)), |relay| async {
        let (mut accounting, mut bytes) = relay?;
        let settlement = &mut accounting.settlement;
        loop {
            let next = match settlement.within(Duration::MAX, bytes.next()).await {
                Waited::Done(next) => next,
                Waited::Elapsed => continue,
                Waited::Refused(error) => {
                    let _ = settlement.settle(Status::Interrupted).await;
                    return Some((Err(axum::Error::new(error)), None));
                }
            };
            return match next {
                Some(Ok(piece)) => Some((Ok(piece), Some((accounting, bytes)))),
                Some(Err(error)) => {
                    let _ = settlement.settle(Status::Failed).await;
                    Some((Err(axum::Error::new(error)), None))
                }
                None => match settlement.settle(Status::Completed).await {
                    Ok(()) => None,
                    Err(error) => Some((Err(axum::Error::new(error)), None)),
                },
            };
        }
    });
    writes.boxed()
}
