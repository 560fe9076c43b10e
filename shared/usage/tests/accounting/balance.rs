//! The month's spending, whatever happens to requests side by side.

use crate::fixture::*;
use futures_executor::block_on;
use openclaw_core::{Clock, Ledger, Money, ledger::Item};
use openclaw_testkit::Fakes;
use openclaw_usage::{
    LEASE, RESERVATIONS, Reservation, Settlement, Spender, Status, UsageRow, settle_orphans,
};
use proptest::prelude::*;
use serde::de::DeserializeOwned;
use std::{future::pending, mem::forget, time::Duration};

/// An event of a process with several requests. Requests are named by any number, modulo those that
/// are open.
#[derive(Clone, Debug)]
enum Event {
    Admit(u16),
    Answer(usize, u64, u64),
    Generate(usize, u64),
    FailCall(usize, u32),
    /// The model is asked again, where the budgets allow it.
    AskAgain(usize, u16),
    Settle(usize, Status),
    ClientLeaves(usize),
    Crash(usize),
    /// The request is polled: it renews its lease when that is due.
    Poll(usize),
    Wait(u8),
    Sweep,
}

fn event() -> impl Strategy<Value = Event> {
    let at = || 0..8usize;
    prop_oneof![
        4 => (1..2000u16).prop_map(Event::Admit),
        3 => (at(), 0..50u64, 0..50u64).prop_map(|(at, prompt, out)| Event::Answer(at, prompt, out)),
        2 => (at(), 0..50u64).prop_map(|(at, tokens)| Event::Generate(at, tokens)),
        1 => (at(), 1..4u32).prop_map(|(at, calls)| Event::FailCall(at, calls)),
        2 => (at(), 1..2000u16).prop_map(|(at, most)| Event::AskAgain(at, most)),
        3 => (at(), prop::sample::select(vec![Status::Completed, Status::Failed]))
            .prop_map(|(at, status)| Event::Settle(at, status)),
        2 => at().prop_map(Event::ClientLeaves),
        2 => at().prop_map(Event::Crash),
        2 => at().prop_map(Event::Poll),
        3 => (1..60u8).prop_map(Event::Wait),
        2 => Just(Event::Sweep),
    ]
}

fn documents<T: DeserializeOwned>(fakes: &Fakes, prefix: &str) -> Vec<T> {
    let items = block_on(fakes.ledger.query(ACCOUNT, prefix, None, 1000)).unwrap();
    let read = |(_, item): (String, Item)| serde_json::from_slice(item.document().unwrap());
    items.into_iter().map(|item| read(item).unwrap()).collect()
}

/// What the month's counters say of the account and the key, and what the ledger's rows and
/// reservations come to.
fn balance(fakes: &Fakes) -> ([i64; 2], i64) {
    let months = block_on(fakes.ledger.query(ACCOUNT, "gate#b/", None, 10)).unwrap();
    let mut counted = [0; 2];
    for (_, item) in months {
        let counters = item.counters().unwrap();
        for (count, field) in counted.iter_mut().zip(["total", "k/key_1"]) {
            *count += counters.get(field).copied().unwrap_or_default();
        }
    }
    let rows = documents::<UsageRow>(fakes, "log/");
    let held = documents::<Reservation>(fakes, RESERVATIONS);
    let rows: i64 = rows.iter().map(|row| row.cost).sum();
    let held: i64 = held.iter().map(|reservation| reservation.reserved).sum();
    (counted, rows + held)
}

fn sweep(fakes: &Fakes) {
    let now = fakes.clock.now();
    block_on(settle_orphans(&*fakes.ledger, ACCOUNT, now, now)).unwrap();
}

/// The request named by `at`.
fn pick(open: &mut [Settlement], at: usize) -> Option<&mut Settlement> {
    let at = at.checked_rem(open.len())?;
    open.get_mut(at)
}

fn apply(event: &Event, fakes: &Fakes, open: &mut Vec<Settlement>, admitted: &mut usize) {
    let (account, key) = (account(Some(5_000_000)), key(Some(4_000_000)));
    let spender = Spender {
        account: &account,
        key: &key,
    };
    match *event {
        Event::Admit(most) => {
            let request = format!("req_{admitted}");
            if let Some(mut settlement) = admit(fakes, &request, i64::from(most) * 1000, spender) {
                settlement.calling();
                open.push(settlement);
                *admitted += 1;
            }
        }
        Event::Answer(at, prompt, completion) => {
            if let Some(settlement) = pick(open, at) {
                settlement.served_by("openai", "m", &pricing());
                settlement.counted(counts(prompt, completion));
            }
        }
        Event::Generate(at, tokens) => {
            if let Some(settlement) = pick(open, at) {
                settlement.generated(tokens);
            }
        }
        Event::FailCall(at, calls) => {
            if let Some(settlement) = pick(open, at) {
                settlement.billed_failures(calls);
            }
        }
        Event::AskAgain(at, most) => {
            if let Some(settlement) = pick(open, at) {
                let most = Money::from_nanos(i64::from(most) * 1000);
                if block_on(settlement.next_round(9, most, spender)).is_ok() {
                    settlement.calling();
                }
            }
        }
        Event::Poll(at) => {
            if let Some(settlement) = pick(open, at) {
                let waiting = settlement.within(Duration::from_millis(1), pending::<()>());
                let _ = futures_util::FutureExt::now_or_never(waiting);
            }
        }
        Event::Settle(at, status) => {
            if let Some(settlement) = pick(open, at) {
                block_on(settlement.settle(status)).unwrap();
            }
        }
        Event::ClientLeaves(at) if !open.is_empty() => drop(open.swap_remove(at % open.len())),
        Event::Crash(at) if !open.is_empty() => forget(open.swap_remove(at % open.len())),
        Event::ClientLeaves(_) | Event::Crash(_) => {}
        Event::Wait(seconds) => fakes.clock.advance(Duration::from_secs(seconds.into())),
        Event::Sweep => sweep(fakes),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]
    #[test]
    fn the_balance_is_what_was_settled_and_what_is_held(
        events in prop::collection::vec(event(), 0..60),
    ) {
        let (fakes, mut open, mut admitted) = (Fakes::default(), Vec::new(), 0);
        for event in &events {
            apply(event, &fakes, &mut open, &mut admitted);
            let (counted, known) = balance(&fakes);
            prop_assert_eq!(counted, [known; 2], "after {:?}", event);
        }
        drop(open);
        fakes.clock.advance(LEASE);
        sweep(&fakes);
        prop_assert_eq!(reserved(&fakes), 0);
        let rows = documents::<UsageRow>(&fakes, "log/");
        prop_assert_eq!(rows.len(), admitted, "one row a request");
        let settled: i64 = rows.iter().map(|row| row.cost).sum();
        prop_assert_eq!(balance(&fakes).0, [settled; 2]);
        prop_assert_eq!(total(&fakes).totals.cost.nanos(), settled);
    }
}
