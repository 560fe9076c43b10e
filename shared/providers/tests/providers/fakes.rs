//! Ports without a world: answers from a script, time that jumps to the next alarm.

use bytes::Bytes;
use futures_util::{FutureExt, Stream, StreamExt, future, stream};
use openclaw_core::{
    BoxFuture, Clock, Http, HttpError, HttpRequest, HttpResponse, Kv, Ledger, Random, Spawn,
    StoreError, Timestamp, ledger,
};
use std::{
    collections::{BTreeMap, VecDeque},
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

/// An upstream's reaction to one request.
pub(crate) enum Answer {
    /// A head, then the pieces of the body.
    Head(u16, Vec<(&'static str, String)>, Vec<Piece>),
    Fails(HttpError),
    /// No head, ever.
    Never,
}

/// A piece of a body, which ends after the last.
#[derive(Clone)]
pub(crate) enum Piece {
    Bytes(Bytes),
    Breaks,
    /// Nothing more comes.
    Silence,
    /// Nothing comes for this long.
    Pause(Duration),
}

impl Answer {
    pub(crate) fn json(status: u16, body: &str) -> Self {
        let kind = ("content-type", "application/json".to_owned());
        Self::Head(
            status,
            vec![kind],
            vec![Piece::Bytes(body.to_owned().into())],
        )
    }

    pub(crate) fn events(pieces: Vec<Piece>) -> Self {
        let kind = (
            "content-type",
            "text/event-stream; charset=utf-8".to_owned(),
        );
        Self::Head(200, vec![kind], pieces)
    }

    pub(crate) fn with(mut self, name: &'static str, value: &str) -> Self {
        if let Self::Head(_, headers, _) = &mut self {
            headers.push((name, value.into()));
        }
        self
    }
}

pub(crate) fn bytes(text: &str) -> Piece {
    Piece::Bytes(text.to_owned().into())
}

/// Answers in order, whoever is asked; keeps what was asked and when.
pub(crate) struct ScriptedHttp {
    pub(crate) clock: Arc<JumpingClock>,
    pub(crate) script: Mutex<VecDeque<Answer>>,
    pub(crate) seen: Mutex<Vec<(Timestamp, HttpRequest)>>,
    /// Bodies and heads that are awaited right now.
    pub(crate) open: Arc<AtomicUsize>,
}

/// Counts for as long as it lives.
struct Open(Arc<AtomicUsize>);

impl Open {
    fn new(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::SeqCst);
        Self(Arc::clone(count))
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Http for ScriptedHttp {
    fn send(&self, request: HttpRequest) -> BoxFuture<'static, Result<HttpResponse, HttpError>> {
        self.seen.lock().unwrap().push((self.clock.now(), request));
        let answer = self.script.lock().unwrap().pop_front();
        let open = Open::new(&self.open);
        let clock = Arc::clone(&self.clock);
        match answer.expect("an unscripted call") {
            Answer::Fails(error) => future::ready(Err(error)).boxed(),
            Answer::Never => async move {
                let _open = open;
                future::pending().await
            }
            .boxed(),
            Answer::Head(status, headers, pieces) => {
                let mut response = http::Response::builder().status(status);
                for (name, value) in headers {
                    response = response.header(name, value);
                }
                let body = body(pieces, clock, open);
                future::ready(Ok(response.body(body).unwrap())).boxed()
            }
        }
    }
}

fn body(
    pieces: Vec<Piece>,
    clock: Arc<JumpingClock>,
    open: Open,
) -> Pin<Box<dyn Stream<Item = Result<Bytes, HttpError>> + Send>> {
    let state = (VecDeque::from(pieces), clock, open);
    stream::unfold(state, |(mut pieces, clock, open)| async move {
        loop {
            let piece = match pieces.pop_front()? {
                Piece::Bytes(bytes) => Ok(bytes),
                Piece::Breaks => Err(HttpError::Broken("reset".into())),
                Piece::Silence => future::pending().await,
                Piece::Pause(time) => {
                    clock.sleep(time).await;
                    continue;
                }
            };
            return Some((piece, (pieces, clock, open)));
        }
    })
    .boxed()
}

/// Time stands still until everyone waits, then it jumps to the earliest alarm.
#[derive(Default)]
pub(crate) struct JumpingClock {
    now: Mutex<Timestamp>,
    alarms: Mutex<BTreeMap<(Timestamp, u64), ()>>,
    next: AtomicU64,
}

struct Alarm {
    clock: Arc<JumpingClock>,
    key: (Timestamp, u64),
}

impl Future for Alarm {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if *self.clock.now.lock().unwrap() >= self.key.0 {
            return Poll::Ready(());
        }
        self.clock.alarms.lock().unwrap().insert(self.key, ());
        Poll::Pending
    }
}

impl Drop for Alarm {
    fn drop(&mut self) {
        self.clock.alarms.lock().unwrap().remove(&self.key);
    }
}

impl JumpingClock {
    pub(crate) fn now(&self) -> Timestamp {
        *self.now.lock().unwrap()
    }

    pub(crate) fn advance(&self, by: Duration) {
        let mut now = self.now.lock().unwrap();
        *now = *now + by;
    }

    pub(crate) fn sleep(self: &Arc<Self>, duration: Duration) -> BoxFuture<'static, ()> {
        Alarm {
            clock: Arc::clone(self),
            key: (
                self.now() + duration,
                self.next.fetch_add(1, Ordering::SeqCst),
            ),
        }
        .boxed()
    }

    /// Runs `future` to its end, jumping whenever it waits.
    pub(crate) fn run<T>(&self, future: impl Future<Output = T>) -> T {
        let mut future = Box::pin(future);
        let mut context = Context::from_waker(std::task::Waker::noop());
        loop {
            if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
                return output;
            }
            let first = self.alarms.lock().unwrap().pop_first();
            let ((at, _), ()) = first.expect("waits for nothing");
            let mut now = self.now.lock().unwrap();
            *now = at.max(*now);
        }
    }
}

/// The port over the shared clock.
pub(crate) struct ClockPort(pub(crate) Arc<JumpingClock>);

impl Clock for ClockPort {
    fn now(&self) -> Timestamp {
        self.0.now()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        self.0.sleep(duration)
    }
}

/// SplitMix64: even, and the same each time.
pub(crate) struct Even(pub(crate) AtomicU64);

impl Random for Even {
    fn fill(&self, bytes: &mut [u8]) {
        for part in bytes.chunks_mut(8) {
            let mut z = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::SeqCst);
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            part.copy_from_slice(&(z ^ (z >> 31)).to_le_bytes()[..part.len()]);
        }
    }
}

/// Keeps tasks until a test runs them.
#[derive(Default)]
pub(crate) struct Tasks(pub(crate) Mutex<Vec<BoxFuture<'static, ()>>>);

impl Spawn for Tasks {
    fn spawn(&self, task: BoxFuture<'static, ()>) {
        self.0.lock().unwrap().push(task);
    }
}

/// Storage that this crate never touches.
pub(crate) struct Untouched;

impl Kv for Untouched {
    fn get<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<Option<Bytes>, StoreError>> {
        panic!("providers read no storage")
    }

    fn put<'a>(
        &'a self,
        _: &'a str,
        _: Bytes,
        _: Option<Timestamp>,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        panic!("providers write no storage")
    }

    fn delete<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<(), StoreError>> {
        panic!("providers write no storage")
    }
}

impl Ledger for Untouched {
    fn transact<'a>(
        &'a self,
        _: &'a str,
        _: Vec<ledger::Step>,
    ) -> BoxFuture<'a, Result<ledger::Outcome, StoreError>> {
        panic!("providers write no ledger")
    }

    fn query<'a>(
        &'a self,
        _: &'a str,
        _: &'a str,
        _: Option<&'a str>,
        _: usize,
    ) -> BoxFuture<'a, Result<Vec<(String, ledger::Item)>, StoreError>> {
        panic!("providers read no ledger")
    }
}
