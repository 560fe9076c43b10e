//! Keys that are changed, rotated, revoked and made at the same time, by many.

use futures_util::future::{join, join_all};
use openclaw_conformance::harness::{Account, Client, gateway, hello};
use serde_json::json;

/// How often a race is run.
const ROUNDS: usize = 6;

/// How many change a key at the same time.
const WRITERS: usize = 8;

/// Changes the key's name again and again, as long as there is a key.
async fn rename_until_gone(client: &Client, path: &str) {
    for round in 0..20 {
        let change = json!({"name": format!("round {round}")});
        let reply = client.patch(path, &change).await;
        if !matches!(reply.status, 200 | 409) {
            return;
        }
    }
}

/// The ids of all keys that are listed.
pub(crate) async fn listed(operator: &Client, account: &str) -> Vec<String> {
    let (mut ids, mut after) = (Vec::new(), String::new());
    loop {
        let path = format!("/v1/keys?account={account}&limit=100{after}");
        let page = operator.get(&path).await.ok();
        let keys = page["data"].as_array().unwrap();
        ids.extend(
            keys.iter()
                .map(|key| key["id"].as_str().unwrap().to_owned()),
        );
        if page["has_more"] == false {
            return ids;
        }
        after = format!("&after={}", ids.last().unwrap());
    }
}

#[tokio::test]
async fn a_key_that_changes_during_its_revocation_stays_revoked() {
    let operator = gateway().await.operator();
    for _ in 0..ROUNDS {
        let account = Account::admin().await;
        let own = account.client.clone();
        let path = format!("/v1/keys/{}", account.key.id);
        let renaming = join_all((0..WRITERS).map(|_| rename_until_gone(&own, &path)));
        let revoking = async {
            let mut reply = operator.delete(&path).await;
            while reply.status == 409 {
                reply = operator.delete(&path).await;
            }
            reply.ok();
        };
        join(renaming, revoking).await;
        own.get("/v1/keys").await.fails("unauthorized");
        own.chat(&hello("gpt-4")).await.fails("unauthorized");
        assert!(listed(&operator, &account.id).await.is_empty());
    }
}

#[tokio::test]
async fn a_rotation_that_races_with_changes_leaves_the_new_secret_and_no_other() {
    let operator = gateway().await.operator();
    for _ in 0..ROUNDS {
        let account = Account::new().await;
        let path = format!("/v1/keys/{}", account.key.id);
        let renaming = join_all((0..WRITERS).map(|writer| {
            let (operator, path) = (&operator, &path);
            async move {
                let change = json!({"name": format!("writer {writer}")});
                operator.patch(path, &change).await
            }
        }));
        let rotate = format!("{path}/rotate");
        let request = json!({"grace_period": 0});
        let rotating = operator.post(&rotate, &request);
        let (_, rotated) = join(renaming, rotating).await;
        let new = rotated.ok()["key"].as_str().unwrap().to_owned();
        account.client_with(&new).chat(&hello("gpt-4")).await.ok();
        account
            .client
            .chat(&hello("gpt-4"))
            .await
            .fails("unauthorized");
    }
}

#[tokio::test]
async fn of_racing_rotations_the_last_secret_works_alone() {
    let operator = gateway().await.operator();
    let account = Account::new().await;
    let rotate = format!("/v1/keys/{}/rotate", account.key.id);
    let request = json!({"grace_period": 0});
    let rotated = join_all((0..WRITERS).map(|_| operator.post(&rotate, &request))).await;
    let secrets = rotated.iter().filter(|reply| reply.status == 200);
    let secrets: Vec<_> = secrets
        .map(|reply| reply.json()["key"].as_str().unwrap().to_owned())
        .collect();
    let replies = join_all(
        secrets
            .iter()
            .map(async |secret| account.client_with(secret).get("/v1/models").await.status),
    );
    let working = replies
        .await
        .iter()
        .filter(|status| **status == 200)
        .count();
    assert_eq!(working, 1, "of {}", secrets.len());
}
