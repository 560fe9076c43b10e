//! Cases that need a gateway of their own: to be killed, or to be looked into its log.

mod audit;
mod crash;
mod log;
mod long;

use openclaw_conformance::harness::{ADMIN_TOKEN, Account, Client, Mock, Options, Server};
use serde_json::{Value, json};
use std::path::Path;
use tempfile::TempDir;

/// A data folder.
pub(crate) fn folder() -> TempDir {
    TempDir::with_prefix("openclaw-conformance-").expect("a folder")
}

/// A gateway on this data folder.
pub(crate) async fn on(name: &str, data: &Path) -> Server {
    let options = Options {
        data: Some(data.into()),
        ..Options::default()
    };
    Server::start(name, options).await.expect("it starts")
}

/// A configuration that waits for its providers, with one model, `patient`.
pub(crate) fn patient_config() -> String {
    let upstream = Mock::get().url();
    format!(
        "[routing]\nfirst_byte_timeout_ms = 90000\nfirst_token_timeout_ms = 90000\nidle_timeout_ms = 90000\n\n\
         [[providers]]\nid = \"mock\"\nbase_url = \"{upstream}/v1\"\napi_key_env = \"MOCK_OPENAI_KEY\"\n\n\
         [[models]]\nid = \"patient\"\ncontext_length = 8192\n\
         targets = [{{ provider = \"mock\", model = \"patient\" }}]\n"
    )
}

/// A gateway with it.
pub(crate) async fn patient() -> Server {
    let options = Options {
        config: Some(patient_config()),
        ..Options::default()
    };
    Server::start("patient", options).await.expect("it starts")
}

/// A client of the gateway's operator.
pub(crate) fn operator(server: &Server) -> Client {
    Client::new(&server.base_url).operator(ADMIN_TOKEN)
}

/// An account that no limit bothers.
pub(crate) async fn account(server: &Server) -> Account {
    let fields = json!({"tier": "enterprise", "rate_limit": 1_000_000});
    Account::on(&operator(server), fields, json!({})).await
}

/// Usage as it is seen on a gateway that was started anew.
pub(crate) async fn usage_on(server: &Server, account: &Account) -> Value {
    let client = Client::new(&server.base_url).with(&account.key.secret);
    client.get("/v1/analytics/usage?period=24h").await.ok()
}
