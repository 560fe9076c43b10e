//! OpenAI's Uploads: files in parts.

use super::storage::small;
use openclaw_conformance::harness::{Account, Form, Reply};
use serde_json::{Value, json};

async fn begin(account: &Account, bytes: usize) -> Reply {
    let upload = json!({
        "filename": "parts.bin", "purpose": "user_data", "bytes": bytes, "mime_type": "text/plain",
    });
    account.client.post("/v1/uploads", &upload).await
}

fn path(upload: &Value, what: &str) -> String {
    format!(
        "/v1/uploads/{}/{what}",
        upload["id"].as_str().expect("an id")
    )
}

async fn add(account: &Account, upload: &Value, bytes: &[u8]) -> Reply {
    let form = Form::new().file_in("data", "blob", bytes);
    account.client.send_form(&path(upload, "parts"), form).await
}

/// The ids of parts of `a`, `b` and `c`.
async fn three(account: &Account, upload: &Value, size: usize) -> Vec<Value> {
    let mut ids = Vec::new();
    for letter in *b"abc" {
        let part = add(account, upload, &vec![letter; size]).await.ok();
        assert_eq!(part["object"], "upload.part");
        assert_eq!(part["upload_id"], upload["id"]);
        ids.push(part["id"].clone());
    }
    ids
}

async fn complete(account: &Account, upload: &Value, body: Value) -> Reply {
    account.client.post(&path(upload, "complete"), &body).await
}

#[tokio::test]
async fn parts_become_a_file_in_the_order_they_are_named() {
    let account = Account::new().await;
    let upload = begin(&account, 9).await.ok();
    assert_eq!(
        (&upload["object"], &upload["status"]),
        (&json!("upload"), &json!("pending"))
    );
    assert_eq!(
        (&upload["bytes"], &upload["file"]),
        (&json!(9), &Value::Null)
    );
    let ids = three(&account, &upload, 3).await;
    let order = [&ids[2], &ids[0], &ids[1]];
    // `printf cccaaabbb | md5sum`
    let body = json!({"part_ids": order, "md5": "00"});
    complete(&account, &upload, body).await.blames("md5");
    let body = json!({"part_ids": order, "md5": "586b0f0c56cba518f29c07085cf80ff7"});
    let done = complete(&account, &upload, body).await.ok();
    assert_eq!(done["status"], "completed");
    let file = &done["file"];
    assert_eq!(
        (&file["bytes"], &file["filename"]),
        (&json!(9), &json!("parts.bin"))
    );
    let content = format!("/v1/files/{}/content", file["id"].as_str().unwrap());
    assert_eq!(account.client.get(&content).await.body, &b"cccaaabbb"[..]);
    let body = json!({"part_ids": order});
    complete(&account, &upload, body).await.fails("conflict");
    add(&account, &upload, b"late").await.fails("conflict");
    let cancel = account
        .client
        .post(&path(&upload, "cancel"), &json!({}))
        .await;
    cancel.fails("conflict");
}

#[tokio::test]
async fn long_parts_make_a_long_file() {
    let account = Account::new().await;
    let size = 3_000_000;
    let upload = begin(&account, 3 * size).await.ok();
    let ids = three(&account, &upload, size).await;
    let done = complete(&account, &upload, json!({"part_ids": ids}))
        .await
        .ok();
    let path = format!("/v1/files/{}/content", done["file"]["id"].as_str().unwrap());
    let request = account.client.request("GET", &path);
    let range = format!("bytes={}-{}", size - 2, size + 1);
    let piece = account.client.send(request.header("range", range)).await;
    assert_eq!(piece.body, &b"aabb"[..]);
}

#[tokio::test]
async fn parts_that_do_not_fit_are_refused() {
    let account = Account::new().await;
    let upload = begin(&account, 6).await.ok();
    let ids = three(&account, &upload, 2).await;
    add(&account, &upload, b"x").await.blames("data");
    add(&account, &upload, b"far too long").await.blames("data");
    let wrong = Form::new().text("other", "x");
    let reply = account
        .client
        .send_form(&path(&upload, "parts"), wrong)
        .await;
    reply.blames("data");
    for (part_ids, blamed) in [
        (json!([ids[0], ids[1]]), "part_ids"),
        (json!([ids[0], ids[0], ids[1]]), "part_ids[1]"),
        (json!([ids[0], ids[1], "part_other"]), "part_ids[2]"),
        (json!("x"), "part_ids"),
    ] {
        complete(&account, &upload, json!({"part_ids": part_ids}))
            .await
            .blames(blamed);
    }
    complete(&account, &upload, json!({"part_ids": ids}))
        .await
        .ok();
}

#[tokio::test]
async fn an_upload_is_its_accounts_own_and_its_fields_are_bounded() {
    let (account, other) = (Account::new().await, Account::new().await);
    let upload = begin(&account, 3).await.ok();
    add(&other, &upload, b"abc").await.fails("not_found");
    let body = json!({"part_ids": []});
    complete(&other, &upload, body).await.fails("not_found");
    let right = json!({"filename": "a", "purpose": "evals", "bytes": 1, "mime_type": "text/plain"});
    for (field, value) in [
        ("filename", json!("")),
        ("purpose", json!("no purpose")),
        ("bytes", json!(-1)),
        ("mime_type", json!("nothing")),
        ("mime_type", json!("a/b\nc")),
    ] {
        let mut wrong = right.clone();
        wrong[field] = value;
        account
            .client
            .post("/v1/uploads", &wrong)
            .await
            .blames(field);
    }
}

#[tokio::test]
async fn an_upload_reserves_its_bytes_until_it_ends() {
    let (_server, account) = small().await;
    begin(&account, 1001).await.fails("payload_too_large");
    let first = begin(&account, 1000).await.ok();
    begin(&account, 1000).await.ok();
    begin(&account, 501).await.fails("storage_full");
    let cancelled = account
        .client
        .post(&path(&first, "cancel"), &json!({}))
        .await
        .ok();
    assert_eq!(cancelled["status"], "cancelled");
    let upload = begin(&account, 999).await.ok();
    let ids = three(&account, &upload, 333).await;
    complete(&account, &upload, json!({"part_ids": ids}))
        .await
        .ok();
    begin(&account, 501).await.ok();
    begin(&account, 1).await.fails("storage_full");
}
