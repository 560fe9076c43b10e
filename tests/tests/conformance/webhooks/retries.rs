//! Attempts that fail, and what becomes of them.

use super::{Endpoint, SOON, delivery};
use openclaw_conformance::harness::{Account, Receiver, Taken, Target, eventually_within};
use serde_json::{Value, json};
use std::time::Duration;

/// Sends a test event.
async fn send(account: &Account, endpoint: &Endpoint) -> Value {
    let body = json!({"event": "workflow.completed"});
    account
        .client
        .post(&endpoint.path("/test"), &body)
        .await
        .succeeds(202)
}

#[tokio::test]
async fn an_attempt_that_fails_twice_is_made_again_with_the_same_id_and_body() {
    let account = Account::new().await;
    let endpoint = Endpoint::new(&account, &["*"]).await;
    let [twice, once_more] = [Taken::Status(500), Taken::Status(500)];
    Receiver::get().script(&endpoint.tag, [twice, once_more, Taken::Status(200)]);
    send(&account, &endpoint).await;
    let limit = SOON + Duration::from_secs(120);
    let received = Receiver::get().wait(&endpoint.tag, 3, limit).await;
    for (two, least) in received.windows(2).zip([3_900, 23_900]) {
        assert_eq!(two[0].body, two[1].body);
        let id = |at: usize| two[at].header("webhook-id");
        assert_eq!(id(0), id(1));
        let pause = two[1].at - two[0].at;
        assert!(pause > Duration::from_millis(least), "{pause:?}");
    }
    let known = delivery(&account, &endpoint, "delivered").await;
    assert_eq!(
        (&known["attempts"], &known["response_status"]),
        (&json!(3), &json!(200))
    );
    let [first, second, third] = [0, 1, 2].map(|at| &known["attempts_made"][at]);
    assert_eq!(
        (&first["attempt"], &first["response"]["status"]),
        (&json!(1), &json!(500))
    );
    assert_eq!(first["response"]["body"], "taken");
    assert_eq!(first["error"], "it answered 500");
    assert_eq!(
        first["request"]["headers"]["webhook-signature"],
        "[removed]"
    );
    assert_eq!(second["response"]["status"], 500);
    assert!(
        third["error"].is_null() && known["next_attempt_at"].is_null(),
        "{known}"
    );
}

#[tokio::test]
async fn an_endpoint_that_asks_for_time_gets_it() {
    let account = Account::new().await;
    let endpoint = Endpoint::new(&account, &["*"]).await;
    let busy = Taken::Header(503, "retry-after", "600".into());
    Receiver::get().script(&endpoint.tag, [busy]);
    send(&account, &endpoint).await;
    Receiver::get().wait(&endpoint.tag, 1, SOON).await;
    let mut known = Value::Null;
    for _ in 0..100 {
        known = delivery(&account, &endpoint, "pending").await;
        if known["attempts"] == 1 && known["next_attempt_at"].is_string() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let next: jiff::Timestamp = known["next_attempt_at"].as_str().unwrap().parse().unwrap();
    let pause = next.as_second() - jiff::Timestamp::now().as_second();
    assert!((560..=600).contains(&pause), "{pause} s: {known}");
}

#[tokio::test]
async fn a_receiver_that_never_answers_or_never_reads_is_given_up() {
    let account = Account::new().await;
    let mut sent = vec![];
    for silence in [Taken::Never, Taken::Unread] {
        let endpoint = Endpoint::new(&account, &["*"]).await;
        Receiver::get().script(&endpoint.tag, [silence]);
        sent.push((send(&account, &endpoint).await, endpoint));
    }
    for (delivery, endpoint) in sent {
        let path = format!(
            "/v1/webhooks/deliveries/{}",
            delivery["id"].as_str().unwrap()
        );
        let tried = eventually_within(Duration::from_secs(120), async || {
            let known = account.client.get(&path).await.ok();
            (known["attempts"].as_u64() > Some(0)).then_some(known)
        });
        let known = tried.await.expect("an end of the attempt");
        let attempt = &known["attempts_made"][0];
        assert_eq!(attempt["error"], "no answer within 15 s", "{known}");
        assert!(attempt["response"].is_null(), "{known}");
        assert!(attempt["duration_ms"].as_u64() >= Some(15_000), "{known}");
        account.client.delete(&endpoint.path("")).await.ok();
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let account = Account::new().await;
    let endpoint = Endpoint::new(&account, &["*"]).await;
    let elsewhere = Receiver::get().url("webhook-redirected");
    Receiver::get().script(&endpoint.tag, [Taken::Header(307, "location", elsewhere)]);
    send(&account, &endpoint).await;
    Receiver::get().wait(&endpoint.tag, 1, SOON).await;
    let mut known = Value::Null;
    for _ in 0..100 {
        known = delivery(&account, &endpoint, "pending").await;
        if known["attempts"] == 1 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let error = known["error"].as_str().unwrap_or_default();
    assert!(error.contains("redirect"), "{known}");
    assert!(Receiver::get().received("webhook-redirected").is_empty());
}

#[tokio::test]
async fn an_endpoint_that_is_gone_is_disabled_and_may_be_enabled() {
    let account = Account::new().await;
    let endpoint = Endpoint::new(&account, &["*"]).await;
    Receiver::get().script(&endpoint.tag, [Taken::Status(410), Taken::Status(200)]);
    send(&account, &endpoint).await;
    delivery(&account, &endpoint, "failed").await;
    let shown = account.client.get(&endpoint.path("")).await.ok();
    assert_eq!(shown["status"], "disabled");
    assert!(
        shown["disabled_reason"].as_str().unwrap().contains("410"),
        "{shown}"
    );
    let body = json!({"event": "chat.completed"});
    account
        .client
        .post(&endpoint.path("/test"), &body)
        .await
        .blames("webhook");
    let change = json!({"status": "enabled"});
    let shown = account.client.patch(&endpoint.path(""), &change).await.ok();
    assert_eq!(
        (&shown["status"], &shown["disabled_reason"]),
        (&json!("enabled"), &Value::Null)
    );
    send(&account, &endpoint).await;
    delivery(&account, &endpoint, "delivered").await;
    assert_eq!(Receiver::get().received(&endpoint.tag).len(), 2);
}

#[tokio::test]
async fn a_slow_endpoint_holds_up_no_other() {
    // On the platform a queue's batches run side by side.
    if !Target::Native.is_chosen_or_skips("workerd alone runs one batch of a queue at a time") {
        return;
    }
    let account = Account::new().await;
    let slow = Endpoint::new(&account, &["*"]).await;
    let fast = Endpoint::new(&account, &["*"]).await;
    Receiver::get().script(&slow.tag, [Taken::Never]);
    for _ in 0..20 {
        send(&account, &slow).await;
    }
    send(&account, &fast).await;
    Receiver::get().wait(&fast.tag, 1, SOON).await;
    account.client.delete(&slow.path("")).await.ok();
}
