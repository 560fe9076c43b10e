//! Configurations and secrets that are too weak to start with.

use super::here;
use openclaw_conformance::harness::{Options, Server};

async fn reason(options: Options) -> String {
    let output = Server::refused(options).await;
    assert!(!output.status.success(), "{output:?}");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[tokio::test]
async fn an_operators_token_that_can_be_guessed_is_refused() {
    if !here() {
        return;
    }
    let options = Options {
        variables: vec![("OPENCLAW_ADMIN_TOKEN", "x".repeat(31))],
        ..Options::default()
    };
    let reason = reason(options).await;
    assert!(reason.contains("OPENCLAW_ADMIN_TOKEN"), "{reason}");
    assert!(reason.contains("32"), "{reason}");
}

#[tokio::test]
async fn keys_of_providers_do_not_cross_the_internet_in_the_clear() {
    if !here() {
        return;
    }
    let provider = "[[providers]]\nid = \"p\"\nbase_url = \"http://api.example.com/v1\"\n";
    let options = Options {
        config: Some(provider.into()),
        ..Options::default()
    };
    let reason = reason(options).await;
    assert!(reason.contains("providers[0].base_url"), "{reason}");
    let options = Options {
        config: Some(format!("{provider}allow_http = true\n")),
        ..Options::default()
    };
    Server::start("in-the-clear", options)
        .await
        .expect("it starts");
}

#[tokio::test]
async fn lists_and_texts_of_the_configuration_are_bounded() {
    if !here() {
        return;
    }
    let config = format!("[cors]\norigins = [\"{}\"]\n", "x".repeat(300));
    let options = Options {
        config: Some(config),
        ..Options::default()
    };
    let reason = reason(options).await;
    assert!(reason.contains("cors.origins[0]"), "{reason}");
    assert!(reason.contains("256 characters"), "{reason}");
}
