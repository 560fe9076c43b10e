//! The configuration of a gateway under test.

use super::{mock::Mock, receiver::Receiver, server::Options};
use serde_json::Value;

/// What the options say, else `config.toml` with the upstream's address in it.
pub(super) fn document(options: &Options) -> String {
    let suite = || {
        let (upstream, receiver) = (Mock::get(), Receiver::get());
        include_str!("config.toml")
            .replace("RECEIVER_TLS_ADDRESS", &receiver.tls_address().to_string())
            .replace("RECEIVER_ADDRESS", &receiver.address().to_string())
            .replace("UPSTREAM_ADDRESS", &upstream.address().to_string())
            .replace("UPSTREAM", &upstream.url())
    };
    options.config.clone().unwrap_or_else(suite)
}

/// The configuration as a hosted gateway has it in its key-value store.
pub(super) fn json(document: &str) -> Value {
    toml::from_str(document).expect("TOML that JSON can say")
}
