//! What a request leaves behind, and what it costs its budget.

use crate::fixture::*;
use futures_executor::block_on;
use openclaw_core::{Ledger, Money, ledger::Durable};
use openclaw_schema::usage::TokenUsage;
use openclaw_testkit::Fakes;
use openclaw_usage::{Spender, Status, Ticket, Totals};
use proptest::prelude::*;
use std::sync::{Arc, atomic::Ordering};

#[test]
fn a_counted_answer_is_accounted_with_the_providers_numbers() {
    let fakes = Fakes::default();
    let mut ticket = free(&fakes, "req_1");
    ticket.calling();
    ticket.served_by("openai", pricing());
    ticket.generated(99);
    ticket.counted(TokenUsage {
        prompt_tokens: 10,
        completion_tokens: 5,
    });
    block_on(ticket.settle(Status::Completed)).unwrap();
    let [row] = &rows(&fakes)[..] else {
        panic!("one row")
    };
    assert_eq!(
        (row.usage.prompt_tokens, row.usage.completion_tokens),
        (10, 5)
    );
    assert_eq!(
        (row.cost, row.estimated, row.status),
        (20_000, false, Status::Completed)
    );
    assert_eq!(reserved(&fakes), 0);
    assert_eq!(
        total(&fakes).by_model[0].model.as_deref(),
        Some("vendor/model")
    );
}

#[test]
fn a_dropped_ticket_is_settled_as_interrupted_with_our_estimate() {
    let fakes = Fakes::default();
    let mut ticket = free(&fakes, "req_1");
    ticket.calling();
    ticket.generated(3);
    drop(ticket);
    let [row] = &rows(&fakes)[..] else {
        panic!("one row")
    };
    assert_eq!(
        (row.usage.prompt_tokens, row.usage.completion_tokens),
        (7, 3)
    );
    assert!(row.estimated && row.status == Status::Interrupted);
    assert_eq!(reserved(&fakes), 0);
}

#[test]
fn what_no_provider_answered_costs_nothing_and_still_counts() {
    let fakes = Fakes::default();
    let mut ticket = free(&fakes, "req_1");
    ticket.calling();
    block_on(ticket.settle(Status::Failed)).unwrap();
    drop(free(&fakes, "req_2"));
    let total = total(&fakes);
    assert_eq!(
        (total.total_requests, total.total_tokens, total.cost),
        (2, 0, Money::ZERO)
    );
    assert_eq!((total.detail.errors, total.detail.interrupted), (1, 1));
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
        second.served_by("openai", pricing());
        second.counted(TokenUsage {
            prompt_tokens: 50,
            completion_tokens: 0,
        });
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

#[test]
fn totals_count_what_this_process_settled() {
    let fakes = Fakes::default();
    let (account, key) = (account(None), key(None));
    let spender = Spender {
        account: &account,
        key: &key,
    };
    let reservation = reservation(&fakes, "req_1", 0, spender);
    let steps = reservation.steps(spender).unwrap();
    block_on(fakes.ledger.transact(ACCOUNT, steps)).unwrap();
    let totals = Arc::<Totals>::default();
    let mut ticket = Ticket::new(
        fakes.ports(),
        totals.clone(),
        ACCOUNT.into(),
        reservation,
        Durable::now(),
    );
    ticket.counted(TokenUsage {
        prompt_tokens: 2,
        completion_tokens: 1,
    });
    block_on(ticket.settle(Status::Completed)).unwrap();
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
        requests in prop::collection::vec((0..3u8, 0..1000u64, 0..1000u64, 0..100_000u64), 1..40)
    ) {
        let fakes = Fakes::default();
        for (at, (ending, prompt, completion, seconds)) in requests.iter().enumerate() {
            let mut ticket = free(&fakes, &format!("req_{at}"));
            ticket.calling();
            ticket.served_by("openai", pricing());
            ticket.counted(TokenUsage { prompt_tokens: *prompt, completion_tokens: *completion });
            match ending {
                0 => block_on(ticket.settle(Status::Completed)).unwrap(),
                1 => block_on(ticket.settle(Status::Failed)).unwrap(),
                _ => drop(ticket),
            }
            fakes.clock.advance(std::time::Duration::from_secs(seconds % 3600));
        }
        let report = total(&fakes);
        let prompt: u64 = requests.iter().map(|request| request.1).sum();
        let completion: u64 = requests.iter().map(|request| request.2).sum();
        let cost = i64::try_from(prompt * 1_000 + completion * 2_000).unwrap();
        prop_assert_eq!(report.total_requests, requests.len() as u64);
        prop_assert_eq!(report.total_tokens, prompt + completion);
        prop_assert_eq!(report.cost.nanos(), cost);
        let by_day: Money = report.by_day.iter().map(|day| day.cost).sum();
        prop_assert_eq!(by_day, report.cost);
        let failed = requests.iter().filter(|request| request.0 == 1).count() as u64;
        prop_assert_eq!(report.detail.errors, failed);
    }
}
