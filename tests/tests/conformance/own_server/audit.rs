//! What the operator does, and who was not let in, is in the log.

use super::{account, operator, patient};
use openclaw_conformance::harness::{ADMIN_TOKEN, Client, eventually};

#[tokio::test]
async fn acts_of_the_operator_and_failures_are_logged() {
    let server = patient().await;
    let account = account(&server).await;
    let path = format!("/v1/accounts/{}", account.id);
    let deleted = operator(&server).delete(&path).await;
    let id = deleted.header("x-request-id").expect("an id");
    let stranger = Client::new(&server.base_url).operator("somebody-who-guesses");
    stranger.get("/v1/accounts").await.fails("unauthorized");
    let logged = eventually(async || {
        let log = server.log();
        let act = log.lines().find(|line| {
            line.contains("openclaw::audit") && line.contains(&path) && line.contains("DELETE")
        });
        let act = act.is_some_and(|line| line.contains(id) && line.contains("200"));
        (act && log.contains("authentication failed")).then_some(log)
    });
    let log = logged.await.expect("both are logged");
    for secret in [ADMIN_TOKEN, "somebody-who-guesses"] {
        assert!(!log.contains(secret), "{secret} is in the log");
    }
}
