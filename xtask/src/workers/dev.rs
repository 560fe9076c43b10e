//! All Workers on this machine, under one `wrangler dev`.

use super::{
    DEPLOYED, Tools, Worker,
    deploy::{Files, wrangler},
};
use crate::{
    deploy::{ADMIN_TOKEN, Document, KEY, Secrets},
    gateway::{Local, write_private},
    http,
    process::{self, Service},
};
use anyhow::{Context, Result, bail};
use std::{
    env,
    fmt::Write,
    path::{Path, PathBuf},
    time::Duration,
};

/// What a Worker logs whose configuration or secrets are wrong.
const NOT_CONFIGURED: &str = "this function is not configured";

/// The Workers on loopback.
pub(crate) struct Dev {
    /// What runs them.
    pub(crate) tools: Tools,
    /// Where the gateway listens.
    pub(crate) port: u16,
    /// Their KV and Durable Objects.
    pub(crate) state: PathBuf,
    /// A folder for what we keep beside: the files and secrets in use, and our key.
    pub(crate) own: PathBuf,
}

impl Dev {
    /// The gateway's own secrets, made once, and the providers' keys that our environment has.
    fn variables(&self, document: Option<&Document>) -> Result<Vec<(String, String)>> {
        let secrets = Secrets::new(Some(self.secrets()), None, document)?;
        let mut variables = Vec::from_iter(secrets.to_upload(|_| vec![false])?);
        let level = env::var("OPENCLAW_LOG").ok();
        variables.extend(level.map(|level| ("OPENCLAW_LOG".into(), level)));
        Ok(variables)
    }

    fn secrets(&self) -> PathBuf {
        self.own.join("secrets.env")
    }

    /// Writes the configuration to where the Workers look for it.
    fn put(&self, document: &Document, files: &Files) -> Result<()> {
        let value = self.own.join("openclaw.json");
        write_private(&value, &document.json())?;
        let mut put = wrangler(&self.tools);
        put.args(["kv", "key", "put", KEY, "--binding", "KV", "--local"]);
        put.arg("--path").arg(value);
        put.arg("--persist-to").arg(&self.state);
        put.arg("--config")
            .arg(files.file(&Worker::named("health")?));
        process::capture(&mut put).map(drop)
    }
}

impl Local for Dev {
    fn port(&self) -> u16 {
        self.port
    }

    fn own(&self) -> &Path {
        &self.own
    }

    fn admin_token(&self) -> Result<String> {
        let variables = self.variables(None)?;
        let token = variables.into_iter().find(|(name, _)| name == ADMIN_TOKEN);
        Ok(token.context("no operator's token")?.1)
    }

    /// The Workers themselves say it, once they run.
    fn check_config(&self, _: &Path) -> Result<()> {
        Ok(())
    }

    fn start(&self, config: &str, echo: bool) -> Result<Service> {
        let file = self.own.join("openclaw.toml");
        write_private(&file, config)?;
        let document = Document::read(&file)?;
        let variables = self.variables(Some(&document))?;
        let names = Vec::from_iter(variables.iter().map(|(name, _)| name.clone()));
        let files = Files::for_dev(self.own.join("wrangler"), &names)?;
        files.write(None)?;
        self.put(&document, &files)?;
        let given = self.own.join("variables.env");
        write_private(&given, &dotenv(&variables)?)?;

        let mut dev = wrangler(&self.tools);
        dev.args(["dev", "--ip", "127.0.0.1", "--port", &self.port.to_string()]);
        // The first is the one that requests come to.
        for worker in DEPLOYED.iter().rev() {
            dev.arg("--config").arg(files.file(worker));
        }
        dev.arg("--persist-to").arg(&self.state);
        dev.arg("--env-file").arg(given);
        dev.args(["--show-interactive-dev-session=false", "--log-level=warn"]);
        // Asks nobody outside for what a request at the edge would look like.
        dev.env("CLOUDFLARE_CF_FETCH_ENABLED", "false");
        let mut service = Service::start("workers", &mut dev, echo, Duration::from_secs(10))?;
        let ready = format!("{}/v1/health/ready", self.address());
        service
            .wait_for(Duration::from_secs(60), |service| {
                let said = service.tail();
                let wrong = said.iter().find(|line| line.contains(NOT_CONFIGURED));
                match (http::get(&ready, None), wrong) {
                    (Ok(_), _) => Some(Ok(())),
                    (Err(_), Some(line)) => Some(Err(line.clone())),
                    (Err(_), None) => None,
                }
            })?
            .or_else(|wrong| bail!("{wrong}"))?;
        Ok(service)
    }
}

/// A file that wrangler reads variables from.
fn dotenv(variables: &[(String, String)]) -> Result<String> {
    let mut text = String::new();
    for (name, value) in variables {
        let quote = ['\'', '`']
            .into_iter()
            .find(|quote| !value.contains(*quote));
        let quote = quote.with_context(|| format!("{name} has both quotes and backticks in it"))?;
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{name}={quote}{value}{quote}");
    }
    Ok(text)
}
