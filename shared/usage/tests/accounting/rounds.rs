//! Requests that call models several times.

use crate::fixture::*;
use futures_executor::block_on;
use openclaw_core::{Clock, Code, Ledger, Money, ledger::Item};
use openclaw_testkit::Fakes;
use openclaw_usage::{LEASE, Settlement, Spender, Status, UsageRow, settle_orphans};
use std::{mem::forget, time::Duration};

/// What is spent or held back of the account's budget this month, in nano-dollars.
fn spent(fakes: &Fakes) -> i64 {
    let item = block_on(fakes.ledger.get(ACCOUNT, "gate#b/2026-02")).unwrap();
    let counters = item.as_ref().and_then(Item::counters);
    counters.map_or(0, |counters| {
        counters.get("total").copied().unwrap_or_default()
    })
}

/// A round that took so many tokens in and out, at 1,000 and 2,000 nano-dollars each.
fn round(settlement: &mut Settlement, prompt: u64, completion: u64) {
    settlement.calling();
    settlement.served_by("p", "m", &pricing());
    settlement.counted(counts(prompt, completion));
}

fn row(fakes: &Fakes) -> UsageRow {
    let [row] = &rows(fakes)[..] else {
        panic!("one row")
    };
    row.clone()
}

#[test]
fn rounds_are_one_row_and_each_is_held_back_before_it_starts() {
    let fakes = Fakes::default();
    let (account, key) = (account(Some(100_000)), key(None));
    let spender = Spender {
        account: &account,
        key: &key,
    };
    let mut settlement = admit(&fakes, "req_1", 50_000, spender).unwrap();
    assert_eq!(spent(&fakes), 50_000);
    round(&mut settlement, 10, 5);
    let next = settlement.next_round(30, Money::from_nanos(70_000), spender);
    block_on(next).unwrap();
    // 10 x 1,000 + 5 x 2,000 were spent.
    assert_eq!(spent(&fakes), 90_000);
    round(&mut settlement, 30, 1);
    assert_eq!(
        settlement.usage(),
        (counts(40, 6), Money::from_nanos(52_000))
    );
    block_on(settlement.settle(Status::Completed)).unwrap();
    assert_eq!(
        (row(&fakes).usage, row(&fakes).cost),
        (counts(40, 6), 52_000)
    );
    assert!(!row(&fakes).estimated);
    assert_eq!(
        (spent(&fakes), total(&fakes).totals.total_requests),
        (52_000, 1)
    );
}

#[test]
fn a_round_that_the_budget_does_not_allow_leaves_those_before_it() {
    let fakes = Fakes::default();
    let (account, key) = (account(Some(100_000)), key(None));
    let spender = Spender {
        account: &account,
        key: &key,
    };
    let mut settlement = admit(&fakes, "req_1", 50_000, spender).unwrap();
    round(&mut settlement, 10, 5);
    let next = settlement.next_round(30, Money::from_nanos(80_001), spender);
    assert_eq!(block_on(next).unwrap_err().code, Code::BudgetExceeded);
    assert_eq!(spent(&fakes), 50_000);
    block_on(settlement.settle(Status::Failed)).unwrap();
    assert_eq!(
        (row(&fakes).usage, row(&fakes).cost),
        (counts(10, 5), 20_000)
    );
    assert_eq!(row(&fakes).provider.as_deref(), Some("p"));
    assert_eq!((spent(&fakes), reserved(&fakes)), (20_000, 0));
}

#[test]
fn a_crash_in_a_later_round_forgets_none_before_it() {
    let fakes = Fakes::default();
    let (account, key) = (account(Some(1_000_000)), key(None));
    let spender = Spender {
        account: &account,
        key: &key,
    };
    let mut settlement = admit(&fakes, "req_1", 50_000, spender).unwrap();
    round(&mut settlement, 10, 5);
    fakes.clock.advance(Duration::from_secs(40));
    block_on(settlement.next_round(30, Money::from_nanos(70_000), spender)).unwrap();
    forget(settlement);
    // The round was a sign of life, too.
    let sweep = || {
        let now = fakes.clock.now();
        block_on(settle_orphans(&*fakes.ledger, ACCOUNT, now, now)).unwrap()
    };
    fakes.clock.advance(Duration::from_secs(30));
    assert_eq!(sweep().settled, 0);
    fakes.clock.advance(LEASE);
    assert_eq!(sweep().settled, 1);
    assert_eq!(
        (row(&fakes).usage, row(&fakes).cost),
        (counts(10, 5), 20_000)
    );
    assert_eq!(spent(&fakes), 20_000);
}

#[test]
fn a_later_round_that_nobody_answered_costs_nothing_more() {
    let fakes = Fakes::default();
    let mut settlement = free(&fakes, "req_1");
    let (account, key) = (account(None), key(None));
    let spender = Spender {
        account: &account,
        key: &key,
    };
    round(&mut settlement, 10, 5);
    block_on(settlement.next_round(30, Money::ZERO, spender)).unwrap();
    settlement.calling();
    block_on(settlement.settle(Status::Failed)).unwrap();
    assert_eq!(
        (row(&fakes).usage, row(&fakes).cost),
        (counts(10, 5), 20_000)
    );
}
