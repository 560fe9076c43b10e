//! What everybody may know.

use openclaw_conformance::harness::{Account, gateway};

#[tokio::test]
async fn only_keys_are_shown_what_the_operator_calls_its_models() {
    let account = Account::new().await;
    let listed = account.client.get("/v1/models").await.text();
    assert!(listed.contains("\"keyless\""), "{listed}");
    let health = gateway().await.anonymous().get("/v1/health").await;
    let names = health.ok()["models"].to_string();
    assert!(names.contains("\"gpt-4\""), "{names}");
    for own in ["keyless", "weighted", "falls-back"] {
        assert!(!names.contains(own), "{names}");
    }
}
