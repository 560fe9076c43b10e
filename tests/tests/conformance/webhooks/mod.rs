mod crash;
mod deliveries;
mod downtime;
mod endpoints;
mod events;
mod libraries;
mod limits;
mod retries;
mod tls;

use openclaw_conformance::harness::{Account, Receiver, tag};
use serde_json::{Value, json};
use std::time::Duration;

/// How long an event may take to come at first, and again after 5 s ± 20 %: elsewhere than natively it
/// goes through the platform's queue.
pub(crate) const SOON: Duration = Duration::from_secs(20);

/// An endpoint of an account at a path of its own.
pub(crate) struct Endpoint {
    pub(crate) id: String,
    pub(crate) secret: String,
    pub(crate) tag: String,
}

impl Endpoint {
    /// For these types.
    pub(crate) async fn new(account: &Account, events: &[&str]) -> Self {
        let tag = tag("webhook");
        let url = Receiver::get().url(&tag);
        Self::at(account, url, tag, events).await
    }

    /// For these types at this URL, whose path is `tag`.
    pub(crate) async fn at(account: &Account, url: String, tag: String, events: &[&str]) -> Self {
        let body = json!({ "url": url, "events": events });
        let made = account.client.post("/v1/webhooks", &body).await;
        let made = made.succeeds(201);
        let text = |name: &str| made[name].as_str().expect("text").to_owned();
        Self {
            id: text("id"),
            secret: text("secret"),
            tag,
        }
    }

    /// Its path, with more.
    pub(crate) fn path(&self, more: &str) -> String {
        format!("/v1/webhooks/{}{more}", self.id)
    }
}

/// Waits until the newest delivery of the endpoint is `status`; what is known of it.
pub(crate) async fn delivery(account: &Account, endpoint: &Endpoint, status: &str) -> Value {
    for _ in 0..400 {
        let list = account.client.get(&endpoint.path("/deliveries")).await.ok();
        if let Some(id) = list["data"][0]["id"].as_str()
            && list["data"][0]["status"] == status
        {
            let path = format!("/v1/webhooks/deliveries/{id}");
            return account.client.get(&path).await.ok();
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let list = account.client.get(&endpoint.path("/deliveries")).await.ok();
    panic!("no delivery is {status}: {list}");
}
