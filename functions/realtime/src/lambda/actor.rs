//! The work on a session whose lease is held: hands it what comes in, and carries out its effects.

use super::{
    backend, event_buffer::EventBuffer, lease::Lease, message::SessionMessage, outbox::Outbox,
    record::Record,
};
use crate::{
    Call, Calls, Close, Event, Input, KeySecret, Session, SessionAuth, SessionBackend,
    server_frame::{self, ConnectionFrame},
};
use bytes::Bytes;
use futures_util::FutureExt;
use openclaw_aws::{SessionServices, Undelivered};
use openclaw_core::{BoxFuture, Code, Error, Result, Timestamp};
use std::{
    future::poll_fn,
    task::{Context, Poll},
    time::Duration,
};

mod effects;
mod event_loop;
mod resume;

use resume::Resuming;

/// The pause between two looks for messages while a session is busy.
const POLL_INTERVAL: Duration = Duration::from_millis(100);

/// How long a session without a connection is saved, and likewise where a connection moved to: longer than
/// a session outlives its connection.
const WITHOUT_CONNECTION: Duration = Duration::from_secs(130);

/// Bytes of buffered text above which no more is read from the providers.
const MAX_BUFFERED: usize = 256 * 1024;

/// The messages that were taken, and the lease, which was renewed with it.
type Received = (Lease, Vec<SessionMessage>);

/// An event for the actor.
enum Signal {
    Received(Result<Received>),
    Event(u64, Event),
    Posted(Result<(), Undelivered>),
}

struct Actor {
    services: SessionServices,
    backend: SessionBackend,
    lease: Lease,
    /// No request may run beyond this time.
    until: Timestamp,
    session: Session,
    outbox: Option<Outbox>,
    /// The id of the connection, or of the last one: its end may be told after messages to it failed. None
    /// where the connection was closed here.
    connection: Option<String>,
    /// The session that the connection went on with.
    moved: Option<String>,
    resuming: Option<Resuming>,
    calls: Calls,
    /// Calls to be made once it is saved that they are.
    starts: Vec<(u64, KeySecret, Call)>,
    events: EventBuffer,
    messages: Option<BoxFuture<'static, Result<Received>>>,
    has_looked: bool,
    /// Messages that this actor sent to other sessions.
    sent: u64,
    saved: Bytes,
    has_ended: bool,
    was_cut_off: bool,
}

/// Works until nothing is left to do. Gives the lease back with the outcome.
pub(super) async fn act(
    services: &SessionServices,
    lease: Lease,
    until: Timestamp,
) -> (Lease, Result<()>) {
    let record = match lease.load().await {
        Ok(Some(record)) => record,
        // The session has ended: its messages are dropped.
        Ok(None) => {
            return match lease.clone().messages().await {
                Ok((lease, _)) => (lease, Ok(())),
                Err(error) => (lease, Err(error)),
            };
        }
        Err(error) => return (lease, Err(error)),
    };
    match Actor::new(services, lease.clone(), until, record) {
        Ok((mut actor, auth)) => {
            let done = actor.run(auth).await;
            (actor.lease, done)
        }
        Err(error) => (lease, Err(error)),
    }
}

impl Actor {
    fn new(
        services: &SessionServices,
        lease: Lease,
        until: Timestamp,
        saved: Bytes,
    ) -> Result<(Self, Option<SessionAuth>)> {
        let clock = &services.app.ports.clock;
        let record = Record::read(&saved)?;
        let session = record.session(clock.now())?;
        let state = record.state;
        let outbox = |address| {
            let connections = services.connections.clone();
            Outbox::new(connections, clock.clone(), address, state.is_open)
        };
        let actor = Self {
            backend: backend(services),
            lease,
            until,
            session,
            outbox: state.address.map(outbox),
            connection: state.connection,
            has_ended: state.moved.is_some(),
            was_cut_off: state.is_busy,
            moved: state.moved,
            resuming: None,
            calls: Calls::default(),
            starts: Vec::new(),
            events: EventBuffer::default(),
            messages: None,
            has_looked: false,
            sent: 0,
            saved,
            services: services.clone(),
        };
        Ok((actor, state.auth))
    }

    fn now(&self) -> Timestamp {
        self.backend.now()
    }

    async fn run(&mut self, auth: Option<SessionAuth>) -> Result<()> {
        if self.was_cut_off {
            self.abandon().await?;
        }
        if let Some(auth) = auth {
            self.step(Input::Authenticated(Ok(auth))).await?;
        }
        loop {
            self.check_time().await?;
            self.pass_events().await?;
            self.make_calls().await?;
            if self.messages.is_none() {
                if self.is_at_rest() {
                    break;
                }
                self.look_for_letters();
            }
            match poll_fn(|context| self.poll(context)).await {
                Signal::Received(messages) => self.read(messages?).await?,
                Signal::Event(run, event) => self.events.push(run, event),
                Signal::Posted(posted) => self.posted(posted).await?,
            }
        }
        // The calls are dropped while the invocation still runs: after it the process is frozen.
        self.calls = Calls::default();
        match self.has_ended && self.moved.is_none() {
            true => self.lease.forget().await,
            false => self.save().await,
        }
    }

    /// Ends a session whose last invocation was killed: nobody knows which frames it sent.
    async fn abandon(&mut self) -> Result<()> {
        if let Some(mut outbox) = self.outbox.take() {
            let error = Error::new(Code::Internal, "The session was cut off: connect again");
            let error = server_frame::error(&error);
            outbox.push(server_frame::text(&ConnectionFrame::Error {
                error: &error,
            }));
            self.spawn(outbox.finish(Close::GoingAway));
        }
        // As if the client were done, so that its place is given back.
        self.step(Input::Closed(Some(1000))).await
    }

    /// Whether the session can be put aside. Messages that are being taken would be lost: they are waited
    /// for.
    fn is_at_rest(&self) -> bool {
        let is_idle = self.outbox.as_ref().is_none_or(Outbox::is_idle);
        let is_quiet = is_idle && self.events.is_empty() && !self.session.is_busy();
        self.has_looked && is_quiet
    }

    fn look_for_letters(&mut self) {
        let lease = self.lease.clone();
        self.messages = Some(match self.has_looked {
            true => lease.next_messages(POLL_INTERVAL).boxed(),
            false => lease.messages().boxed(),
        });
        self.has_looked = true;
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Signal> {
        if let Some(outbox) = &mut self.outbox
            && let Poll::Ready(posted) = outbox.poll(context)
        {
            return Poll::Ready(Signal::Posted(posted));
        }
        if let Some(messages) = &mut self.messages
            && let Poll::Ready(messages) = messages.poll_unpin(context)
        {
            self.messages = None;
            return Poll::Ready(Signal::Received(messages));
        }
        if self.events.bytes() > MAX_BUFFERED {
            return Poll::Pending;
        }
        let event = self.calls.poll(context);
        event.map(|(run, event)| Signal::Event(run, event))
    }

    async fn read(&mut self, (lease, messages): Received) -> Result<()> {
        self.lease = lease;
        for message in messages {
            match message {
                SessionMessage::Text { .. } | SessionMessage::Closed { .. }
                    if self.moved.is_some() =>
                {
                    self.forward(&message).await?;
                }
                SessionMessage::Text { from, text } => {
                    if let Some(outbox) = self.outbox_of(&from) {
                        outbox.heard();
                        self.step(Input::Text(&text)).await?;
                    }
                }
                SessionMessage::Closed { from, code } => {
                    if self.connection.as_ref() == Some(&from) {
                        (self.outbox, self.connection) = (None, None);
                        self.step(Input::Closed(code)).await?;
                    }
                }
                SessionMessage::Attach(asked) => self.attach(asked).await?,
                SessionMessage::Attached { taken } => self.attached(taken).await?,
            }
        }
        Ok(())
    }

    fn outbox_of(&mut self, connection: &str) -> Option<&mut Outbox> {
        let outbox = self.outbox.as_mut();
        outbox.filter(|outbox| outbox.address().connection == connection)
    }
}
