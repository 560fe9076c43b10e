//! Connections of an account at once.

use super::words;
use crate::own_server::operator;
use openclaw_conformance::harness::{
    Account, Failure, Mock, Options, Server, Socket, eventually, hello,
};
use serde_json::json;

/// For 3 connections on the free tier, 5 on pro.
pub(super) fn few_connections() -> Options {
    let upstream = Mock::get().url();
    let config = format!(
        "[limits]\nfree = 1000\n\n[limits.connections]\nfree = 3\npro = 5\n\n\
         [[providers]]\nid = \"mock\"\nbase_url = \"{upstream}/v1\"\n\n\
         [[models]]\nid = \"gpt-4\"\ncontext_length = 8192\n\
         targets = [{{ provider = \"mock\", model = \"m\" }}]\n"
    );
    Options {
        config: Some(config),
        ..Options::default()
    }
}

async fn few() -> Server {
    Server::start("connections", few_connections())
        .await
        .expect("it starts")
}

pub(super) async fn account_of(server: &Server, tier: &str) -> Account {
    Account::on(&operator(server), json!({"tier": tier}), json!({})).await
}

pub(super) async fn open(account: &Account, count: usize) -> Vec<Socket> {
    let mut sockets = Vec::new();
    for _ in 0..count {
        sockets.push(account.client.socket().await);
    }
    sockets
}

/// One more is refused, by frame and at the handshake.
pub(super) async fn is_full(account: &Account) {
    let mut socket = account.client.dial().open().await;
    socket
        .send(&json!({"type": "auth", "token": account.key.secret}))
        .await;
    let refusal = socket.expects("error").await;
    Failure::of(&refusal["error"], "rate_limit_exceeded");
    socket.is_closed_with(4429).await;
    let query = format!("?api_key={}", account.key.secret);
    let dial = account.client.dial().query(&query);
    dial.is_refused("rate_limit_exceeded").await;
}

/// Whether there is room for one more, soon.
pub(super) async fn has_room(account: &Account) -> Socket {
    let room = eventually(async || {
        let mut socket = account.client.dial().open().await;
        socket
            .send(&json!({"type": "auth", "token": account.key.secret}))
            .await;
        let answer = socket.frame().await;
        (answer["type"] == "auth_ok").then(|| {
            socket.session = answer["session"].as_str().unwrap().into();
            socket
        })
    });
    room.await.expect("room")
}

#[tokio::test]
async fn only_so_many_are_open_by_tier() {
    let server = few().await;
    for (tier, limit) in [("free", 3), ("pro", 5)] {
        let account = account_of(&server, tier).await;
        let mut sockets = open(&account, limit).await;
        is_full(&account).await;
        // Those that are open are not bothered.
        for socket in &mut sockets {
            socket.chat("a", &hello("gpt-4")).await;
            assert_eq!(socket.told().await.last()["type"], "chat_complete");
        }
    }
}

#[tokio::test]
async fn keys_of_an_account_share_them_and_accounts_do_not() {
    let server = few().await;
    let (account, other) = (
        account_of(&server, "free").await,
        account_of(&server, "free").await,
    );
    let key = account.another_key(json!({})).await;
    let _sockets = open(&account, 2).await;
    let _third = account.client_with(&key.secret).socket().await;
    is_full(&account).await;
    let _theirs = open(&other, 3).await;
}

#[tokio::test]
async fn one_that_leaves_makes_room() {
    let server = few().await;
    let account = account_of(&server, "free").await;
    let mut sockets = open(&account, 3).await;
    sockets.pop().expect("three").leave(1000).await;
    sockets.push(has_room(&account).await);
    sockets.pop().expect("three").cut();
    sockets.push(has_room(&account).await);
    is_full(&account).await;
}

#[tokio::test]
async fn racing_for_them_exactly_so_many_win() {
    let server = few().await;
    let account = account_of(&server, "free").await;
    let racing = (0..12).map(|_| async {
        let mut socket = account.client.dial().open().await;
        socket
            .send(&json!({"type": "auth", "token": account.key.secret}))
            .await;
        let answer = socket.frame().await;
        (answer["type"] == "auth_ok", socket)
    });
    let all = futures_util::future::join_all(racing).await;
    assert_eq!(all.iter().filter(|(won, _)| *won).count(), 3);
}

#[tokio::test]
async fn a_resumed_session_takes_one_place_only() {
    let server = few().await;
    let account = account_of(&server, "free").await;
    let mut sockets = open(&account, 2).await;
    let mut first = sockets.pop().expect("two");
    first
        .chat("a", &super::streaming("gpt-4", &words(3, 0)))
        .await;
    first.told().await;
    for _ in 0..3 {
        let (session, last_seq) = (first.session.clone(), first.last_seq);
        first.cut();
        let mut next = has_room(&account).await;
        assert_eq!(next.resume(&session, last_seq).await["resumed"], true);
        first = next;
    }
    sockets.push(has_room(&account).await);
    is_full(&account).await;
}

#[tokio::test]
async fn a_connection_without_auth_takes_none() {
    let server = few().await;
    let account = account_of(&server, "free").await;
    let mut strangers = Vec::new();
    for _ in 0..5 {
        strangers.push(account.client.dial().open().await);
    }
    let _sockets = open(&account, 3).await;
    is_full(&account).await;
}
