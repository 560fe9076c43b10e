//! `GET /keys`.

use openclaw_conformance::harness::Account;
use serde_json::json;
use std::collections::HashSet;

#[tokio::test]
async fn pages_show_every_key_of_the_account_once() {
    let account = Account::admin().await;
    let mut expected = HashSet::from([account.key.id.clone()]);
    for _ in 0..6 {
        expected.insert(account.another_key(json!({})).await.id);
    }
    let (mut seen, mut after) = (Vec::new(), String::new());
    loop {
        let list = account
            .client
            .get(&format!("/v1/keys?limit=3{after}"))
            .await
            .ok();
        assert_eq!(list["object"], "list");
        let page = list["data"].as_array().unwrap();
        assert!(page.len() <= 3);
        seen.extend(
            page.iter()
                .map(|key| key["id"].as_str().unwrap().to_string()),
        );
        if list["has_more"] == false {
            break;
        }
        after = format!("&after={}", seen.last().expect("a key"));
    }
    assert_eq!(seen.len(), expected.len());
    assert_eq!(seen.into_iter().collect::<HashSet<_>>(), expected);
}

#[tokio::test]
async fn a_limit_has_bounds() {
    let account = Account::admin().await;
    for wrong in ["0", "101", "x", "-1"] {
        let path = format!("/v1/keys?limit={wrong}");
        account.client.get(&path).await.blames("limit");
    }
    let whole = account.client.get("/v1/keys?limit=100").await.ok();
    assert_eq!(whole["has_more"], false);
}
