//! What the files of an account may take, exactly.

use futures_util::future::join_all;
use openclaw_conformance::harness::{ADMIN_TOKEN, Account, Client, Form, Options, Server};
use serde_json::json;

/// A gateway on which files have 1,000 bytes and free accounts 2,500.
pub(super) async fn small() -> (Server, Account) {
    let config = "[limits]\nfree = 1000\nfile_bytes = 1000\n[limits.storage_bytes]\nfree = 2500\n";
    let options = Options {
        config: Some(config.into()),
        ..Options::default()
    };
    let server = Server::start("storage", options).await.expect("a gateway");
    let operator = Client::new(&server.base_url).operator(ADMIN_TOKEN);
    let account = Account::on(&operator, json!({"tier": "free"}), json!({})).await;
    (server, account)
}

fn form(bytes: usize) -> Form {
    Form::new()
        .file("a", &vec![b'x'; bytes])
        .text("purpose", "analysis")
}

#[tokio::test]
async fn a_file_above_its_limit_is_413() {
    let (_server, account) = small().await;
    let client = &account.client;
    client
        .send_form("/v1/files", form(1000))
        .await
        .succeeds(201);
    client
        .send_form("/v1/files", form(1001))
        .await
        .fails("payload_too_large");
    // What it would have said after it, nobody waits for.
    client
        .send_form("/v1/files", form(3_000_000))
        .await
        .fails("payload_too_large");
    assert_eq!(
        client.get("/v1/files").await.ok()["data"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

#[tokio::test]
async fn it_is_full_to_the_byte_and_deleting_makes_room() {
    let (_server, account) = small().await;
    let client = &account.client;
    let first = client
        .send_form("/v1/files", form(1000))
        .await
        .succeeds(201);
    client
        .send_form("/v1/files", form(1000))
        .await
        .succeeds(201);
    client
        .send_form("/v1/files", form(501))
        .await
        .fails("storage_full");
    client.send_form("/v1/files", form(500)).await.succeeds(201);
    client
        .send_form("/v1/files", form(1))
        .await
        .fails("storage_full");
    client.send_form("/v1/files", form(0)).await.succeeds(201);
    let path = format!("/v1/files/{}", first["id"].as_str().unwrap());
    client.delete(&path).await.ok();
    client
        .send_form("/v1/files", form(1000))
        .await
        .succeeds(201);
    client
        .send_form("/v1/files", form(1))
        .await
        .fails("storage_full");
}

#[tokio::test]
async fn of_racing_uploads_those_that_fit_succeed() {
    let (_server, account) = small().await;
    let client = &account.client;
    let uploads = (0..12).map(|_| client.send_form("/v1/files", form(400)));
    let replies = join_all(uploads).await;
    let made = replies.iter().filter(|reply| reply.status == 201).count();
    assert_eq!(made, 6);
    let full = replies.iter().filter(|reply| reply.status != 201);
    full.for_each(|reply| drop(reply.fails("storage_full")));
    client
        .send_form("/v1/files", form(101))
        .await
        .fails("storage_full");
    client.send_form("/v1/files", form(100)).await.succeeds(201);
}
