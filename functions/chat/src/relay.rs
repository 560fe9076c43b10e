//! A stream on its way from the provider to the client: polled through, never collected.

use crate::{
    begin::Begun,
    complete::{failed, write_served},
    dialect::{Dialect, Writer},
};
use axum::{body::Body, response::Response};
use bytes::{Bytes, BytesMut};
use futures_channel::{mpsc, oneshot};
use futures_util::{
    FutureExt, SinkExt, StreamExt,
    future::{BoxFuture, Either, join, select},
    stream,
};
use http::{HeaderMap, HeaderValue, header};
use openclaw_core::{Error, Ports, Result};
use openclaw_providers::{Chunk, ChunkStream, Failure, Reply};
use openclaw_schema::key::OnDisconnect;
use openclaw_usage::{Status, Ticket};
use openclaw_web::{App, Writes, streamed};
use std::time::Duration;

/// Events that arrived together leave together, up to about this many bytes.
const BATCH: usize = 32 * 1024;

/// How many writes a client that drains may be behind before the provider is held back.
const AHEAD: usize = 16;

const PING: &[u8] = b": ping\n\n";

/// Opens the stream and answers with it, or with plain JSON when it fails before its first token.
///
/// When the client leaves, the body is dropped, and with it the provider's stream and the
/// ticket; if the key says to drain, a task of its own reads on.
pub(crate) async fn respond(
    app: &App,
    begun: Begun,
    dialect: Dialect,
) -> openclaw_web::Result<Response> {
    let heartbeat = Duration::from_millis(app.config.routing.heartbeat_ms);
    let drain = begun.on_disconnect == OnDisconnect::Drain;
    let opening = Relay::open(app.ports.clone(), heartbeat, begun, Writer::new(dialect)).boxed();
    let opened = if drain {
        drained(&app.ports, opening).await?
    } else {
        opening
            .await?
            .map(|(relay, headers)| (relay.into_body(), headers))
    };
    Ok(match opened {
        Err(response) => response,
        Ok((body, headers)) => {
            let mut response = Response::new(body);
            *response.headers_mut() = headers;
            response
        }
    })
}

/// A relay with its response's headers, or the response to give instead.
type Opened<T> = Result<Result<(T, HeaderMap), Response>>;

/// Runs the relay in a task of its own, which goes on when nobody reads any more.
async fn drained(ports: &Ports, opening: BoxFuture<'static, Opened<Relay>>) -> Opened<Body> {
    let (head, opened) = oneshot::channel();
    let (mut events, body) = mpsc::channel(AHEAD);
    ports.spawn.spawn(Box::pin(async move {
        let relay = match opening.await {
            Ok(Ok((relay, headers))) => {
                let _ = head.send(Ok(Ok(headers)));
                relay
            }
            Ok(Err(response)) => return drop(head.send(Ok(Err(response)))),
            Err(error) => return drop(head.send(Err(error))),
        };
        let mut relayed = relay.into_stream();
        while let Some(event) = relayed.next().await {
            let _ = events.send(event).await;
        }
    }));
    let opened = opened.await.map_err(Error::internal)??;
    Ok(opened.map(|headers| (streamed(body.boxed()), headers)))
}

enum Source {
    /// No provider has answered yet, but the client waits for a sign of life.
    Starting(BoxFuture<'static, Result<Reply<ChunkStream>, Failure>>),
    Live(Box<ChunkStream>),
}

struct Relay {
    source: Source,
    /// The write that leaves with the head, and whether it is the last.
    first: Option<(Bytes, bool)>,
    /// What came behind the last chunk of a batch and is not a chunk.
    pending: Option<Option<Error>>,
    writer: Writer,
    ticket: Ticket,
    heartbeat: Duration,
}

impl Relay {
    /// Waits for the provider, at most one heartbeat; the admission becomes durable meanwhile.
    async fn open(ports: Ports, heartbeat: Duration, begun: Begun, writer: Writer) -> Opened<Self> {
        let Begun {
            plan, mut ticket, ..
        } = begun;
        ticket.calling();
        let mut start = plan.stream(ports).boxed();
        let admitted = ticket.admitted();
        let (started, admitted) = join(ticket.within(heartbeat, &mut start), admitted).await;
        admitted?;
        let mut headers = stream_headers();
        let source = match started {
            None => Source::Starting(start),
            Some(Ok(reply)) => {
                write_served(
                    &mut headers,
                    Some(&reply.served.provider),
                    reply.served.attempts,
                );
                ticket.served_by(&reply.served.provider, reply.served.model.pricing);
                Source::Live(Box::new(reply.answer))
            }
            Some(Err(failure)) => {
                ticket.settle(Status::Failed).await?;
                return Ok(Err(failed(failure)));
            }
        };
        let mut relay = Self {
            source,
            first: None,
            pending: None,
            writer,
            ticket,
            heartbeat,
        };
        relay.look().await;
        Ok(Ok((relay, headers)))
    }

    /// Takes what has come already, so that it leaves with the head: an answer that is whole by
    /// now, settled, is a single write to the client's connection, which is the dearest thing in
    /// the life of a short one.
    async fn look(&mut self) {
        let Source::Live(chunks) = &mut self.source else {
            return;
        };
        if let Some(next) = chunks.next().now_or_never() {
            let mut out = BytesMut::new();
            self.batch(next, &mut out);
            // A write of nothing would be none.
            if self.pending.is_some() || !out.is_empty() {
                self.first = Some(self.finished(out).await);
            }
        }
    }

    /// What is over by now has a length and needs no stream.
    fn into_body(mut self) -> Body {
        match self.first.take_if(|(_, is_last)| *is_last) {
            Some((whole, _)) => Body::from(whole),
            None => streamed(self.into_stream()),
        }
    }

    fn into_stream(self) -> Writes {
        // Boxed, and lent to what works on it: what is open for minutes is held once.
        let writes = stream::unfold(Some(Box::new(self)), |relay| async {
            let mut relay = relay?;
            let (event, is_last) = relay.next().await;
            Some((Ok(event), (!is_last).then_some(relay)))
        });
        writes.boxed()
    }

    /// The next write, and whether it is the last.
    async fn next(&mut self) -> (Bytes, bool) {
        if let Some(first) = self.first.take() {
            return first;
        }
        loop {
            if self.pending.is_some() {
                return self.finished(BytesMut::new()).await;
            }
            match &mut self.source {
                Source::Starting(start) => match self.ticket.within(self.heartbeat, start).await {
                    None => return (Bytes::from_static(PING), false),
                    Some(Ok(Reply { answer, served })) => {
                        self.ticket
                            .served_by(&served.provider, served.model.pricing);
                        self.source = Source::Live(Box::new(answer));
                    }
                    Some(Err(failure)) => self.pending = Some(Some(failure.error)),
                },
                Source::Live(chunks) => {
                    match self.ticket.within(self.heartbeat, chunks.next()).await {
                        None => return (Bytes::from_static(PING), false),
                        Some(next) => {
                            let mut out = BytesMut::new();
                            self.batch(next, &mut out);
                            if !out.is_empty() {
                                return self.finished(out).await;
                            }
                        }
                    }
                }
            }
        }
    }

    /// A write, and whether it is the last: what arrived with the end leaves with it, where
    /// several events may.
    async fn finished(&mut self, mut out: BytesMut) -> (Bytes, bool) {
        let with_end = out.is_empty() || self.writer.may_batch();
        match self.pending.take_if(|_| with_end) {
            Some(end) => {
                self.end(end, &mut out).await;
                (out.freeze(), true)
            }
            None => (out.freeze(), false),
        }
    }

    /// Writes `next`, and what is there already behind it.
    fn batch(&mut self, mut next: Option<Result<Chunk>>, out: &mut BytesMut) {
        loop {
            match next {
                Some(Ok(chunk)) => self.chunk(&chunk, out),
                Some(Err(error)) => self.pending = Some(Some(error)),
                None => self.pending = Some(None),
            }
            let full = out.len() >= BATCH || !(self.writer.may_batch() || out.is_empty());
            let Source::Live(chunks) = &mut self.source else {
                break;
            };
            if self.pending.is_some() || full {
                break;
            }
            match chunks.next().now_or_never() {
                Some(ready) => next = ready,
                None => break,
            }
        }
    }

    fn chunk(&mut self, chunk: &Chunk, out: &mut BytesMut) {
        self.ticket.generated(chunk.tokens);
        if let Some(usage) = chunk.usage {
            self.ticket.counted(usage);
        }
        self.writer.chunk(chunk, out);
    }

    /// Settles; meanwhile the provider's response ends, mostly.
    async fn settled(&mut self, status: Status) -> Result<()> {
        let settled = self.ticket.settle(status);
        let Source::Live(chunks) = &mut self.source else {
            return settled.await;
        };
        match select(settled, chunks.ended()).await {
            Either::Left((settled, _)) => settled,
            Either::Right((_, settled)) => settled.await,
        }
    }

    /// Settles, then writes the end: whoever has read it knows that it is accounted.
    async fn end(&mut self, error: Option<Error>, out: &mut BytesMut) {
        let usage = self.ticket.usage();
        let status = if error.is_some() {
            Status::Failed
        } else {
            Status::Completed
        };
        let settled = self.settled(status).await;
        match error.or(settled.err()) {
            None => self.writer.end(usage, out),
            Some(error) => {
                let cause = error.cause.as_deref().unwrap_or_default();
                tracing::warn!(%error, cause, "a stream failed");
                self.writer.error(&error, out);
            }
        }
    }
}

fn stream_headers() -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/event-stream"),
    );
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    // nginx and others collect what they proxy unless they are told not to.
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    headers
}
