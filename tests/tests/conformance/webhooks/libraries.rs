//! Signatures, verified by the official libraries of Standard Webhooks.

use super::{Endpoint, SOON};
use openclaw_conformance::harness::{Account, Received, Receiver, node, python, run};
use serde_json::{Value, json};

/// A delivery as the programs take it.
fn delivery(received: &Received, secrets: &[&str], wrong_secrets: &[&str]) -> Value {
    let names = ["webhook-id", "webhook-timestamp", "webhook-signature"];
    let headers = names.map(|name| (name, received.header(name)));
    json!({
        "body": String::from_utf8(received.body.to_vec()).expect("text"),
        "headers": Value::from_iter(headers),
        "secrets": secrets,
        "wrong_secrets": wrong_secrets,
    })
}

#[tokio::test]
async fn the_official_libraries_verify_deliveries_also_during_a_rotation() {
    let account = Account::new().await;
    let endpoint = Endpoint::new(&account, &["*"]).await;
    let other = Endpoint::new(&account, &["key.revoked"]).await;
    let send = async |count| {
        let body = json!({"event": "file.processed"});
        let sent = account.client.post(&endpoint.path("/test"), &body).await;
        sent.succeeds(202);
        let received = Receiver::get().wait(&endpoint.tag, count, SOON).await;
        received[count - 1].clone()
    };
    let first = send(1).await;
    let body = json!({"grace_period": 600});
    let path = endpoint.path("/rotate");
    let rotated = account.client.post(&path, &body).await.ok();
    let new = rotated["secret"].as_str().unwrap();
    let both = send(2).await;
    let ended = account.client.post(&path, &json!({})).await.ok();
    let newest = ended["secret"].as_str().unwrap();
    let last = send(3).await;
    let (old, other) = (&*endpoint.secret, &*other.secret);
    let deliveries = json!([
        delivery(&first, &[old], &[other, new]),
        delivery(&both, &[new, old], &[other]),
        delivery(&last, &[newest], &[old, new]),
    ]);
    for (mut program, file) in [
        (python(), "sdk/python/webhooks.py"),
        (node(), "sdk/node/webhooks.cjs"),
    ] {
        program.env("OPENCLAW_DELIVERIES", deliveries.to_string());
        let said = run(program, file, &account.key.secret).await;
        assert_eq!(said, "3 deliveries verified\n", "{file}");
    }
}
