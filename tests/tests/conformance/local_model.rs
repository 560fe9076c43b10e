//! A real model: llama.cpp with Gemma 3 270M, which `cargo xtask test` starts.

use crate::{clients::libraries, workflows};
use openclaw_conformance::harness::{
    ADMIN_TOKEN, Account, Client, Options, Server, minute_with, run_at,
};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// A gateway in front of the model; `None` where it is skipped, with the reason written.
async fn in_front() -> Option<(Server, Account)> {
    let Ok(url) = std::env::var("OPENCLAW_MODEL_URL") else {
        let reason = std::env::var("OPENCLAW_SKIP_MODEL").unwrap_or_default();
        assert!(
            !reason.trim().is_empty(),
            "OPENCLAW_MODEL_URL is not set: `cargo xtask test` starts the model; to go without, \
             set OPENCLAW_SKIP_MODEL to the reason"
        );
        eprintln!("skipped: {reason}");
        return None;
    };
    let options = Options {
        config: Some(config(&url)),
        ..Options::default()
    };
    let server = Server::start("model", options).await.expect("it starts");
    let operator = Client::new(&server.base_url).operator(ADMIN_TOKEN);
    let fields = json!({"tier": "pro"});
    let account = Account::on(&operator, fields, json!({})).await;
    Some((server, account))
}

fn config(url: &str) -> String {
    let url = url.trim_end_matches('/').trim_end_matches("/v1");
    format!(
        r#"
[[providers]]
id = "local"
base_url = "{url}/v1"

[[models]]
id = "gemma-3-270m"
context_length = 2048
targets = [{{ provider = "local", model = "gemma-3-270m" }}]
defaults = {{ stop = ["\nQuestion:", "\n\n"], temperature = 0 }}
"#
    )
}

fn asking(question: &str) -> Value {
    json!({
        "model": "gemma-3-270m",
        "messages": [{"role": "user", "content": question}],
        "max_tokens": 16,
    })
}

const CAPITAL: &str = "What is the capital of France?";

#[tokio::test]
async fn it_answers_plain_and_streaming_with_its_own_usage() {
    let Some((_server, account)) = in_front().await else {
        return;
    };
    let answer = account.client.chat(&asking(CAPITAL)).await.ok();
    let text = answer["choices"][0]["message"]["content"]
        .as_str()
        .expect("text");
    assert!(text.contains("Paris"), "{answer}");
    let tokens = |usage: &Value, name: &str| usage[name].as_u64().expect("a count");
    let plain = &answer["usage"];
    assert!(tokens(plain, "prompt_tokens") > 5, "{plain}");
    assert!(
        (1..=16).contains(&tokens(plain, "completion_tokens")),
        "{plain}"
    );

    let seed = account.client.stream_seed(&asking(CAPITAL)).await;
    assert!(seed.text().contains("Paris"), "{}", seed.text());
    assert_eq!(seed.last_line(), "data:[DONE]");
    let streamed = seed.events().pop().expect("a last event")["usage"].clone();
    assert_eq!(
        tokens(&streamed, "prompt_tokens"),
        tokens(plain, "prompt_tokens")
    );

    let openai = account.client.stream_openai(&asking(CAPITAL)).await;
    assert_eq!(openai.text(), seed.text());
    assert_eq!(openai.last_line(), "data: [DONE]");

    let usage = account.usage(3).await;
    assert_eq!(usage["estimated_requests"], 0, "llama.cpp counts: {usage}");
    assert_eq!(usage["prompt_tokens"], 3 * tokens(plain, "prompt_tokens"));
}

#[tokio::test]
async fn our_libraries_in_three_languages_have_it_answer() {
    let Some((server, account)) = in_front().await else {
        return;
    };
    let Some(sdks) = libraries::built() else {
        return;
    };
    for name in ["chat", "streaming"] {
        for (mut command, file) in libraries::examples(&sdks, name) {
            command.env("OPENCLAW_MODEL", "gemma-3-270m");
            let said = run_at(&server.base_url, command, &file, &account.key.secret).await;
            assert!(!said.trim().is_empty(), "{file}");
        }
    }
    let usage = account.usage(6).await;
    assert_eq!(usage["errors"], 0, "{usage}");
    assert_eq!(usage["estimated_requests"], 0, "llama.cpp counts: {usage}");
}

#[tokio::test]
async fn it_is_offered_skills_and_answers_with_them_or_without() {
    let Some((_server, account)) = in_front().await else {
        return;
    };
    let mut body = asking(CAPITAL);
    body["skills"] = json!(["weather-skill"]);
    // The headers tell of the minute in which a request began, and it may take some rounds.
    minute_with(30).await;
    let answer = account.client.chat(&body).await.ok();
    let choice = &answer["choices"][0];
    assert!(choice["finish_reason"].is_string(), "{answer}");
    assert!(choice["message"].get("tool_calls").is_none(), "{answer}");
    let stream = account.client.stream_seed(&body).await;
    assert_eq!(stream.last_line(), "data:[DONE]");
    assert_eq!(stream.tool_arguments(), "");
    account.usage(2).await;
}

#[tokio::test]
async fn the_daily_brief_is_written() {
    let Some((_server, account)) = in_front().await else {
        return;
    };
    let run = workflows::start(&account, "daily-brief", json!({"date": "2026-02-28"})).await;
    let run = workflows::ended(&account, &run).await;
    assert_eq!(run["status"], "completed", "{run:#}");
    let summary = run["result"]["summary"].as_str().expect("a text");
    assert_eq!(
        run["result"],
        json!({"date": "2026-02-28", "summary": summary})
    );
    assert_eq!(
        workflows::step(&run, "brief")["output"]
            .as_str()
            .expect("a text")
            .trim(),
        summary
    );
    let usage = account.usage(2).await;
    assert_eq!(
        (&usage["total_requests"], &usage["errors"]),
        (&json!(2), &json!(0)),
        "{usage}"
    );
    let said = usage["completion_tokens"].as_u64().expect("a count");
    // A model of this size may have nothing to say; its end is a token, too.
    assert!(said >= 2, "both calls are counted: {usage}");
}

#[tokio::test]
async fn leaving_frees_its_slot() {
    let Some((_server, account)) = in_front().await else {
        return;
    };
    // It has two slots: four that write on without end would keep a fifth waiting for long.
    let mut endless = asking("Count from one to ten thousand.");
    endless["max_tokens"] = 1500.into();
    // Without one of its own the model stops at its first line: on Lambda that is whole before the
    // leaving is noticed. The others are Gemma's tokens for an end.
    endless["stop"] = json!(["nothing that it says"]);
    endless["logit_bias"] = json!({"1": -100, "106": -100});
    for _ in 0..4 {
        let mut stream = account.client.open_seed(&endless).await;
        stream.read_some(3).await;
        drop(stream);
    }
    let asked = Instant::now();
    account.client.chat(&asking(CAPITAL)).await.ok();
    assert!(
        asked.elapsed() < Duration::from_secs(10),
        "{:?}",
        asked.elapsed()
    );
    let usage = account.usage(5).await;
    assert_eq!(
        (&usage["total_requests"], &usage["interrupted"]),
        (&json!(5), &json!(4))
    );
}
