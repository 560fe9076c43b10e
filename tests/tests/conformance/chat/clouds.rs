//! As whom clouds are asked: Gemini by a key, Bedrock by a signature, Vertex AI with a token that a service account's
//! signature buys.

use openclaw_conformance::{
    harness::{Account, BEDROCK_SECRET, GEMINI_KEY, Mock, Target, chat, tag},
    upstream::Script,
};
use std::collections::BTreeSet;

#[tokio::test]
async fn gemini_gets_a_key_and_bedrock_a_signature() {
    let account = Account::new().await;
    for model in ["gemini-2", "claude-bedrock"] {
        let script = Script {
            tag: tag("clouds"),
            ..Script::default()
        };
        let asked = chat(model, &script);
        account.client.chat(&asked).await.ok();
        account.client.stream_openai(&asked).await;
        for seen in Mock::get().report(&script.tag).await.seen {
            let header = |name: &str| seen.headers.get(name).map(String::as_str);
            if model == "gemini-2" {
                assert_eq!(header("x-goog-api-key"), Some(GEMINI_KEY));
                assert_eq!(header("authorization"), None);
                continue;
            }
            let signed = header("authorization").unwrap();
            let by = "AWS4-HMAC-SHA256 Credential=AKIAMOCKMOCKMOCKMOCK/";
            assert!(signed.starts_with(by), "{signed}");
            assert!(signed.contains("/bedrock/aws4_request"), "{signed}");
            assert!(header("x-amz-date").is_some() && !signed.contains(BEDROCK_SECRET));
        }
    }
}

#[tokio::test]
async fn a_service_accounts_key_buys_a_token() {
    let account = Account::new().await;
    let script = Script {
        tag: tag("vertex"),
        text: Some("one two three".into()),
        ..Script::default()
    };
    for _ in 0..3 {
        let answer = account.client.chat(&chat("vertex", &script)).await.ok();
        assert_eq!(answer["choices"][0]["message"]["content"], "one two three");
    }
    let stream = account.client.stream_openai(&chat("vertex", &script)).await;
    assert_eq!(stream.text(), "one two three");
    let seen = Mock::get().report(&script.tag).await.seen;
    assert_eq!(seen.len(), 4);
    for request in &seen {
        let path = "/vertex/v1/projects/mock/locations/us-central1/publishers/google/models/gemini-2.5-flash:";
        assert!(request.path.starts_with(path), "{}", request.path);
        assert_eq!(request.headers.get("x-goog-api-key"), None);
    }
    let tokens: BTreeSet<_> = seen
        .iter()
        .map(|seen| &seen.headers["authorization"])
        .collect();
    // Each process has its own, and on Lambda there are several.
    if Target::chosen() == Target::Native {
        assert_eq!(tokens.len(), 1, "{tokens:?}");
    }
}

#[tokio::test]
async fn one_that_is_refused_is_the_gateways_fault() {
    let account = Account::new().await;
    let script = Script {
        tag: tag("vertex"),
        ..Script::default()
    };
    let failure = account.client.chat(&chat("vertex-refused", &script)).await;
    assert_eq!(failure.status, 502, "{}", failure.text());
    let error = &failure.json()["error"];
    assert_eq!(error["code"], "provider_error");
    assert_eq!(error["details"]["status"], 400);
    assert!(!failure.text().contains("nobody@"), "{}", failure.text());
    assert_eq!(Mock::get().report(&script.tag).await.requests, 0);
}
