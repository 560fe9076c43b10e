//! Who waits to go to an account's object with whom: the bookkeeping, without any waiting.

use openclaw_core::{StoreError, Timestamp};
use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
    rc::Rc,
    time::Duration,
};

/// How long those who wait wait for the call that is under way before they go beside it. A call to an
/// object nearby is back sooner; one to a far one does not hold a request up for its whole way.
pub(super) const PATIENCE: Duration = Duration::from_millis(10);

/// Bounds of one call: transactions, and bytes after which no other is taken along.
const MAX_TRANSACTIONS: usize = 64;
const MAX_BYTES: usize = 4 << 20;

/// One transaction and how far it is.
#[derive(Debug)]
pub(super) struct Seat<A, B> {
    /// The transaction as it is sent.
    pub(super) message: Vec<u8>,
    /// What is rung when its owner has something to do; one that never waits has none.
    bell: Option<B>,
    state: RefCell<State<A>>,
    /// Whether its owner goes, and takes the others along, when [`PATIENCE`] is over. One does for all,
    /// because each would have to ask the platform for a timer.
    watches: Cell<bool>,
}

#[derive(Debug)]
enum State<A> {
    /// In the line.
    Waits,
    /// To go now, with those who wait.
    Leads,
    /// In a call.
    Goes,
    /// Back.
    Ended(Result<A, StoreError>),
}

/// What its owner's bell stands for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Told<A> {
    /// Go now.
    Lead,
    /// That is how it ended.
    Ended(Result<A, StoreError>),
    /// Nothing yet.
    Wait,
}

/// Tells an owner, who may belong to another request.
pub(super) trait Bell {
    fn ring(&self);
}

/// The seats of one account.
#[derive(Debug)]
pub(super) struct Line<A, B> {
    waiting: VecDeque<Rc<Seat<A, B>>>,
    /// Calls that are under way, or were handed over and are about to begin.
    calls: usize,
    /// When the last call that began has ended, whatever became of who made it.
    over: Timestamp,
    /// Until when one of those who wait watches.
    watched: Timestamp,
}

impl<A, B> Default for Line<A, B> {
    fn default() -> Self {
        Self {
            waiting: VecDeque::new(),
            calls: 0,
            over: Timestamp::MIN,
            watched: Timestamp::MIN,
        }
    }
}

impl<A, B: Bell> Line<A, B> {
    /// Whether there is no call under way that one could wait for.
    pub(super) fn is_free(&self, now: Timestamp) -> bool {
        self.calls == 0 || now >= self.over
    }

    /// Whether there is nothing to remember.
    pub(super) fn is_idle(&self) -> bool {
        self.calls == 0 && self.waiting.is_empty()
    }

    /// Joins the line, and watches it where nobody does.
    pub(super) fn wait(&mut self, seat: &Rc<Seat<A, B>>, now: Timestamp) {
        if now >= self.watched {
            self.watched = now + PATIENCE;
            seat.watches.set(true);
        }
        self.waiting.push_back(seat.clone());
    }

    /// Begins a call that is over at `over`: with `leader`, and as many of those who wait as go
    /// into one.
    pub(super) fn depart(
        &mut self,
        leader: &Rc<Seat<A, B>>,
        over: Timestamp,
    ) -> Vec<Rc<Seat<A, B>>> {
        self.waiting.retain(|seat| !Rc::ptr_eq(seat, leader));
        self.calls += usize::from(!leader.leads());
        self.over = self.over.max(over);
        // Whoever watched goes, too; those for whom there is no place are told below.
        self.watched = Timestamp::MIN;
        let mut bytes = leader.message.len();
        let mut going = vec![leader.clone()];
        while bytes < MAX_BYTES
            && going.len() < MAX_TRANSACTIONS
            && let Some(seat) = self.waiting.pop_front()
        {
            bytes += seat.message.len();
            going.push(seat);
        }
        for seat in &going {
            *seat.state.borrow_mut() = State::Goes;
        }
        // Those for whom there was no place need not wait for this call.
        self.hand_over();
        going
    }

    /// Ends a call, or gives up one that was handed over.
    pub(super) fn arrive(&mut self) {
        self.calls = self.calls.saturating_sub(1);
        self.hand_over();
    }

    /// The owner of `seat` is gone: nobody shall wait for it.
    pub(super) fn leave(&mut self, seat: &Rc<Seat<A, B>>) {
        self.waiting.retain(|waiting| !Rc::ptr_eq(waiting, seat));
        if seat.leads() {
            self.arrive();
        } else if seat.watches() && seat.is_left_behind() {
            // Nobody watches any more.
            self.hand_over();
        }
    }

    /// Lets the first one go, if one waits.
    fn hand_over(&mut self) {
        if let Some(seat) = self.waiting.pop_front() {
            self.calls += 1;
            *seat.state.borrow_mut() = State::Leads;
            seat.ring();
        }
    }
}

impl<A, B: Bell> Seat<A, B> {
    /// For a transaction whose owner goes at once, or is told by `bell`.
    pub(super) fn new(message: Vec<u8>, bell: Option<B>) -> Rc<Self> {
        Rc::new(Self {
            message,
            bell,
            state: RefCell::new(State::Waits),
            watches: Cell::new(false),
        })
    }

    /// What its owner is to do now.
    pub(super) fn told(&self) -> Told<A> {
        match self.state.replace(State::Goes) {
            State::Ended(answer) => Told::Ended(answer),
            State::Leads => {
                *self.state.borrow_mut() = State::Leads;
                Told::Lead
            }
            before => {
                *self.state.borrow_mut() = before;
                Told::Wait
            }
        }
    }

    /// Its owner has waited long enough for others, and nobody has rung: it has to go itself.
    pub(super) fn is_left_behind(&self) -> bool {
        matches!(*self.state.borrow(), State::Waits)
    }

    /// It ended.
    pub(super) fn end(&self, answer: Result<A, StoreError>) {
        *self.state.borrow_mut() = State::Ended(answer);
        self.ring();
    }

    /// Whether its owner watches the line.
    pub(super) fn watches(&self) -> bool {
        self.watches.get()
    }

    fn leads(&self) -> bool {
        matches!(*self.state.borrow(), State::Leads)
    }

    fn ring(&self) {
        if let Some(bell) = &self.bell {
            bell.ring();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use openclaw_core::time;
    use std::cell::Cell;

    #[derive(Debug, Default)]
    struct Rings(Cell<u32>);

    impl Bell for Rings {
        fn ring(&self) {
            self.0.set(self.0.get() + 1);
        }
    }

    type TestLine = Line<u32, Rings>;
    type TestSeat = Rc<Seat<u32, Rings>>;

    fn seat(bytes: usize) -> TestSeat {
        Seat::new(vec![0; bytes], Some(Rings::default()))
    }

    fn rings(seat: &TestSeat) -> u32 {
        seat.bell.as_ref().unwrap().0.get()
    }

    fn at(second: i64) -> Timestamp {
        time::from_second(second)
    }

    /// A line with one call under way and these who wait.
    fn busy(waiting: &[&TestSeat]) -> TestLine {
        let mut line = TestLine::default();
        line.depart(&seat(1), at(10));
        waiting.iter().for_each(|seat| line.wait(seat, at(0)));
        line
    }

    #[test]
    fn who_comes_first_goes_alone_and_the_next_ones_together() {
        let mut line = TestLine::default();
        assert!(line.is_free(at(0)));
        let first = seat(1);
        assert_eq!(line.depart(&first, at(10)).len(), 1);
        assert!(!line.is_free(at(0)));
        let (second, third) = (seat(1), seat(1));
        line.wait(&second, at(0));
        line.wait(&third, at(0));
        assert_eq!((second.told(), rings(&second)), (Told::Wait, 0));
        first.end(Ok(1));
        line.arrive();
        assert_eq!(first.told(), Told::Ended(Ok(1)));
        assert_eq!((second.told(), rings(&second)), (Told::Lead, 1));
        assert_eq!((third.told(), rings(&third)), (Told::Wait, 0));
        // Whoever comes now goes with the one who is about to.
        assert!(!line.is_free(at(0)));
        let going = line.depart(&second, at(20));
        assert!(Rc::ptr_eq(&going[0], &second) && Rc::ptr_eq(&going[1], &third));
        third.end(Err(StoreError::Fault("no".into())));
        assert_eq!(rings(&third), 1);
        assert!(matches!(third.told(), Told::Ended(Err(_))));
        line.arrive();
        assert!(line.is_idle());
    }

    #[test]
    fn who_waits_too_long_goes_and_takes_the_others_along() {
        let (first, second) = (seat(1), seat(1));
        let mut line = busy(&[&first, &second]);
        assert!(second.is_left_behind());
        assert_eq!(line.depart(&second, at(10)).len(), 2);
        assert!(!first.is_left_behind() && !second.is_left_behind());
        line.arrive();
        line.arrive();
        assert!(line.is_idle());
    }

    #[test]
    fn one_of_those_who_wait_watches() {
        let seats: Vec<_> = (0..5).map(|_| seat(1)).collect();
        let watch = |seats: &[TestSeat]| Vec::from_iter(seats.iter().map(|seat| seat.watches()));
        let mut line = busy(&[&seats[0], &seats[1]]);
        assert_eq!(watch(&seats[..2]), [true, false]);
        // Who went is followed by the next who comes, and who has not gone in time, too.
        line.depart(&seats[0], at(10));
        line.wait(&seats[2], at(0));
        line.wait(&seats[3], at(0));
        line.wait(&seats[4], at(0) + PATIENCE);
        assert_eq!(watch(&seats[2..]), [true, false, true]);
    }

    #[test]
    fn where_who_watches_is_gone_the_next_one_goes() {
        let (first, second, third) = (seat(1), seat(1), seat(1));
        let mut line = busy(&[&first, &second, &third]);
        line.leave(&third);
        assert_eq!(second.told(), Told::Wait);
        line.leave(&first);
        assert_eq!((second.told(), rings(&second)), (Told::Lead, 1));
    }

    #[test]
    fn who_leads_and_is_gone_is_followed_by_the_next() {
        let (first, second, third) = (seat(1), seat(1), seat(1));
        let mut line = busy(&[&first, &second, &third]);
        line.leave(&second);
        line.arrive();
        assert_eq!(first.told(), Told::Lead);
        line.leave(&first);
        assert_eq!((third.told(), rings(&third)), (Told::Lead, 1));
        assert_eq!((second.told(), rings(&second)), (Told::Wait, 0));
        assert_eq!(line.depart(&third, at(10)).len(), 1);
        line.arrive();
        assert!(line.is_idle());
    }

    #[test]
    fn who_is_to_lead_is_not_taken_along_by_another() {
        let (first, second) = (seat(1), seat(1));
        let mut line = busy(&[&first, &second]);
        line.arrive();
        assert_eq!(first.told(), Told::Lead);
        assert_eq!(line.depart(&second, at(10)).len(), 1);
        assert_eq!(first.told(), Told::Lead);
        assert!(!first.is_left_behind());
    }

    #[test]
    fn a_call_is_bounded_and_who_has_no_place_goes_at_once() {
        let many: Vec<_> = (0..MAX_TRANSACTIONS + 3).map(|_| seat(1)).collect();
        let mut line = busy(&many.iter().collect::<Vec<_>>());
        assert_eq!(line.depart(&many[0], at(10)).len(), MAX_TRANSACTIONS);
        assert_eq!(many[MAX_TRANSACTIONS].told(), Told::Lead);
        assert_eq!(line.depart(&many[MAX_TRANSACTIONS], at(10)).len(), 3);

        let (large, small) = (seat(MAX_BYTES), seat(1));
        let mut line = busy(&[&large, &small]);
        assert_eq!(line.depart(&large, at(10)).len(), 1);
        assert_eq!(small.told(), Told::Lead);
    }

    #[test]
    fn a_call_whose_maker_vanished_is_waited_for_no_longer_than_it_can_last() {
        let mut line = busy(&[]);
        assert!(!line.is_free(at(9)));
        assert!(line.is_free(at(10)));
        line.depart(&seat(1), at(20));
        assert!(!line.is_free(at(10)));
    }
}
