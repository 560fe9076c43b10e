//! What the verbs need beside Rust, fetched once into the cache.

use crate::{
    Runtime,
    clients::Clients,
    lambda,
    model::{self, Model},
    steps::Steps,
    workers,
};
use anyhow::Result;
use clap::Args;

/// Options of `setup`.
#[derive(Args)]
pub(crate) struct Options {
    /// Where the gateway is to run.
    #[arg(default_value = "native")]
    runtime: Runtime,
}

/// What one runtime needs.
pub(crate) fn run(options: &Options) -> Result<()> {
    everything()?;
    match options.runtime {
        Runtime::Native => Ok(()),
        Runtime::Workers => workers::Tools::install().map(drop),
        Runtime::Lambda => lambda::Tools::install().map(drop),
    }
}

/// What every runtime needs, in steps: the model, and the clients of the conformance suite.
pub(crate) fn everything() -> Result<(Model, Clients)> {
    let mut steps = Steps::new(6);
    let model = steps.step(&model::step()?, model::fetch)?;
    Ok((model, Clients::install(&mut steps)?))
}
