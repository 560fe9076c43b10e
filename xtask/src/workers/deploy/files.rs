//! The wrangler.toml files as one deployment uses them: with the id of the KV namespace and the host
//! in them, without the build that is done already. The checkout's own files are never changed.

use super::Environment;
use crate::{
    cargo,
    workers::{BUCKET, DEPLOYED, QUEUES, Worker, manifest},
};
use anyhow::{Context, Result};
use serde_json::{Value, json};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// What `--domain` says for a name at workers.dev.
const WORKERS_DEV: &str = "workers.dev";

/// The files of one environment.
pub(crate) struct Files {
    env: Option<Environment>,
    folder: PathBuf,
    configurations: Vec<(Worker, Value)>,
}

impl Files {
    /// Of `env`, with the gateway at `domain` where that is not the file's own.
    pub(crate) fn new(env: Option<Environment>, domain: Option<&str>) -> Result<Self> {
        let folder = cargo::root().join("target/workers/deploy");
        let read = |worker: Worker| {
            let mut configuration = read(&worker)?;
            if let (Some(domain), "gateway") = (domain, worker.name) {
                place(section(&mut configuration, env), domain);
            }
            Ok((worker, configuration))
        };
        Ok(Self {
            env,
            folder: folder.join(env.map_or("default", Environment::name)),
            configurations: DEPLOYED.into_iter().map(read).collect::<Result<_>>()?,
        })
    }

    /// The same in `folder` and for `wrangler dev`, which gives a Worker those variables only that
    /// its file requires: also those of `variables` that the Worker gets.
    pub(crate) fn for_dev(folder: PathBuf, variables: &[String]) -> Result<Self> {
        let mut files = Self::new(None, None)?;
        files.folder = folder;
        for (worker, configuration) in &mut files.configurations {
            let required = configuration.pointer_mut("/secrets/required");
            if let Some(required) = required.and_then(Value::as_array_mut) {
                let more = variables.iter().filter(|name| worker.gets(name));
                let more = Vec::from_iter(more.map(|name| json!(name)));
                required.retain(|name| !more.contains(name));
                required.extend(more);
            }
        }
        Ok(files)
    }

    /// Writes them, with the namespace `kv` where that is known.
    pub(crate) fn write(&self, kv: Option<&str>) -> Result<()> {
        fs::create_dir_all(&self.folder)?;
        for (worker, configuration) in &self.configurations {
            let mut configuration = configuration.clone();
            if let Some(id) = kv {
                bind(section(&mut configuration, self.env), id);
            }
            let text = format!("{configuration:#}\n");
            fs::write(self.file(worker), text)?;
        }
        Ok(())
    }

    /// The file of `worker`.
    pub(crate) fn file(&self, worker: &Worker) -> PathBuf {
        self.folder.join(format!("{}.json", worker.name))
    }

    /// The folder they are in.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// What `--env` is to be for wrangler; empty for the top level.
    pub(crate) fn env(&self) -> &'static str {
        self.env.map_or("", Environment::name)
    }

    /// The name that `worker` is deployed under.
    pub(crate) fn name(&self, worker: &Worker) -> String {
        self.suffixed(&format!("openclaw-{}", worker.name))
    }

    /// The KV namespace that the functions share.
    pub(crate) fn namespace(&self) -> String {
        self.suffixed("openclaw")
    }

    /// The R2 bucket of the accounts' files.
    pub(crate) fn bucket(&self) -> String {
        self.suffixed(BUCKET)
    }

    /// The queues of jobs.
    pub(crate) fn queues(&self) -> Vec<String> {
        QUEUES.iter().map(|queue| self.suffixed(queue)).collect()
    }

    /// Where the gateway will be, for people.
    pub(crate) fn place(&self) -> String {
        let gateway = &self.configurations[DEPLOYED.len() - 1].1;
        let routes = match self.env {
            Some(env) => &gateway["env"][env.name()]["routes"],
            None => &gateway["routes"],
        };
        let host = routes[0]["pattern"].as_str();
        host.unwrap_or(WORKERS_DEV).to_owned()
    }

    pub(crate) fn suffixed(&self, name: &str) -> String {
        match self.env {
            Some(env) => format!("{name}-{}", env.name()),
            None => name.to_owned(),
        }
    }
}

fn read(worker: &Worker) -> Result<Value> {
    let file = manifest::file(worker);
    let text = fs::read_to_string(&file).with_context(|| file.display().to_string())?;
    let table: toml::Table = text.parse().with_context(|| file.display().to_string())?;
    let mut configuration = serde_json::to_value(table)?;
    configuration["main"] = json!(worker.built().join("index.js"));
    if let Some(keys) = configuration.as_object_mut() {
        keys.remove("build");
    }
    // Relative to the checkout, as the file is that has it.
    if let Some(directory) = configuration.pointer_mut("/assets/directory") {
        let from = cargo::root().join(directory.as_str().unwrap_or_default());
        *directory = json!(from);
    }
    Ok(configuration)
}

fn section(configuration: &mut Value, env: Option<Environment>) -> &mut Value {
    match env {
        Some(env) => &mut configuration["env"][env.name()],
        None => configuration,
    }
}

fn place(section: &mut Value, domain: &str) {
    let at_workers_dev = domain == WORKERS_DEV;
    section["workers_dev"] = json!(at_workers_dev);
    section["routes"] = match at_workers_dev {
        true => json!([]),
        false => json!([{"pattern": domain, "custom_domain": true}]),
    };
}

fn bind(section: &mut Value, id: &str) {
    let namespaces = section
        .get_mut("kv_namespaces")
        .and_then(Value::as_array_mut);
    for namespace in namespaces.into_iter().flatten() {
        namespace["id"] = json!(id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    const CHAT: Worker = DEPLOYED[2];
    const GATEWAY: Worker = DEPLOYED[DEPLOYED.len() - 1];

    fn configuration<'a>(files: &'a Files, worker: &Worker) -> &'a Value {
        let mut all = files.configurations.iter();
        &all.find(|(known, _)| known == worker).unwrap().1
    }

    #[test]
    fn the_namespace_goes_into_the_environment_that_is_deployed_and_no_other() {
        let files = Files::new(Some(Environment::Dev), None).unwrap();
        let mut chat = configuration(&files, &CHAT).clone();
        bind(section(&mut chat, files.env), "id-1");
        assert_eq!(chat["env"]["dev"]["kv_namespaces"][0]["id"], "id-1");
        assert_eq!(chat["kv_namespaces"][0]["id"], Value::Null);
        assert_eq!(chat["build"], Value::Null);
        assert_eq!(files.name(&CHAT), "openclaw-chat-dev");
        assert_eq!(files.namespace(), "openclaw-dev");
    }

    #[test]
    fn the_gateway_is_where_it_was_asked_for() {
        let production = Some(Environment::Production);
        let of = |env, domain| Files::new(env, domain).unwrap();
        assert_eq!(of(None, None).place(), "workers.dev");
        assert_eq!(of(production, None).place(), "api.openclaw.ai");
        assert_eq!(
            of(production, Some("ai.example.com")).place(),
            "ai.example.com"
        );
        assert_eq!(of(None, Some("ai.example.com")).place(), "ai.example.com");
        let files = of(production, Some("workers.dev"));
        assert_eq!(files.place(), "workers.dev");
        let gateway = &configuration(&files, &GATEWAY)["env"]["production"];
        assert_eq!(gateway["workers_dev"], true);
    }
}
