//! A plain answer.

use crate::begin::Begun;
use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures_channel::oneshot;
use futures_util::FutureExt;
use http::{HeaderMap, HeaderValue, header};
use openclaw_core::{
    BoxFuture, Error, Ports,
    json::{self, Object},
};
use openclaw_providers::{Completion, Failure, Reply};
use openclaw_schema::{key::OnDisconnect, usage::TokenUsage};
use openclaw_usage::Status;
use openclaw_web::{ApiError, App, Result};
use std::pin::pin;

/// Calls the provider and settles before the answer is shown. When the client leaves, this
/// future is dropped, and with it the call; unless the key says to drain.
pub(crate) async fn complete(app: &App, begun: Begun) -> Result<Response> {
    let drain = begun.on_disconnect == OnDisconnect::Drain;
    let done = call(app.ports.clone(), begun).boxed();
    if drain {
        detached(&app.ports, done).await
    } else {
        done.await
    }
}

async fn call(ports: Ports, begun: Begun) -> Result<Response> {
    let Begun {
        plan, mut ticket, ..
    } = begun;
    ticket.calling();
    let answer = pin!(plan.complete(ports));
    match ticket.finish(answer).await {
        Err(failure) => {
            ticket.settle(Status::Failed).await?;
            Ok(failed(failure))
        }
        Ok(Reply { answer, served }) => {
            ticket.served_by(&served.provider, served.model.pricing);
            match answer.usage {
                Some(usage) => ticket.counted(usage),
                None => ticket.generated(answer.estimated_completion_tokens),
            }
            let body = with_usage(answer, ticket.usage())?;
            ticket.settle(Status::Completed).await?;
            let mut response = Response::new(Body::from(body));
            let headers = response.headers_mut();
            headers.insert(
                header::CONTENT_TYPE,
                HeaderValue::from_static("application/json"),
            );
            write_served(headers, Some(&served.provider), served.attempts);
            Ok(response)
        }
    }
}

/// Runs `done` to its end even when nobody waits for it any more.
async fn detached(ports: &Ports, done: BoxFuture<'static, Result<Response>>) -> Result<Response> {
    let (sender, receiver) = oneshot::channel();
    ports.spawn.spawn(Box::pin(async move {
        // Nobody listens any more when the client has left.
        let _ = sender.send(done.await);
    }));
    receiver.await.map_err(Error::internal)?
}

/// The answer with a `usage`: the provider's bytes where it has one, else ours put into them.
fn with_usage(answer: Completion, usage: TokenUsage) -> Result<Bytes, Error> {
    if answer.usage.is_some() {
        return Ok(answer.body);
    }
    let mut body: Object = json::read(&answer.body).map_err(Error::internal)?;
    body.set("usage", usage_object(usage));
    Ok(body.to_string().into())
}

/// `usage` as OpenAI has it.
pub(crate) fn usage_object(usage: TokenUsage) -> String {
    let TokenUsage {
        prompt_tokens: prompt,
        completion_tokens: completion,
    } = usage;
    let total = prompt + completion;
    format!(
        r#"{{"prompt_tokens":{prompt},"completion_tokens":{completion},"total_tokens":{total}}}"#
    )
}

/// A failure with the headers that tell who failed and after how many calls.
pub(crate) fn failed(failure: Failure) -> Response {
    let mut response = ApiError(failure.error).into_response();
    write_served(
        response.headers_mut(),
        failure.provider.as_deref(),
        failure.attempts,
    );
    response
}

/// `x-openclaw-provider` and `x-openclaw-attempts`.
pub(crate) fn write_served(headers: &mut HeaderMap, provider: Option<&str>, attempts: u32) {
    if let Some(value) = provider.and_then(|provider| HeaderValue::from_str(provider).ok()) {
        headers.insert("x-openclaw-provider", value);
    }
    headers.insert("x-openclaw-attempts", HeaderValue::from(attempts));
}
