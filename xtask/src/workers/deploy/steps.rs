//! What a deployment does, in order.

use super::{files::Files, wrangler::Wrangler};
use crate::{
    deploy::{self, Document, KEY, Progress, Secrets, Values},
    gateway::write_private,
    steps::Steps,
    workers::{DEPLOYED, Tools, Worker},
};
use anyhow::{Context, Result};
use std::fs;

/// What a deployment will do, for people.
pub(crate) fn plan(files: &Files, secrets: &Secrets, document: Option<&Document>) -> String {
    let names = Vec::from_iter(DEPLOYED.iter().map(|worker| files.name(worker)));
    deploy::plan(&[
        format!("build and weigh {} Workers", names.len()),
        format!(
            "KV namespace {}: made unless it is there",
            files.namespace()
        ),
        format!("R2 bucket {}: made unless it is there", files.bucket()),
        format!(
            "queues {}: made unless they are there",
            files.queues().join(", ")
        ),
        format!("deploy {}", names.join(", ")),
        format!("with secrets {}", secrets.plan()),
        Document::plan(document, "KV"),
        format!("ask the gateway at {} how it is", files.place()),
    ])
}

/// All that is known before anything is done.
pub(crate) struct Deployment<'a> {
    pub(crate) tools: &'a Tools,
    pub(crate) files: &'a Files,
    pub(crate) secrets: &'a Secrets,
    pub(crate) document: Option<&'a Document>,
    /// Variables for wrangler beside our own; they choose the account.
    pub(crate) account: Vec<(&'static str, String)>,
}

impl Deployment<'_> {
    /// Has wrangler look at everything that would be uploaded.
    pub(crate) fn try_out(&self) -> Result<()> {
        self.files.write(None)?;
        let mut steps = Steps::new(DEPLOYED.len());
        for worker in &DEPLOYED {
            let name = self.files.name(worker);
            let trial = || self.wrangler().try_deploy(worker);
            steps.step(&format!("{name}, as a trial"), trial)?;
        }
        Ok(())
    }

    /// Does it; the gateway's address, once `healthy` has found it well.
    pub(crate) fn carry_out(&self, healthy: &dyn Fn(&str) -> Result<()>) -> Result<String> {
        let mut progress = Progress::new(DEPLOYED.len() + 6);
        self.files.write(None)?;
        let namespace = progress.step("KV namespace", || {
            let why = "sign in: `cargo xtask wrangler login`, or CLOUDFLARE_API_TOKEN";
            self.wrangler().namespace().context(why)
        })?;
        self.files.write(Some(&namespace))?;
        progress.step("R2 bucket", || self.wrangler().bucket())?;
        progress.step("queues", || self.wrangler().queues())?;
        let upload = progress.step("secrets", || self.to_upload())?;
        let mut addresses = vec![];
        for worker in &DEPLOYED {
            let name = self.files.name(worker);
            addresses = progress.step(&name, || self.deploy(worker, &upload))?;
        }
        progress.step("configuration", || self.configure(&namespace))?;
        // The gateway is the last of them, and the only one that has any.
        let address = addresses.first().context("the gateway got no address")?;
        progress.step(&format!("health of {address}"), || healthy(address))?;
        Ok(address.clone())
    }

    fn wrangler(&self) -> Wrangler<'_> {
        Wrangler {
            tools: self.tools,
            files: self.files,
            account: &self.account,
        }
    }

    fn to_upload(&self) -> Result<Values> {
        let needy = DEPLOYED.iter().filter(|worker| worker.has_secrets());
        let held = needy.map(|worker| Ok((worker, self.wrangler().secrets(worker)?)));
        let held = held.collect::<Result<Vec<_>>>()?;
        self.secrets.to_upload(|name| {
            let users = held.iter().filter(|(worker, _)| worker.gets(name));
            users
                .map(|(_, names)| names.iter().any(|held| held == name))
                .collect()
        })
    }

    fn deploy(&self, worker: &Worker, upload: &Values) -> Result<Vec<String>> {
        let mut upload = upload.clone();
        upload.retain(|name, _| worker.gets(name));
        if !worker.has_secrets() || upload.is_empty() {
            return self.wrangler().deploy(worker, None);
        }
        // Through a file, because a command line is for all to see; and gone right after.
        let file = self.files.folder().join("secrets.json");
        write_private(&file, &serde_json::to_string(&upload)?)?;
        let deployed = self.wrangler().deploy(worker, Some(file.clone()));
        fs::remove_file(file)?;
        deployed
    }

    fn configure(&self, namespace: &str) -> Result<()> {
        let Some(document) = self.document else {
            return Ok(());
        };
        let file = self.files.folder().join("config.json");
        fs::write(&file, document.json())?;
        let file = file.display().to_string();
        self.wrangler().put(namespace, KEY, &file)
    }
}
