//! The transactions of one account that wait for the next call to its object. This is the bookkeeping
//! only, without any waiting.

use openclaw_core::{StoreError, Timestamp};
use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
    rc::Rc,
    time::Duration,
};

/// How long transactions wait for the call that is under way before they go beside it. A call to an
/// object nearby is back sooner; a call to one far away does not hold a request up for its whole way.
pub(super) const PATIENCE: Duration = Duration::from_millis(10);

/// Bounds of one batch: transactions, and bytes after which it takes no other.
const MAX_TRANSACTIONS: usize = 64;
const MAX_BYTES: usize = 4 << 20;

/// One transaction and its state.
#[derive(Debug)]
pub(super) struct Pending<A, N> {
    /// The transaction as it is sent.
    pub(super) message: Vec<u8>,
    /// Tells its owner to look at the state; an owner that never waits has none.
    notify: Option<N>,
    state: RefCell<State<A>>,
    /// Whether its owner starts a batch, for all that wait, when [`PATIENCE`] is over. One owner does it
    /// for all, because each would have to ask the platform for a timer.
    watches: Cell<bool>,
}

#[derive(Debug)]
enum State<A> {
    /// In the queue.
    Queued,
    /// Its owner has to start the next batch.
    Leader,
    /// In a batch that was sent.
    Sent,
    /// Answered.
    Done(Result<A, StoreError>),
}

/// The next thing for an owner to do.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next<A> {
    /// Start a batch.
    StartBatch,
    /// Take the answer.
    Done(Result<A, StoreError>),
    /// Wait.
    Wait,
}

/// Tells an owner, who may belong to another request, to look at its transaction.
pub(super) trait Notify {
    fn notify(&self);
}

/// The transactions of one account.
#[derive(Debug)]
pub(super) struct BatchQueue<A, N> {
    waiting: VecDeque<Rc<Pending<A, N>>>,
    /// Batches that were sent, and those whose leader was told to start them.
    batches: usize,
    /// The time at which the batch that was sent last is over, even if its sender vanished.
    over: Timestamp,
    /// Until when one of the waiting owners watches.
    watched: Timestamp,
}

impl<A, N> Default for BatchQueue<A, N> {
    fn default() -> Self {
        Self {
            waiting: VecDeque::new(),
            batches: 0,
            over: Timestamp::MIN,
            watched: Timestamp::MIN,
        }
    }
}

impl<A, N: Notify> BatchQueue<A, N> {
    /// Whether no batch is under way that a transaction could wait for.
    pub(super) fn is_free(&self, now: Timestamp) -> bool {
        self.batches == 0 || now >= self.over
    }

    /// Whether there is nothing to remember.
    pub(super) fn is_idle(&self) -> bool {
        self.batches == 0 && self.waiting.is_empty()
    }

    /// Adds a transaction. Its owner watches where no other does.
    pub(super) fn push(&mut self, pending: &Rc<Pending<A, N>>, now: Timestamp) {
        if now >= self.watched {
            self.watched = now + PATIENCE;
            pending.watches.set(true);
        }
        self.waiting.push_back(pending.clone());
    }

    /// Starts a batch that is over at `over`: `leader`, and as many of those that wait as fit.
    pub(super) fn start_batch(
        &mut self,
        leader: &Rc<Pending<A, N>>,
        over: Timestamp,
    ) -> Vec<Rc<Pending<A, N>>> {
        self.waiting.retain(|waiting| !Rc::ptr_eq(waiting, leader));
        self.batches += usize::from(!leader.is_leader());
        self.over = self.over.max(over);
        // The watching owner's transaction is in the batch, too. Those that did not fit are told below.
        self.watched = Timestamp::MIN;
        let mut bytes = leader.message.len();
        let mut batch = vec![leader.clone()];
        while bytes < MAX_BYTES
            && batch.len() < MAX_TRANSACTIONS
            && let Some(pending) = self.waiting.pop_front()
        {
            bytes += pending.message.len();
            batch.push(pending);
        }
        for pending in &batch {
            *pending.state.borrow_mut() = State::Sent;
        }
        // The transactions that did not fit need not wait for this batch.
        self.choose_leader();
        batch
    }

    /// Ends a batch, or gives up one that its leader did not start.
    pub(super) fn finish_batch(&mut self) {
        self.batches = self.batches.saturating_sub(1);
        self.choose_leader();
    }

    /// The owner of `pending` is gone: no other shall wait for it.
    pub(super) fn cancel(&mut self, pending: &Rc<Pending<A, N>>) {
        self.waiting.retain(|waiting| !Rc::ptr_eq(waiting, pending));
        if pending.is_leader() {
            self.finish_batch();
        } else if pending.watches() && pending.is_queued() {
            // Nobody watches any more.
            self.choose_leader();
        }
    }

    /// Has the first of those that wait start a batch.
    fn choose_leader(&mut self) {
        if let Some(pending) = self.waiting.pop_front() {
            self.batches += 1;
            *pending.state.borrow_mut() = State::Leader;
            pending.notify();
        }
    }
}

impl<A, N: Notify> Pending<A, N> {
    /// For a transaction whose owner starts a batch at once, or is told by `notify`.
    pub(super) fn new(message: Vec<u8>, notify: Option<N>) -> Rc<Self> {
        Rc::new(Self {
            message,
            notify,
            state: RefCell::new(State::Queued),
            watches: Cell::new(false),
        })
    }

    /// What its owner has to do now. An answer is given out once.
    pub(super) fn next(&self) -> Next<A> {
        match self.state.replace(State::Sent) {
            State::Done(answer) => Next::Done(answer),
            State::Leader => {
                *self.state.borrow_mut() = State::Leader;
                Next::StartBatch
            }
            before => {
                *self.state.borrow_mut() = before;
                Next::Wait
            }
        }
    }

    /// Whether it still waits. Its owner has to start a batch when it has waited long enough.
    pub(super) fn is_queued(&self) -> bool {
        matches!(*self.state.borrow(), State::Queued)
    }

    /// Sets its answer.
    pub(super) fn complete(&self, answer: Result<A, StoreError>) {
        *self.state.borrow_mut() = State::Done(answer);
        self.notify();
    }

    /// Whether its owner watches the queue.
    pub(super) fn watches(&self) -> bool {
        self.watches.get()
    }

    fn is_leader(&self) -> bool {
        matches!(*self.state.borrow(), State::Leader)
    }

    fn notify(&self) {
        if let Some(notify) = &self.notify {
            notify.notify();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use openclaw_core::time;
    use std::cell::Cell;

    #[derive(Debug, Default)]
    struct Notified(Cell<u32>);

    impl Notify for Notified {
        fn notify(&self) {
            self.0.set(self.0.get() + 1);
        }
    }

    type TestQueue = BatchQueue<u32, Notified>;
    type TestPending = Rc<Pending<u32, Notified>>;

    fn pending(bytes: usize) -> TestPending {
        Pending::new(vec![0; bytes], Some(Notified::default()))
    }

    fn notified(pending: &TestPending) -> u32 {
        pending.notify.as_ref().unwrap().0.get()
    }

    fn at(second: i64) -> Timestamp {
        time::from_second(second)
    }

    /// A queue with one batch under way and these that wait.
    fn busy(waiting: &[&TestPending]) -> TestQueue {
        let mut queue = TestQueue::default();
        queue.start_batch(&pending(1), at(10));
        waiting
            .iter()
            .for_each(|pending| queue.push(pending, at(0)));
        queue
    }

    #[test]
    fn the_first_goes_alone_and_the_next_ones_together() {
        let mut queue = TestQueue::default();
        assert!(queue.is_free(at(0)));
        let first = pending(1);
        assert_eq!(queue.start_batch(&first, at(10)).len(), 1);
        assert!(!queue.is_free(at(0)));
        let (second, third) = (pending(1), pending(1));
        queue.push(&second, at(0));
        queue.push(&third, at(0));
        assert_eq!((second.next(), notified(&second)), (Next::Wait, 0));
        first.complete(Ok(1));
        queue.finish_batch();
        assert_eq!(first.next(), Next::Done(Ok(1)));
        assert_eq!((second.next(), notified(&second)), (Next::StartBatch, 1));
        assert_eq!((third.next(), notified(&third)), (Next::Wait, 0));
        // A transaction that comes now goes with the one that is about to.
        assert!(!queue.is_free(at(0)));
        let batch = queue.start_batch(&second, at(20));
        assert!(Rc::ptr_eq(&batch[0], &second) && Rc::ptr_eq(&batch[1], &third));
        third.complete(Err(StoreError::Fault("no".into())));
        assert_eq!(notified(&third), 1);
        assert!(matches!(third.next(), Next::Done(Err(_))));
        queue.finish_batch();
        assert!(queue.is_idle());
    }

    #[test]
    fn a_transaction_that_waits_too_long_goes_and_takes_the_others_along() {
        let (first, second) = (pending(1), pending(1));
        let mut queue = busy(&[&first, &second]);
        assert!(second.is_queued());
        assert_eq!(queue.start_batch(&second, at(10)).len(), 2);
        assert!(!first.is_queued() && !second.is_queued());
        queue.finish_batch();
        queue.finish_batch();
        assert!(queue.is_idle());
    }

    #[test]
    fn one_of_those_that_wait_watches() {
        let all: Vec<_> = (0..5).map(|_| pending(1)).collect();
        let watch = |all: &[TestPending]| Vec::from_iter(all.iter().map(|one| one.watches()));
        let mut queue = busy(&[&all[0], &all[1]]);
        assert_eq!(watch(&all[..2]), [true, false]);
        // The next one watches after the watching one has gone, and also after it has not gone in time.
        queue.start_batch(&all[0], at(10));
        queue.push(&all[2], at(0));
        queue.push(&all[3], at(0));
        queue.push(&all[4], at(0) + PATIENCE);
        assert_eq!(watch(&all[2..]), [true, false, true]);
    }

    #[test]
    fn the_next_one_goes_when_the_watching_owner_is_gone() {
        let (first, second, third) = (pending(1), pending(1), pending(1));
        let mut queue = busy(&[&first, &second, &third]);
        queue.cancel(&third);
        assert_eq!(second.next(), Next::Wait);
        queue.cancel(&first);
        assert_eq!((second.next(), notified(&second)), (Next::StartBatch, 1));
    }

    #[test]
    fn the_next_one_leads_when_the_leader_is_gone() {
        let (first, second, third) = (pending(1), pending(1), pending(1));
        let mut queue = busy(&[&first, &second, &third]);
        queue.cancel(&second);
        queue.finish_batch();
        assert_eq!(first.next(), Next::StartBatch);
        queue.cancel(&first);
        assert_eq!((third.next(), notified(&third)), (Next::StartBatch, 1));
        assert_eq!((second.next(), notified(&second)), (Next::Wait, 0));
        assert_eq!(queue.start_batch(&third, at(10)).len(), 1);
        queue.finish_batch();
        assert!(queue.is_idle());
    }

    #[test]
    fn a_leader_is_not_taken_along_by_another() {
        let (first, second) = (pending(1), pending(1));
        let mut queue = busy(&[&first, &second]);
        queue.finish_batch();
        assert_eq!(first.next(), Next::StartBatch);
        assert_eq!(queue.start_batch(&second, at(10)).len(), 1);
        assert_eq!(first.next(), Next::StartBatch);
        assert!(!first.is_queued());
    }

    #[test]
    fn a_batch_is_bounded_and_the_rest_goes_at_once() {
        let many: Vec<_> = (0..MAX_TRANSACTIONS + 3).map(|_| pending(1)).collect();
        let mut queue = busy(&many.iter().collect::<Vec<_>>());
        assert_eq!(queue.start_batch(&many[0], at(10)).len(), MAX_TRANSACTIONS);
        assert_eq!(many[MAX_TRANSACTIONS].next(), Next::StartBatch);
        assert_eq!(queue.start_batch(&many[MAX_TRANSACTIONS], at(10)).len(), 3);

        let (large, small) = (pending(MAX_BYTES), pending(1));
        let mut queue = busy(&[&large, &small]);
        assert_eq!(queue.start_batch(&large, at(10)).len(), 1);
        assert_eq!(small.next(), Next::StartBatch);
    }

    #[test]
    fn a_batch_whose_sender_vanished_is_waited_for_no_longer_than_it_can_last() {
        let mut queue = busy(&[]);
        assert!(!queue.is_free(at(9)));
        assert!(queue.is_free(at(10)));
        queue.start_batch(&pending(1), at(20));
        assert!(!queue.is_free(at(10)));
    }
}
