//! A receiver that is down for hours, by the server's clock.

use super::Endpoint;
use openclaw_conformance::harness::{
    ADMIN_TOKEN, Account, Client, Options, Receiver, Server, Taken, Target, eventually_within,
};
use serde_json::{Value, json};
use std::{path::Path, time::Duration};

/// A server on the data folder whose clock is so many hours ahead.
async fn in_hours(data: &Path, hours: u64) -> Server {
    let offset = (hours * 3600).to_string();
    let options = Options {
        data: Some(data.into()),
        variables: vec![("OPENCLAW_CLOCK_OFFSET_SECONDS", offset)],
        ..Options::default()
    };
    let server = Server::start("webhooks-downtime", options).await;
    server.expect("it starts")
}

#[tokio::test]
async fn a_receiver_that_is_down_for_hours_gets_its_event_when_it_is_back() {
    if !Target::Native.is_chosen_or_skips("elsewhere the clock is the platform's") {
        return;
    }
    let data = tempfile::tempdir().unwrap();
    let mut server = in_hours(data.path(), 0).await;
    let operator = Client::new(&server.base_url).operator(ADMIN_TOKEN);
    let account = Account::on(&operator, json!({"tier": "pro"}), json!({})).await;
    let endpoint = Endpoint::new(&account, &["*"]).await;
    Receiver::get().script(&endpoint.tag, [Taken::Status(503)]);
    let body = json!({"event": "workflow.failed"});
    let sent = account.client.post(&endpoint.path("/test"), &body).await;
    let sent = sent.succeeds(202);
    let path = format!("/v1/webhooks/deliveries/{}", sent["id"].as_str().unwrap());
    let until = async |server: &Server, is: &dyn Fn(&Value) -> bool| {
        let client = Client::new(&server.base_url).with(&account.key.secret);
        let found = eventually_within(Duration::from_secs(60), async || {
            // What is held against the contract elsewhere goes by this machine's clock.
            let answer = client.request("GET", &path).send().await.ok()?;
            let known: Value = answer.json().await.ok()?;
            is(&known).then_some(known)
        });
        found.await.expect("it comes to that")
    };
    let mut attempts = 0;
    for hours in [0, 1, 3, 6] {
        if hours > 0 {
            server.kill().await;
            server = in_hours(data.path(), hours).await;
        }
        let before = attempts;
        let known = until(&server, &|known| known["attempts"].as_u64() > Some(before)).await;
        assert_eq!(known["status"], "pending", "{known}");
        attempts = known["attempts"].as_u64().unwrap();
    }
    server.kill().await;
    Receiver::get().script(&endpoint.tag, [Taken::Status(200)]);
    let server = in_hours(data.path(), 15).await;
    let known = until(&server, &|known| known["status"] == "delivered").await;
    let tries = known["attempts_made"].as_array().unwrap();
    assert_eq!(tries.len() as u64, known["attempts"].as_u64().unwrap());
    let time = |value: &Value| value.as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    let took = time(&tries[tries.len() - 1]["at"]).duration_since(time(&known["created_at"]));
    assert!(took.as_hours() >= 14, "{took:?}");
    let received = Receiver::get().received(&endpoint.tag);
    assert!(received.len() >= tries.len(), "{} {known}", received.len());
    for one in &received {
        assert_eq!(one.header("webhook-id"), known["event"].as_str().unwrap());
        assert_eq!(one.body, received[0].body);
    }
}
