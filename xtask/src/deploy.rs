//! What deployments have in common, wherever they go: environments, secrets, the configuration, and
//! how they tell what they do.

mod document;
mod secrets;

pub(crate) use document::{Document, KEY};
pub(crate) use secrets::{ADMIN_TOKEN, JWT_SECRETS, KEY_PEPPER, MASTER_KEY, OWN, Secrets, Values};

use crate::{http, process, steps::Steps};
use anyhow::{Context, Result};
use clap::ValueEnum;
use std::time::{Duration, Instant};

/// How long a new address may take to answer: names and certificates have to spread.
const HEALTHY_WITHIN: Duration = Duration::from_secs(180);

/// An environment that can be deployed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Environment {
    /// For trying out.
    Dev,
    /// What callers use.
    Production,
}

impl Environment {
    /// As wrangler.toml and samconfig.toml call it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Dev => "dev",
            Self::Production => "production",
        }
    }
}

/// The steps of a deployment, for people.
pub(crate) fn plan(steps: &[String]) -> String {
    let numbered = steps.iter().enumerate();
    let numbered = numbered.map(|(at, line)| format!("  {}. {line}", at + 1));
    format!("This will\n{}", Vec::from_iter(numbered).join("\n"))
}

/// Waits until `address` answers as a gateway does.
pub(crate) fn healthy(address: &str) -> Result<()> {
    let (url, since) = (format!("{address}/v1/health"), Instant::now());
    loop {
        match http::get(&url, None) {
            Ok(_) => return Ok(()),
            Err(error) if since.elapsed() > HEALTHY_WITHIN => {
                return Err(error).context("deployed, but it does not answer yet");
            }
            Err(_) => process::pause_for(Duration::from_secs(2))?,
        }
    }
}

/// What to do with it.
pub(crate) fn next(address: &str, secrets: &Secrets) -> String {
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

/// Steps whose failure tells what is done by then.
pub(crate) struct Progress {
    steps: Steps,
    done: Vec<String>,
}

impl Progress {
    /// `of` steps are to come.
    pub(crate) const fn new(of: usize) -> Self {
        Self {
            steps: Steps::new(of),
            done: vec![],
        }
    }

    /// Names the next step and does it.
    pub(crate) fn step<T>(&mut self, what: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
        let worked = self.steps.step(what, work).with_context(|| {
            let done = match self.done.is_empty() {
                true => "nothing".into(),
                false => self.done.join(", "),
            };
            format!("{what} failed. Done: {done}. Put right what follows and run the same again")
        })?;
        self.done.push(what.into());
        Ok(worked)
    }
}
