//! The task of a session: it waits for whatever happens next and does what the session says.

use super::{
    Sessions,
    line::{Incoming, Line},
};
use openclaw_core::{Result, Timestamp};
use openclaw_function_realtime::{Calls, Close, Desk, Effect, Event, Grant, Input, Session};
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
    line: Line,
    grant: Grant,
    last_seq: u64,
    answer: oneshot::Sender<Attached>,
}

/// What became of it: the connection comes back where it cannot.
enum Attached {
    Done,
    Refused(Box<Line>),
}

impl Attach {
    fn refuse(self) {
        let _ = self.answer.send(Attached::Refused(self.line.into()));
    }
}

/// What happened.
enum Happened {
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
    line: Option<Line>,
    calls: Calls,
    mail: UnboundedReceiver<Box<Attach>>,
    stop: Option<Pin<Box<WaitForCancellationFutureOwned>>>,
    timer: Pin<Box<Sleep>>,
    effects: VecDeque<Effect>,
    has_ended: bool,
}

impl Task {
    pub(super) fn new(id: String, line: Line, sessions: Sessions) -> Self {
        let (sender, mail) = mpsc::unbounded_channel();
        sessions.lock().insert(id.clone(), sender);
        let stop = sessions.stop.clone().cancelled_owned();
        Self {
            session: Session::new(id, sessions.desk.now(), sessions.limits),
            sessions,
            line: Some(line),
            calls: Calls::default(),
            mail,
            stop: Some(Box::pin(stop)),
            timer: Box::pin(sleep_until(Instant::now())),
            effects: VecDeque::new(),
            has_ended: false,
        }
    }

    /// Until the session ends. `grant`: of a handshake that was authenticated.
    pub(super) async fn run(mut self, grant: Option<Grant>) {
        if let Some(grant) = grant {
            self.step(Input::Authenticated(Ok(grant))).await;
        }
        while !self.has_ended {
            self.set_timer();
            match poll_fn(|context| self.poll(context)).await {
                Happened::Incoming(incoming) => self.incoming(incoming).await,
                Happened::Overrun => self.step(Input::Overrun).await,
                Happened::Event(run, event) => self.step(Input::Event(run, event)).await,
                Happened::Attach(attach) => self.attach(*attach).await,
                Happened::Deadline => self.deadline().await,
                Happened::Stop => self.step(Input::Shutdown).await,
            }
        }
        self.mail.close();
        while let Ok(attach) = self.mail.try_recv() {
            attach.refuse();
        }
        self.finish_line();
    }

    fn now(&self) -> Timestamp {
        self.sessions.desk.now()
    }

    fn set_timer(&mut self) {
        let now = self.now();
        let session = self.session.deadline();
        let session = session.map(|at| Instant::now() + at.duration_since(now));
        let line = self.line.as_ref().map(Line::deadline);
        let next = session.into_iter().chain(line).min();
        let next = next.unwrap_or_else(|| Instant::now() + Duration::from_secs(3600));
        self.timer.as_mut().reset(next);
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Happened> {
        if let Some(line) = &mut self.line {
            match line.poll_write(context) {
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(_)) => return Poll::Ready(Happened::Incoming(Incoming::Lost)),
                Poll::Pending if line.is_overrun() => return Poll::Ready(Happened::Overrun),
                Poll::Pending => {}
            }
            if let Poll::Ready(incoming) = line.poll_read(context) {
                return Poll::Ready(Happened::Incoming(incoming));
            }
        }
        if let Poll::Ready((run, event)) = self.calls.poll(context) {
            return Poll::Ready(Happened::Event(run, event));
        }
        if let Poll::Ready(Some(attach)) = self.mail.poll_recv(context) {
            return Poll::Ready(Happened::Attach(attach));
        }
        if let Some(stop) = &mut self.stop
            && stop.as_mut().poll(context).is_ready()
        {
            self.stop = None;
            return Poll::Ready(Happened::Stop);
        }
        self.timer
            .as_mut()
            .poll(context)
            .map(|()| Happened::Deadline)
    }

    async fn incoming(&mut self, incoming: Incoming) {
        match incoming {
            Incoming::Text(text) => self.step(Input::Text(&text)).await,
            Incoming::Binary => self.step(Input::Binary).await,
            Incoming::TooLong => self.step(Input::TooLong).await,
            Incoming::Closed(code) => {
                self.step(Input::Closed(code)).await;
                self.finish_line();
            }
            Incoming::Broken(why) => {
                if let Some(line) = &mut self.line {
                    line.close(why);
                }
                self.finish_line();
                self.step(Input::Lost).await;
            }
            Incoming::Lost => {
                self.line = None;
                self.step(Input::Lost).await;
            }
        }
    }

    async fn deadline(&mut self) {
        let now = self.now();
        if self.session.deadline().is_some_and(|at| at <= now) {
            self.step(Input::Tick).await;
        }
        if let Some(line) = &mut self.line
            && !line.look_after()
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
                if let Some(line) = &mut self.line {
                    line.send(frame);
                }
            }
            Effect::Authenticate(credential, known) => {
                let grant = self.sessions.desk.authenticate(&credential, known).await;
                self.tell(Input::Authenticated(grant));
            }
            Effect::Start { run, key, call } => {
                let events = self.sessions.desk.call(&key, call);
                self.calls.start(run, events);
            }
            Effect::Cancel(run) => self.calls.cancel(run),
            Effect::Resume {
                session,
                last_seq,
                grant,
            } => self.resume(&session, last_seq, grant).await,
            Effect::Renew(grant) => self.beside(|desk| renew(desk, grant)),
            Effect::Release(grant) => self.beside(|desk| release(desk, grant)),
            Effect::Close(why) => {
                if let Some(line) = &mut self.line {
                    line.close(why);
                }
                self.finish_line();
            }
            Effect::End => {
                self.has_ended = true;
                self.sessions.lock().remove(self.session.id());
            }
        }
    }

    fn tell(&mut self, input: Input<'_>) {
        let now = self.now();
        self.effects.extend(self.session.step(now, input));
    }

    /// Hands the connection to another session, if that one takes it.
    async fn resume(&mut self, session: &str, last_seq: u64, grant: Grant) {
        let Some(home) = self.sessions.find(session) else {
            return self.tell(Input::NotResumed);
        };
        let Some(line) = self.line.take() else {
            return self.tell(Input::Lost);
        };
        let (answer, mut attached) = oneshot::channel();
        let attach = Box::new(Attach {
            line,
            grant,
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
                Some(attach) = self.mail.recv() => attach.refuse(),
            }
        };
        match attached {
            Ok(Attached::Done) => self.tell(Input::Left),
            Ok(Attached::Refused(line)) => {
                self.line = Some(*line);
                self.tell(Input::NotResumed);
            }
            Err(_) => self.tell(Input::Lost),
        }
    }

    async fn attach(&mut self, attach: Attach) {
        let Attach {
            line,
            grant,
            last_seq,
            answer,
        } = attach;
        if !self.session.can_resume(&grant.key, last_seq) {
            let _ = answer.send(Attached::Refused(line.into()));
            return;
        }
        if let Some(old) = &mut self.line {
            old.close(Close::Resumed);
        }
        self.finish_line();
        self.line = Some(line);
        let _ = answer.send(Attached::Done);
        self.step(Input::Attached(grant, last_seq)).await;
    }

    /// Runs what nobody waits for.
    fn beside<F>(&self, work: impl FnOnce(Desk) -> F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let desk = self.sessions.desk.clone();
        self.sessions.tasks.spawn(work(desk));
    }

    /// Writes what waits and lets the connection end.
    fn finish_line(&mut self) {
        if let Some(line) = self.line.take() {
            self.sessions.tasks.spawn(line.finish());
        }
    }
}

async fn renew(desk: Desk, grant: Grant) {
    log(desk.renew(&grant).await);
}

pub(super) async fn release(desk: Desk, grant: Grant) {
    log(desk.release(&grant).await);
}

/// A place that was not held or given back comes right by itself, with time.
fn log(outcome: Result<()>) {
    if let Err(error) = outcome {
        tracing::warn!(%error, cause = error.cause, "a connection's place");
    }
}
