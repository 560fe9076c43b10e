//! The README's WebSocket clients, as printed there but for the address.

use super::{file, story};
use crate::own_server::account;
use openclaw_conformance::harness::{Account, Mock, Options, Server, browser, python, run, ws_url};

/// The address that it prints.
const PRINTED: &str = "ws://127.0.0.1:3000/v1/ws";

/// Its block of this language that is about the WebSocket, at another gateway.
fn printed(language: &str, server: &Server) -> String {
    let readme = include_str!("../../../../README.md");
    let blocks = readme.split("\n```").filter_map(|block| {
        let (of, text) = block.split_once('\n')?;
        (of == language && text.contains(PRINTED)).then_some(text)
    });
    let blocks: Vec<&str> = blocks.collect();
    let [block] = blocks[..] else {
        panic!("{} blocks of {language} with {PRINTED}", blocks.len());
    };
    let lines = block.lines().filter(|line| !line.trim().is_empty()).count();
    assert!(lines <= 11, "{lines} lines");
    block.replace(PRINTED, &ws_url(&server.base_url))
}

/// A gateway that has the README's model.
async fn gateway() -> (Server, Account) {
    let upstream = Mock::get().url();
    let config = format!(
        "[[providers]]\nid = \"mock\"\nbase_url = \"{upstream}/v1\"\napi_key_env = \"MOCK_OPENAI_KEY\"\n\n\
         [[models]]\nid = \"gemma-3-270m\"\ncontext_length = 8192\n\
         targets = [{{ provider = \"mock\", model = \"m\" }}]\n"
    );
    let options = Options {
        config: Some(config),
        ..Options::default()
    };
    let server = Server::start("readme", options).await.expect("it starts");
    let account = account(&server).await;
    (server, account)
}

#[tokio::test]
async fn the_browsers_chats() {
    let (server, account) = gateway().await;
    let (_folder, page) = file("chat.html", &printed("html", &server));
    let until = story();
    let command = browser(&page, until.trim_end());
    let said = run(command, "sdk/node/browser.cjs", &account.key.secret).await;
    assert_eq!(said.trim(), until.trim_end());
}

#[tokio::test]
async fn pythons_chats() {
    let (server, account) = gateway().await;
    let (_folder, script) = file("chat.py", &printed("python", &server));
    let script = script.to_str().expect("a path");
    let said = run(python(), script, &account.key.secret).await;
    assert_eq!(said, story());
}
