//! Calling wrangler for one Worker of a deployment.

use super::files::Files;
use crate::{
    cargo, process,
    workers::{DEPLOYED, Tools, WRANGLER, Worker},
};
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::{fs, path::PathBuf, process::Command};

/// wrangler on the files of one deployment.
#[derive(Clone, Copy)]
pub(crate) struct Wrangler<'a> {
    pub(crate) tools: &'a Tools,
    pub(crate) files: &'a Files,
    /// Variables that choose the account.
    pub(crate) account: &'a [(&'static str, String)],
}

impl Wrangler<'_> {
    /// Deploys `worker`, with the secrets in `secrets` where it gets any; the addresses it has then.
    pub(crate) fn deploy(self, worker: &Worker, secrets: Option<PathBuf>) -> Result<Vec<String>> {
        let told = self.files.folder().join("told.json");
        // What an earlier run was told is not to be taken for this one's.
        let _ = fs::remove_file(&told);
        let mut deploy = self.command(worker, &["deploy"]);
        if let Some(secrets) = secrets {
            deploy.arg("--secrets-file").arg(secrets);
        }
        process::capture(deploy.env("WRANGLER_OUTPUT_FILE_PATH", &told))?;
        let lines = fs::read_to_string(&told).unwrap_or_default();
        let events = lines
            .lines()
            .filter_map(|line| serde_json::from_str(line).ok());
        let addresses = events.flat_map(|event: Value| addresses(&event));
        Ok(addresses.collect())
    }

    /// As [`Wrangler::deploy`] up to where the network would be needed.
    pub(crate) fn try_deploy(self, worker: &Worker) -> Result<()> {
        process::capture(&mut self.command(worker, &["deploy", "--dry-run"])).map(drop)
    }

    /// The id of the namespace, which is made where there is none.
    pub(crate) fn namespace(self) -> Result<String> {
        let title = self.files.namespace();
        if let Some(id) = self.find_namespace(&title)? {
            return Ok(id);
        }
        self.say(&["kv", "namespace", "create", &title])?;
        let made = self.find_namespace(&title)?;
        made.with_context(|| format!("the namespace {title} was made and is not listed"))
    }

    fn find_namespace(self, title: &str) -> Result<Option<String>> {
        let listed = self.say(&["kv", "namespace", "list"])?;
        let listed: Value = serde_json::from_str(json(&listed)).context("wrangler's list")?;
        let mut namespaces = listed.as_array().into_iter().flatten();
        let found = namespaces.find(|namespace| namespace["title"] == title);
        Ok(found.and_then(|namespace| namespace["id"].as_str().map(str::to_owned)))
    }

    /// Makes the R2 bucket where there is none.
    pub(crate) fn bucket(self) -> Result<()> {
        let create = ["r2", "bucket", "create", &self.files.bucket()];
        let said = process::output(&mut self.with(&DEPLOYED[0], &create, ""), "")?;
        let told = format!("{}\n{}", said.stdout, said.stderr);
        // 10004: The bucket you tried to create already exists, and you own it.
        if said.status.success() || told.contains("10004") {
            return Ok(());
        }
        bail!("wrangler cannot make the bucket: {}", told.trim())
    }

    /// Makes the queues of jobs that are not there.
    pub(crate) fn queues(self) -> Result<()> {
        for queue in self.files.queues() {
            let info = ["queues", "info", &queue];
            let said = process::output(&mut self.with(&DEPLOYED[0], &info, ""), "")?;
            if !said.status.success() {
                self.say(&["queues", "create", &queue])?;
            }
        }
        Ok(())
    }

    /// Puts what is in `file` into the namespace.
    pub(crate) fn put(self, namespace: &str, key: &str, file: &str) -> Result<()> {
        let place = ["--namespace-id", namespace, "--remote", "--path", file];
        self.say(&[&["kv", "key", "put", key], &place[..]].concat())?;
        Ok(())
    }

    /// The names of the secrets of `worker`, none where it was never deployed.
    pub(crate) fn secrets(self, worker: &Worker) -> Result<Vec<String>> {
        let list = ["secret", "list", "--format", "json"];
        let said = process::output(&mut self.command(worker, &list), "")?;
        if !said.status.success() {
            let told = format!("{}\n{}", said.stdout, said.stderr);
            // `Worker "openclaw-chat-dev" (env: dev) not found.`
            let named = format!("Worker \"{}\"", self.files.name(worker));
            if told.contains(&named) && told.contains("not found.") {
                return Ok(vec![]);
            }
            bail!("wrangler cannot list its secrets: {}", told.trim());
        }
        let listed: Value = serde_json::from_str(json(&said.stdout)).context("wrangler's list")?;
        let secrets = listed.as_array().into_iter().flatten();
        let names = secrets.filter_map(|secret| secret["name"].as_str());
        Ok(names.map(str::to_owned).collect())
    }

    /// A command that is about no Worker. It names what it makes after an environment if it is told
    /// one, and we do that ourselves.
    fn say(self, arguments: &[&str]) -> Result<String> {
        process::capture(&mut self.with(&DEPLOYED[0], arguments, ""))
    }

    fn command(self, worker: &Worker, arguments: &[&str]) -> Command {
        self.with(worker, arguments, self.files.env())
    }

    fn with(self, worker: &Worker, arguments: &[&str], env: &str) -> Command {
        let mut command = wrangler(self.tools);
        command.envs(self.account.iter().map(|(name, value)| (name, value)));
        command.args(arguments);
        command.arg("--config").arg(self.files.file(worker));
        command.arg(format!("--env={env}"));
        command
    }
}

/// wrangler at the top of the checkout, which tells its makers nothing and asks nobody anything.
pub(crate) fn wrangler(tools: &Tools) -> Command {
    let mut command = tools.script(WRANGLER);
    command.current_dir(cargo::root());
    command.env("WRANGLER_SEND_METRICS", "false");
    command.env("NO_COLOR", "1").env("FORCE_COLOR", "0");
    command
}

/// From the first bracket on: wrangler may have warned of something before.
fn json(said: &str) -> &str {
    said.find('[').map_or(said, |start| &said[start..])
}

/// What a line of wrangler's own record says about where a Worker is.
fn addresses(event: &Value) -> Vec<String> {
    let targets = match event["type"] == "deploy" {
        true => event["targets"].as_array(),
        false => None,
    };
    let targets = targets.into_iter().flatten().filter_map(Value::as_str);
    let url = |target: &str| {
        let target = target.split(' ').next().unwrap_or_default();
        match target.contains("://") {
            true => target.to_owned(),
            false => format!("https://{target}"),
        }
    };
    targets.map(url).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_address_is_read_from_the_record() {
        let targets = ["https://a.b.workers.dev", "api.example.com (custom domain)"];
        let event = json!({"type": "deploy", "targets": targets});
        let expected = ["https://a.b.workers.dev", "https://api.example.com"];
        assert_eq!(addresses(&event), expected);
        assert!(addresses(&json!({"type": "wrangler-session"})).is_empty());
    }

    #[test]
    fn a_warning_in_front_of_a_list_is_passed_over() {
        assert_eq!(super::json("▲ old\n[]\n"), "[]\n");
    }
}
