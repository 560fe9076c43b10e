//! As many requests run as have reservations, and no more than may.

use crate::fixture::{ACCOUNT, account, key, reservation};
use futures_executor::block_on;
use openclaw_core::{
    Clock, Code, Ledger,
    ledger::{Durable, Item, Outcome, Step},
};
use openclaw_testkit::Fakes;
use openclaw_usage::{LEASE, Reservation, Settlement, Spender, Status, refused, settle_orphans};
use std::sync::Arc;

/// The step that was refused, where one was.
fn admit(fakes: &Fakes, reservation: &Reservation, max_running: u64) -> Option<Step> {
    let (account, key) = (account(None), key(None));
    let spender = Spender {
        account: &account,
        key: &key,
    };
    let steps = reservation.steps(spender, max_running).unwrap();
    match block_on(fakes.ledger.transact(ACCOUNT, steps.clone())).unwrap() {
        Outcome::Applied(_) => None,
        Outcome::Refused { step } => Some(steps[step].clone()),
    }
}

fn reserved(fakes: &Fakes, request: &str) -> Reservation {
    let (account, key) = (account(None), key(None));
    let spender = Spender {
        account: &account,
        key: &key,
    };
    reservation(fakes, request, 0, spender)
}

fn running(fakes: &Fakes) -> i64 {
    let item = block_on(fakes.ledger.get(ACCOUNT, "gate#c")).unwrap();
    let counters = item.as_ref().and_then(Item::counters);
    counters.map_or(0, |counters| counters["n"])
}

fn settle(fakes: &Fakes, reservation: Reservation) {
    let totals = Arc::default();
    let durable = Durable::now();
    let mut settlement =
        Settlement::new(fakes.ports(), totals, ACCOUNT.into(), reservation, durable);
    block_on(settlement.settle(Status::Completed)).unwrap();
}

#[test]
fn a_place_is_given_back_once_by_whoever_settles() {
    let fakes = Fakes::default();
    let requests = ["req_1", "req_2"].map(|request| reserved(&fakes, request));
    for request in &requests {
        assert_eq!(admit(&fakes, request, 2), None);
    }
    let step = admit(&fakes, &reserved(&fakes, "req_3"), 2).expect("a refusal");
    let error = refused(&step);
    assert_eq!(error.code, Code::RateLimitExceeded);
    assert!(error.message.contains("2 requests running"), "{error:?}");
    assert!(error.retry_after.is_some());

    let [first, second] = requests;
    settle(&fakes, first);
    assert_eq!(running(&fakes), 1);
    // The other one is taken for dead, and ends all the same.
    fakes.clock.advance(LEASE);
    let now = fakes.clock.now();
    let swept = block_on(settle_orphans(&*fakes.ledger, ACCOUNT, now, now)).unwrap();
    assert_eq!((swept.settled, running(&fakes)), (1, 0));
    settle(&fakes, second);
    assert_eq!(running(&fakes), 0);
}

#[test]
fn a_reservation_that_was_not_counted_gives_no_place_back() {
    let fakes = Fakes::default();
    let counted = reserved(&fakes, "req_1");
    assert_eq!(admit(&fakes, &counted, 1), None);
    // As it was written before running requests were counted.
    let mut before = serde_json::to_value(reserved(&fakes, "req_2")).unwrap();
    before.as_object_mut().unwrap().remove("counted");
    let before: Reservation = serde_json::from_value(before).unwrap();
    assert_eq!(admit(&fakes, &before, 1), None);
    settle(&fakes, before);
    assert_eq!(running(&fakes), 1);
}
