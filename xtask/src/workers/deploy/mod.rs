//! `cargo xtask deploy workers`: from the checkout to a public address, in one command that can be
//! run again. What is there is left, what is missing is made, what changed is replaced.

mod document;
mod files;
mod rehearsal;
mod secrets;
mod steps;
mod wrangler;

pub(crate) use document::{Document, KEY};
pub(crate) use files::Files;
#[cfg(test)]
pub(crate) use files::own as own_file;
pub(crate) use rehearsal::rehearse;
pub(crate) use secrets::Secrets;
pub(crate) use wrangler::wrangler;

use super::{DEPLOYED, Source, Tools, build, size};
use crate::http;
use anyhow::{Context, Result};
use clap::{Args, ValueEnum};
use std::{
    path::PathBuf,
    time::{Duration, Instant},
};
use steps::{Deployment, plan};

/// How long a new address may take to answer: names and certificates have to spread.
const HEALTHY_WITHIN: Duration = Duration::from_secs(180);

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

/// An environment of the wrangler.toml files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Environment {
    /// For trying out.
    Dev,
    /// What callers use.
    Production,
}

impl Environment {
    /// As wrangler.toml calls it.
    const fn name(self) -> &'static str {
        match self {
            Self::Dev => "dev",
            Self::Production => "production",
        }
    }
}

/// Does all of it and prints what to do with it.
pub(crate) fn run(options: &Options) -> Result<()> {
    if options.rehearse {
        return rehearse(&Tools::ready()?);
    }
    let document = options.config.as_deref().map(Document::read).transpose()?;
    let files = Files::new(options.env, options.domain.as_deref())?;
    let secrets = Secrets::new(options.secrets.clone(), options.env, document.as_ref())?;
    eprintln!("{}", plan(&files, &secrets, document.as_ref()));
    let tools = Tools::install(Source::Auto)?;
    let deployment = Deployment {
        tools: &tools,
        files: &files,
        secrets: &secrets,
        document: document.as_ref(),
        account: vec![],
    };
    let sizes = build::build(&tools, &DEPLOYED)?;
    size::check(&sizes)?;
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

/// The names of the gateway's own secrets.
#[cfg(test)]
pub(crate) fn secret_names() -> [&'static str; 3] {
    secrets::OWN.map(|(name, _)| name)
}

/// Waits until `address` answers as a gateway does.
fn healthy(address: &str) -> Result<()> {
    let (url, since) = (format!("{address}/v1/health"), Instant::now());
    loop {
        match http::get(&url, None) {
            Ok(_) => return Ok(()),
            Err(error) if since.elapsed() > HEALTHY_WITHIN => {
                return Err(error).context("deployed, but it does not answer yet");
            }
            Err(_) => crate::process::pause_for(Duration::from_secs(2))?,
        }
    }
}

fn next(address: &str, secrets: &Secrets) -> String {
    let file = secrets.file().display();
    format!(
        r#"{address} answers. An account, a key for it (shown this once), a first chat:

  export OPENCLAW_BASE_URL={address}
  . {file}   # the operator's token, if it was generated here; keep this file
  curl "$OPENCLAW_BASE_URL/v1/accounts" -H "Authorization: Bearer $OPENCLAW_ADMIN_TOKEN" \
    -H "Content-Type: application/json" -d '{{"name": "me", "tier": "pro"}}'
  curl "$OPENCLAW_BASE_URL/v1/keys" -H "Authorization: Bearer $OPENCLAW_ADMIN_TOKEN" \
    -H "Content-Type: application/json" -d '{{"account": "acct_…", "name": "first"}}'
  curl "$OPENCLAW_BASE_URL/v1/chat/completions" -H "Authorization: Bearer oc_live_…" \
    -H "Content-Type: application/json" \
    -d '{{"model": "…", "messages": [{{"role": "user", "content": "Hello!"}}]}}'"#
    )
}
