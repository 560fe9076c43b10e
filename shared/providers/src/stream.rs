//! A streamed answer.

use crate::{
    Chunk, Providers,
    body::Body,
    catalog::Target,
    dialect::{DecodeError, StreamDecoder, StreamEvent},
    fault::{Fault, Next},
    health::Slot,
    provider::Provider,
    refusal::for_log,
    sse::Parser,
};
use futures_util::{FutureExt, Stream, StreamExt, future};
use http::Response;
use openclaw_core::{Clock, Error, Ports, Spawn};
use std::{
    fmt,
    future::poll_fn,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

/// How long the connection of a finished answer may take to end, so that it can be used again.
const TAIL: Duration = Duration::from_secs(1);

/// The chunks of an answer, polled through: nothing is held but the event that is being read.
///
/// It ends with `None` only after the provider's own end; an answer that breaks off gives one
/// `Err` first. Dropping it cancels the call at once.
pub struct ChunkStream {
    /// `None` once the answer is over.
    body: Option<Body>,
    /// What is left of the response after the answer: the few bytes that end it, without which the
    /// connection would be lost to the next request.
    tail: Option<Body>,
    parser: Parser,
    decoder: Box<dyn StreamDecoder>,
    /// What was read before the answer counted as started.
    peeked: Option<Chunk>,
    status: u16,
    provider: Arc<Provider>,
    providers: Arc<Providers>,
    slot: Slot,
    clock: Arc<dyn Clock>,
    spawn: Arc<dyn Spawn>,
}

impl ChunkStream {
    pub(crate) fn new(
        response: Response<Body>,
        ports: &Ports,
        providers: &Arc<Providers>,
        target: &Target,
    ) -> Self {
        let created = ports.clock.now().as_second();
        Self {
            status: response.status().as_u16(),
            body: Some(response.into_body()),
            tail: None,
            parser: Parser::default(),
            decoder: target.provider.dialect.stream_decoder(created),
            peeked: None,
            provider: Arc::clone(&target.provider),
            providers: Arc::clone(providers),
            slot: target.slot,
            clock: Arc::clone(&ports.clock),
            spawn: Arc::clone(&ports.spawn),
        }
    }

    /// Waits for the first chunk, which is then the next one, or for why there is none.
    pub(crate) fn first(&mut self) -> impl Future<Output = Option<Fault>> + Unpin {
        poll_fn(|context| {
            self.poll_chunk(context).map(|first| match first? {
                Ok(chunk) => {
                    self.peeked = Some(chunk);
                    None
                }
                Err(fault) => Some(fault),
            })
        })
    }

    fn poll_chunk(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Chunk, Fault>>> {
        while let Some(body) = &mut self.body {
            match self.parser.next() {
                Err(error) => return self.malformed(error.to_string()),
                Ok(Some(event)) => match self.decoder.event(&event) {
                    Ok(StreamEvent::Nothing) => {}
                    Ok(StreamEvent::Chunk(chunk)) => return Poll::Ready(Some(Ok(chunk))),
                    Ok(StreamEvent::End(last)) => {
                        self.tail = self.end();
                        return Poll::Ready(last.map(Ok));
                    }
                    Err(words) => return self.malformed(words),
                },
                Ok(None) => match ready!(body.poll_next_unpin(context)) {
                    Some(Ok(bytes)) => self.parser.push(bytes),
                    Some(Err(cut)) => {
                        let fault = Fault::cut(&self.provider.id, self.status, cut);
                        return self.fail(fault);
                    }
                    None if self.decoder.may_end() => drop(self.end()),
                    None => {
                        let cause = "the stream ended before the answer was whole";
                        let fault = Fault::broken(&self.provider.id, Some(self.status), cause);
                        return self.fail(fault);
                    }
                },
            }
        }
        Poll::Ready(None)
    }

    /// The answer is whole.
    fn end(&mut self) -> Option<Body> {
        self.providers.health.succeeded(self.slot);
        self.body.take()
    }

    /// After the last chunk: resolves when the response has ended, too. Waiting for it is optional: a
    /// caller with something else to wait for may do both at once, and a task waits for what has not
    /// come when the stream is dropped.
    pub fn ended(&mut self) -> impl Future<Output = ()> + Unpin {
        poll_fn(|context| {
            if let Some(tail) = &mut self.tail {
                ready!(tail.poll_next_unpin(context));
                self.tail = None;
            }
            Poll::Ready(())
        })
    }

    fn malformed(&mut self, words: DecodeError) -> Poll<Option<Result<Chunk, Fault>>> {
        let cause = for_log(&words, self.provider.secret.as_ref());
        let fault = Fault::malformed(&self.provider.id, self.status, cause, Next::Retry);
        self.fail(fault)
    }

    fn fail(&mut self, fault: Fault) -> Poll<Option<Result<Chunk, Fault>>> {
        self.body = None;
        Poll::Ready(Some(Err(fault)))
    }
}

impl Stream for ChunkStream {
    type Item = Result<Chunk, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if let Some(chunk) = self.peeked.take() {
            return Poll::Ready(Some(Ok(chunk)));
        }
        self.poll_chunk(context).map(|chunk| {
            chunk.map(|chunk| {
                chunk.map_err(|fault| {
                    // Before the start the router counts failures, from there on this does.
                    self.providers.health.failed(self.slot, self.clock.now());
                    fault.error
                })
            })
        })
    }
}

impl Drop for ChunkStream {
    fn drop(&mut self) {
        let Some(mut tail) = self.tail.take() else {
            return;
        };
        if tail.next().now_or_never().is_none() {
            let late = self.clock.sleep(TAIL);
            self.spawn.spawn(Box::pin(async move {
                future::select(tail.next(), late).await;
            }));
        }
    }
}

impl fmt::Debug for ChunkStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChunkStream")
            .field("provider", &self.provider.id)
            .field("over", &self.body.is_none())
            .finish_non_exhaustive()
    }
}
