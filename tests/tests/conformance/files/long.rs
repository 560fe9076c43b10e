//! Long files, natively: nobody holds one in memory.

use futures_util::{StreamExt, stream};
use openclaw_conformance::harness::{
    ADMIN_TOKEN, Account, Client, Form, Options, Server, Target, eventually, minute_with,
};
use serde_json::json;
use sha2::{Digest, Sha256};
use std::{path::Path, time::Duration};

const MIB: usize = 1 << 20;

/// Kilobytes of memory that a process holds now, or held at most.
fn memory(process: u32, which: &str) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(which));
    let number = line
        .unwrap()
        .trim_start_matches(':')
        .trim()
        .trim_end_matches(" kB");
    number.parse().unwrap()
}

fn files_in(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => found.extend(files_in(&path)),
            false => found.push(path.to_string_lossy().into_owned()),
        }
    }
    found
}

struct Own {
    server: Server,
    account: Account,
    data: tempfile::TempDir,
}

async fn own() -> Own {
    let data = tempfile::tempdir().unwrap();
    let options = Options {
        data: Some(data.path().to_owned()),
        ..Options::default()
    };
    let server = Server::start("files", options).await.expect("a gateway");
    let operator = Client::new(&server.base_url).operator(ADMIN_TOKEN);
    let account = Account::on(&operator, json!({"tier": "enterprise"}), json!({})).await;
    Own {
        server,
        account,
        data,
    }
}

#[tokio::test]
async fn a_hundred_mebibytes_take_sixteen_of_memory() {
    if !Target::Native.is_chosen_or_skips("/proc shows the memory of a server of ours only") {
        return;
    }
    let own = own().await;
    let client = &own.account.client;
    client.upload("small", b"x").await;
    let before = memory(own.server.id(), "VmHWM");
    let form = Form::new().text("purpose", "analysis").file("long", b"");
    let body = form.body();
    // The file's bytes go where the empty one ends.
    let at = body.len() - "\r\n------conformance--\r\n".len();
    let (start, end) = (body[..at].to_vec(), body[at..].to_vec());
    let piece = |at: usize| vec![(at % 251) as u8; MIB];
    let middle = stream::iter((0..100).map(piece));
    let pieces = stream::iter([start])
        .chain(middle)
        .chain(stream::iter([end]));
    // Its headers say what was left of the minute in which it came.
    minute_with(30).await;
    let request = client.request("POST", "/v1/files");
    let request = request.header("content-type", Form::content_type());
    let body = reqwest::Body::wrap_stream(pieces.map(Ok::<_, std::io::Error>));
    let file = client.send(request.body(body)).await.succeeds(201);
    assert_eq!(file["size"], 100 * MIB);
    let sent = hash((0..100).map(piece));
    assert_eq!(file["sha256"], sent);
    let uploaded = memory(own.server.id(), "VmHWM");
    let path = format!("/v1/files/{}/content", file["id"].as_str().unwrap());
    let content = client.get(&path).await;
    assert_eq!(content.body.len(), 100 * MIB);
    assert_eq!(hash([content.body]), sent);
    let read = memory(own.server.id(), "VmHWM");
    eprintln!(
        "memory in KB: {before} before, {uploaded} after the upload, {read} after it was read"
    );
    assert!(read - before <= 16 * 1024, "{before} {uploaded} {read}");
}

fn hash(pieces: impl IntoIterator<Item: AsRef<[u8]>>) -> String {
    let mut hasher = Sha256::new();
    pieces.into_iter().for_each(|piece| hasher.update(piece));
    let hash = hasher.finalize();
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[tokio::test]
async fn bytes_go_with_their_file_and_with_their_account() {
    if !Target::Native.is_chosen_or_skips("what is left is looked for on the disk") {
        return;
    }
    let own = own().await;
    let (client, blobs) = (&own.account.client, own.data.path().join("blobs"));
    let first = client.upload("first.txt", b"one").await;
    client.upload("second.txt", b"two").await;
    // Each has its bytes and, once it is processed, its text.
    let has = async |count: usize| {
        let there = eventually(async || (files_in(&blobs).len() == count).then_some(()));
        assert!(there.await.is_some(), "{:?}", files_in(&blobs));
    };
    has(4).await;
    let path = format!("/v1/files/{}", first["id"].as_str().unwrap());
    client.delete(&path).await.ok();
    has(2).await;
    let operator = Client::new(&own.server.base_url).operator(ADMIN_TOKEN);
    operator
        .delete(&format!("/v1/accounts/{}", own.account.id))
        .await
        .ok();
    has(0).await;
}

#[tokio::test]
async fn an_upload_that_stops_leaves_nothing() {
    if !Target::Native.is_chosen_or_skips("what is left is looked for on the disk") {
        return;
    }
    let own = own().await;
    let form = Form::new().file("cut", &vec![b'x'; 3 * MIB]).body();
    let start = form[..2 * MIB].to_vec();
    let request = own.account.client.request("POST", "/v1/files");
    let request = request.header("content-type", Form::content_type());
    // Something comes, and then nothing ever.
    let stuck = stream::iter([Ok::<_, std::io::Error>(start)]).chain(stream::pending());
    let request = request.body(reqwest::Body::wrap_stream(stuck)).send();
    let sending = tokio::time::timeout(Duration::from_millis(800), request).await;
    assert!(sending.is_err(), "it was answered");
    let blobs = own.data.path().join("blobs");
    let gone = eventually(async || files_in(&blobs).is_empty().then_some(())).await;
    assert!(gone.is_some(), "{:?}", files_in(&blobs));
    let list = own.account.client.get("/v1/files").await.ok();
    assert_eq!(list["data"], json!([]));
    own.server.terminate();
}
