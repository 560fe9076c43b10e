//! Which request is being worked on. `Spawn` needs the request's `waitUntil`, but ports are built
//! once an isolate: the entry runs a request's futures inside a scope that a spawn finds.

use crate::{glue, timer::Timers};
use futures_util::{Stream, future::LocalBoxFuture};
use openclaw_core::{BoxFuture, Spawn};
use std::{
    cell::RefCell,
    panic::AssertUnwindSafe,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll},
};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::future_to_promise;

thread_local!(static CURRENT: RefCell<Option<Scope>> = const { RefCell::new(None) });

/// One request.
#[derive(Clone)]
pub(crate) struct Scope(Rc<Request>);

struct Request {
    context: worker_sys::Context,
    timers: Rc<Timers>,
}

impl Scope {
    pub(crate) fn new(context: worker_sys::Context) -> Self {
        Self::with(context, Timers::default())
    }

    /// Of an object, by what has its `waitUntil`.
    pub(crate) fn of_object(context: worker_sys::Context) -> Self {
        Self::with(context, Timers::of_object())
    }

    fn with(context: worker_sys::Context, timers: Timers) -> Self {
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
        if let Err(error) = self.0.context.wait_until(&task) {
            let cause = glue::thrown(&error);
            tracing::error!(cause, "a task may not be waited for");
        }
    }

    /// The one that is being worked on.
    pub(crate) fn current() -> Option<Self> {
        CURRENT.with_borrow(Clone::clone)
    }

    pub(crate) fn timers(&self) -> &Rc<Timers> {
        &self.0.timers
    }

    fn enter<T>(&self, work: impl FnOnce() -> T) -> T {
        let before = CURRENT.replace(Some(self.clone()));
        let done = work();
        CURRENT.set(before);
        done
    }
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
/// to 30 s behind the response or the client's leaving.
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
