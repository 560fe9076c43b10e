//! Group commit: the transactions of one account that come while a call to its object is under way go
//! together in the next call.
//!
//! On Workers a request may not wait for another one by a Rust waker, nor await a promise that another
//! one made. So a request that waits makes a promise of its own, and another request only resolves it.

use super::{
    batch_queue::{BatchQueue, Next, Notify, PATIENCE, Pending},
    call::{DEADLINE, Objects, late},
    wire::{Answer, Transaction, put_transaction, put_version, take_answers},
};
use crate::{RequestSpawn, clock::now, scope};
use futures_util::future::{Either, select};
use js_sys::{Function, Promise, PromiseWithResolvers, Undefined};
use openclaw_core::{Spawn, StoreError};
use send_wrapper::SendWrapper;
use std::{
    cell::RefCell,
    collections::HashMap,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll},
};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;

type Queue = BatchQueue<Answer, Resolve>;
type Queued = Rc<Pending<Answer, Resolve>>;

/// The transactions of this isolate on their way to the accounts' objects.
#[derive(Clone)]
pub(super) struct GroupCommit(Rc<Inner>);

struct Inner {
    objects: Objects,
    /// Accounts with a call under way.
    queues: RefCell<HashMap<String, Queue>>,
}

/// Resolves a promise.
#[derive(Debug)]
pub(super) struct Resolve(Function<fn(JsValue) -> Undefined>);

impl Notify for Resolve {
    fn notify(&self) {
        // Resolving does not fail, and a second time it does nothing.
        let _ = self.0.call1(&JsValue::UNDEFINED, &JsValue::UNDEFINED);
    }
}

impl GroupCommit {
    pub(super) fn new(objects: Objects) -> Self {
        Self(Rc::new(Inner {
            objects,
            queues: RefCell::default(),
        }))
    }

    pub(super) fn objects(&self) -> &Objects {
        &self.0.objects
    }

    /// Applies a transaction, alone or with others.
    pub(super) async fn transact(
        &self,
        account: &str,
        transaction: &Transaction,
    ) -> Result<Answer, StoreError> {
        let mut message = vec![];
        put_transaction(&mut message, transaction);
        let now = now();
        if self.with(account, |queue| queue.is_free(now)) {
            return self.lead(account, &Pending::new(message, None)).await;
        }
        let notified: PromiseWithResolvers = Promise::with_resolvers();
        let pending = Pending::new(message, Some(Resolve(notified.resolve())));
        self.with(account, |queue| queue.push(&pending, now));
        let waiting = Waiting {
            group_commit: self,
            account,
            pending: &pending,
            is_over: false,
        };
        match waiting.next(JsFuture::from(notified.promise())).await {
            Next::Done(answer) => answer,
            Next::StartBatch => self.lead(account, &pending).await,
            Next::Wait => Err(late()),
        }
    }

    /// Sends a batch of this transaction and those that wait.
    async fn lead(&self, account: &str, pending: &Queued) -> Result<Answer, StoreError> {
        let over = now() + DEADLINE;
        let batch = self.with(account, |queue| queue.start_batch(pending, over));
        let call = self.clone().call(account.to_owned(), batch);
        DetachOnDrop(Some(Box::pin(call))).await;
        match pending.next() {
            Next::Done(answer) => answer,
            Next::StartBatch | Next::Wait => Err(late()),
        }
    }

    async fn call(self, account: String, batch: Vec<Queued>) {
        let mut message = vec![];
        put_version(&mut message);
        for pending in &batch {
            message.extend_from_slice(&pending.message);
        }
        let answers = match self.0.objects.transact(&account, &message).await {
            Ok(answers) => take_answers(answers.into(), batch.len()),
            Err(error) => batch.iter().map(|_| Err(error.clone())).collect(),
        };
        for (pending, answer) in batch.into_iter().zip(answers) {
            pending.complete(answer);
        }
        self.with(&account, Queue::finish_batch);
    }

    /// Uses an account's queue, which exists for as long as it is not idle.
    fn with<T>(&self, account: &str, work: impl FnOnce(&mut Queue) -> T) -> T {
        let mut queues = self.0.queues.borrow_mut();
        if let Some(queue) = queues.get_mut(account) {
            let done = work(queue);
            if queue.is_idle() {
                queues.remove(account);
            }
            return done;
        }
        let mut queue = Queue::default();
        let done = work(&mut queue);
        if !queue.is_idle() {
            queues.insert(account.to_owned(), queue);
        }
        done
    }
}

/// A transaction in the queue, cancelled when its owner is dropped.
struct Waiting<'a> {
    group_commit: &'a GroupCommit,
    account: &'a str,
    pending: &'a Queued,
    /// Whether its owner knows what to do next.
    is_over: bool,
}

impl Waiting<'_> {
    /// What its owner has to do next; `Wait` when that was not known in time.
    async fn next(mut self, notified: JsFuture) -> Next<Answer> {
        let watches = self.pending.watches();
        let limit = if watches { PATIENCE } else { DEADLINE };
        let next = match select(notified, scope::timer(limit)).await {
            Either::Right(_) if self.pending.is_queued() => Next::StartBatch,
            Either::Right((_, notified)) if watches => {
                select(notified, scope::timer(DEADLINE)).await;
                self.pending.next()
            }
            _ => self.pending.next(),
        };
        self.is_over = true;
        next
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        if !self.is_over {
            self.group_commit
                .with(self.account, |queue| queue.cancel(self.pending));
        }
    }
}

/// A call that other requests wait for, too: when its future is dropped, it goes on as a task.
struct DetachOnDrop(Option<Pin<Box<dyn Future<Output = ()>>>>);

impl Future for DetachOnDrop {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let Some(call) = &mut self.0 else {
            return Poll::Ready(());
        };
        let polled = call.as_mut().poll(context);
        if polled.is_ready() {
            self.0 = None;
        }
        polled
    }
}

impl Drop for DetachOnDrop {
    fn drop(&mut self) {
        if let Some(call) = self.0.take() {
            RequestSpawn.spawn(Box::pin(SendWrapper::new(call)));
        }
    }
}
