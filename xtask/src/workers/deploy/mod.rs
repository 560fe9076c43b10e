//! `cargo xtask deploy workers`: from the checkout to a public address, in one command that can be
//! run again. What is there is left, what is missing is made, what changed is replaced.

mod files;
mod rehearsal;
mod steps;
mod wrangler;

pub(crate) use files::Files;
pub(crate) use rehearsal::rehearse;
pub(crate) use wrangler::wrangler;

use super::{DEPLOYED, Profile, Tools, build, size};
use crate::{
    dashboard,
    deploy::{Document, Environment, Secrets, healthy, next},
};
use anyhow::Result;
use clap::Args;
use std::path::PathBuf;
use steps::{Deployment, plan};

/// Options of `deploy`.
#[derive(Args)]
pub(crate) struct Options {
    /// Which of the environments in the wrangler.toml files; without: the one at workers.dev.
    #[arg(long, value_enum)]
    env: Option<Environment>,
    /// The gateway's host name in place of the environment's, in a zone of the account; or
    /// `workers.dev` for a name there.
    #[arg(long, value_name = "HOST")]
    domain: Option<String>,
    /// The gateway's configuration; without, what is deployed stays.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Where generated secrets are kept, mode 0600 [default: .secrets/openclaw[-ENV].env].
    #[arg(long, value_name = "FILE")]
    secrets: Option<PathBuf>,
    /// Says what would be done and has wrangler try it, without an account.
    #[arg(long)]
    dry_run: bool,
    /// Deploys to a double of Cloudflare's API on this machine, twice, and compares.
    #[arg(long, conflicts_with_all = ["env", "domain", "config", "secrets", "dry_run"])]
    rehearse: bool,
}

/// Does all of it and prints what to do with it.
pub(crate) fn run(options: &Options) -> Result<()> {
    dashboard::build()?;
    if options.rehearse {
        return rehearse(&Tools::install()?);
    }
    let document = options.config.as_deref().map(Document::read).transpose()?;
    let files = Files::new(options.env, options.domain.as_deref())?;
    let secrets = Secrets::new(options.secrets.clone(), options.env, document.as_ref())?;
    eprintln!("{}", plan(&files, &secrets, document.as_ref()));
    let tools = Tools::install()?;
    let deployment = Deployment {
        tools: &tools,
        files: &files,
        secrets: &secrets,
        document: document.as_ref(),
        account: vec![],
    };
    let sizes = build::build(&tools, &DEPLOYED, Profile::Release)?;
    size::check_deployable(&sizes)?;
    if let Some(document) = &document {
        document.check()?;
    }
    if options.dry_run {
        return deployment.try_out();
    }
    let address = deployment.carry_out(&healthy)?;
    println!("{}", next(&address, &secrets));
    Ok(())
}
