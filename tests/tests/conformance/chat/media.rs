//! The addresses of media: a provider fetches them from where it stands.

use openclaw_conformance::{
    harness::{Account, Mock, tag},
    upstream::Script,
};
use serde_json::json;

#[tokio::test]
async fn pictures_by_address_must_be_public() {
    let account = Account::new().await;
    for model in ["gpt-4", "claude-3"] {
        for url in [
            "http://example.com/a.png",
            "https://127.0.0.1/a.png",
            "https://0x7f.1/a.png",
            "https://2130706433/a.png",
            "https://[::1]/a.png",
            "https://[64:ff9b::a9fe:a9fe]/a.png",
            "https://169.254.169.254/latest/meta-data/",
            "https://localhost/a.png",
            "file:///etc/passwd",
        ] {
            let script = Script {
                tag: tag("private"),
                ..Script::default()
            };
            let body = json!({"model": model, "messages": [{"role": "user", "content": [
                {"type": "text", "text": script.message()},
                {"type": "image_url", "image_url": {"url": url}},
            ]}]});
            for path in ["/v1/chat/completions", "/v1/chat/completions/stream"] {
                let reply = account.client.post(path, &body).await;
                reply.blames("messages[0].content[1].image_url.url");
            }
            assert_eq!(Mock::get().report(&script.tag).await.requests, 0, "{url}");
        }
    }
}

#[tokio::test]
async fn public_pictures_and_data_pass() {
    let account = Account::new().await;
    for model in ["gpt-4", "claude-3"] {
        for url in [
            "https://example.com/a.png",
            "data:image/png;base64,iVBORw0KGgo=",
        ] {
            let body = json!({"model": model, "messages": [{"role": "user", "content": [
                {"type": "text", "text": "What is this?"},
                {"type": "image_url", "image_url": {"url": url}},
            ]}]});
            account.client.chat(&body).await.ok();
        }
    }
}
