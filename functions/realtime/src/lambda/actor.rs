//! Works on a session that is held: hands it what comes in, and does what it says.

use super::{desk, gathered::Gathered, hold::Hold, letter::Letter, outbox::Outbox, record::Record};
use crate::{
    Call, Calls, Close, Desk, Event, Grant, Input, Session,
    reply::{self, Reply},
};
use bytes::Bytes;
use futures_util::FutureExt;
use openclaw_aws::{Gateway, Undelivered};
use openclaw_core::{BoxFuture, Code, Error, Result, Timestamp};
use std::{
    future::poll_fn,
    task::{Context, Poll},
    time::Duration,
};

mod effects;
mod resume;
mod rounds;

use resume::Resuming;

/// How often letters are looked for while a session is busy.
const LOOKED: Duration = Duration::from_millis(100);

/// For how long a session without a line is kept, and what says that a connection moved: longer than
/// it outlives its line.
const WITHOUT_LINE: Duration = Duration::from_secs(130);

/// Bytes of text that wait to be sent before the providers do.
const MAX_GATHERED: usize = 256 * 1024;

/// Letters that were taken, and the hold, which was renewed.
type Letters = (Hold, Vec<Letter>);

/// What happened.
enum Happened {
    Letters(Result<Letters>),
    Event(u64, Event),
    Posted(Result<(), Undelivered>),
}

struct Actor {
    gateway: Gateway,
    desk: Desk,
    hold: Hold,
    /// No request may run any longer.
    until: Timestamp,
    session: Session,
    line: Option<Outbox>,
    /// The connection, or the last one: messages to it may fail before its end is told. Not one that
    /// was closed here.
    connection: Option<String>,
    /// The session that the connection went on with.
    moved: Option<String>,
    resuming: Option<Resuming>,
    calls: Calls,
    /// Calls to be made once it is saved that they are.
    starts: Vec<(u64, String, Call)>,
    gathered: Gathered,
    letters: Option<BoxFuture<'static, Result<Letters>>>,
    has_looked: bool,
    /// Letters that were left for other sessions.
    left: u64,
    saved: Bytes,
    has_ended: bool,
    was_cut_off: bool,
}

/// Works until nothing is left to do; gives the hold back, and says whether that went well.
pub(super) async fn act(gateway: &Gateway, hold: Hold, until: Timestamp) -> (Hold, Result<()>) {
    let record = match hold.load().await {
        Ok(Some(record)) => record,
        // Its letters have nobody to read them.
        Ok(None) => {
            return match hold.clone().letters().await {
                Ok((hold, _)) => (hold, Ok(())),
                Err(error) => (hold, Err(error)),
            };
        }
        Err(error) => return (hold, Err(error)),
    };
    match Actor::new(gateway, hold.clone(), until, record) {
        Ok((mut actor, grant)) => {
            let done = actor.run(grant).await;
            (actor.hold, done)
        }
        Err(error) => (hold, Err(error)),
    }
}

impl Actor {
    fn new(
        gateway: &Gateway,
        hold: Hold,
        until: Timestamp,
        saved: Bytes,
    ) -> Result<(Self, Option<Grant>)> {
        let clock = &gateway.app.ports.clock;
        let record = Record::read(&saved)?;
        let session = record.session(clock.now())?;
        let around = record.around;
        let outbox = |line| {
            let connections = gateway.connections.clone();
            Outbox::new(connections, clock.clone(), line, around.is_open)
        };
        let actor = Self {
            desk: desk(gateway),
            hold,
            until,
            session,
            line: around.line.map(outbox),
            connection: around.connection,
            has_ended: around.moved.is_some(),
            was_cut_off: around.is_busy,
            moved: around.moved,
            resuming: None,
            calls: Calls::default(),
            starts: Vec::new(),
            gathered: Gathered::default(),
            letters: None,
            has_looked: false,
            left: 0,
            saved,
            gateway: gateway.clone(),
        };
        Ok((actor, around.grant))
    }

    fn now(&self) -> Timestamp {
        self.desk.now()
    }

    async fn run(&mut self, grant: Option<Grant>) -> Result<()> {
        if self.was_cut_off {
            self.give_up().await?;
        }
        if let Some(grant) = grant {
            self.step(Input::Authenticated(Ok(grant))).await?;
        }
        loop {
            self.look_at_time().await?;
            self.pass_events().await?;
            self.make_calls().await?;
            if self.letters.is_none() {
                if self.rests() {
                    break;
                }
                self.look_for_letters();
            }
            match poll_fn(|context| self.poll(context)).await {
                Happened::Letters(letters) => self.read(letters?).await?,
                Happened::Event(run, event) => self.gathered.push(run, event),
                Happened::Posted(posted) => self.posted(posted).await?,
            }
        }
        // Providers are left while there is something to wait for: behind it the process is frozen.
        self.calls = Calls::default();
        match self.has_ended && self.moved.is_none() {
            true => self.hold.forget().await,
            false => self.save().await,
        }
    }

    /// Ends a session in whose work somebody was killed: nobody knows which frames were sent.
    async fn give_up(&mut self) -> Result<()> {
        if let Some(mut line) = self.line.take() {
            let error = Error::new(Code::Internal, "The session was cut off: connect again");
            let error = reply::error(&error);
            line.push(reply::text(&Reply::Error { error: &error }));
            self.beside(line.finish(Close::GoingAway));
        }
        // As if the client were done, so that its place is given back.
        self.step(Input::Closed(Some(1000))).await
    }

    /// Whether it can be put aside. Letters that are being taken are waited for: they would be lost.
    fn rests(&self) -> bool {
        let is_idle = self.line.as_ref().is_none_or(Outbox::is_idle);
        let is_quiet = is_idle && self.gathered.is_empty() && !self.session.is_busy();
        let is_known = self.session.is_authenticated() || self.has_ended;
        self.has_looked && is_quiet && is_known
    }

    fn look_for_letters(&mut self) {
        let hold = self.hold.clone();
        self.letters = Some(match self.has_looked {
            true => hold.next_letters(LOOKED).boxed(),
            false => hold.letters().boxed(),
        });
        self.has_looked = true;
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Happened> {
        if let Some(line) = &mut self.line
            && let Poll::Ready(posted) = line.poll(context)
        {
            return Poll::Ready(Happened::Posted(posted));
        }
        if let Some(letters) = &mut self.letters
            && let Poll::Ready(letters) = letters.poll_unpin(context)
        {
            self.letters = None;
            return Poll::Ready(Happened::Letters(letters));
        }
        if self.gathered.bytes() > MAX_GATHERED {
            return Poll::Pending;
        }
        let event = self.calls.poll(context);
        event.map(|(run, event)| Happened::Event(run, event))
    }

    async fn read(&mut self, (hold, letters): Letters) -> Result<()> {
        self.hold = hold;
        for letter in letters {
            match letter {
                Letter::Text { .. } | Letter::Closed { .. } if self.moved.is_some() => {
                    self.forward(&letter).await?;
                }
                Letter::Text { from, text } => {
                    if let Some(line) = self.line_of(&from) {
                        line.heard();
                        self.step(Input::Text(&text)).await?;
                    }
                }
                Letter::Closed { from, code } => {
                    if self.connection.as_ref() == Some(&from) {
                        (self.line, self.connection) = (None, None);
                        self.step(Input::Closed(code)).await?;
                    }
                }
                Letter::Attach(asked) => self.attach(asked).await?,
                Letter::Attached { taken } => self.attached(taken).await?,
            }
        }
        Ok(())
    }

    fn line_of(&mut self, connection: &str) -> Option<&mut Outbox> {
        let line = self.line.as_mut();
        line.filter(|line| line.line().connection == connection)
    }
}
