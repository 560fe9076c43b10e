//! Deliveries: shown, filtered, sent once more.

use super::{Endpoint, SOON, delivery};
use openclaw_conformance::harness::{Account, Receiver, Taken};
use serde_json::{Value, json};

async fn send(account: &Account, endpoint: &Endpoint, event: &str) -> Value {
    let body = json!({ "event": event });
    account
        .client
        .post(&endpoint.path("/test"), &body)
        .await
        .succeeds(202)
}

fn ids(list: &Value) -> Vec<&str> {
    let data = list["data"].as_array().unwrap().iter();
    data.map(|one| one["id"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn deliveries_are_listed_newest_first_filtered_and_paged() {
    let account = Account::new().await;
    let one = Endpoint::new(&account, &["*"]).await;
    let two = Endpoint::new(&account, &["*"]).await;
    let mut sent = vec![];
    for (endpoint, event) in [
        (&one, "file.failed"),
        (&two, "file.failed"),
        (&one, "key.created"),
    ] {
        let made = send(&account, endpoint, event).await;
        sent.push(made["id"].as_str().unwrap().to_owned());
    }
    Receiver::get().wait(&one.tag, 2, SOON).await;
    delivery(&account, &two, "delivered").await;
    delivery(&account, &one, "delivered").await;
    let get = async |query: &str| {
        let path = format!("/v1/webhooks/deliveries?{query}");
        account.client.get(&path).await.ok()
    };
    let all = get("").await;
    assert_eq!(ids(&all), [&*sent[2], &*sent[1], &*sent[0]]);
    assert_eq!(ids(&get(&format!("webhook={}", two.id)).await), [&*sent[1]]);
    assert_eq!(ids(&get("type=key.created").await), [&*sent[2]]);
    assert_eq!(ids(&get("status=failed").await), [""; 0]);
    assert_eq!(ids(&get("response_class=2xx").await).len(), 3);
    assert_eq!(ids(&get("response_class=5xx").await), [""; 0]);
    assert_eq!(ids(&get("response_class=none").await), [""; 0]);
    let path = "/v1/webhooks/deliveries?response_class=6xx";
    account.client.get(path).await.blames("response_class");
    assert_eq!(ids(&get("until=2020-01-01T00:00:00Z").await), [""; 0]);
    assert_eq!(ids(&get("since=2020-01-01T00:00:00Z").await).len(), 3);
    let first = get("limit=2").await;
    assert_eq!((ids(&first).len(), &first["has_more"]), (2, &json!(true)));
    let rest = get(&format!("limit=2&after={}", ids(&first)[1])).await;
    assert_eq!(
        (ids(&rest), &rest["has_more"]),
        (vec![&*sent[0]], &json!(false))
    );
    let path = "/v1/webhooks/deliveries?status=lost";
    account.client.get(path).await.blames("status");
    let other = Account::new().await;
    let path = format!("/v1/webhooks/deliveries/{}", sent[0]);
    other.client.get(&path).await.fails("not_found");
}

#[tokio::test]
async fn a_delivery_is_sent_once_more_with_its_events_id() {
    let account = Account::new().await;
    let endpoint = Endpoint::new(&account, &["*"]).await;
    let made = send(&account, &endpoint, "chat.failed").await;
    Receiver::get().wait(&endpoint.tag, 1, SOON).await;
    let path = format!(
        "/v1/webhooks/deliveries/{}/redeliver",
        made["id"].as_str().unwrap()
    );
    let again = account.client.post(&path, &json!({})).await.succeeds(202);
    assert_ne!(again["id"], made["id"]);
    assert_eq!(again["event"], made["event"]);
    let received = Receiver::get().wait(&endpoint.tag, 2, SOON).await;
    assert_eq!(received[0].body, received[1].body);
    assert_eq!(
        received[0].header("webhook-id"),
        received[1].header("webhook-id")
    );
}

#[tokio::test]
async fn what_failed_is_recovered_once() {
    let account = Account::new().await;
    let endpoint = Endpoint::new(&account, &["*"]).await;
    // The first is lost for good, as one is whose endpoint is gone for a while.
    Receiver::get().script(&endpoint.tag, [Taken::Status(410), Taken::Status(200)]);
    let lost = send(&account, &endpoint, "file.processed").await;
    delivery(&account, &endpoint, "failed").await;
    let enable = json!({"status": "enabled"});
    account.client.patch(&endpoint.path(""), &enable).await.ok();
    let since = json!({"since": lost["created_at"]});
    let recover = async || {
        let path = endpoint.path("/recover");
        account.client.post(&path, &since).await.succeeds(202)
    };
    let recovered = recover().await;
    assert_eq!(recovered, json!({"redelivered": 1, "has_more": false}));
    let received = Receiver::get().wait(&endpoint.tag, 2, SOON).await;
    assert_eq!(
        received[1].header("webhook-id"),
        lost["event"].as_str().unwrap()
    );
    delivery(&account, &endpoint, "delivered").await;
    assert_eq!(recover().await["redelivered"], 0);
}
