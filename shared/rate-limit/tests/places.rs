//! An account's connections: places, taken and given back.
#![allow(clippy::unwrap_used, reason = "tests: what fails shall panic")]

use futures_executor::block_on;
use futures_util::future::join_all;
use openclaw_core::{Clock, Timestamp, ledger::Value};
use openclaw_rate_limit::connections::{PLACES, claim, release, release_all, renew};
use openclaw_testkit::Fakes;
use std::{collections::BTreeSet, time::Duration};

const ACCOUNT: &str = "acct_1";

fn until(fakes: &Fakes) -> Timestamp {
    fakes.clock.now() + Duration::from_secs(60)
}

async fn take(fakes: &Fakes, limit: u64, seed: u64) -> Option<u64> {
    let until = until(fakes);
    claim(&*fakes.ledger, ACCOUNT, limit, seed, until)
        .await
        .unwrap()
}

#[test]
fn of_any_number_racing_only_so_many_get_a_place() {
    let fakes = Fakes::default();
    let claims = (0..30).map(|seed| take(&fakes, 7, seed * 3));
    let taken: Vec<u64> = block_on(join_all(claims)).into_iter().flatten().collect();
    assert_eq!(taken.len(), 7);
    let places: BTreeSet<u64> = taken.into_iter().collect();
    assert_eq!(places, (0..7).collect());
    assert_eq!(block_on(take(&fakes, 7, u64::MAX)), None);
}

#[test]
fn a_place_that_was_given_back_is_found_wherever_it_is() {
    let fakes = Fakes::default();
    for seed in 0..100 {
        block_on(take(&fakes, 100, seed)).unwrap();
    }
    block_on(release(&*fakes.ledger, ACCOUNT, 42)).unwrap();
    assert_eq!(block_on(take(&fakes, 100, 43)), Some(42));
    block_on(release_all(&*fakes.ledger, ACCOUNT)).unwrap();
    assert_eq!(block_on(take(&fakes, 100, 43)), Some(43));
}

#[test]
fn who_dies_gives_the_place_back_and_who_holds_it_does_not() {
    let fakes = Fakes::default();
    assert_eq!(block_on(take(&fakes, 2, 0)), Some(0));
    assert_eq!(block_on(take(&fakes, 2, 1)), Some(1));
    fakes.clock.advance(Duration::from_secs(59));
    block_on(renew(&*fakes.ledger, ACCOUNT, 1, until(&fakes))).unwrap();
    fakes.clock.advance(Duration::from_secs(2));
    assert_eq!(block_on(take(&fakes, 2, 1)), Some(0));
    assert_eq!(block_on(take(&fakes, 2, 1)), None);
    let held = block_on(openclaw_core::Ledger::query(
        &*fakes.ledger,
        ACCOUNT,
        PLACES,
        None,
        10,
    ));
    let held = held.unwrap();
    assert!(
        held.iter()
            .all(|(_, item)| matches!(item.value, Value::Document(_)))
    );
}
