//! `cargo xtask bench`.
use anyhow::Result;
use clap::Args;
/// Options of `bench`.
#[derive(Args)]
pub(crate) struct Options {}
/// Runs it.
pub(crate) fn run(_options: &Options) -> Result<()> {
    Ok(())
}
