//! The configuration of a gateway under test.

use super::{mock::Mock, server::Options};

/// What the options say, else `config.toml` with the upstream's address in it.
pub(super) fn document(options: &Options) -> String {
    let suite = || include_str!("config.toml").replace("UPSTREAM", &Mock::get().url());
    options.config.clone().unwrap_or_else(suite)
}
