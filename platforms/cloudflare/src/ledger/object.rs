//! An account's object: its items, and the alarm that settles what nobody else will.

use super::{
    items::{Changes, Items},
    jobs::Jobs,
    sql::SqlRows,
    wire::{
        Answer, Page, Range, Transaction, put_answer, put_error, put_page, take_range,
        take_transactions,
    },
};
use crate::{alarm::Alarm, clock::now};
use openclaw_core::{
    BoxFuture, Ledger, StoreError, Timestamp,
    ledger::{Item, Outcome, Step},
};
use openclaw_usage::{LEASE, RESERVATIONS, Reservation, settle_orphans};
use send_wrapper::SendWrapper;
use std::{
    cell::RefCell,
    panic::{RefUnwindSafe, UnwindSafe},
    rc::Rc,
    time::Duration,
};
use worker::{Env, State};

/// The time between two searches for expired items.
const SWEEP_EVERY: Duration = Duration::from_secs(3600);

/// An account's Durable Object.
///
/// It does each call synchronously: the platform writes the changes of one turn in one commit and
/// holds the answer back until they are durable. When a method here fails or panics, memory and disk
/// may differ: the class that exports it resets the object then.
pub struct AccountLedger {
    items: Rc<RefCell<Items<SqlRows>>>,
    alarm: Alarm,
    jobs: Jobs,
    sweep: RefCell<Sweep>,
}

/// After a panic the object is reset: nobody sees what it left half done.
impl UnwindSafe for AccountLedger {}
impl RefUnwindSafe for AccountLedger {}

/// How far the search for expired items has come.
#[derive(Debug, Default)]
struct Sweep {
    /// The last key that was visited, while there are more.
    last: Option<String>,
    done: Option<Timestamp>,
}

impl AccountLedger {
    /// The object as the platform starts it.
    pub fn new(state: &State, env: Env) -> Result<Self, StoreError> {
        let items = Items::new(SqlRows::open(state.storage().sql())?);
        Ok(Self {
            items: Rc::new(RefCell::new(items)),
            alarm: Alarm::new(state),
            jobs: Jobs::new(env),
            sweep: RefCell::default(),
        })
    }

    /// Applies a batch of transactions, as `DurableLedger` sends it; how each of them ended.
    pub fn transact(&self, batch: Vec<u8>) -> Result<Vec<u8>, StoreError> {
        let mut bytes = vec![];
        let batch = match take_transactions(batch.into()) {
            Ok(batch) => batch,
            // Nothing was touched: the sender is told, and the object goes on.
            Err(error) => {
                put_error(&mut bytes, &error);
                return Ok(bytes);
            }
        };
        let (answers, changes) = self.items.borrow_mut().transact(batch)?;
        if let Some(at) = self.wake_for(&changes) {
            self.set_alarm(at)?;
        }
        for answer in &answers {
            put_answer(&mut bytes, answer);
        }
        Ok(bytes)
    }

    /// Answers a query, as `DurableLedger` sends it.
    pub fn query(&self, range: Vec<u8>) -> Vec<u8> {
        let page = take_range(range.into()).and_then(|range| self.items.borrow().query(&range));
        let mut bytes = vec![];
        put_page(&mut bytes, &page);
        bytes
    }

    /// Hands over the jobs among `changes` that are due. When the object is to wake for what changed.
    fn wake_for(&self, changes: &Changes) -> Option<Timestamp> {
        let job = self.jobs.hand_over(changes, now());
        // Leases are all as long: while there is an alarm, it comes before the new ones end.
        let is_set = self.alarm.is_set();
        let lease = (!is_set).then(|| changes.iter().filter_map(lease).min());
        [job, lease.flatten()].into_iter().flatten().min()
    }

    /// Settles requests that nobody works on any more, hands over the jobs that are due, then searches
    /// for expired items.
    pub async fn alarm(&self) -> Result<(), StoreError> {
        self.alarm.clear();
        let now = now();
        let own = Own(SendWrapper::new(self.items.clone()));
        let swept = settle_orphans(&own, "", now, now).await;
        let swept = swept.map_err(|error| StoreError::Fault(error.to_string()))?;
        let job = self.jobs.hand_over_all(&self.items.borrow(), now)?;
        let more = self.sweep(now)?;
        let next = [swept.next, job, more.then_some(now)];
        let next = next.into_iter().flatten().min();
        next.map_or(Ok(()), |next| self.set_alarm(next))
    }

    /// Goes on with the search for expired items; whether there are more to visit.
    fn sweep(&self, now: Timestamp) -> Result<bool, StoreError> {
        let mut sweep = self.sweep.borrow_mut();
        let due = sweep.done.is_none_or(|done| now >= done + SWEEP_EVERY);
        if sweep.last.is_none() && !due {
            return Ok(false);
        }
        let last = sweep.last.take().unwrap_or_default();
        let items = self.items.borrow();
        sweep.last = items.rows().remove_expired(&last, now.as_millisecond())?;
        if sweep.last.is_none() {
            sweep.done = Some(now);
        }
        Ok(sweep.last.is_some())
    }

    fn set_alarm(&self, at: Timestamp) -> Result<(), StoreError> {
        let set = self.alarm.set_by(at);
        set.map_err(|error| StoreError::Fault(format!("no alarm: {error}")))
    }
}

/// The end of the lease of a request that was just admitted or renewed.
fn lease((key, item): (&String, &Option<Item>)) -> Option<Timestamp> {
    let document = item.as_ref().filter(|_| key.starts_with(RESERVATIONS))?;
    let reservation = document.document().and_then(|bytes| {
        // The sweep reports one that cannot be read.
        serde_json::from_slice::<Reservation>(bytes).ok()
    });
    Some(reservation.map_or_else(|| now() + LEASE, |known| known.lease()))
}

/// The object's own items as the port, whatever account is named.
struct Own(SendWrapper<Rc<RefCell<Items<SqlRows>>>>);

impl Ledger for Own {
    fn transact<'a>(
        &'a self,
        _account: &'a str,
        steps: Vec<Step>,
    ) -> BoxFuture<'a, Result<Outcome, StoreError>> {
        let now = now();
        let applied = self
            .0
            .borrow_mut()
            .transact(vec![Transaction { now, steps }]);
        let outcome = applied.and_then(|(mut answers, _)| {
            let answer: Option<Result<Answer, _>> = answers.pop();
            answer.unwrap_or_else(|| Err(StoreError::Fault("no answer".into())))
        });
        Box::pin(std::future::ready(outcome.map(Outcome::from)))
    }

    fn query<'a>(
        &'a self,
        _account: &'a str,
        prefix: &'a str,
        after: Option<&'a str>,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<(String, Item)>, StoreError>> {
        let range = Range {
            now: now(),
            prefix: prefix.to_owned(),
            after: after.map(str::to_owned),
            limit,
        };
        let page: Result<Page, _> = self.0.borrow().query(&range);
        Box::pin(std::future::ready(page.map(|page| page.items)))
    }
}
