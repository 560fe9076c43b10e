//! `GET /files`.

use openclaw_conformance::harness::{Account, Form};
use serde_json::Value;
use std::time::Duration;

fn names(list: &Value) -> Vec<&str> {
    let files = list["data"].as_array().expect("a list").iter();
    files
        .map(|file| file["filename"].as_str().unwrap())
        .collect()
}

/// Five files, `0` to `4`, of which the even ones are for `evals`.
async fn five(account: &Account) {
    for at in 0..5 {
        let purpose = if at % 2 == 0 { "evals" } else { "analysis" };
        let form = Form::new()
            .file(&at.to_string(), b"x")
            .text("purpose", purpose);
        account
            .client
            .send_form("/v1/files", form)
            .await
            .succeeds(201);
        // Ids are in the order of milliseconds.
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

#[tokio::test]
async fn the_newest_come_first_unless_asked_otherwise() {
    let account = Account::new().await;
    five(&account).await;
    let get = async |query: &str| account.client.get(&format!("/v1/files{query}")).await.ok();
    let list = get("").await;
    assert_eq!(
        (&list["object"], &list["has_more"]),
        (&"list".into(), &false.into())
    );
    assert_eq!(names(&list), ["4", "3", "2", "1", "0"]);
    assert_eq!(names(&get("?order=asc").await), ["0", "1", "2", "3", "4"]);
    assert_eq!(names(&get("?purpose=evals").await), ["4", "2", "0"]);
    assert_eq!(
        names(&get("?purpose=evals&order=asc").await),
        ["0", "2", "4"]
    );
    assert_eq!(names(&get("?purpose=nothing").await), [""; 0]);
}

#[tokio::test]
async fn pages_have_all_of_them_once() {
    let account = Account::new().await;
    five(&account).await;
    for order in ["asc", "desc"] {
        let (mut seen, mut after) = (Vec::new(), String::new());
        loop {
            let path = format!("/v1/files?limit=2&order={order}{after}");
            let page = account.client.get(&path).await.ok();
            seen.extend(names(&page).into_iter().map(str::to_owned));
            let last = page["data"].as_array().unwrap().last();
            after = format!("&after={}", last.unwrap()["id"].as_str().unwrap());
            if page["has_more"] == false {
                break;
            }
        }
        seen.sort();
        assert_eq!(seen, ["0", "1", "2", "3", "4"], "{order}");
    }
}

#[tokio::test]
async fn a_wrong_query_is_named() {
    let account = Account::new().await;
    for (query, blamed) in [
        ("limit=0", "limit"),
        ("limit=10001", "limit"),
        ("order=up", "order"),
        ("after=x", "after"),
    ] {
        account
            .client
            .get(&format!("/v1/files?{query}"))
            .await
            .blames(blamed);
    }
}
