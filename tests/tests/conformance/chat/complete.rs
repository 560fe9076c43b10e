//! `POST /chat/completions` without `stream`.

use openclaw_conformance::{
    harness::{Account, chat, hello},
    upstream::{Script, Usage},
};
use serde_json::json;

#[tokio::test]
async fn the_answer_is_openais_from_either_dialect() {
    let account = Account::new().await;
    for model in ["gpt-4", "claude-3"] {
        let script = Script {
            text: Some("Grüße, \"Welt\" ✓".into()),
            usage: Some(Usage {
                prompt_tokens: 12,
                completion_tokens: 5,
            }),
            ..Script::default()
        };
        let reply = account.client.chat(&chat(model, &script)).await;
        let answer = reply.ok();
        assert_eq!(answer["object"], "chat.completion");
        assert!(
            answer["id"].is_string() && answer["created"].is_u64(),
            "{answer}"
        );
        assert!(answer["model"].is_string(), "{answer}");
        let choice = &answer["choices"][0];
        assert_eq!(choice["index"], 0);
        assert_eq!(choice["message"]["role"], "assistant");
        assert_eq!(choice["message"]["content"], "Grüße, \"Welt\" ✓");
        assert_eq!(choice["finish_reason"], "stop");
        let usage = &answer["usage"];
        assert_eq!(usage["prompt_tokens"], 12);
        assert_eq!(usage["completion_tokens"], 5);
        assert_eq!(usage["total_tokens"], 17);
    }
}

#[tokio::test]
async fn the_headers_tell_who_answered() {
    let account = Account::new().await;
    for (model, provider) in [("gpt-4", "mock-openai"), ("claude-3", "mock-anthropic")] {
        let reply = account.client.chat(&hello(model)).await;
        assert_eq!(reply.header("content-type"), Some("application/json"));
        assert_eq!(reply.header("x-openclaw-provider"), Some(provider));
        assert_eq!(reply.header("x-openclaw-attempts"), Some("1"));
        let stream = account.client.open_openai(&hello(model)).await;
        assert_eq!(stream.headers["x-openclaw-provider"], provider);
        assert_eq!(stream.headers["x-openclaw-attempts"], "1");
    }
}

#[tokio::test]
async fn the_seeds_request_is_answered() {
    let account = Account::new().await;
    let body = json!({
        "model": "gpt-4",
        "messages": [{"role": "user", "content": "Hello, OpenClaw!"}],
        "max_tokens": 1000,
        "temperature": 0.7
    });
    let answer = account.client.chat(&body).await.ok();
    let text = answer["choices"][0]["message"]["content"].as_str();
    assert_eq!(text, Some("Hello! How can I help you today?"));
}

#[tokio::test]
async fn a_dribbled_answer_is_the_same() {
    let account = Account::new().await;
    for model in ["gpt-4", "claude-3"] {
        let whole = Script {
            text: Some("Ünï ✓ text".into()),
            ..Script::default()
        };
        let dribbled = Script {
            dribble: true,
            ..whole.clone()
        };
        let whole = account.client.chat(&chat(model, &whole)).await.ok();
        let dribbled = account.client.chat(&chat(model, &dribbled)).await.ok();
        assert_eq!(whole["choices"], dribbled["choices"]);
        assert_eq!(whole["usage"], dribbled["usage"]);
    }
}
