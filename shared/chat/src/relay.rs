//! A stream on its way from the provider to the client: polled through, never collected.

use crate::{
    admit::{Accounting, AdmittedChat},
    complete::{failed, write_cached, write_served},
    continuation::Continuation,
    guard::StreamGuard,
    replay::{Keeping, replayed},
    rounds::{Rounds, Running},
};
use axum::{body::Body, response::Response};
use bytes::{Bytes, BytesMut};
use futures_channel::{mpsc, oneshot};
use futures_util::{
    FutureExt, SinkExt, StreamExt,
    future::{BoxFuture, Either, OptionFuture, join, select},
    stream,
};
use http::{HeaderMap, HeaderValue, header};
use openclaw_core::{Error, Money, Ports, Result};
use openclaw_providers::{Chunk, ChunkStream, Failure, Reply};
use openclaw_schema::{key::OnDisconnect, usage::TokenUsage};
use openclaw_usage::{Status, Waited};
use openclaw_web::{App, Writes, streamed};
use std::time::Duration;

/// Events that arrived together leave together, up to about this many bytes.
const BATCH: usize = 32 * 1024;

/// How many writes a client that drains may be behind before the provider is held back.
const AHEAD: usize = 16;

/// How a stream is written in the caller's dialect, as server-sent events.
pub trait EventWriter: Send {
    /// Whether several events may leave in one write.
    fn may_batch(&self) -> bool {
        true
    }

    /// A sign of life while nothing of the answer comes: a comment, unless the dialect has more.
    fn ping(&self) -> &'static [u8] {
        b": ping\n\n"
    }

    /// Writes a piece of the answer; what the format shows last waits for the end.
    fn chunk(&mut self, chunk: &Chunk, out: &mut BytesMut);

    /// What must be done before a whole answer is settled and its end written; an error ends the answer
    /// as a failure.
    fn before_end(
        &mut self,
        _usage: &TokenUsage,
        _cost: Money,
    ) -> Option<BoxFuture<'static, Result<()>>> {
        None
    }

    /// The end of a whole answer, with its tokens and their cost in dollars.
    fn end(&mut self, usage: &TokenUsage, cost: Money, out: &mut BytesMut);

    /// The end of an answer that failed: never looks like success.
    fn error(&mut self, error: &Error, out: &mut BytesMut);
}

/// Opens the stream and answers with it, or with plain JSON when it fails before anything of the
/// answer is there.
///
/// The head waits for that, for one heartbeat at most: a client that waits longer needs a sign of
/// life, and what fails after it is an event of the stream.
///
/// When the client leaves, the body is dropped, and with it the provider's stream and the
/// settlement; if the key says to drain, a task of its own reads on.
pub async fn respond(
    app: &App,
    admitted: AdmittedChat,
    writer: Box<dyn EventWriter>,
) -> openclaw_web::Result<Response> {
    if let Some(cache) = &admitted.cache
        && let Some(entry) = cache.find().await
    {
        return replayed(admitted, &entry, writer).await;
    }
    let heartbeat = Duration::from_millis(app.config.routing.heartbeat_ms);
    let drain = admitted.on_disconnect == OnDisconnect::Drain;
    let opening = Relay::open(app.ports.clone(), heartbeat, admitted, writer).boxed();
    let opened = if drain {
        drained(&app.ports, opening).await?
    } else {
        opening.await?.map(Relay::into_body)
    };
    Ok(match opened {
        Opened::Failed(response) => response,
        Opened::Started { answer, headers } => {
            let mut response = Response::new(answer);
            *response.headers_mut() = headers;
            response
        }
    })
}

/// What a client gets.
enum Opened<T> {
    /// The stream, in whatever form, with its response's headers.
    Started { answer: T, headers: HeaderMap },
    /// The whole response: there is no stream.
    Failed(Response),
}

impl<T> Opened<T> {
    fn map<U>(self, change: impl FnOnce(T) -> U) -> Opened<U> {
        match self {
            Self::Started { answer, headers } => Opened::Started {
                answer: change(answer),
                headers,
            },
            Self::Failed(response) => Opened::Failed(response),
        }
    }
}

/// Runs the relay in a task of its own, which goes on when nobody reads any more.
async fn drained(
    ports: &Ports,
    opening: BoxFuture<'static, Result<Opened<Relay>>>,
) -> Result<Opened<Body>> {
    let (sender, opened) = oneshot::channel();
    let (mut events, body) = mpsc::channel(AHEAD);
    ports.spawn.spawn(Box::pin(async move {
        let mut relay = None;
        let opened = opening
            .await
            .map(|opened| opened.map(|started| relay = Some(started)));
        // Nobody listens any more when the client has left.
        let _ = sender.send(opened);
        if let Some(relay) = relay {
            let mut writes = relay.into_stream();
            while let Some(event) = writes.next().await {
                let _ = events.send(event).await;
            }
        }
    }));
    let opened = opened.await.map_err(Error::internal)??;
    Ok(opened.map(|()| streamed(body.boxed())))
}

enum Source {
    /// Nothing of an answer is there yet, but the client waits for a sign of life.
    Starting(BoxFuture<'static, Result<Reply<ChunkStream>, Failure>>),
    Live(Box<ChunkStream>),
    /// The model waits for its skills.
    Skills(Running),
}

/// How an answer ended.
enum End {
    Whole,
    Failed(Error),
    /// The provider's answer did, after something of it was there.
    BrokeOff(Error),
    /// The caller may not go on, which is no fault of the provider's.
    Refused(Error),
}

/// One write to the client.
struct Write {
    bytes: Bytes,
    is_last: bool,
}

impl Write {
    fn ping(writer: &dyn EventWriter) -> Self {
        Self {
            bytes: Bytes::from_static(writer.ping()),
            is_last: false,
        }
    }
}

struct Relay {
    source: Source,
    /// The write that leaves with the head.
    first: Option<Write>,
    /// The end, where it came with the last chunk of a batch and is still to be written.
    pending: Option<End>,
    writer: Box<dyn EventWriter>,
    accounting: Accounting,
    heartbeat: Duration,
    /// The rounds that may follow, where skills are offered.
    rounds: Option<Box<dyn Rounds>>,
    keeping: Option<Keeping>,
    guard: Option<StreamGuard>,
    /// What goes on where the answer breaks off.
    continuation: Option<Continuation>,
    ports: Ports,
}

impl Relay {
    /// Waits for the answer's beginning, at most one heartbeat; the admission becomes durable
    /// meanwhile.
    async fn open(
        ports: Ports,
        heartbeat: Duration,
        admitted: AdmittedChat,
        writer: Box<dyn EventWriter>,
    ) -> Result<Opened<Self>> {
        let AdmittedChat {
            plan,
            mut accounting,
            rounds,
            cache,
            guards,
            mut continuation,
            ..
        } = admitted;
        // The rounds of a request are of skills, whose results may differ.
        let cache = cache.filter(|_| rounds.is_none());
        let mut keeping = cache.map(|cache| Keeping::new(cache, guards.clone()));
        let settlement = &mut accounting.settlement;
        settlement.calling();
        let mut start = plan.stream(ports.clone()).boxed();
        let durable = settlement.admitted();
        let (started, durable) = join(settlement.within(heartbeat, &mut start), durable).await;
        durable?;
        let mut headers = stream_headers();
        if keeping.is_some() {
            write_cached(&mut headers, false);
        }
        let (source, first) = match started {
            Waited::Elapsed => (Source::Starting(start), Some(Write::ping(&*writer))),
            Waited::Refused(error) => {
                settlement.settle(Status::Interrupted).await?;
                return Err(error);
            }
            Waited::Done(Ok(Reply { answer, served })) => {
                write_served(&mut headers, Some(&served.provider), served.attempts);
                accounting.served(&served);
                if let Some(continuation) = &mut continuation {
                    continuation.served(&served);
                }
                if let Some(keeping) = &mut keeping {
                    keeping.served = Some(served);
                }
                (Source::Live(Box::new(answer)), None)
            }
            Waited::Done(Err(failure)) => {
                accounting.failed(&failure);
                accounting.settlement.settle(Status::Failed).await?;
                return Ok(Opened::Failed(failed(failure)));
            }
        };
        let mut relay = Self {
            source,
            first,
            pending: None,
            writer,
            accounting,
            heartbeat,
            rounds,
            keeping,
            guard: StreamGuard::new(guards),
            continuation,
            ports,
        };
        relay.look().await;
        Ok(Opened::Started {
            answer: relay,
            headers,
        })
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
            if (self.pending.is_some() && !self.may_go_on()) || !out.is_empty() {
                self.first = Some(self.finished(out).await);
            }
        }
    }

    /// What is over by now has a length and needs no stream.
    fn into_body(mut self) -> Body {
        match self.first.take_if(|first| first.is_last) {
            Some(whole) => Body::from(whole.bytes),
            None => streamed(self.into_stream()),
        }
    }

    fn into_stream(self) -> Writes {
        // Boxed, and lent to what works on it: what is open for minutes is held once.
        let writes = stream::unfold(Some(Box::new(self)), |relay| async {
            let mut relay = relay?;
            let Write { bytes, is_last } = relay.next().await;
            Some((Ok(bytes), (!is_last).then_some(relay)))
        });
        writes.boxed()
    }

    async fn next(&mut self) -> Write {
        if let Some(first) = self.first.take() {
            return first;
        }
        loop {
            if self.may_go_on() {
                self.go_on().await;
                continue;
            }
            if self.pending.is_some() {
                return self.finished(BytesMut::new()).await;
            }
            let settlement = &mut self.accounting.settlement;
            match &mut self.source {
                Source::Starting(start) => match settlement.within(self.heartbeat, start).await {
                    Waited::Elapsed => return Write::ping(&*self.writer),
                    Waited::Refused(error) => self.pending = Some(End::Refused(error)),
                    Waited::Done(Ok(Reply { answer, served })) => {
                        self.accounting.served(&served);
                        if let Some(continuation) = &mut self.continuation {
                            continuation.served(&served);
                        }
                        if let Some(keeping) = &mut self.keeping {
                            keeping.served = Some(served);
                        }
                        self.source = Source::Live(Box::new(answer));
                    }
                    Waited::Done(Err(failure)) => {
                        self.accounting.failed(&failure);
                        self.pending = Some(End::Failed(failure.error));
                    }
                },
                Source::Live(chunks) => {
                    match settlement.within(self.heartbeat, chunks.next()).await {
                        Waited::Elapsed => return Write::ping(&*self.writer),
                        Waited::Refused(error) => self.pending = Some(End::Refused(error)),
                        Waited::Done(next) => {
                            let mut out = BytesMut::new();
                            self.batch(next, &mut out);
                            if !out.is_empty() {
                                return self.finished(out).await;
                            }
                        }
                    }
                }
                Source::Skills(running) => {
                    match settlement.within(self.heartbeat, running.next()).await {
                        Waited::Elapsed => return Write::ping(&*self.writer),
                        Waited::Refused(error) => self.pending = Some(End::Refused(error)),
                        Waited::Done(Some(ran)) => {
                            let chunk = self.rounds.as_mut().map(|rounds| rounds.ran(ran));
                            let mut out = BytesMut::new();
                            chunk
                                .iter()
                                .for_each(|chunk| self.writer.chunk(chunk, &mut out));
                            return self.finished(out).await;
                        }
                        Waited::Done(None) => self.ask_again().await,
                    }
                }
            }
        }
    }

    /// Whether the answer broke off, and another target may go on with it.
    fn may_go_on(&self) -> bool {
        let continuation = self.continuation.as_ref();
        matches!(self.pending, Some(End::BrokeOff(_)))
            && continuation.is_some_and(Continuation::is_possible)
    }

    /// Asks the next target to go on; where none can, or no budget is left, the answer has failed as it did.
    async fn go_on(&mut self) {
        let Some(continuation) = &mut self.continuation else {
            return;
        };
        let settlement = &mut self.accounting.settlement;
        match continuation.next(settlement).await {
            Ok(Some(plan)) => {
                if let Some(End::BrokeOff(error)) = self.pending.take() {
                    let cause = error.cause.unwrap_or_default();
                    tracing::warn!(cause, "a stream broke off; another target goes on");
                }
                settlement.calling();
                self.source = Source::Starting(plan.stream(self.ports.clone()).boxed());
            }
            Ok(None) => {}
            Err(error) => self.pending = Some(End::Failed(error)),
        }
    }

    /// The next round, with what the skills gave.
    async fn ask_again(&mut self) {
        let Some(rounds) = &mut self.rounds else {
            return;
        };
        let settlement = &mut self.accounting.settlement;
        match rounds.go_on(settlement).await {
            Ok(plan) => {
                settlement.calling();
                self.source = Source::Starting(plan.stream(rounds.ports()).boxed());
            }
            Err(error) => self.pending = Some(End::Failed(error)),
        }
    }

    /// The model's answer is whole: the request's end, unless it called skills.
    fn answered(&mut self, out: &mut BytesMut) {
        let Some(rounds) = &mut self.rounds else {
            return self.whole(out);
        };
        match rounds.after_stream() {
            Ok((chunks, running)) => {
                chunks.iter().for_each(|chunk| self.write(chunk, out));
                match running {
                    Some(running) => self.source = Source::Skills(running),
                    None => self.whole(out),
                }
            }
            Err(error) => self.pending = Some(End::Failed(error)),
        }
    }

    /// Nothing more comes.
    fn whole(&mut self, out: &mut BytesMut) {
        if self.pending.is_some() {
            return;
        }
        let rest = self.guard.as_mut().map_or(Ok(vec![]), StreamGuard::end);
        self.pending = Some(match rest {
            Ok(chunks) => {
                let writer = &mut self.writer;
                chunks.iter().for_each(|chunk| writer.chunk(chunk, out));
                End::Whole
            }
            Err(error) => End::Failed(error),
        });
    }

    /// Writes what the account's guardrails let out.
    fn write(&mut self, chunk: &Chunk, out: &mut BytesMut) {
        let Some(guard) = &mut self.guard else {
            return self.writer.chunk(chunk, out);
        };
        match guard.chunk(chunk) {
            Ok(chunks) => {
                let writer = &mut self.writer;
                chunks.iter().for_each(|chunk| writer.chunk(chunk, out));
            }
            Err(error) => self.pending = Some(End::Failed(error)),
        }
    }

    /// A write: what arrived with the end leaves with it, where several events may.
    async fn finished(&mut self, mut out: BytesMut) -> Write {
        let with_end = (out.is_empty() || self.writer.may_batch()) && !self.may_go_on();
        let end = self.pending.take_if(|_| with_end);
        let is_last = end.is_some();
        if let Some(end) = end {
            self.end(end, &mut out).await;
        }
        Write {
            bytes: out.freeze(),
            is_last,
        }
    }

    /// Writes `next`, and what has come after it already.
    fn batch(&mut self, mut next: Option<Result<Chunk>>, out: &mut BytesMut) {
        loop {
            match next {
                Some(Ok(chunk)) => self.chunk(&chunk, out),
                Some(Err(error)) => self.pending = Some(End::BrokeOff(error)),
                None => self.answered(out),
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
        let settlement = &mut self.accounting.settlement;
        if chunk.tokens > 0 {
            settlement.first_token();
            settlement.generated(chunk.tokens);
        }
        if let Some(usage) = chunk.usage {
            settlement.counted(usage);
        }
        let continued = self.continuation.as_mut();
        let continued = continued.and_then(|continuation| continuation.chunk(chunk));
        let chunk = continued.as_ref().unwrap_or(chunk);
        if let Some(keeping) = &mut self.keeping {
            let is_put = chunk.event.is_none() && keeping.whole.push(chunk).is_ok();
            if !is_put {
                self.keeping = None;
            }
        }
        match &mut self.rounds {
            None => self.write(chunk, out),
            Some(rounds) => {
                let shown = rounds.show(chunk);
                shown.iter().for_each(|chunk| self.write(chunk, out));
            }
        }
    }

    /// Settles; meanwhile the provider's response ends, mostly.
    async fn settled(&mut self, status: Status) -> Result<()> {
        let settled = self.accounting.settlement.settle(status);
        let Source::Live(chunks) = &mut self.source else {
            return settled.await;
        };
        match select(settled, chunks.ended()).await {
            Either::Left((settled, _)) => settled,
            Either::Right((_, settled)) => settled.await,
        }
    }

    /// Settles, then writes the end: whoever has read it knows that it is accounted.
    async fn end(&mut self, end: End, out: &mut BytesMut) {
        let (usage, cost) = self.accounting.settlement.usage();
        let mut end = end;
        if matches!(end, End::Whole) {
            if let Some(keeping) = self.keeping.take() {
                keeping.keep().await;
            }
            let before = self.writer.before_end(&usage, cost);
            if let Some(Err(error)) = OptionFuture::from(before).await {
                end = End::Failed(error);
            }
        }
        let status = match end {
            End::Whole => Status::Completed,
            End::Failed(_) | End::BrokeOff(_) => Status::Failed,
            End::Refused(_) => Status::Interrupted,
        };
        if let End::Failed(error) | End::BrokeOff(error) = &end {
            self.accounting.settlement.failed(error);
        }
        let settled = self.settled(status).await;
        let error = match end {
            End::Whole => settled.err(),
            End::Failed(error) | End::BrokeOff(error) | End::Refused(error) => Some(error),
        };
        match error {
            None => self.writer.end(&usage, cost, out),
            Some(error) => {
                let cause = error.cause.as_deref().unwrap_or_default();
                tracing::warn!(%error, cause, "a stream failed");
                self.writer.error(&error, out);
            }
        }
    }
}

pub(crate) fn stream_headers() -> HeaderMap {
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
