//! A plain answer.

use crate::{
    admit::{Accounting, AdmittedChat},
    cache::Entry,
    guard::guarded,
    rounds::{Next, Rounds},
    shown_usage::usage_object,
};
use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures_channel::oneshot;
use futures_util::{FutureExt, StreamExt};
use http::{HeaderMap, HeaderValue, header};
use openclaw_core::{BoxFuture, Error, Money, Ports, json::Object};
use openclaw_guardrails::Guards;
use openclaw_providers::{Completion, Failure, Plan, Reply, Served};
use openclaw_schema::{key::OnDisconnect, usage::TokenUsage};
use openclaw_usage::Status;
use openclaw_web::{ApiError, App, Result};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::{pin::pin, sync::Arc};

/// How a whole answer is shown in the caller's dialect, with its tokens and their cost.
pub type WholeAnswer =
    Box<dyn FnOnce(&Completion, &TokenUsage, Money) -> Result<Bytes, Error> + Send>;

/// Calls the provider and settles before the answer is shown. When the client leaves, this
/// future is dropped, and with it the call; unless the key says to drain.
pub async fn complete(
    app: &App,
    mut admitted: AdmittedChat,
    shape: WholeAnswer,
) -> Result<Response> {
    let drain = admitted.on_disconnect == OnDisconnect::Drain;
    let ports = app.ports.clone();
    let done = match admitted.rounds.take() {
        None => call(ports, admitted, shape).boxed(),
        Some(rounds) => call_in_rounds(ports, admitted, rounds, shape).boxed(),
    };
    if drain {
        detached(&app.ports, done).await
    } else {
        done.await
    }
}

async fn call(ports: Ports, admitted: AdmittedChat, shape: WholeAnswer) -> Result<Response> {
    let AdmittedChat {
        plan,
        mut accounting,
        cache,
        guards,
        ..
    } = admitted;
    if let Some(cache) = &cache
        && let Some(entry) = cache.find().await
    {
        return replayed(accounting, &entry, guards.as_ref(), shape).await;
    }
    match ask(ports, plan, &mut accounting).await? {
        Ok(reply) => {
            let answer = looked_at(&mut accounting, guards.as_ref(), reply.answer).await?;
            if let Some(cache) = &cache {
                cache.keep(&answer, &reply.served).await;
            }
            let finished = finished(accounting, &answer, &reply.served, shape);
            let mut response = finished.await?;
            if cache.is_some() {
                write_cached(response.headers_mut(), false);
            }
            Ok(response)
        }
        Err(failed) => Ok(failed),
    }
}

/// An answer that was kept: nobody is called, and it costs nothing.
async fn replayed(
    mut accounting: Accounting,
    entry: &Entry,
    guards: Option<&Arc<Guards>>,
    shape: WholeAnswer,
) -> Result<Response> {
    accounting.cached(entry);
    let answer = looked_at(&mut accounting, guards, entry.completion()).await?;
    let settlement = &mut accounting.settlement;
    let (usage, cost) = settlement.usage();
    let body = shape(&answer, &usage, cost)?;
    settlement.settle(Status::Completed).await?;
    let mut response = Response::new(Body::from(body));
    let headers = response.headers_mut();
    let json = HeaderValue::from_static("application/json");
    headers.insert(header::CONTENT_TYPE, json);
    write_served(headers, Some(&entry.provider), 0);
    write_cached(headers, true);
    Ok(response)
}

/// The answer as the account's guardrails let it out. One that is refused was paid for: it is settled, and
/// the error says who refused it.
pub(crate) async fn looked_at(
    accounting: &mut Accounting,
    guards: Option<&Arc<Guards>>,
    answer: Completion,
) -> Result<Completion, Error> {
    match guarded(guards, answer) {
        Ok(answer) => Ok(answer),
        Err(error) => {
            accounting.settlement.failed(&error);
            accounting.settlement.settle(Status::Failed).await?;
            Err(error)
        }
    }
}

/// `x-openclaw-cache`.
pub(crate) fn write_cached(headers: &mut HeaderMap, hit: bool) {
    let told = if hit { "hit" } else { "miss" };
    headers.insert("x-openclaw-cache", HeaderValue::from_static(told));
}

/// The same with skills: the model is asked again for as long as it calls some.
async fn call_in_rounds(
    ports: Ports,
    admitted: AdmittedChat,
    mut rounds: Box<dyn Rounds>,
    shape: WholeAnswer,
) -> Result<Response> {
    let AdmittedChat {
        mut plan,
        mut accounting,
        guards,
        ..
    } = admitted;
    let mut attempts = 0;
    loop {
        let mut reply = match ask(ports.clone(), plan, &mut accounting).await? {
            Ok(reply) => reply,
            Err(failed) => return Ok(failed),
        };
        attempts += reply.served.attempts;
        reply.served.attempts = attempts;
        let settlement = &mut accounting.settlement;
        let next = match rounds.after(&reply.answer.body) {
            Ok(Next::Done { answer, .. }) => {
                reply.answer.body = answer;
                let answer = looked_at(&mut accounting, guards.as_ref(), reply.answer).await?;
                return finished(accounting, &answer, &reply.served, shape).await;
            }
            Ok(Next::Run(mut running)) => {
                let ran = async {
                    while let Some(ran) = running.next().await {
                        rounds.ran(ran);
                    }
                };
                match settlement.finish(pin!(ran)).await {
                    Ok(()) => rounds.go_on(settlement).await,
                    Err(refused) => {
                        settlement.settle(Status::Interrupted).await?;
                        return Err(refused.into());
                    }
                }
            }
            Err(error) => Err(error),
        };
        plan = match next {
            Ok(plan) => plan,
            Err(error) => {
                settlement.failed(&error);
                settlement.settle(Status::Failed).await?;
                return Err(error.into());
            }
        };
    }
}

/// Asks the model once, and notes what it took. A failure is settled, and the response that says so.
async fn ask(
    ports: Ports,
    plan: Plan,
    accounting: &mut Accounting,
) -> Result<Result<Reply<Completion>, Response>> {
    accounting.settlement.calling();
    let answer = pin!(plan.complete(ports));
    let answered = match accounting.settlement.finish(answer).await {
        Ok(answered) => answered,
        Err(refused) => {
            accounting.settlement.settle(Status::Interrupted).await?;
            return Err(refused.into());
        }
    };
    match answered {
        Err(failure) => {
            accounting.failed(&failure);
            accounting.settlement.settle(Status::Failed).await?;
            Ok(Err(failed(failure)))
        }
        Ok(reply) => {
            accounting.served(&reply.served);
            let settlement = &mut accounting.settlement;
            settlement.generated(reply.answer.estimated_completion_tokens);
            settlement.counted(reply.answer.usage.unwrap_or_default());
            Ok(Ok(reply))
        }
    }
}

/// Settles, and shows the answer.
async fn finished(
    mut accounting: Accounting,
    answer: &Completion,
    served: &Served,
    shape: WholeAnswer,
) -> Result<Response> {
    let settlement = &mut accounting.settlement;
    let (usage, cost) = settlement.usage();
    let body = shape(answer, &usage, cost)?;
    settlement.settle(Status::Completed).await?;
    let mut response = Response::new(Body::from(body));
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    write_served(headers, Some(&served.provider), served.attempts);
    Ok(response)
}

/// Runs `done` to its end even when nobody waits for it any more.
pub(crate) async fn detached(
    ports: &Ports,
    done: BoxFuture<'static, Result<Response>>,
) -> Result<Response> {
    let (sender, receiver) = oneshot::channel();
    ports.spawn.spawn(Box::pin(async move {
        // Nobody listens any more when the client has left.
        let _ = sender.send(done.await);
    }));
    receiver.await.map_err(Error::internal)?
}

/// The answer with a whole `usage`: the rest is the provider's, byte by byte where it told one.
pub fn openai_answer(answer: &[u8], usage: &TokenUsage, cost: Money) -> Result<Bytes, Error> {
    #[derive(Deserialize)]
    struct Told<'a> {
        #[serde(borrow)]
        usage: &'a RawValue,
    }
    let answer = std::str::from_utf8(answer).map_err(Error::internal)?;
    if let Ok(Told { usage: told }) = serde_json::from_str(answer) {
        let told = told.get();
        let start = told.as_ptr().addr() - answer.as_ptr().addr();
        let (before, after) = (&answer[..start], &answer[start + told.len()..]);
        return Ok([before, &usage_object(Some(told), usage, cost), after]
            .concat()
            .into());
    }
    let mut body: Object = serde_json::from_str(answer).map_err(Error::internal)?;
    let usage = usage_object(body.get("usage"), usage, cost);
    body.set("usage", usage);
    Ok(body.to_string().into())
}

/// A failure with the headers that tell who failed and after how many calls.
pub fn failed(failure: Failure) -> Response {
    let mut response = ApiError(failure.error).into_response();
    write_served(
        response.headers_mut(),
        failure.provider.as_deref(),
        failure.attempts,
    );
    response
}

/// `x-openclaw-provider` and `x-openclaw-attempts`.
pub fn write_served(headers: &mut HeaderMap, provider: Option<&str>, attempts: u32) {
    if let Some(value) = provider.and_then(|provider| HeaderValue::from_str(provider).ok()) {
        headers.insert("x-openclaw-provider", value);
    }
    headers.insert("x-openclaw-attempts", HeaderValue::from(attempts));
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn only_usage_changes_wherever_it_stands() {
        let usage = TokenUsage {
            prompt_tokens: Some(2),
            completion_tokens: Some(3),
            ..TokenUsage::default()
        };
        let shown = |answer: &str| {
            let body = openai_answer(answer.as_bytes(), &usage, Money::ZERO).unwrap();
            String::from_utf8(body.to_vec()).unwrap()
        };
        let told = r#"{"prompt_tokens":2,"completion_tokens":3,"total_tokens":5,"cost":0.0}"#;
        assert_eq!(
            shown("{ \"a\": 1.50, \"usage\": {\"prompt_tokens\": 9}, \"é\": [1,\n2]}"),
            format!("{{ \"a\": 1.50, \"usage\": {told}, \"é\": [1,\n2]}}")
        );
        // None at all, one that is nothing, and two: the last counts.
        for answer in [
            r#"{"a":1}"#,
            r#"{"usage":null,"a":1}"#,
            r#"{"usage":{"x":1},"a":1,"usage":{"y":2}}"#,
        ] {
            let body: Value = serde_json::from_str(&shown(answer)).unwrap();
            assert_eq!(body["a"], 1, "{answer}");
            assert_eq!(body["usage"]["total_tokens"], json!(5), "{answer}");
        }
    }
}
