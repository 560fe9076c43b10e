//! `GET` and `PUT /config`, its history, and the way back.

use super::{empty, seen};
use futures_util::future::join_all;
use openclaw_conformance::harness::Account;
use serde_json::{Value, json};

fn limits(version: u64, free: Value) -> Value {
    json!({"version": version, "config": {"limits": {"free": free}}})
}

#[tokio::test]
async fn a_limit_of_run_time_stands_over_the_files_and_can_be_taken_back() {
    let (_server, operator) = empty().await;
    let account = Account::on(&operator, json!({"tier": "free"}), json!({})).await;
    let limit = async || {
        let account = account.client.get("/v1/account").await.ok();
        account["rate_limit"]["limit"].clone()
    };
    assert_eq!(limit().await, 1000);
    let shown = operator
        .put("/v1/config", &limits(0, json!(700)))
        .await
        .ok();
    assert_eq!(shown["version"], 1);
    assert_eq!(shown["file"]["limits"]["free"], 1000);
    assert_eq!(shown["effective"]["limits"]["free"], 700);
    seen(async || limit().await == 700).await;

    operator
        .put("/v1/config", &limits(1, json!(800)))
        .await
        .ok();
    seen(async || limit().await == 800).await;
    let back = operator
        .post("/v1/config/rollback", &json!({"version": 1}))
        .await
        .ok();
    assert_eq!(
        (&back["version"], &back["config"]["limits"]["free"]),
        (&json!(3), &json!(700))
    );
    seen(async || limit().await == 700).await;
    operator
        .post("/v1/config/rollback", &json!({"version": 9}))
        .await
        .fails("not_found");

    let history = operator.get("/v1/config/history?limit=2").await.ok();
    let versions = |history: &Value| -> Vec<Value> {
        let data = history["data"].as_array().unwrap().iter();
        data.map(|version| version["version"].clone()).collect()
    };
    assert_eq!(versions(&history), [3, 2]);
    assert_eq!(history["has_more"], true);
    let rest = operator.get("/v1/config/history?after=2").await.ok();
    assert_eq!(versions(&rest), [1]);
    let file = operator
        .post("/v1/config/rollback", &json!({"version": 0}))
        .await
        .ok();
    assert_eq!(file["effective"]["limits"]["free"], 1000);
}

#[tokio::test]
async fn what_is_wrong_is_named_and_changes_nothing() {
    let (_server, operator) = empty().await;
    for (config, field) in [
        (json!({"limits": {"free": "many"}}), "config.limits.free"),
        (json!({"limits": {"free": 0}}), "config.limits.free"),
        (json!({"limit": {}}), "config.limit"),
        (json!({"server": {"port": 1}}), "config.server"),
        (json!({"providers": {}}), "config.providers"),
        (
            json!({"models": [{"id": "m", "context_length": 1, "targets": [{"provider": "x", "model": "m"}]}]}),
            "config.models[0].targets[0].provider",
        ),
    ] {
        let request = json!({"version": 0, "config": config});
        operator.put("/v1/config", &request).await.blames(field);
    }
    let shown = operator.get("/v1/config").await.ok();
    assert_eq!(
        (&shown["version"], &shown["config"]),
        (&json!(0), &json!({}))
    );
}

#[tokio::test]
async fn of_racing_changes_of_one_version_one_is_made() {
    let (_server, operator) = empty().await;
    let changes = (0..8).map(|at| {
        let (operator, change) = (&operator, limits(0, json!(100 + at)));
        async move { operator.put("/v1/config", &change).await }
    });
    let replies = join_all(changes).await;
    let made = replies.iter().filter(|reply| reply.status == 200);
    assert_eq!(made.count(), 1);
    for reply in replies.iter().filter(|reply| reply.status != 200) {
        reply.fails("conflict");
    }
    assert_eq!(operator.get("/v1/config").await.ok()["version"], 1);
}
