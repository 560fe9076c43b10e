//! One call of one target.

use crate::{
    ChunkStream, Completion, Providers,
    body::Body,
    catalog::Target,
    fault::{Fault, Next},
    refusal::{for_log, refusal},
};
use futures_util::future::{Either, select};
use http::{Response, header};
use openclaw_core::{HttpRequest, Ports};
use std::{sync::Arc, time::Duration};

/// The longest plain answer, in bytes.
pub const MAX_ANSWER: usize = 32 << 20;

/// How much of an error's body is read, in bytes.
const MAX_REFUSAL: usize = 64 << 10;

/// How long after a stream's head its first event is awaited before the answer counts as started.
/// Long enough for an upstream that says 200 and fails at once to be seen failing, and so be
/// retried or answered with a plain error; short enough that a slow first token does not keep the
/// head from a client.
const FIRST_EVENT: Duration = Duration::from_millis(100);

/// What a call needs.
pub(crate) struct Call<'a> {
    pub(crate) ports: &'a Ports,
    pub(crate) providers: &'a Arc<Providers>,
    pub(crate) target: &'a Target,
    pub(crate) request: HttpRequest,
}

/// How an answer is taken.
pub(crate) trait Mode {
    type Answer: Send + 'static;

    /// Calls once.
    fn call(call: Call<'_>) -> impl Future<Output = Result<Self::Answer, Fault>> + Send;
}

/// As one JSON document.
pub(crate) struct Whole;

impl Mode for Whole {
    type Answer = Completion;

    async fn call(call: Call<'_>) -> Result<Completion, Fault> {
        let Call {
            ports,
            providers,
            target,
            ..
        } = call;
        let (id, dialect) = (&target.provider.id, target.provider.dialect);
        let (head, mut body) = call.head().await?.into_parts();
        let status = head.status.as_u16();
        let bytes = body.collect(MAX_ANSWER).await;
        let bytes = bytes.map_err(|cut| Fault::cut(id, status, cut))?;
        let completion = dialect.decode_completion(bytes, ports.clock.now().as_second());
        let completion = completion.map_err(|words| {
            let cause = for_log(&words, target.provider.secret.as_ref());
            Fault::malformed(id, status, cause, Next::Retry)
        })?;
        providers.health.succeeded(target.slot);
        Ok(completion)
    }
}

/// As events.
pub(crate) struct Streamed;

impl Mode for Streamed {
    type Answer = ChunkStream;

    async fn call(call: Call<'_>) -> Result<ChunkStream, Fault> {
        let Call {
            ports,
            providers,
            target,
            ..
        } = call;
        let response = call.head().await?;
        if !is_event_stream(&response) {
            return Err(not_events(target, response).await);
        }
        let mut stream = ChunkStream::new(response, ports, providers, target);
        let grace = ports.clock.sleep(FIRST_EVENT);
        if let Either::Left((Some(fault), _)) = select(stream.first(), grace).await {
            return Err(fault);
        }
        Ok(stream)
    }
}

impl Call<'_> {
    /// Sends, and waits for the head of an answer with a status of 2xx.
    async fn head(self) -> Result<Response<Body>, Fault> {
        let routing = &self.providers.routing;
        let id = &self.target.provider.id;
        let patience = Duration::from_millis(routing.first_byte_timeout_ms);
        let sent = self.ports.http.send(self.request);
        let response = match select(sent, self.ports.clock.sleep(patience)).await {
            Either::Left((Ok(response), _)) => response,
            Either::Left((Err(error), _)) => return Err(Fault::unanswered(id, &error)),
            Either::Right(_) => return Err(Fault::timeout(id, None, patience)),
        };
        let idle = Duration::from_millis(routing.idle_timeout_ms);
        let clock = &self.ports.clock;
        let response = response.map(|bytes| Body::new(bytes, Arc::clone(clock), idle));
        if response.status().is_success() {
            return Ok(response);
        }
        let (head, mut body) = response.into_parts();
        // What cannot be read of an error is only missing from its message.
        let words = body.collect(MAX_REFUSAL).await.unwrap_or_default();
        let now = clock.now();
        let provider = &self.target.provider;
        Err(refusal(provider, head.status, &head.headers, &words, now))
    }
}

fn is_event_stream(response: &Response<Body>) -> bool {
    let kind = response.headers().get(header::CONTENT_TYPE);
    kind.is_none_or(|kind| {
        let kind = kind.as_bytes().trim_ascii_start();
        let events = b"text/event-stream";
        kind.get(..events.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(events))
    })
}

/// A target that does not stream will not do so when asked again.
async fn not_events(target: &Target, response: Response<Body>) -> Fault {
    let status = response.status().as_u16();
    let words = response.into_body().collect(MAX_REFUSAL).await;
    let words = words.unwrap_or_default();
    let words = format!("no event stream: {}", String::from_utf8_lossy(&words));
    let cause = for_log(&words, target.provider.secret.as_ref());
    Fault::malformed(&target.provider.id, status, cause, Next::Move)
}
