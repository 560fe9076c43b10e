//! What is no chat goes to the target's own endpoint, limited, priced and accounted like one.

use openclaw_conformance::harness::{Account, Form, Mock, python, run, tag};
use serde_json::{Value, json};

#[tokio::test]
async fn openais_python_sdk_works() {
    let account = Account::new().await;
    let said = run(python(), "sdk/python/openai_others.py", &account.key.secret).await;
    assert!(said.ends_with("all checks passed\n"), "{said}");
}

/// The upstream's record of a request, and the gateway's answer.
async fn forwarded(account: &Account, path: &str, mut body: Value) -> (Value, Value) {
    let tag = tag("row");
    body["user"] = tag.as_str().into();
    let answer = account.client.post(path, &body).await.ok();
    let mut seen = Mock::get().report(&tag).await.seen;
    assert_eq!(seen.len(), 1, "{path}");
    (seen.remove(0).body, answer)
}

#[tokio::test]
async fn requests_go_on_as_they_came_and_answers_tell_their_cost() {
    let account = Account::new().await;
    let cases = [
        (
            "/v1/embeddings",
            json!({"model": "embedder", "input": "x", "dimensions": 2, "own": [1.50]}),
            0.0008,
        ),
        (
            "/v1/moderations",
            json!({"model": "embedder", "input": "three words here"}),
            0.0003,
        ),
        (
            "/v1/rerank",
            json!({"model": "embedder", "query": "q", "documents": ["a", "b"]}),
            0.002,
        ),
        // 0.5 of each picture, 10 and 1,056 tokens.
        (
            "/v1/images/generations",
            json!({"model": "painter", "prompt": "A cat", "n": 2}),
            1.04229,
        ),
    ];
    let mut spent = 0.0;
    let count = cases.len();
    for (path, body, cost) in cases {
        let (mut seen, answer) = forwarded(&account, path, body.clone()).await;
        let fields = seen.as_object_mut().unwrap();
        fields.remove("user");
        let model = fields.insert("model".into(), body["model"].clone());
        assert_ne!(model.unwrap(), body["model"], "{path}");
        assert_eq!(seen, body, "{path}");
        assert_eq!(answer["usage"]["cost"], json!(cost), "{path}: {answer}");
        spent += cost;
    }
    let usage = account.usage(count as u64).await;
    let shown = usage["cost"].as_f64().unwrap();
    assert!((shown - spent).abs() < 1e-9, "{shown} {spent}");
}

#[tokio::test]
async fn a_recording_goes_on_as_a_form() {
    let account = Account::new().await;
    let tag = tag("form");
    let wav = "Content-Disposition: form-data; name=\"file\"; filename=\"a.wav\"\r\nContent-Type: audio/wav";
    let form = Form::new()
        .text("model", "listener")
        .text("prompt", &tag)
        .part(wav, b"RIFF\r\n--x\r\n");
    let request = account.client.request("POST", "/v1/audio/transcriptions");
    let request = request.header("content-type", Form::content_type());
    let answer = account.client.send(request.body(form.body())).await.ok();
    assert_eq!(answer["text"], "hello");
    // 14 tokens of audio, 45 out.
    assert_eq!(answer["usage"]["cost"], json!(0.534));
    let seen = Mock::get().report(&tag).await.seen.remove(0).body;
    let text = seen["text"].as_str().unwrap();
    assert!(
        text.contains("filename=\"a.wav\"") && text.contains("audio/wav"),
        "{text}"
    );
    assert!(text.contains("RIFF\r\n--x\r\n"), "{text}");
    assert!(
        text.contains("name=\"model\"\r\n\r\ngpt-4o-transcribe\r\n"),
        "{text}"
    );
    assert!(!text.contains("listener"), "{text}");
}

#[tokio::test]
async fn speech_streams_and_is_priced_by_its_characters() {
    let account = Account::new().await;
    let body = json!({"model": "listener", "input": "Grüße!", "voice": "alloy"});
    let reply = account.client.post("/v1/audio/speech", &body).await;
    assert_eq!(
        (reply.status, reply.header("content-type")),
        (200, Some("audio/mpeg"))
    );
    assert!(reply.body.starts_with(b"ID3"));
    let usage = account.usage(1).await;
    assert_eq!(usage["cost"], json!(0.006));
}

#[tokio::test]
async fn budgets_and_keys_hold_here_too() {
    let fields = json!({"tier": "pro"});
    let account = Account::with(fields, json!({"monthly_budget": 0.4})).await;
    let body = json!({"model": "painter", "prompt": "A cat"});
    let reply = account.client.post("/v1/images/generations", &body).await;
    assert_eq!(reply.status, 402, "{}", reply.text());
    let scoped = account.another_key(json!({"models": ["gpt-4"]})).await;
    let body = json!({"model": "embedder", "input": "x"});
    let reply = account
        .client_with(&scoped.secret)
        .post("/v1/embeddings", &body)
        .await;
    assert_eq!(reply.status, 403, "{}", reply.text());
}

#[tokio::test]
async fn faults_name_their_field() {
    let account = Account::new().await;
    for (path, body, field) in [
        ("/v1/embeddings", json!({"input": "x"}), "model"),
        ("/v1/embeddings", json!({"model": "embedder"}), "input"),
        (
            "/v1/rerank",
            json!({"model": "embedder", "query": null}),
            "query",
        ),
        (
            "/v1/images/generations",
            json!({"model": "painter", "prompt": "x", "n": 11}),
            "n",
        ),
        ("/v1/completions", json!({"model": "gpt-4"}), "prompt"),
        (
            "/v1/completions",
            json!({"model": "gpt-4", "prompt": "x", "best_of": 0}),
            "best_of",
        ),
    ] {
        let reply = account.client.post(path, &body).await;
        assert_eq!(reply.status, 400, "{path} {body}");
        assert_eq!(
            reply.json()["error"]["details"]["field"],
            field,
            "{path} {body}"
        );
    }
}
