//! What is logged.

use super::{account, folder, on};
use openclaw_conformance::harness::{OPENAI_KEY, hello};

#[tokio::test]
async fn no_secret_is_logged() {
    let data = folder();
    let server = on("log", data.path()).await;
    let account = account(&server).await;
    let (client, key) = (&account.client, &account.key.secret);
    client.get(&format!("/v1/models?api_key={key}")).await.ok();
    client.unlimited().get("/v1/nothing").await;
    // No provider answers: that is logged.
    let failed = client.chat(&hello("down")).await;
    let id = failed.header("x-request-id").expect("an id");
    let log = server.log();
    assert!(log.contains(id), "it says what failed");
    for secret in [key, OPENAI_KEY, "api_key="] {
        assert!(!log.contains(secret), "{secret} is in the log");
    }
}
