//! The task of a session: it waits for whatever happens next and does what the session says.

use super::{
    Sessions,
    connection::{Connection, Incoming},
};
use openclaw_core::{Result, Timestamp};
use openclaw_function_realtime::{
    Calls, Close, Effect, Event, Input, Session, SessionAuth, SessionBackend,
};
use std::{
    collections::VecDeque,
    future::poll_fn,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};
use tokio::{
    sync::{
        mpsc::{self, UnboundedReceiver},
        oneshot,
    },
    time::{Instant, Sleep, sleep_until},
};
use tokio_util::sync::WaitForCancellationFutureOwned;

/// A connection that goes on with this session.
pub(super) struct Attach {
    connection: Connection,
    auth: SessionAuth,
    last_seq: u64,
    answer: oneshot::Sender<Attached>,
}

/// The answer to [`Attach`]: a connection that is refused comes back.
enum Attached {
    Done,
    Refused(Box<Connection>),
}

impl Attach {
    fn refuse(self) {
        let _ = self.answer.send(Attached::Refused(self.connection.into()));
    }
}

/// An event for the task.
enum Signal {
    Incoming(Incoming),
    Overrun,
    Event(u64, Event),
    Attach(Box<Attach>),
    Deadline,
    Stop,
}

pub(super) struct Task {
    session: Session,
    sessions: Sessions,
    connection: Option<Connection>,
    calls: Calls,
    attaching: UnboundedReceiver<Box<Attach>>,
    stop: Option<Pin<Box<WaitForCancellationFutureOwned>>>,
    timer: Pin<Box<Sleep>>,
    effects: VecDeque<Effect>,
    has_ended: bool,
}

impl Task {
    pub(super) fn new(id: String, connection: Connection, sessions: Sessions) -> Self {
        let (sender, attaching) = mpsc::unbounded_channel();
        sessions.lock().insert(id.clone(), sender);
        let stop = sessions.stop.clone().cancelled_owned();
        Self {
            session: Session::new(id, sessions.backend.now(), sessions.limits),
            sessions,
            connection: Some(connection),
            calls: Calls::default(),
            attaching,
            stop: Some(Box::pin(stop)),
            timer: Box::pin(sleep_until(Instant::now())),
            effects: VecDeque::new(),
            has_ended: false,
        }
    }

    /// Runs until the session ends. `auth`: of a handshake that was authenticated.
    pub(super) async fn run(mut self, auth: Option<SessionAuth>) {
        if let Some(auth) = auth {
            self.step(Input::Authenticated(Ok(auth))).await;
        }
        while !self.has_ended {
            self.set_timer();
            match poll_fn(|context| self.poll(context)).await {
                Signal::Incoming(incoming) => self.incoming(incoming).await,
                Signal::Overrun => self.step(Input::Overrun).await,
                Signal::Event(run, event) => self.step(Input::Event(run, event)).await,
                Signal::Attach(attach) => self.attach(*attach).await,
                Signal::Deadline => self.deadline().await,
                Signal::Stop => self.step(Input::Shutdown).await,
            }
        }
        self.attaching.close();
        while let Ok(attach) = self.attaching.try_recv() {
            attach.refuse();
        }
        self.finish_connection();
    }

    fn now(&self) -> Timestamp {
        self.sessions.backend.now()
    }

    fn set_timer(&mut self) {
        let now = self.now();
        let session = self.session.deadline();
        let session = session.map(|at| Instant::now() + at.duration_since(now));
        let connection = self.connection.as_ref().map(Connection::deadline);
        let next = session.into_iter().chain(connection).min();
        let next = next.unwrap_or_else(|| Instant::now() + Duration::from_secs(3600));
        self.timer.as_mut().reset(next);
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Signal> {
        if let Some(connection) = &mut self.connection {
            match connection.poll_write(context) {
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(_)) => return Poll::Ready(Signal::Incoming(Incoming::Lost)),
                Poll::Pending if connection.is_overrun() => return Poll::Ready(Signal::Overrun),
                Poll::Pending => {}
            }
            if let Poll::Ready(incoming) = connection.poll_read(context) {
                return Poll::Ready(Signal::Incoming(incoming));
            }
        }
        if let Poll::Ready((run, event)) = self.calls.poll(context) {
            return Poll::Ready(Signal::Event(run, event));
        }
        if let Poll::Ready(Some(attach)) = self.attaching.poll_recv(context) {
            return Poll::Ready(Signal::Attach(attach));
        }
        if let Some(stop) = &mut self.stop
            && stop.as_mut().poll(context).is_ready()
        {
            self.stop = None;
            return Poll::Ready(Signal::Stop);
        }
        self.timer.as_mut().poll(context).map(|()| Signal::Deadline)
    }

    async fn incoming(&mut self, incoming: Incoming) {
        match incoming {
            Incoming::Text(text) => self.step(Input::Text(&text)).await,
            Incoming::Binary => self.step(Input::Binary).await,
            Incoming::TooLong => self.step(Input::TooLong).await,
            Incoming::Closed(code) => {
                self.step(Input::Closed(code)).await;
                self.finish_connection();
            }
            Incoming::Broken(why) => {
                if let Some(connection) = &mut self.connection {
                    connection.close(why);
                }
                self.finish_connection();
                self.step(Input::Lost).await;
            }
            Incoming::Lost => {
                self.connection = None;
                self.step(Input::Lost).await;
            }
        }
    }

    async fn deadline(&mut self) {
        let now = self.now();
        if self.session.deadline().is_some_and(|at| at <= now) {
            self.step(Input::Tick).await;
        }
        if let Some(connection) = &mut self.connection
            && !connection.check_silence()
        {
            self.incoming(Incoming::Lost).await;
        }
    }

    async fn step(&mut self, input: Input<'_>) {
        let now = self.now();
        self.effects.extend(self.session.step(now, input));
        while let Some(effect) = self.effects.pop_front() {
            self.carry_out(effect).await;
        }
    }

    async fn carry_out(&mut self, effect: Effect) {
        match effect {
            Effect::Send(frame) => {
                if let Some(connection) = &mut self.connection {
                    connection.send(frame);
                }
            }
            Effect::Authenticate(credential, known) => {
                let auth = self.sessions.backend.authenticate(&credential, known).await;
                self.take_in(Input::Authenticated(auth));
            }
            Effect::Start { run, key, call } => {
                let events = self.sessions.backend.call(&key, call);
                self.calls.start(run, events);
            }
            Effect::Cancel(run) => self.calls.cancel(run),
            Effect::Resume {
                session,
                last_seq,
                auth,
            } => self.resume(&session, last_seq, auth).await,
            Effect::Renew(auth) => self.spawn(|backend| renew(backend, auth)),
            Effect::Release(auth) => self.spawn(|backend| release(backend, auth)),
            Effect::Close(why) => {
                if let Some(connection) = &mut self.connection {
                    connection.close(why);
                }
                self.finish_connection();
            }
            Effect::End => {
                self.has_ended = true;
                self.sessions.lock().remove(self.session.id());
            }
        }
    }

    fn take_in(&mut self, input: Input<'_>) {
        let now = self.now();
        self.effects.extend(self.session.step(now, input));
    }

    /// Hands the connection to another session, if that one takes it.
    async fn resume(&mut self, session: &str, last_seq: u64, auth: SessionAuth) {
        let Some(home) = self.sessions.find(session) else {
            return self.take_in(Input::NotResumed);
        };
        let Some(connection) = self.connection.take() else {
            return self.take_in(Input::Lost);
        };
        let (answer, mut attached) = oneshot::channel();
        let attach = Box::new(Attach {
            connection,
            auth,
            last_seq,
            answer,
        });
        if let Err(unsent) = home.send(attach) {
            unsent.0.refuse();
        }
        let attached = loop {
            tokio::select! {
                attached = &mut attached => break attached,
                // That one may be waiting for this one.
                Some(attach) = self.attaching.recv() => attach.refuse(),
            }
        };
        match attached {
            Ok(Attached::Done) => self.take_in(Input::Left),
            Ok(Attached::Refused(connection)) => {
                self.connection = Some(*connection);
                self.take_in(Input::NotResumed);
            }
            Err(_) => self.take_in(Input::Lost),
        }
    }

    async fn attach(&mut self, attach: Attach) {
        let Attach {
            connection,
            auth,
            last_seq,
            answer,
        } = attach;
        if !self.session.can_resume(&auth.key, last_seq) {
            let _ = answer.send(Attached::Refused(connection.into()));
            return;
        }
        if let Some(old) = &mut self.connection {
            old.close(Close::Resumed);
        }
        self.finish_connection();
        self.connection = Some(connection);
        let _ = answer.send(Attached::Done);
        self.step(Input::Attached(auth, last_seq)).await;
    }

    /// Runs work that nobody waits for.
    fn spawn<F>(&self, work: impl FnOnce(SessionBackend) -> F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let backend = self.sessions.backend.clone();
        self.sessions.tasks.spawn(work(backend));
    }

    /// Lets the connection end once it has written what waits.
    fn finish_connection(&mut self) {
        if let Some(connection) = self.connection.take() {
            self.sessions.tasks.spawn(connection.finish());
        }
    }
}

async fn renew(backend: SessionBackend, auth: SessionAuth) {
    log_place(backend.renew(&auth).await);
}

pub(super) async fn release(backend: SessionBackend, auth: SessionAuth) {
    log_place(backend.release(&auth).await);
}

/// A place that was not renewed or released expires by itself.
fn log_place(outcome: Result<()>) {
    if let Err(error) = outcome {
        tracing::warn!(%error, cause = error.cause, "a connection's place");
    }
}
