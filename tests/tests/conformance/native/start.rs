//! Starting, and refusing to.

use super::{folder, here, on};
use openclaw_conformance::harness::{Native, Options};
use std::{
    net::TcpListener,
    os::unix::fs::PermissionsExt,
    process::Output,
    time::{Duration, Instant},
};

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
    let reason = reason(&Native::refused(options).await);
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
    let reason = reason(&Native::refused(options).await);
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
        let reason = reason(&Native::refused(options).await);
        assert!(reason.contains("openclaw.toml"), "{reason}");
        assert!(reason.contains(key) && reason.contains(why), "{reason}");
        // `[server]` takes the first lines of the file.
        let line = if config.starts_with("[[") { 8 } else { 6 };
        assert!(reason.contains(&line.to_string()), "line {line}: {reason}");
    }
}

#[tokio::test]
async fn secrets_in_the_folder_are_its_owners() {
    if !here() {
        return;
    }
    let data = folder();
    let server = on("modes", data.path()).await;
    super::account(&server).await;
    for entry in std::fs::read_dir(data.path()).expect("the folder") {
        let entry = entry.expect("an entry");
        let mode = entry.metadata().expect("a file").permissions().mode() & 0o777;
        assert_eq!(mode & 0o077, 0, "{:?} has mode {mode:o}", entry.path());
    }
}

#[tokio::test]
async fn no_secret_is_logged() {
    if !here() {
        return;
    }
    let data = folder();
    let server = on("log", data.path()).await;
    let account = super::account(&server).await;
    let key = &account.key.secret;
    account
        .client
        .get(&format!("/v1/models?api_key={key}"))
        .await
        .ok();
    account.client.unlimited().get("/v1/nothing").await;
    account
        .client
        .chat(&openclaw_conformance::harness::hello("down"))
        .await;
    let log = server.log();
    assert!(!log.is_empty(), "it says something");
    for secret in [
        key.as_str(),
        openclaw_conformance::harness::OPENAI_KEY,
        "api_key=",
    ] {
        assert!(!log.contains(secret), "{secret} is in the log");
    }
}

#[tokio::test]
async fn it_is_ready_soon() {
    if !here() {
        return;
    }
    let data = folder();
    let started = Instant::now();
    on("soon", data.path()).await;
    // The bar is 0.2 s of a release build on an idle machine (`cargo xtask bench`); this only
    // finds what would be felt.
    assert!(
        started.elapsed() < Duration::from_secs(5),
        "{:?}",
        started.elapsed()
    );
}
