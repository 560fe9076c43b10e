//! What a request leaves behind, and what it costs its budget.

use crate::fixture::*;
use bytes::Bytes;
use futures_executor::block_on;
use openclaw_core::{
    Clock, Ledger, Money, Ports,
    ledger::{Durable, Step, When},
};
use openclaw_testkit::{CountingLedger, Fakes};
use openclaw_usage::{LEASE, Settlement, Spender, Status, Totals, settle_orphans};
use proptest::prelude::*;
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

#[test]
fn a_counted_answer_is_accounted_with_the_providers_numbers() {
    let fakes = Fakes::default();
    let mut settlement = free(&fakes, "req_1");
    settlement.calling();
    settlement.served_by("openai", "m", &pricing());
    settlement.generated(99);
    settlement.counted(counts(10, 5));
    block_on(settlement.settle(Status::Completed)).unwrap();
    let [row] = &rows(&fakes)[..] else {
        panic!("one row")
    };
    assert_eq!((row.usage.prompt(), row.usage.completion()), (10, 5));
    assert_eq!(
        (row.cost, row.estimated, row.status),
        (20_000, false, Status::Completed)
    );
    assert_eq!(reserved(&fakes), 0);
    assert_eq!(
        total(&fakes).by_model[0].name.model.as_deref(),
        Some("vendor/model")
    );
}

#[test]
fn a_dropped_settlement_is_settled_as_interrupted_with_our_estimate() {
    let fakes = Fakes::default();
    let mut settlement = free(&fakes, "req_1");
    settlement.calling();
    settlement.generated(3);
    drop(settlement);
    let [row] = &rows(&fakes)[..] else {
        panic!("one row")
    };
    assert_eq!((row.usage.prompt(), row.usage.completion()), (7, 3));
    assert!(row.estimated && row.status == Status::Interrupted);
    assert_eq!(reserved(&fakes), 0);
}

#[test]
fn what_no_provider_answered_costs_nothing_and_still_counts() {
    let fakes = Fakes::default();
    let mut settlement = free(&fakes, "req_1");
    settlement.calling();
    block_on(settlement.settle(Status::Failed)).unwrap();
    drop(free(&fakes, "req_2"));
    let total = total(&fakes);
    assert_eq!(
        (
            total.totals.total_requests,
            total.totals.total_tokens,
            total.totals.cost
        ),
        (2, 0, Money::ZERO)
    );
    assert_eq!(
        (total.totals.detail.errors, total.totals.detail.interrupted),
        (1, 1)
    );
}

#[test]
fn a_budget_holds_the_most_and_gives_back_what_was_not_used() {
    let fakes = Fakes::default();
    for (account, key) in [
        (account(Some(100_000)), key(None)),
        (account(None), key(Some(100_000))),
    ] {
        let spender = Spender {
            account: &account,
            key: &key,
        };
        let first = admit(&fakes, "req_1", 60_000, spender).unwrap();
        assert!(
            admit(&fakes, "req_2", 60_000, spender).is_none(),
            "both would pass the budget"
        );
        drop(first);
        let mut second = admit(&fakes, "req_3", 60_000, spender).unwrap();
        second.calling();
        second.served_by("openai", "m", &pricing());
        second.counted(counts(50, 0));
        block_on(second.settle(Status::Completed)).unwrap();
        assert!(
            admit(&fakes, "req_4", 60_000, spender).is_none(),
            "50,000 of it is spent"
        );
        assert!(admit(&fakes, "req_5", 50_000, spender).is_some());
        // The month is one for both rounds: what the first spent must not count in the second.
        fakes
            .clock
            .advance(std::time::Duration::from_secs(40 * 86_400));
    }
}

/// A note that a settlement takes along, and how often it was asked for.
fn note(asked: &Arc<AtomicUsize>) -> impl FnOnce() -> Option<Step> + Send + use<> {
    let asked = asked.clone();
    move || {
        asked.fetch_add(1, Ordering::Relaxed);
        Some(Step::Put {
            key: NOTE.into(),
            document: Bytes::from_static(b"noted"),
            when: When::Always,
            expires: None,
        })
    }
}

const NOTE: &str = "used/key_1";

#[test]
fn what_is_to_be_written_beside_is_asked_for_and_written_with_the_settlement() {
    for (settles, swept) in [(true, false), (false, false), (true, true), (false, true)] {
        let fakes = Fakes::default();
        let asked = Arc::default();
        let mut settlement = free(&fakes, "req_1").with(note(&asked));
        settlement.calling();
        if swept {
            // It only seemed dead: what a sweep booked is amended.
            fakes.clock.advance(LEASE);
            let (ledger, now) = (&*fakes.ledger, fakes.clock.now());
            let swept = block_on(settle_orphans(ledger, ACCOUNT, now, now)).unwrap();
            assert_eq!(swept.settled, 1);
        }
        let noted = || block_on(fakes.ledger.get(ACCOUNT, NOTE)).unwrap();
        assert_eq!((asked.load(Ordering::Relaxed), noted()), (0, None));
        if settles {
            block_on(settlement.settle(Status::Completed)).unwrap();
        }
        drop(settlement);
        let document = noted().and_then(|item| item.document().cloned());
        assert_eq!(
            document.as_deref(),
            Some(&b"noted"[..]),
            "{settles} {swept}"
        );
        assert_eq!(asked.load(Ordering::Relaxed), 1);
        assert_eq!((rows(&fakes).len(), reserved(&fakes)), (1, 0));
    }
}

#[test]
fn a_settlement_is_one_transaction_with_what_is_beside_it() {
    let fakes = Fakes::default();
    let ledger = Arc::new(CountingLedger::new(fakes.ledger.clone()));
    let ports = Ports {
        ledger: ledger.clone(),
        ..fakes.ports()
    };
    let totals = Arc::<Totals>::default();
    for beside in [false, true] {
        let (account, key) = (account(None), key(None));
        let spender = Spender {
            account: &account,
            key: &key,
        };
        let reservation = reservation(&fakes, "req_1", 0, spender);
        let steps = reservation.steps(spender, 1000).unwrap();
        block_on(fakes.ledger.transact(ACCOUNT, steps)).unwrap();
        let (ports, totals) = (ports.clone(), totals.clone());
        let settlement =
            Settlement::new(ports, totals, ACCOUNT.into(), reservation, Durable::now());
        let mut settlement = match beside {
            true => settlement.with(note(&Arc::default())),
            false => settlement.with(|| None),
        };
        block_on(settlement.settle(Status::Completed)).unwrap();
    }
    // The reservation, the row, the hour and the place among those that run; and the note. The job for the
    // account's log is stored once a day.
    assert_eq!(ledger.asked().transactions, [4, 1, 5]);
}

#[test]
fn totals_count_what_this_process_settled() {
    let fakes = Fakes::default();
    let (account, key) = (account(None), key(None));
    let spender = Spender {
        account: &account,
        key: &key,
    };
    let reservation = reservation(&fakes, "req_1", 0, spender);
    let steps = reservation.steps(spender, 1000).unwrap();
    block_on(fakes.ledger.transact(ACCOUNT, steps)).unwrap();
    let totals = Arc::<Totals>::default();
    let mut settlement = Settlement::new(
        fakes.ports(),
        totals.clone(),
        ACCOUNT.into(),
        reservation,
        Durable::now(),
    );
    settlement.calling();
    settlement.counted(counts(2, 1));
    block_on(settlement.settle(Status::Completed)).unwrap();
    let read = |counter: &std::sync::atomic::AtomicU64| counter.load(Ordering::Relaxed);
    assert_eq!(
        (read(&totals.completed), read(&totals.prompt_tokens)),
        (1, 2)
    );
    assert_eq!(read(&totals.cost_nanos), 4_000);
}

proptest! {
    #[test]
    fn the_report_is_the_sum_over_the_requests(
        requests in prop::collection::vec((0..3u8, 1..1000u64, 0..1000u64, 0..100_000u64), 1..40)
    ) {
        let fakes = Fakes::default();
        for (at, (ending, prompt, completion, seconds)) in requests.iter().enumerate() {
            let mut settlement = free(&fakes, &format!("req_{at}"));
            settlement.calling();
            settlement.served_by("openai", "m", &pricing());
            settlement.counted(counts(*prompt, *completion));
            match ending {
                0 => block_on(settlement.settle(Status::Completed)).unwrap(),
                1 => block_on(settlement.settle(Status::Failed)).unwrap(),
                _ => drop(settlement),
            }
            fakes.clock.advance(std::time::Duration::from_secs(seconds % 3600));
        }
        let report = total(&fakes);
        let prompt: u64 = requests.iter().map(|request| request.1).sum();
        let completion: u64 = requests.iter().map(|request| request.2).sum();
        let cost = i64::try_from(prompt * 1_000 + completion * 2_000).unwrap();
        prop_assert_eq!(report.totals.total_requests, requests.len() as u64);
        prop_assert_eq!(report.totals.total_tokens, prompt + completion);
        prop_assert_eq!(report.totals.cost.nanos(), cost);
        let by_day: Money = report.by_day.iter().map(|day| day.totals.cost).sum();
        prop_assert_eq!(by_day, report.totals.cost);
        let failed = requests.iter().filter(|request| request.0 == 1).count() as u64;
        prop_assert_eq!(report.totals.detail.errors, failed);
    }
}
