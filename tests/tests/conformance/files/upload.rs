//! `POST /files/upload` and its alias.

use openclaw_conformance::harness::{Account, Form, now};
use serde_json::{Value, json};

#[tokio::test]
async fn a_file_has_the_seeds_fields_openais_and_ours() {
    let account = Account::new().await;
    let file = account
        .client
        .upload("document.txt", b"Hello, files!")
        .await;
    assert_eq!(file["object"], "file");
    assert_eq!(file["filename"], "document.txt");
    assert_eq!((&file["size"], &file["bytes"]), (&json!(13), &json!(13)));
    assert_eq!(file["purpose"], "analysis");
    assert_eq!(file["content_type"], "text/plain");
    // `printf 'Hello, files!' | sha256sum`
    assert_eq!(
        file["sha256"],
        "dde32463cfe9476ffe7a0861195d5ad1dd1d8fc4fd9b74b5044c33b643ef2467"
    );
    let age = now().as_second() - file["created_at"].as_i64().unwrap();
    assert!((-5..60).contains(&age), "{file}");
    assert!(
        file["expires_at"].is_null() && file["error"].is_null(),
        "{file}"
    );
    let path = format!("/v1/files/{}", file["id"].as_str().unwrap());
    let got = account.client.get(&path).await.ok();
    assert_eq!((&got["id"], &got["sha256"]), (&file["id"], &file["sha256"]));
}

#[tokio::test]
async fn the_order_of_fields_and_the_path_do_not_matter() {
    let account = Account::new().await;
    for path in ["/v1/files", "/api/v1/files/upload", "/v1/files/upload"] {
        let form = Form::new().text("purpose", "user_data").file("a", b"x");
        let file = account.client.send_form(path, form).await.succeeds(201);
        assert_eq!(file["purpose"], "user_data");
    }
}

#[tokio::test]
async fn an_empty_file_is_a_file() {
    let account = Account::new().await;
    let file = account.client.upload("empty", b"").await;
    assert_eq!(file["size"], 0);
    let path = format!("/v1/files/{}/content", file["id"].as_str().unwrap());
    let content = account.client.get(&path).await;
    assert_eq!((content.status, content.body.len()), (200, 0));
}

#[tokio::test]
async fn it_goes_when_it_was_told_to() {
    let account = Account::new().await;
    let expiring = |anchor: &str, seconds: &str| {
        let form = Form::new().file("a", b"x").text("purpose", "analysis");
        let form = form.text("expires_after[anchor]", anchor);
        form.text("expires_after[seconds]", seconds)
    };
    let form = expiring("created_at", "3600");
    let file = account
        .client
        .send_form("/v1/files", form)
        .await
        .succeeds(201);
    let lives = file["expires_at"].as_i64().unwrap() - file["created_at"].as_i64().unwrap();
    assert_eq!(lives, 3600);
    for (anchor, seconds, blamed) in [
        ("last_active_at", "3600", "expires_after[anchor]"),
        ("created_at", "soon", "expires_after[seconds]"),
        ("created_at", "3599", "expires_after.seconds"),
        ("created_at", "2592001", "expires_after.seconds"),
    ] {
        let form = expiring(anchor, seconds);
        account
            .client
            .send_form("/v1/files", form)
            .await
            .blames(blamed);
    }
}

#[tokio::test]
async fn what_is_missing_or_wrong_is_named() {
    let account = Account::new().await;
    let client = &account.client;
    let file = || Form::new().file("a", b"x");
    for (form, blamed) in [
        (Form::new().text("purpose", "analysis"), "file"),
        (file(), "purpose"),
        (file().text("purpose", ""), "purpose"),
        (file().text("purpose", "no spaces"), "purpose"),
        (file().text("purpose", &"x".repeat(65)), "purpose"),
        (file().text("purpose", "a").text("purpose", "b"), "purpose"),
        (file().file("b", b"y").text("purpose", "a"), "file"),
        (Form::new().text("file", "x").text("purpose", "a"), "file"),
        (file().text("other", &"x".repeat(2000)), "other"),
    ] {
        client.send_form("/v1/files", form).await.blames(blamed);
    }
    // Nothing of all that has stayed.
    let list = client.get("/v1/files").await.ok();
    assert_eq!(list["data"], json!([]));
}

#[tokio::test]
async fn a_body_that_is_no_form_is_refused() {
    let account = Account::new().await;
    let client = &account.client;
    let json = json!({"file": "x", "purpose": "analysis"});
    client
        .post("/v1/files", &json)
        .await
        .fails("unsupported_media_type");
    let send = async |kind: &str, body: Vec<u8>| {
        let request = client
            .request("POST", "/v1/files")
            .header("content-type", kind);
        client.send(request.body(body)).await
    };
    let whole = Form::new()
        .file("a", &[b'x'; 500])
        .text("purpose", "analysis")
        .body();
    send("multipart/form-data", whole.clone())
        .await
        .blames("Content-Type");
    let kind = Form::content_type();
    send(&kind, b"nothing".to_vec()).await.blames("body");
    send(&kind, Vec::new()).await.blames("body");
    send(&kind, whole[..whole.len() - 150].to_vec())
        .await
        .blames("body");
    send("multipart/form-data; boundary=another", whole)
        .await
        .blames("body");
    let list: Value = client.get("/v1/files").await.ok();
    assert_eq!(list["data"], json!([]));
}

#[tokio::test]
async fn a_key_needs_the_scope() {
    let account = Account::new().await;
    let key = account.another_key(json!({"scopes": ["chat"]})).await;
    let client = account.client_with(&key.secret);
    let form = Form::new().file("a", b"x").text("purpose", "analysis");
    client.send_form("/v1/files", form).await.fails("forbidden");
    client.get("/v1/files").await.fails("forbidden");
}
