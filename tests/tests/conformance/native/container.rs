//! What the pages about self-hosting promise: a health check, and an image that a linter finds nothing in.

use super::here;
use crate::own_server::{folder, on};
use openclaw_conformance::harness::{binary, python};
use std::path::{Path, PathBuf};
use tokio::process::Command;

#[tokio::test]
async fn health_says_by_its_exit_status_whether_a_server_is_ready() {
    if !here() {
        return;
    }
    let data = folder();
    let server = on("health", data.path()).await;
    let port = server.base_url.rsplit(':').next().unwrap().to_owned();
    let health = async || {
        let mut command = Command::new(binary().expect("the binary"));
        command.args(["health", "--port", &port]);
        let output = command.current_dir(data.path()).output().await;
        output.expect("it starts")
    };
    assert!(health().await.status.success());
    drop(server);
    let gone = health().await;
    assert!(!gone.status.success());
    let said = String::from_utf8_lossy(&gone.stderr).into_owned();
    assert!(said.contains("does not answer"), "{said}");
}

/// What hadolint says of a Dockerfile, and whether it takes it.
async fn lint(file: &Path) -> (bool, String) {
    let python = python();
    let folder = Path::new(python.as_std().get_program())
        .parent()
        .expect("a folder");
    let output = Command::new(folder.join("hadolint"))
        .arg(file)
        .output()
        .await;
    let output = output.expect("hadolint starts");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    (output.status.success(), said)
}

#[tokio::test]
async fn the_linter_finds_nothing_in_the_dockerfile_and_would_find_something() {
    if !here() {
        return;
    }
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../Dockerfile");
    let (is_taken, said) = lint(&file).await;
    assert!(is_taken, "{said}");
    let text = std::fs::read_to_string(&file).unwrap();
    let last = text.rsplit("\nFROM ").next().unwrap();
    assert!(last.contains("\nUSER 65532:65532\n") && last.contains("\nHEALTHCHECK "));
    let folder = tempfile::tempdir().unwrap();
    let wrong: PathBuf = folder.path().join("Dockerfile");
    std::fs::write(&wrong, text.replace("WORKDIR /data", "WORKDIR data")).unwrap();
    let (is_taken, said) = lint(&wrong).await;
    assert!(!is_taken && said.contains("DL3000"), "{said}");
}
