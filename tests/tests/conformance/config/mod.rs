//! The configuration at run time: providers and models by API, versions, the audit log.

mod audit;
mod jobs;
mod providers;
mod versions;

use openclaw_conformance::harness::{
    ADMIN_TOKEN, Client, Mock, OPENAI_KEY, Options, Server, eventually_within,
};
use serde_json::{Value, json};
use std::time::Duration;

/// Every process knows a change within this time.
const SEEN: Duration = Duration::from_secs(60);

/// A gateway of its own, whose file has limits and nothing else.
async fn empty() -> (Server, Client) {
    let options = Options {
        config: Some("[limits]\nfree = 1000\n".into()),
        ..Options::default()
    };
    let server = Server::start("config", options).await.expect("a gateway");
    let operator = Client::new(&server.base_url).operator(ADMIN_TOKEN);
    (server, operator)
}

/// Waits until every process must have seen what was changed.
async fn seen(holds: impl AsyncFn() -> bool) {
    let held = eventually_within(SEEN, async || holds().await.then_some(()));
    held.await.expect("seen within 60 s");
}

/// The provider `late`, which the file does not have: the suite's upstream.
fn late() -> Value {
    json!({"id": "late", "base_url": format!("{}/v1", Mock::get().url()), "api_key": OPENAI_KEY})
}
