//! Which request is being worked on. `Spawn` needs the request's `waitUntil`, but ports are built
//! once an isolate: the entry runs a request's futures inside a scope that a spawn finds.

use crate::timer::{Timer, Timers};
use futures_util::{Stream, future::LocalBoxFuture};
use openclaw_core::{BoxFuture, Spawn};
use std::{
    cell::RefCell,
    panic::AssertUnwindSafe,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll},
    time::Duration,
};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::future_to_promise;

thread_local!(static CURRENT: RefCell<Option<Scope>> = const { RefCell::new(None) });

/// One request.
#[derive(Clone)]
pub(crate) struct Scope(Rc<Request>);

struct Request {
    context: worker::Context,
    timers: Rc<Timers>,
}

impl Scope {
    pub(crate) fn new(context: worker::Context) -> Self {
        Self::with(context, Timers::default())
    }

    /// Of an object, by its state, which has `waitUntil` as well.
    pub(crate) fn of_object(context: worker::Context) -> Self {
        Self::with(context, Timers::of_object())
    }

    fn with(context: worker::Context, timers: Timers) -> Self {
        let timers = Rc::new(timers);
        Self(Rc::new(Request { context, timers }))
    }

    /// Runs a task inside the request, which lives for as long.
    pub(crate) fn spawn(&self, task: LocalBoxFuture<'static, ()>) {
        let task = Scoped::new(self, task);
        let task = future_to_promise(AssertUnwindSafe(async {
            task.await;
            Ok(JsValue::UNDEFINED)
        }));
        // The method of the SDK panics where the platform refuses; the task runs all the same.
        let context: &worker::worker_sys::Context = self.0.context.as_ref();
        if let Err(error) = context.wait_until(&task) {
            let cause = worker::Error::from(error).to_string();
            tracing::error!(cause, "the platform does not wait for a task");
        }
    }

    /// The one that is being worked on.
    fn current() -> Option<Self> {
        CURRENT.with_borrow(Clone::clone)
    }

    fn enter<T>(&self, work: impl FnOnce() -> T) -> T {
        let before = CURRENT.replace(Some(self.clone()));
        let done = work();
        CURRENT.set(before);
        done
    }
}

/// A timer of the request that is being worked on.
pub(crate) fn timer(duration: Duration) -> Timer {
    let timers = match Scope::current() {
        Some(scope) => scope.0.timers.clone(),
        None => Rc::new(Timers::of_object()),
    };
    Timer::new(timers, duration)
}

/// A future or stream that is polled and dropped inside its request.
pub(crate) struct Scoped<T> {
    scope: Scope,
    inner: Option<Pin<Box<T>>>,
}

impl<T> Scoped<T> {
    pub(crate) fn new(scope: &Scope, inner: T) -> Self {
        Self {
            scope: scope.clone(),
            inner: Some(Box::pin(inner)),
        }
    }

    /// Drops what is inside; it ends here.
    pub(crate) fn end(&mut self) {
        let inner = self.inner.take();
        self.scope.enter(|| drop(inner));
    }
}

impl<F: Future> Future for Scoped<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let Self { scope, inner } = &mut *self;
        match inner {
            Some(inner) => scope.enter(|| inner.as_mut().poll(context)),
            None => Poll::Pending,
        }
    }
}

impl<S: Stream> Stream for Scoped<S> {
    type Item = S::Item;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<S::Item>> {
        let Self { scope, inner } = &mut *self;
        match inner {
            Some(inner) => scope.enter(|| inner.as_mut().poll_next(context)),
            None => Poll::Ready(None),
        }
    }
}

impl<T> Drop for Scoped<T> {
    fn drop(&mut self) {
        self.end();
    }
}

/// [`Spawn`] on the `waitUntil` of the request that spawns: the platform lets a task run for up
/// to 30 s after the response or the client's leaving.
#[derive(Clone, Copy, Debug)]
pub struct RequestSpawn;

impl Spawn for RequestSpawn {
    fn spawn(&self, task: BoxFuture<'static, ()>) {
        match Scope::current() {
            Some(scope) => scope.spawn(task),
            None => tracing::error!("a task was spawned outside of a request and is lost"),
        }
    }
}
