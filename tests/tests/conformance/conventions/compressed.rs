//! Compressed bodies.

use flate2::{Compression, write::GzEncoder};
use openclaw_conformance::harness::{Account, Reply, hello};
use std::io::Write;

async fn post(account: &Account, encoding: &str, body: Vec<u8>) -> Reply {
    let request = account.client.request("POST", "/v1/chat/completions");
    let request = request
        .header("content-type", "application/json")
        .header("content-encoding", encoding);
    account.client.send(request.body(body)).await
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).expect("memory");
    encoder.finish().expect("memory")
}

#[tokio::test]
async fn gzip_is_taken_and_nothing_else() {
    let account = Account::new().await;
    let body = hello("gpt-4").to_string().into_bytes();
    post(&account, "gzip", gzip(&body)).await.ok();
    post(&account, "identity", body.clone()).await.ok();
    post(&account, "gzip", body.clone()).await.blames("body");
    for unknown in ["br", "deflate", "zstd"] {
        let reply = post(&account, unknown, body.clone()).await;
        reply.fails("unsupported_media_type");
    }
}

#[tokio::test]
async fn the_limit_is_that_of_what_comes_out() {
    let account = Account::new().await;
    let bomb = gzip(&vec![b' '; 100 << 20]);
    assert!(bomb.len() < 1 << 20, "{}", bomb.len());
    let reply = post(&account, "gzip", bomb).await;
    reply.fails("payload_too_large");
}
