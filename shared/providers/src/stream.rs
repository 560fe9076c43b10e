//! A streamed answer.

use crate::{
    answer::Chunk,
    body::{Body, Cut},
    catalog::{Providers, Target},
    dialect::{AnswerFormat, DecodeError, Framing, StreamDecoder, StreamEvent},
    fault::Fault,
    frames::Events,
    health::Slot,
    provider::Provider,
    refusal::unreadable,
    sse::{Parser, TooLong},
};
use bytes::{Bytes, BytesMut};
use futures_util::{FutureExt, Stream, StreamExt, future};
use openclaw_core::{Error, Ports};
use std::{
    collections::VecDeque,
    fmt,
    future::poll_fn,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

/// How long the connection of a finished answer may take to end, so that it can be used again.
const TAIL: Duration = Duration::from_secs(1);

/// The most chunks that are held back while they show nothing of the answer.
const MAX_HELD: usize = 1000;

/// The chunks of an answer, polled through: nothing is held but the event that is being read.
///
/// It ends with `None` only after the provider's own end; an answer that breaks off gives one
/// `Err` first. Dropping it cancels the call at once.
pub struct ChunkStream {
    /// `None` once the answer is over.
    body: Option<Body>,
    /// The rest of the response after the answer: the few bytes that end it. If they are not read,
    /// the next request cannot use the connection.
    tail: Option<Body>,
    events: Events,
    decoder: Box<dyn StreamDecoder>,
    /// Chunks that were read before the answer counted as started.
    ready: VecDeque<Chunk>,
    /// Whether anything of the answer has been read.
    shown: bool,
    status: u16,
    provider: Arc<Provider>,
    providers: Arc<Providers>,
    slot: Slot,
    ports: Ports,
}

impl ChunkStream {
    pub(crate) fn new(
        status: u16,
        ports: &Ports,
        providers: &Arc<Providers>,
        target: &Target,
        format: &dyn AnswerFormat,
    ) -> Self {
        Self {
            status,
            body: None,
            tail: None,
            events: match format.framing() {
                Framing::Sse => Events::Sse(Parser::default()),
                Framing::EventStream => Events::Frames(BytesMut::new()),
            },
            decoder: format.stream_decoder(ports.clock.now().as_second()),
            ready: VecDeque::new(),
            shown: false,
            provider: Arc::clone(&target.provider),
            providers: Arc::clone(providers),
            slot: target.slot,
            ports: ports.clone(),
        }
    }

    /// Gives these chunks, which are a whole answer.
    pub(crate) fn give(&mut self, chunks: Vec<Chunk>) {
        self.ready.extend(chunks);
        self.providers.health.succeeded(self.slot);
    }

    /// Reads `start`, then `body`, until something of the answer is there. A role, empty texts and
    /// comments show nothing: a failure after them can still be retried.
    pub(crate) async fn read(&mut self, start: Bytes, body: Body) -> Result<(), Fault> {
        self.events.push(start);
        self.body = Some(body);
        while self.ready.len() < MAX_HELD && !self.shown {
            match poll_fn(|context| self.poll_chunk(context)).await {
                Some(chunk) => self.ready.push_back(chunk?),
                None => break,
            }
        }
        Ok(())
    }

    fn poll_chunk(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Chunk, Fault>>> {
        while let Some(body) = &mut self.body {
            match self.events.next() {
                Err(TooLong) => {
                    let fault = Fault::cut(&self.provider.id, self.status, Cut::TooLong);
                    return self.fail(fault);
                }
                Ok(Some(event)) => match self.decoder.event(&event) {
                    Ok(StreamEvent::Nothing) => {}
                    Ok(StreamEvent::Chunk(chunk)) => {
                        self.shown |= chunk.shows();
                        return Poll::Ready(Some(Ok(chunk)));
                    }
                    Ok(StreamEvent::End(_)) if !self.shown => {
                        let nothing = "a stream without an answer".into();
                        return self.unreadable(DecodeError::Empty(nothing));
                    }
                    Ok(StreamEvent::End(last)) => {
                        self.tail = self.end();
                        return Poll::Ready(last.map(Ok));
                    }
                    Err(error) => return self.unreadable(error),
                },
                Ok(None) => match ready!(body.poll_next_unpin(context)) {
                    Some(Ok(bytes)) => self.events.push(bytes),
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

    fn unreadable(&mut self, error: DecodeError) -> Poll<Option<Result<Chunk, Fault>>> {
        let fault = unreadable(&self.provider, self.status, error);
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
        if let Some(chunk) = self.ready.pop_front() {
            return Poll::Ready(Some(Ok(chunk)));
        }
        self.poll_chunk(context).map(|chunk| {
            chunk.map(|chunk| {
                chunk.map_err(|fault| {
                    // Before the start the router counts failures, from there on this does.
                    if fault.counts {
                        self.providers.failed(self.slot, &self.ports);
                    }
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
            let late = self.ports.clock.sleep(TAIL);
            self.ports.spawn.spawn(Box::pin(async move {
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
