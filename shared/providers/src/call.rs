//! One call of one target.

use crate::{
    answer::Completion,
    body::Body,
    catalog::{Providers, Target},
    content::Content,
    dialect::{AnswerFormat, DecodeError},
    fault::Fault,
    forward::{Forwarded, ForwardedBody, is_streamed, stream_of},
    refusal::{refusal, unreadable},
    reshape,
    stream::ChunkStream,
    verbatim::own_endpoint,
};
use bytes::{Bytes, BytesMut};
use futures_util::{
    StreamExt,
    future::{Either, select},
};
use http::{Response, StatusCode, header};
use openclaw_core::{HttpRequest, Ports, retry_after};
use std::{pin::pin, sync::Arc, time::Duration};

/// The longest plain answer, in bytes.
pub const MAX_ANSWER: usize = 32 << 20;

/// How much of an error's body is read, in bytes.
const MAX_ERROR: usize = 64 << 10;

/// A target, and what calling it needs.
pub(crate) struct Call<'a> {
    pub(crate) ports: &'a Ports,
    pub(crate) providers: &'a Arc<Providers>,
    pub(crate) target: &'a Target,
    /// How the answer is read.
    pub(crate) format: &'static dyn AnswerFormat,
}

/// How an answer is taken.
pub(crate) trait Mode {
    type Answer: Send + 'static;

    /// Calls once.
    fn call(
        call: Call<'_>,
        request: HttpRequest,
    ) -> impl Future<Output = Result<Self::Answer, Fault>> + Send;
}

/// As one JSON document.
pub(crate) struct Whole;

impl Mode for Whole {
    type Answer = Completion;

    async fn call(call: Call<'_>, request: HttpRequest) -> Result<Completion, Fault> {
        let provider = &call.target.provider;
        // Vendors send the head of a plain answer with the answer.
        let limit = provider.limits(&call.providers.routing).first_token;
        let (head, body) = call.head(request, limit).await?.into_parts();
        let completion = call.whole(body, head.status.as_u16(), Bytes::new());
        let completion = completion.await?;
        call.providers.health.succeeded(call.target.slot);
        Ok(completion)
    }
}

/// As the bytes of another endpoint than the chat's.
pub(crate) struct AsItCame;

impl Mode for AsItCame {
    type Answer = Forwarded;

    async fn call(call: Call<'_>, request: HttpRequest) -> Result<Forwarded, Fault> {
        let provider = &call.target.provider;
        let limit = provider.limits(&call.providers.routing).first_token;
        let (head, mut body) = call.head(request, limit).await?.into_parts();
        let content_type = head.headers.get(header::CONTENT_TYPE).cloned();
        let body = match is_streamed(content_type.as_ref()) {
            true => ForwardedBody::Stream(stream_of(body)),
            false => {
                let bytes = body.read_all(Bytes::new(), MAX_ANSWER).await;
                let cut = |cut| Fault::cut(&provider.id, head.status.as_u16(), cut);
                ForwardedBody::Whole(bytes.map_err(cut)?)
            }
        };
        call.providers.health.succeeded(call.target.slot);
        Ok(Forwarded { content_type, body })
    }
}

/// As events.
pub(crate) struct Streamed;

impl Mode for Streamed {
    type Answer = ChunkStream;

    async fn call(call: Call<'_>, request: HttpRequest) -> Result<ChunkStream, Fault> {
        let (provider, clock) = (&call.target.provider, &call.ports.clock);
        let limits = provider.limits(&call.providers.routing);
        let begun = clock.now();
        let response = call.head(request, limits.first_byte).await?;
        let status = response.status().as_u16();
        let waited = clock.now().duration_since(begun);
        let left = limits.first_token.saturating_sub(waited);
        let opened = pin!(call.open(response));
        match select(opened, clock.sleep(left)).await {
            Either::Left((opened, _)) => opened,
            Either::Right(_) => {
                let limit = limits.first_token;
                Err(Fault::timeout(&provider.id, Some(status), limit))
            }
        }
    }
}

impl Call<'_> {
    /// Sends, and waits for the head of an answer with a status of 2xx.
    async fn head(
        &self,
        mut request: HttpRequest,
        limit: Duration,
    ) -> Result<Response<Body>, Fault> {
        let (provider, clock) = (&self.target.provider, &self.ports.clock);
        provider.authorize(self.ports, limit, &mut request).await?;
        let sent = self.ports.http.send(request);
        let response = match select(sent, clock.sleep(limit)).await {
            Either::Left((Ok(response), _)) => response,
            Either::Left((Err(error), _)) => {
                return Err(Fault::unanswered(&provider.id, &error));
            }
            Either::Right(_) => return Err(Fault::timeout(&provider.id, None, limit)),
        };
        let idle = provider.limits(&self.providers.routing).idle;
        let (head, bytes) = response.into_parts();
        let mut body = Body::new(bytes, &head.headers, Arc::clone(clock), idle);
        if head.status.is_success() {
            return Ok(Response::from_parts(head, body));
        }
        if head.status == StatusCode::UNAUTHORIZED {
            provider.refused_credential();
        }
        // What cannot be read of an error is only missing from its message.
        let words = body.read_all(Bytes::new(), MAX_ERROR).await;
        let error = provider.dialect.decode_error(&words.unwrap_or_default());
        let after = retry_after(&head.headers, clock.now());
        Err(refusal(provider, head.status.as_u16(), &error, after))
    }

    /// The whole answer, whose first bytes have been read.
    async fn whole(&self, mut body: Body, status: u16, start: Bytes) -> Result<Completion, Fault> {
        let provider = &self.target.provider;
        let bytes = body.read_all(start, MAX_ANSWER).await;
        let bytes = bytes.map_err(|cut| Fault::cut(&provider.id, status, cut))?;
        let created = self.ports.clock.now().as_second();
        let completion = match Content::of_whole(&bytes) {
            Some(Content::Json) => self.format.decode_completion(bytes, created),
            Some(Content::Events) => {
                reshape::assemble(provider.dialect.stream_decoder(created), bytes)
            }
            Some(Content::Page) | None => Err(no_answer(&bytes)),
        };
        completion.map_err(|error| unreadable(provider, status, error))
    }

    /// The stream, once something of the answer is there.
    async fn open(&self, response: Response<Body>) -> Result<ChunkStream, Fault> {
        let status = response.status().as_u16();
        let provider = &self.target.provider;
        let mut body = response.into_body();
        let mut start = Bytes::new();
        let content = loop {
            if let Some(content) = Content::of(&start) {
                break content;
            }
            match body.next().await {
                Some(Ok(bytes)) => start = joined(start, &bytes),
                Some(Err(cut)) => return Err(Fault::cut(&provider.id, status, cut)),
                None => break Content::Events,
            }
        };
        let mut stream =
            ChunkStream::new(status, self.ports, self.providers, self.target, self.format);
        match content {
            Content::Events => stream.read(start, body).await?,
            Content::Json => {
                // Taken apart in the chat's format, whatever the caller's is.
                let call = Call {
                    format: own_endpoint(provider.dialect),
                    ..*self
                };
                let completion = call.whole(body, status, start).await?;
                let chunks = reshape::take_apart(&completion);
                let chunks = chunks.map_err(|error| unreadable(provider, status, error))?;
                stream.give(chunks);
            }
            Content::Page => {
                let words = body.read_all(start, MAX_ERROR).await.unwrap_or_default();
                return Err(unreadable(provider, status, no_answer(&words)));
            }
        }
        Ok(stream)
    }
}

/// Both in one piece; the usual empty start costs no copy.
fn joined(start: Bytes, bytes: &Bytes) -> Bytes {
    if start.is_empty() {
        return bytes.clone();
    }
    let mut all = BytesMut::from(start);
    all.extend_from_slice(bytes);
    all.freeze()
}

fn no_answer(body: &Bytes) -> DecodeError {
    let start = &body[..body.len().min(1000)];
    DecodeError::Empty(format!("no answer: {}", String::from_utf8_lossy(start)))
}
