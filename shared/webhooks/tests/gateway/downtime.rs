//! Receivers that are down for hours, and for days.

use crate::fixture::{ACCOUNT, Gateway, Request, event_id};
use futures_executor::block_on;
use openclaw_core::Timestamp;
use openclaw_testkit::Life;
use openclaw_webhooks::{DeliveryStatus, EndpointStatus, UpdateWebhook};
use std::time::Duration;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;

fn seconds(from: Timestamp, to: Timestamp) -> u64 {
    to.duration_since(from).as_secs()
}

/// Receivers that refuse connections for so long.
fn down_for(gateway: &Gateway, hours: u64) -> Timestamp {
    let up = gateway.now() + Duration::from_secs(hours * HOUR);
    gateway.answer(move |request: &Request, _: &[Request]| (request.at >= up).then_some(200));
    up
}

#[test]
fn a_receiver_that_is_down_for_hours_gets_everything_in_the_end() {
    for hours in [1, 5, 12, 19] {
        let gateway = Gateway::new();
        gateway.endpoint("receiver");
        let up = down_for(&gateway, hours);
        let happened: Vec<_> = (0..10).map(|at| format!("{at:02}")).collect();
        happened.iter().for_each(|what| gateway.commit(what));
        assert!(gateway.work(&Life::long()));
        assert_eq!(gateway.count(DeliveryStatus::Delivered), 10, "{hours} h");
        let mut taken: Vec<_> = gateway
            .requests()
            .into_iter()
            .filter(|request| request.at >= up)
            .collect();
        // The longest pause, and the breaker's.
        let longest = 16 * HOUR * 12 / 10 + 15 * MINUTE;
        assert!(
            taken
                .iter()
                .all(|request| seconds(up, request.at) <= longest)
        );
        taken.sort_by(|one, other| one.webhook_id.cmp(&other.webhook_id));
        let ids: Vec<_> = taken.iter().map(|one| one.webhook_id.clone()).collect();
        let due: Vec<_> = happened.iter().map(|what| event_id(what)).collect();
        assert_eq!(ids, due, "{hours} h: each once");
    }
}

#[test]
fn the_attempts_come_at_the_times_that_are_promised() {
    let gateway = Gateway::new();
    gateway.endpoint("receiver");
    down_for(&gateway, 10_000);
    gateway.commit("it");
    assert!(gateway.work(&Life::long()));
    let requests = gateway.requests();
    let ids: Vec<_> = requests.iter().map(|one| &*one.webhook_id).collect();
    assert_eq!(ids, vec![event_id("it"); 8]);
    assert!(requests.iter().all(|one| one.body == requests[0].body));
    let promised = [5, 30, 2 * MINUTE, 15 * MINUTE, HOUR, 6 * HOUR, 16 * HOUR];
    let pauses = requests.windows(2).map(|two| seconds(two[0].at, two[1].at));
    for (pause, promised) in pauses.zip(promised) {
        let (least, most) = (promised * 8 / 10, promised * 12 / 10);
        assert!((least..=most).contains(&pause), "{pause} s of {promised} s");
    }
    assert_eq!(gateway.count(DeliveryStatus::Failed), 1);
    // Whoever mends the receiver later has it sent once more.
    gateway.answer(|_, _| Some(200));
    let webhook = gateway.deliveries()[0].webhook.clone();
    let since = gateway.deliveries()[0].created_at;
    let recovered = block_on(gateway.whole().recover(ACCOUNT, &webhook, since)).unwrap();
    assert_eq!(recovered.redelivered, 1);
    assert!(gateway.work(&Life::long()));
    assert_eq!(gateway.count(DeliveryStatus::Delivered), 1);
    assert_eq!(gateway.requests()[8].webhook_id, event_id("it"));
}

#[test]
fn five_days_of_failures_disable_an_endpoint_until_somebody_enables_it() {
    let gateway = Gateway::new();
    let webhook = gateway.endpoint("receiver");
    let began = gateway.now();
    down_for(&gateway, 10_000);
    let shown = || block_on(gateway.whole().get(ACCOUNT, &webhook.id)).unwrap();
    let mut told = 0;
    while shown().status == EndpointStatus::Enabled {
        gateway.commit(&format!("{told}"));
        // It ends when the event is given up, after a day or so.
        assert!(gateway.work(&Life::long()));
        told += 1;
        assert!(told < 10, "it is enabled after {told} events that failed");
    }
    let after = seconds(began, gateway.now());
    assert!(after >= 5 * 24 * HOUR, "after {after} s");
    let reason = shown().disabled_reason.unwrap();
    assert!(reason.contains("All attempts since"), "{reason}");
    // What happens now is not even tried.
    let tried = gateway.requests().len();
    gateway.commit("unheard");
    assert!(gateway.work(&Life::long()));
    assert_eq!(gateway.requests().len(), tried);
    gateway.answer(|_, _| Some(200));
    let enable = UpdateWebhook {
        status: Some(EndpointStatus::Enabled),
        ..UpdateWebhook::default()
    };
    block_on(gateway.whole().update(ACCOUNT, &webhook.id, enable)).unwrap();
    gateway.commit("heard");
    assert!(gateway.work(&Life::long()));
    assert_eq!(gateway.count(DeliveryStatus::Delivered), 1);
}
