//! Group commit: transactions on one account that come while a call to its object is under way go
//! together in the next one.
//!
//! On Workers no request may wait for another by a Rust waker, and a promise made by one request
//! is not to be awaited by another. So each that waits makes a promise of its own, and whoever has
//! something for it only resolves that promise.

use super::{
    call::{DEADLINE, Objects, late},
    line::{Bell, Line, PATIENCE, Seat, Told},
    wire::{Answer, Transaction, put_transaction, put_version, take_answers},
};
use crate::{RequestSpawn, WorkerClock, timer::Timer};
use futures_util::future::{Either, select};
use js_sys::{Function, Promise, PromiseWithResolvers, Undefined};
use openclaw_core::{Clock, Spawn, StoreError};
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

type OneLine = Line<Answer, Resolve>;
type OneSeat = Rc<Seat<Answer, Resolve>>;

/// The transactions of this isolate on their way to the accounts' objects.
#[derive(Clone)]
pub(super) struct Gather(Rc<Inner>);

struct Inner {
    objects: Objects,
    /// Accounts with a call under way.
    lines: RefCell<HashMap<String, OneLine>>,
}

/// Resolves a promise.
#[derive(Debug)]
pub(super) struct Resolve(Function<fn(JsValue) -> Undefined>);

impl Bell for Resolve {
    fn ring(&self) {
        // Resolving does not fail, and a second time does nothing.
        let _ = self.0.call1(&JsValue::UNDEFINED, &JsValue::UNDEFINED);
    }
}

impl Gather {
    pub(super) fn new(objects: Objects) -> Self {
        Self(Rc::new(Inner {
            objects,
            lines: RefCell::default(),
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
        let now = WorkerClock.now();
        if self.with(account, |line| line.is_free(now)) {
            return self.lead(account, &Seat::new(message, None)).await;
        }
        let told: PromiseWithResolvers = Promise::with_resolvers();
        let seat = Seat::new(message, Some(Resolve(told.resolve())));
        self.with(account, |line| line.wait(&seat, now));
        let waiting = Waiting {
            gather: self,
            account,
            seat: &seat,
            told: false,
        };
        match waiting.told(JsFuture::from(told.promise())).await {
            Told::Ended(answer) => answer,
            Told::Lead => self.lead(account, &seat).await,
            Told::Wait => Err(late()),
        }
    }

    /// Goes, with those who wait.
    async fn lead(&self, account: &str, seat: &OneSeat) -> Result<Answer, StoreError> {
        let over = WorkerClock.now() + DEADLINE;
        let going = self.with(account, |line| line.depart(seat, over));
        let call = self.clone().call(account.to_owned(), going);
        Kept(Some(Box::pin(call))).await;
        match seat.told() {
            Told::Ended(answer) => answer,
            Told::Lead | Told::Wait => Err(late()),
        }
    }

    async fn call(self, account: String, going: Vec<OneSeat>) {
        let mut batch = vec![];
        put_version(&mut batch);
        going
            .iter()
            .for_each(|seat| batch.extend_from_slice(&seat.message));
        let answers = match self.0.objects.transact(&account, &batch).await {
            Ok(answers) => take_answers(answers.into(), going.len()),
            Err(error) => vec![Err(error); going.len()],
        };
        for (seat, answer) in going.into_iter().zip(answers) {
            seat.end(answer);
        }
        self.with(&account, OneLine::arrive);
    }

    /// Looks at an account's line, which is there as long as there is something in it.
    fn with<T>(&self, account: &str, look: impl FnOnce(&mut OneLine) -> T) -> T {
        let mut lines = self.0.lines.borrow_mut();
        if let Some(line) = lines.get_mut(account) {
            let seen = look(line);
            if line.is_idle() {
                lines.remove(account);
            }
            return seen;
        }
        let mut line = OneLine::default();
        let seen = look(&mut line);
        if !line.is_idle() {
            lines.insert(account.to_owned(), line);
        }
        seen
    }
}

/// A place in the line, given up when its owner is gone.
struct Waiting<'a> {
    gather: &'a Gather,
    account: &'a str,
    seat: &'a OneSeat,
    /// Whether its owner knows what to do.
    told: bool,
}

impl Waiting<'_> {
    /// What there is to do; `Wait` when nobody has told for too long.
    async fn told(mut self, bell: JsFuture) -> Told<Answer> {
        let watches = self.seat.watches();
        let limit = if watches { PATIENCE } else { DEADLINE };
        let told = match select(bell, Timer::new(limit)).await {
            Either::Right(_) if self.seat.is_left_behind() => Told::Lead,
            Either::Right((_, bell)) if watches => {
                select(bell, Timer::new(DEADLINE)).await;
                self.seat.told()
            }
            _ => self.seat.told(),
        };
        self.told = true;
        told
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        if !self.told {
            self.gather.with(self.account, |line| line.leave(self.seat));
        }
    }
}

/// A call that others wait for, too: when who makes it is gone, it goes on without.
struct Kept(Option<Pin<Box<dyn Future<Output = ()>>>>);

impl Future for Kept {
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

impl Drop for Kept {
    fn drop(&mut self) {
        if let Some(call) = self.0.take() {
            RequestSpawn.spawn(Box::pin(SendWrapper::new(call)));
        }
    }
}
