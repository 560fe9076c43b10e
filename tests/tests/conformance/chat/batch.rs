//! Several requests in one: each its own status, in their order.

use openclaw_conformance::{
    harness::{Account, chat, hello},
    upstream::Script,
};
use serde_json::{Value, json};

const PATH: &str = "/v1/chat/completions/batch";

fn saying(text: &str, head_delay_ms: u64) -> Value {
    let script = Script {
        text: Some(text.into()),
        head_delay_ms,
        ..Script::default()
    };
    chat("gpt-4", &script)
}

#[tokio::test]
async fn answers_come_in_the_order_of_their_requests() {
    let account = Account::new().await;
    let failing = Script {
        status: Some(400),
        ..Script::default()
    };
    let mut streaming = hello("gpt-4");
    streaming["stream"] = true.into();
    let batch = json!([
        saying("slow", 400),
        saying("quick", 0),
        chat("gpt-4", &failing),
        hello("nothing"),
        {"model": "gpt-4", "messages": []},
        streaming,
        7,
    ]);
    let answers = account.client.post(PATH, &batch).await.ok();
    let answers = answers.as_array().unwrap();
    let statuses: Vec<_> = answers
        .iter()
        .map(|answer| answer["status"].clone())
        .collect();
    assert_eq!(statuses, [200, 200, 400, 400, 400, 400, 400], "{answers:?}");
    let text = |at: usize| &answers[at]["body"]["choices"][0]["message"]["content"];
    assert_eq!((text(0), text(1)), (&json!("slow"), &json!("quick")));
    assert_eq!(answers[3]["body"]["error"]["code"], "invalid_model");
    assert_eq!(answers[4]["body"]["error"]["param"], "messages");
    assert_eq!(answers[5]["body"]["error"]["param"], "stream");
    // Those that called a model have a row each.
    account.usage(3).await;
}

#[tokio::test]
async fn each_counts_against_the_limit() {
    let account = Account::with(json!({"tier": "enterprise", "rate_limit": 3}), json!({})).await;
    openclaw_conformance::harness::minute_with(10).await;
    let batch = json!([
        hello("gpt-4"),
        hello("gpt-4"),
        hello("gpt-4"),
        hello("gpt-4")
    ]);
    let answers = account.client.post(PATH, &batch).await.ok();
    let refused = answers.as_array().unwrap().iter();
    let refused = refused.filter(|answer| answer["status"] == 429);
    // The batch itself is one.
    assert_eq!(refused.count(), 2, "{answers}");
}

#[tokio::test]
async fn its_size_is_bounded() {
    let account = Account::new().await;
    for batch in [json!([]), Value::from(vec![hello("gpt-4"); 51]), json!({})] {
        let reply = account.client.post(PATH, &batch).await;
        assert_eq!(reply.status, 400, "{}", reply.text());
        assert_eq!(reply.json()["error"]["param"], "body");
    }
}
