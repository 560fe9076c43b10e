//! Starting, and refusing to.

use super::here;
use crate::own_server::{account, folder, on};
use openclaw_conformance::harness::{Client, Options, Server};
use serde_json::json;
use std::{net::TcpListener, os::unix::fs::PermissionsExt, path::Path, process::Output};

/// What it wrote to standard error while it refused.
fn reason(output: &Output) -> String {
    assert!(!output.status.success(), "{output:?}");
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!text.contains("panicked"), "{text}");
    text
}

#[tokio::test]
async fn a_second_server_on_the_folder_is_refused_and_told_who_has_it() {
    if !here() {
        return;
    }
    let data = folder();
    let first = on("first", data.path()).await;
    let options = Options {
        data: Some(data.path().into()),
        ..Options::default()
    };
    let reason = reason(&Server::refused(options).await);
    assert!(reason.contains(&first.id().to_string()), "{reason}");
    let address = first.base_url.replace("http://", "");
    assert!(reason.contains(&address), "{reason}");
    // The lock goes with the process, however it ends.
    first.kill().await;
    on("second", data.path()).await;
}

#[tokio::test]
async fn a_port_that_is_taken_is_named() {
    if !here() {
        return;
    }
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("an address").port();
    let options = Options {
        port: Some(port),
        ..Options::default()
    };
    let reason = reason(&Server::refused(options).await);
    assert!(reason.contains(&port.to_string()), "{reason}");
}

#[tokio::test]
async fn a_wrong_configuration_is_told_by_file_line_key_and_reason() {
    if !here() {
        return;
    }
    let cases = [
        ("[routing]\nattempts = 0\n", "attempts", "at least 1"),
        ("[routing]\nattempts = \"many\"\n", "attempts", "u32"),
        ("[limits]\nfre = 1\n", "fre", "unknown"),
        (
            "[[models]]\nid = \"m\"\ncontext_length = 1\ntargets = [{ provider = \"p\", model = \"m\" }]\n",
            "provider",
            "provider",
        ),
    ];
    for (config, key, why) in cases {
        let options = Options {
            config: Some(config.into()),
            ..Options::default()
        };
        let reason = reason(&Server::refused(options).await);
        assert!(reason.contains("openclaw.toml"), "{reason}");
        assert!(reason.contains(key) && reason.contains(why), "{reason}");
        // `[server]` takes the first lines of the file.
        let line = if config.starts_with("[[") { 8 } else { 6 };
        assert!(reason.contains(&line.to_string()), "line {line}: {reason}");
    }
}

#[tokio::test]
async fn secrets_are_generated_once_and_for_their_owner_alone() {
    if !here() {
        return;
    }
    let parent = folder();
    let data = parent.path().join("data");
    let start = async || {
        let options = Options {
            data: Some(data.clone()),
            without: vec!["OPENCLAW_JWT_SECRETS"],
            ..Options::default()
        };
        Server::start("secrets", options).await.expect("it starts")
    };
    let mode = |path: &Path| {
        std::fs::metadata(path)
            .expect("it is there")
            .permissions()
            .mode()
    };
    let first = start().await;
    assert_eq!(mode(&data) & 0o077, 0, "the folder is closed to others");
    let owner = account(&first).await;
    let body = json!({"api_key": owner.key.secret});
    let anonymous = Client::new(&first.base_url);
    let made = anonymous.post("/v1/auth/token", &body).await.ok();
    let files = std::fs::read_dir(&data).expect("the folder");
    let closed = files.filter(|file| mode(&file.as_ref().expect("a file").path()) & 0o077 == 0);
    // The pepper of the keys and the secrets of the tokens.
    assert!(
        closed.count() >= 2,
        "secrets are readable by their owner alone"
    );
    first.kill().await;

    let second = start().await;
    let client = Client::new(&second.base_url);
    for credential in [
        owner.key.secret.as_str(),
        made["token"].as_str().expect("a token"),
    ] {
        client.with(credential).get("/v1/models").await.ok();
    }
}

#[tokio::test]
async fn nothing_in_a_folder_that_was_open_to_others_is() {
    if !here() {
        return;
    }
    let data = folder();
    let open = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(data.path(), open).expect("the folder is ours");
    let server = on("open", data.path()).await;
    account(&server).await;
    let files = std::fs::read_dir(data.path()).expect("the folder");
    let mut seen = 0;
    for file in files.map(|file| file.expect("a file")) {
        let mode = file.metadata().expect("it is there").permissions().mode();
        assert_eq!(mode & 0o077, 0, "{}: {mode:o}", file.path().display());
        seen += 1;
    }
    assert!(seen >= 3, "database, journal and lock");
}

/// Accounts of the folder that a start must not look at, and keys of each.
const ACCOUNTS: u32 = 20_000;
const KEYS: u32 = 5;

/// Gives the one account of this folder, and its key, so many doubles.
fn multiply(data: &Path) {
    let database = rusqlite::Connection::open(data.join("openclaw.db")).expect("the database");
    let numbers = "WITH RECURSIVE numbers(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < ?1)";
    let rows = [
        "INSERT INTO items SELECT printf('acct_%022d', n / ?2), printf('key/key_%022d', n), kind, expires, value
         FROM numbers, (SELECT * FROM items WHERE key LIKE 'key/%' LIMIT 1)",
        "INSERT INTO items SELECT account, printf('account/acct_%022d', n), kind, expires, value
         FROM numbers, (SELECT * FROM items WHERE account = 'operator' AND key LIKE 'account/%' LIMIT 1)
         WHERE n < ?1 / ?2",
        "INSERT INTO kv SELECT printf('key/key_%022d', n), value, expires
         FROM numbers, (SELECT * FROM kv WHERE key LIKE 'key/%' LIMIT 1) WHERE ?2 > 0",
    ];
    let transaction = database.unchecked_transaction().expect("a transaction");
    for (sql, least) in rows
        .into_iter()
        .zip([ACCOUNTS * KEYS, ACCOUNTS, ACCOUNTS * KEYS])
    {
        let written = transaction
            .execute(&format!("{numbers} {sql}"), (ACCOUNTS * KEYS, KEYS))
            .expect("they are written");
        assert_eq!(written, least as usize);
    }
    transaction.commit().expect("they are there");
}

/// Ends the server as its operator does, so that the database has everything.
async fn end(server: Server) {
    server.terminate();
    assert_eq!(server.wait().await, 0);
}

/// The bytes that a process has read from files so far.
fn bytes_read(process: u32) -> u64 {
    let counters = std::fs::read_to_string(format!("/proc/{process}/io")).expect("its counters");
    let read = counters
        .lines()
        .find_map(|line| line.strip_prefix("rchar: "));
    read.expect("what it read").parse().expect("a number")
}

#[tokio::test]
async fn a_start_reads_no_more_where_there_are_many_accounts_and_keys() {
    if !here() || !cfg!(target_os = "linux") {
        return;
    }
    let data = folder();
    let first = on("few", data.path()).await;
    let owner = account(&first).await;
    end(first).await;
    let few = on("few", data.path()).await;
    let before = bytes_read(few.id());
    end(few).await;

    multiply(data.path());
    let size = std::fs::metadata(data.path().join("openclaw.db"))
        .expect("it is there")
        .len();
    assert!(size > 50 << 20, "{size} bytes");
    let many = on("many", data.path()).await;
    let read = bytes_read(many.id());
    // A search for what has expired, a minute after a start, reads 5 MB.
    assert!(
        read < before + (10 << 20),
        "{read} bytes of {size}, {before} with one account"
    );
    let client = Client::new(&many.base_url).with(&owner.key.secret);
    client.get("/v1/models").await.ok();
}
