//! Several copies of one function, and one that is killed.

use super::here;
use crate::{own_server::operator, webhooks::Endpoint};
use futures_util::future::join_all;
use openclaw_conformance::{
    harness::{
        Account, Options, Receiver, Server, Taken, chat, eventually_within, hello, minute_with,
    },
    upstream::Script,
};
use serde_json::json;
use std::time::Duration;

/// A lease is over after 45 s; the report settles what it finds then.
const SETTLED: Duration = Duration::from_secs(60);

#[tokio::test]
async fn of_200_requests_racing_over_4_copies_exactly_100_succeed() {
    if !here() {
        return;
    }
    let options = Options {
        copies: Some(4),
        ..Options::default()
    };
    let server = Server::start("four", options).await.expect("it starts");
    let account = Account::on(&operator(&server), json!({"tier": "free"}), json!({})).await;
    minute_with(25).await;
    let body = hello("gpt-4");
    let replies = join_all((0..200).map(|_| account.client.chat(&body))).await;
    let with = |status| {
        replies
            .iter()
            .filter(|reply| reply.status == status)
            .count()
    };
    assert_eq!((with(200), with(429)), (100, 100));
}

#[tokio::test]
async fn a_copy_that_is_killed_midstream_has_its_request_settled_within_a_minute() {
    if !here() {
        return;
    }
    let server = Server::start("killed", Options::default()).await;
    let server = server.expect("it starts");
    let fields = json!({"tier": "enterprise", "rate_limit": 100_000});
    let account = Account::on(&operator(&server), fields, json!({})).await;
    let endless = Script {
        chunks: Some(1000),
        chunk_delay_ms: 50,
        ..Script::default()
    };
    let mut stream = account.client.open_openai(&chat("gpt-4", &endless)).await;
    stream.read_some(3).await;
    assert_eq!(server.kill_busy("chat").await, 1);
    drop(stream);
    // The gateway goes on.
    account.client.chat(&hello("gpt-4")).await.ok();
    let settled = eventually_within(SETTLED, async || {
        let usage = account
            .client
            .get("/v1/analytics/usage?period=24h")
            .await
            .ok();
        (usage["total_requests"] == 2).then_some(usage)
    });
    let usage = settled.await.expect("it is settled");
    assert_eq!(
        (&usage["interrupted"], &usage["errors"]),
        (&json!(1), &json!(0))
    );
}

/// Lambda begins the invocation again after a minute; by then the claim has ended.
const BEGUN_AGAIN: Duration = Duration::from_secs(90);

#[tokio::test]
async fn a_job_whose_copy_is_killed_is_done_by_another() {
    if !here() {
        return;
    }
    let server = Server::start("killed-job", Options::default()).await;
    let server = server.expect("it starts");
    let account = Account::on(&operator(&server), json!({"tier": "pro"}), json!({})).await;
    let endpoint = Endpoint::new(&account, &["*"]).await;
    Receiver::get().script(&endpoint.tag, [Taken::Never, Taken::Status(200)]);
    account.client.chat(&hello("gpt-4")).await.ok();
    let soon = Duration::from_secs(20);
    Receiver::get().wait(&endpoint.tag, 1, soon).await;
    assert_eq!(server.kill_busy("webhooks").await, 1);
    let received = Receiver::get().wait(&endpoint.tag, 2, BEGUN_AGAIN).await;
    let id = |at: usize| received[at].header("webhook-id").to_owned();
    assert_eq!(id(0), id(1));
    let list = eventually_within(soon, async || {
        let list = account.client.get(&endpoint.path("/deliveries")).await.ok();
        (list["data"][0]["status"] == "delivered").then_some(list)
    });
    let list = list.await.expect("it is delivered");
    // The one that was cut off counts.
    assert_eq!(list["data"][0]["attempts"], 2, "{list}");
}
