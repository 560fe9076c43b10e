//! What is told of limits, and how often.

use super::{Endpoint, SOON};
use futures_util::future::join_all;
use openclaw_conformance::{
    harness::{Account, Receiver, chat, hello, minute_with},
    upstream::{Script, Usage},
};
use serde_json::{Value, json};
use std::time::Duration;

/// Time in which a second delivery would have come.
const QUIET: Duration = Duration::from_secs(2);

/// A request of the model `dear` that costs so many cents.
pub(super) fn costing(cents: u64) -> Value {
    let script = Script {
        text: Some("ok".into()),
        usage: Some(Usage {
            prompt_tokens: 5,
            completion_tokens: cents,
        }),
        ..Script::default()
    };
    let mut body = chat("dear", &script);
    body["max_tokens"] = cents.into();
    body
}

#[tokio::test]
async fn each_threshold_of_the_budget_is_told_of_once_however_many_pass_it() {
    let fields = json!({"tier": "enterprise", "rate_limit": 10_000, "monthly_budget": 1.0});
    let account = Account::with(fields, json!({})).await;
    let endpoint = Endpoint::new(&account, &["usage.threshold"]).await;
    account.client.chat(&costing(70)).await.ok();
    let body = costing(1);
    join_all((0..30).map(|_| account.client.chat(&body))).await;
    let received = Receiver::get().wait(&endpoint.tag, 2, SOON).await;
    tokio::time::sleep(QUIET).await;
    assert_eq!(Receiver::get().received(&endpoint.tag).len(), 2);
    let mut thresholds = Vec::from_iter(received.iter().map(|one| {
        let event = one.json();
        assert_eq!(event["type"], "usage.threshold");
        let data = &event["data"];
        let (threshold, spent) = (data["threshold"].as_u64(), data["spent"].as_f64());
        let (threshold, spent) = (threshold.unwrap(), spent.unwrap());
        assert_eq!(data["budget"], 1.0, "{event}");
        // Told by the very request that passed it: each costs a cent.
        assert!((spent * 100.0).round() as u64 == threshold, "{event}");
        threshold
    }));
    thresholds.sort_unstable();
    assert_eq!(thresholds, [80, 100]);
}

#[tokio::test]
async fn a_full_minute_is_told_of_once() {
    let account = Account::with(json!({"rate_limit": 3}), json!({})).await;
    let endpoint = Endpoint::new(&account, &["rate_limit.exceeded"]).await;
    let quiet = Endpoint::new(&account, &["chat.failed"]).await;
    minute_with(15).await;
    let body = hello("gpt-4");
    let answers = join_all((0..20).map(|_| account.client.chat(&body))).await;
    let refused = answers.iter().filter(|answer| answer.status == 429).count();
    assert!(refused >= 17, "{refused}");
    let received = Receiver::get().wait(&endpoint.tag, 1, SOON).await;
    let event = received[0].json();
    assert_eq!(event["type"], "rate_limit.exceeded");
    assert_eq!(event["data"]["limit"], 3, "{event}");
    let reset = event["data"]["reset_time"].as_str().unwrap();
    assert!(reset.ends_with(":00Z"), "{event}");
    tokio::time::sleep(QUIET).await;
    assert_eq!(Receiver::get().received(&endpoint.tag).len(), 1);
    assert!(Receiver::get().received(&quiet.tag).is_empty());
}
