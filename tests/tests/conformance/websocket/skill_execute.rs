//! `skill_execute`, and chats with skills.

use openclaw_conformance::{
    harness::{Account, Mock, Socket, chat, tag},
    upstream::{Script, ToolCall, Usage},
};
use serde_json::{Value, json};
use std::time::Duration;

fn weather(id: &str, location: &str) -> Value {
    json!({
        "type": "skill_execute",
        "id": id,
        "skill": "weather-skill",
        "command": "get",
        "parameters": {"location": location},
    })
}

/// The frame that ends the request `id`.
async fn result(socket: &mut Socket, id: &str) -> Value {
    let frame = socket.expects("skill_result").await;
    assert_eq!(frame["id"], id);
    assert!(frame["seq"].as_u64().is_some_and(|seq| seq > 0), "{frame}");
    frame["result"].clone()
}

#[tokio::test]
async fn a_skill_is_executed_and_accounted_as_by_rest() {
    let account = Account::new().await;
    let mut socket = account.client.socket().await;
    socket.send(&weather("skill_123", "London")).await;
    let expected = json!({"location": "London", "temperature": 15.0, "description": "Overcast"});
    assert_eq!(result(&mut socket, "skill_123").await, expected);
    let usage = account.usage(1).await;
    assert_eq!((&usage["errors"], &usage["cost"]), (&json!(0), &json!(0.0)));
    let executions = account
        .client
        .get("/v1/skills/weather-skill/executions")
        .await
        .ok();
    assert_eq!(executions["data"][0]["status"], "completed");
}

#[tokio::test]
async fn what_is_wrong_is_named_and_what_fails_is_told() {
    let account = Account::new().await;
    let mut socket = account.client.socket().await;
    let mut frame = weather("a", "London");
    frame["parameters"] = json!({"location": 7});
    socket.send(&frame).await;
    socket
        .told()
        .await
        .fails("invalid_request")
        .names("parameters.location");
    let mut frame = weather("b", "London");
    frame["command"] = json!("nothing");
    socket.send(&frame).await;
    socket
        .told()
        .await
        .fails("invalid_request")
        .names("command");
    for (place, code) in [
        ("Nowhere", "not_found"),
        ("Error", "skill_failed"),
        ("Slow", "skill_timeout"),
        ("Large", "payload_too_large"),
    ] {
        socket.send(&weather("c", place)).await;
        socket.told().await.fails(code);
    }
}

#[tokio::test]
async fn skills_run_beside_each_other() {
    let account = Account::new().await;
    let mut socket = account.client.socket().await;
    socket.send(&weather("slow", "Slow")).await;
    socket.send(&weather("quick", "London")).await;
    assert_eq!(
        result(&mut socket, "quick").await["location"],
        json!("London")
    );
    let told = socket.told().await;
    assert_eq!(told.last()["id"], "slow");
    told.fails("skill_timeout");
}

#[tokio::test]
async fn cancel_stops_a_skill() {
    let (account, tag) = (Account::new().await, tag("ws-skill"));
    let slow = Script {
        tag: tag.clone(),
        head_delay_ms: 20_000,
        ..Script::default()
    };
    let url = format!("{}/v1/chat/completions", Mock::get().url());
    let execute = json!({"type": "http", "steps": [
        {"method": "POST", "url": url, "body": chat("m", &slow)},
    ]});
    let manifest = json!({
        "id": "slow", "name": "Slow", "version": "1", "commands": {"run": {"execute": execute}},
    });
    let made = account.client.post("/v1/skills", &manifest).await;
    made.succeeds(201);
    let mut socket = account.client.socket().await;
    let frame = json!({"type": "skill_execute", "id": "a", "skill": "slow", "command": "run"});
    socket.send(&frame).await;
    Mock::get()
        .report_when(&tag, |report| report.requests == 1)
        .await;
    socket.send(&json!({"type": "cancel", "id": "a"})).await;
    let told = socket.told().await;
    assert_eq!(told.last()["id"], "a");
    told.fails("cancelled");
    Mock::get()
        .report_when(&tag, |report| report.cancelled == 1)
        .await;
    socket.is_silent_for(Duration::from_millis(300)).await;
    let usage = account.usage(1).await;
    assert_eq!(usage["interrupted"], 1, "{usage}");
}

#[tokio::test]
async fn a_chat_may_offer_skills() {
    let account = Account::new().await;
    let mut socket = account.client.socket().await;
    let script = Script {
        tool_call: Some(ToolCall {
            id: "call_1".into(),
            name: "weather-skill__get".into(),
            arguments: json!({"location": "London"}),
        }),
        usage: Some(Usage {
            prompt_tokens: 10,
            completion_tokens: 5,
        }),
        then: Some(Box::new(Script {
            text: Some("one two three".into()),
            ..Script::default()
        })),
        ..Script::default()
    };
    for stream in [false, true] {
        let mut body = chat("gpt-4", &script);
        body["skills"] = json!(["weather-skill"]);
        body["stream"] = stream.into();
        socket.chat("a", &body).await;
        let told = socket.told().await;
        let last = match stream {
            false => told.completes("one two three"),
            true => told.streams("one two three"),
        };
        assert!(last.get("tool_calls").is_none(), "{last}");
        assert_eq!(last["usage"]["prompt_tokens"], 21);
    }
    account.usage(2).await;
}
