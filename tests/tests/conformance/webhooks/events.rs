//! What happens is told, signed, and by its own id.

use super::{Endpoint, SOON};
use openclaw_conformance::{
    harness::{Account, Receiver, chat, hello, tag},
    upstream::Script,
};
use serde_json::json;
use std::time::Duration;

#[tokio::test]
async fn a_chat_tells_of_itself_and_of_nothing_that_was_said() {
    let account = Account::new().await;
    let endpoint = Endpoint::new(&account, &["chat.completed"]).await;
    let answer = account.client.chat(&hello("gpt-4")).await;
    let request = answer.header("x-request-id").unwrap().to_owned();
    let usage = answer.ok()["usage"].clone();
    let received = Receiver::get().wait(&endpoint.tag, 1, SOON).await;
    let event = received[0].json();
    assert_eq!(event["type"], "chat.completed");
    assert!(
        event["timestamp"].as_str().unwrap().ends_with('Z'),
        "{event}"
    );
    let data = &event["data"];
    assert_eq!(
        (&data["request"], &data["key"]),
        (&json!(request), &json!(account.key.id))
    );
    assert_eq!(
        (&data["model"], &data["status"]),
        (&json!("gpt-4"), &json!("completed"))
    );
    assert_eq!(data["usage"]["total_tokens"], usage["total_tokens"]);
    assert_eq!(data["usage"]["cost"], usage["cost"]);
    let text = String::from_utf8_lossy(&received[0].body).into_owned();
    assert!(!text.contains("Hello"), "{text}");
    assert!(received[0].is_signed_by(&endpoint.secret));
    assert!(received[0].header("webhook-id").starts_with("evt_"));
    assert_eq!(received[0].header("content-type"), "application/json");
}

#[tokio::test]
async fn a_stream_and_a_failure_tell_of_themselves() {
    let account = Account::new().await;
    let endpoint = Endpoint::new(&account, &["*"]).await;
    account.client.stream_openai(&hello("gpt-4")).await;
    let script = Script {
        tag: tag("webhook-fails"),
        status: Some(400),
        ..Script::default()
    };
    account.client.chat(&chat("gpt-4", &script)).await;
    let received = Receiver::get().wait(&endpoint.tag, 2, SOON).await;
    let mut types: Vec<_> = received
        .iter()
        .map(|one| one.json()["type"].clone())
        .collect();
    types.sort_by_key(|kind| kind.to_string());
    assert_eq!(types, ["chat.completed", "chat.failed"]);
}

#[tokio::test]
async fn keys_tell_of_themselves() {
    let account = Account::admin().await;
    let endpoint = Endpoint::new(&account, &["key.created", "key.rotated", "key.revoked"]).await;
    let made = account
        .client
        .post("/v1/keys", &json!({"name": "told"}))
        .await;
    let made = made.succeeds(201);
    let id = made["id"].as_str().unwrap();
    let path = format!("/v1/keys/{id}");
    account
        .client
        .post(&format!("{path}/rotate"), &json!({}))
        .await
        .ok();
    account.client.delete(&path).await.ok();
    let received = Receiver::get().wait(&endpoint.tag, 3, SOON).await;
    let mut types: Vec<_> = received
        .iter()
        .map(|one| {
            let event = one.json();
            assert_eq!(
                (&event["data"]["key"], &event["data"]["name"]),
                (&json!(id), &json!("told"))
            );
            assert!(!String::from_utf8_lossy(&one.body).contains("oc_live_"));
            event["type"].as_str().unwrap().to_owned()
        })
        .collect();
    types.sort_unstable();
    assert_eq!(types, ["key.created", "key.revoked", "key.rotated"]);
}

#[tokio::test]
async fn a_file_tells_how_looking_into_it_has_ended_and_nothing_of_its_text() {
    let account = Account::new().await;
    let endpoint = Endpoint::new(&account, &["file.processed", "file.failed"]).await;
    let good = account.client.upload("a.txt", b"something secret").await;
    let broken = account.client.upload("b.pdf", b"%PDF-1.4 broken").await;
    let received = Receiver::get().wait(&endpoint.tag, 2, SOON).await;
    let mut events = Vec::from_iter(received.iter().map(|one| one.json()));
    events.sort_by_key(|event| event["type"].to_string());
    let [failed, processed] = &events[..] else {
        panic!("{events:?}");
    };
    assert_eq!(failed["type"], "file.failed");
    assert_eq!(failed["data"]["id"], broken["id"]);
    assert!(failed["data"]["error"].is_string(), "{failed}");
    assert_eq!(processed["type"], "file.processed");
    let data = &processed["data"];
    assert_eq!(
        (&data["id"], &data["filename"]),
        (&good["id"], &json!("a.txt"))
    );
    assert_eq!(
        (&data["size"], &data["content_type"]),
        (&json!(16), &json!("text/plain"))
    );
    assert!(data["tokens"].as_u64() > Some(0), "{processed}");
    for one in &received {
        assert!(!String::from_utf8_lossy(&one.body).contains("secret"));
    }
}

#[tokio::test]
async fn who_wants_other_events_or_is_disabled_is_not_told() {
    let account = Account::new().await;
    let other = Endpoint::new(&account, &["key.revoked"]).await;
    let disabled = Endpoint::new(&account, &["*"]).await;
    let change = json!({"status": "disabled"});
    account.client.patch(&disabled.path(""), &change).await.ok();
    let wanting = Endpoint::new(&account, &["chat.completed"]).await;
    account.client.chat(&hello("gpt-4")).await.ok();
    Receiver::get().wait(&wanting.tag, 1, SOON).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    for quiet in [&other, &disabled] {
        assert!(Receiver::get().received(&quiet.tag).is_empty());
        let list = account.client.get(&quiet.path("/deliveries")).await.ok();
        assert_eq!(list["data"], json!([]));
    }
}

#[tokio::test]
async fn both_secrets_sign_until_the_grace_period_ends() {
    let account = Account::new().await;
    let endpoint = Endpoint::new(&account, &["*"]).await;
    let send = async |count| {
        let body = json!({"event": "file.processed"});
        account
            .client
            .post(&endpoint.path("/test"), &body)
            .await
            .succeeds(202);
        let received = Receiver::get().wait(&endpoint.tag, count, SOON).await;
        received[count - 1].clone()
    };
    let body = json!({"grace_period": 600});
    let rotated = account
        .client
        .post(&endpoint.path("/rotate"), &body)
        .await
        .ok();
    let new = rotated["secret"].as_str().unwrap().to_owned();
    assert_ne!(new, endpoint.secret);
    assert!(
        rotated["previous_secret_expires_at"].is_string(),
        "{rotated}"
    );
    let both = send(1).await;
    assert!(both.is_signed_by(&new) && both.is_signed_by(&endpoint.secret));
    assert_eq!(
        both.json()["data"],
        json!({"test": true, "webhook": endpoint.id})
    );
    let rotated = account
        .client
        .post(&endpoint.path("/rotate"), &json!({}))
        .await
        .ok();
    let newest = rotated["secret"].as_str().unwrap();
    let one = send(2).await;
    assert!(one.is_signed_by(newest) && !one.is_signed_by(&new));
}
