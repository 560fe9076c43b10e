//! Accounts that are suspended and deleted while their keys are made and used.

use futures_util::future::{join, join_all};
use openclaw_conformance::harness::{Account, Client, Reply, gateway, hello};
use serde_json::json;

const ROUNDS: usize = 4;

/// Makes keys one after the other; the secrets of those that were made.
async fn make_keys(operator: &Client, account: &str) -> Vec<String> {
    let mut secrets = Vec::new();
    for _ in 0..6 {
        let key = json!({"name": "late", "account": account});
        let made: Reply = operator.post("/v1/keys", &key).await;
        if made.status == 201 {
            secrets.push(made.json()["key"].as_str().unwrap().to_owned());
        }
    }
    secrets
}

#[tokio::test]
async fn no_key_outlives_the_deletion_of_its_account() {
    let operator = gateway().await.operator();
    for _ in 0..ROUNDS {
        let account = Account::new().await;
        let making = join_all((0..8).map(|_| make_keys(&operator, &account.id)));
        let path = format!("/v1/accounts/{}", account.id);
        let (made, deleted) = join(making, operator.delete(&path)).await;
        deleted.ok();
        let first = std::iter::once(&account.key.secret);
        for secret in first.chain(made.iter().flatten()) {
            let client = account.client_with(secret);
            client.get("/v1/models").await.fails("unauthorized");
            client.chat(&hello("gpt-4")).await.fails("unauthorized");
        }
        operator.get(&path).await.fails("not_found");
        assert!(make_keys(&operator, &account.id).await.is_empty());
    }
}

#[tokio::test]
async fn no_key_works_while_its_account_is_suspended() {
    let operator = gateway().await.operator();
    for _ in 0..ROUNDS {
        let account = Account::new().await;
        let making = join_all((0..8).map(|_| make_keys(&operator, &account.id)));
        let (made, _) = join(making, account.update(json!({"status": "suspended"}))).await;
        let first = std::iter::once(&account.key.secret);
        let secrets: Vec<_> = first.chain(made.iter().flatten()).collect();
        for secret in &secrets {
            let client = account.client_with(secret);
            client.get("/v1/models").await.fails("account_suspended");
            client
                .chat(&hello("gpt-4"))
                .await
                .fails("account_suspended");
        }
        account.update(json!({"status": "active"})).await;
        for secret in &secrets {
            account.client_with(secret).get("/v1/models").await.ok();
        }
    }
}

#[tokio::test]
async fn of_racing_changes_of_the_status_the_one_that_is_shown_holds() {
    let operator = gateway().await.operator();
    for round in 0..ROUNDS {
        let account = Account::new().await;
        join_all((0..6).map(|at| {
            let status = ["active", "suspended"][(at + round) % 2];
            account.update(json!({"status": status, "name": format!("{at}")}))
        }))
        .await;
        let path = format!("/v1/accounts/{}", account.id);
        let is_active = operator.get(&path).await.ok()["status"] == "active";
        let reply = account.client.get("/v1/models").await;
        if is_active {
            reply.ok();
        } else {
            reply.fails("account_suspended");
        }
    }
}
