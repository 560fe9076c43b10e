//! How long is kept what was sent.

use crate::fixture::{ACCOUNT, Gateway, Request};
use futures_executor::block_on;
use openclaw_core::{Clock, Ledger};
use openclaw_testkit::Life;
use openclaw_webhooks::DeliveryStatus;
use std::time::Duration;

const DAY: Duration = Duration::from_secs(24 * 3600);

/// The keys of what is stored of deliveries and their attempts.
fn stored(gateway: &Gateway) -> Vec<String> {
    let found = block_on(gateway.fakes.ledger.query(ACCOUNT, "", None, 1000)).unwrap();
    let keys = found.into_iter().map(|(key, _)| key);
    keys.filter(|key| key.contains("dlv_")).collect()
}

#[test]
fn a_delivery_and_its_attempts_are_kept_for_thirty_days() {
    let gateway = Gateway::new();
    gateway.endpoint("receiver");
    // The first attempt fails, the second one succeeds.
    gateway
        .answer(|_: &Request, before: &[Request]| Some(if before.is_empty() { 500 } else { 204 }));
    let began = gateway.now();
    gateway.commit("it");
    assert!(gateway.work(&Life::long()));
    let id = gateway.deliveries()[0].id.clone();
    let until = |at: Duration| {
        let clock = &gateway.fakes.clock;
        clock.advance((began + at).duration_since(clock.now()));
    };
    let minute = Duration::from_secs(60);
    until(30 * DAY - minute);
    let kept = block_on(gateway.whole().delivery(ACCOUNT, &id)).unwrap();
    assert_eq!(kept.delivery.status, DeliveryStatus::Delivered);
    assert_eq!(kept.attempts_made.len(), 2);
    assert!(kept.payload.get().contains("key.created"));
    assert_eq!(stored(&gateway).len(), 3);
    until(30 * DAY + minute);
    assert!(gateway.deliveries().is_empty());
    let gone = block_on(gateway.whole().delivery(ACCOUNT, &id)).unwrap_err();
    assert_eq!(gone.code.status(), 404);
    assert_eq!(stored(&gateway), Vec::<String>::new());
}
