//! What is logged.

use super::{account, folder, on};
use openclaw_conformance::harness::{OPENAI_KEY, Target, hello};

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
    // One line a request, which says whose it was and what became of it.
    let lines = Vec::from_iter(
        log.lines()
            .filter(|line| line.contains("openclaw::request") && line.contains(id)),
    );
    let [line] = lines.as_slice() else {
        panic!("one line: {lines:?}");
    };
    for part in [
        &*account.id,
        &account.key.id,
        "down",
        "failed",
        Target::chosen().unreachable_code(),
        "duration_ms",
    ] {
        assert!(line.contains(part), "{part}: {line}");
    }
    let models = log.lines().filter(|line| {
        line.contains("openclaw::request") && line.contains("/v1/models") && line.contains("200")
    });
    assert_eq!(models.count(), 1, "{log}");
    assert!(!log.contains("Hello, OpenClaw!"), "content is in the log");
    for secret in [key, OPENAI_KEY, "api_key="] {
        assert!(!log.contains(secret), "{secret} is in the log");
    }
}
