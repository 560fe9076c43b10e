//! The configuration of the suite's gateway.

/// `config.toml` with the upstream's address in it.
pub(super) fn suite(upstream: &str) -> String {
    include_str!("config.toml").replace("UPSTREAM", upstream)
}
