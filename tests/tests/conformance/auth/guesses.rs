//! Whoever guesses credentials is slowed.

use crate::own_server::{account, operator, patient_config};
use openclaw_conformance::harness::{
    Client, JWT_SECRETS, Options, Reply, Server, Target, minute_with,
};
use reqwest::RequestBuilder;
use serde_json::json;

/// From another address than the cases' own, where a platform in front of the gateway says so.
fn elsewhere(request: RequestBuilder, address: &str) -> RequestBuilder {
    request
        .header("cf-connecting-ip", address)
        .header("x-forwarded-for", address)
}

async fn guess(server: &Server, credential: &str, address: &str) -> Reply {
    let client = Client::new(&server.base_url).operator(credential);
    let request = client.request("GET", "/v1/accounts");
    client.send(elsewhere(request, address)).await
}

fn is_slowed(reply: &Reply) {
    reply.fails("rate_limit_exceeded");
    let seconds = reply.header("retry-after").map(str::parse::<u64>);
    let seconds = seconds.expect("when to come back").expect("seconds");
    assert!((1..=60).contains(&seconds), "{seconds}");
    assert_eq!(reply.header("x-should-retry"), Some("true"));
}

#[tokio::test]
async fn twenty_failures_a_minute_and_the_address_waits() {
    let options = Options {
        config: Some(patient_config()),
        // Each copy of a function counts by itself.
        copies: Some(1),
        ..Options::default()
    };
    let server = Server::start("guesses", options).await.expect("it starts");
    let account = account(&server).await;
    account.client.get("/v1/models").await.ok();
    minute_with(30).await;
    let wrong = |number: usize| format!("a-guess-at-the-operators-token-{number:05}");
    for number in 0..20 {
        guess(&server, &wrong(number), "192.0.2.7")
            .await
            .fails("unauthorized");
    }
    is_slowed(&guess(&server, &wrong(20), "192.0.2.7").await);
    // Keys and tokens are guessed no quicker, at no endpoint.
    let key = account.key.secret.replace("oc_live_", "oc_test_");
    is_slowed(&guess(&server, &key, "192.0.2.7").await);
    is_slowed(&guess(&server, JWT_SECRETS[0].1, "192.0.2.7").await);
    let anonymous = Client::new(&server.base_url);
    let request = anonymous.request("POST", "/v1/auth/token");
    let request = elsewhere(request, "192.0.2.7").json(&json!({"api_key": key}));
    if Target::chosen() == Target::Native {
        // Elsewhere each function is a process or isolate of its own, and counts by itself.
        is_slowed(&anonymous.send(request).await);
    }
    // Who has shown that it holds a credential goes on.
    account.client.get("/v1/models").await.ok();
    operator(&server).get("/v1/accounts").await.ok();
}

#[tokio::test]
async fn only_a_trusted_proxy_says_who_the_client_is() {
    if !Target::Native.is_chosen_or_skips("platforms know their clients' addresses") {
        return;
    }
    for (trusted, apart) in [("127.0.0.0/8", true), ("10.0.0.0/8", false)] {
        let options = Options {
            config: Some(patient_config()),
            listener: Some(format!("trusted_proxies = [\"{trusted}\"]\n")),
            ..Options::default()
        };
        let server = Server::start("proxied", options).await.expect("it starts");
        minute_with(30).await;
        for _ in 0..20 {
            guess(&server, "wrong", "198.51.100.1")
                .await
                .fails("unauthorized");
        }
        is_slowed(&guess(&server, "wrong", "198.51.100.1").await);
        let other = guess(&server, "wrong", "198.51.100.2").await;
        match apart {
            true => drop(other.fails("unauthorized")),
            false => is_slowed(&other),
        }
    }
}
