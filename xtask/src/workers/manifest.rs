//! The wrangler.toml files, written from the [table](super::table): nothing in them is inherited by an
//! environment, so that each says the same as often as there are environments.

use super::{DEPLOYED, Worker};
use crate::{cargo, dashboard};
use anyhow::{Context, Result};
use std::{
    fmt::Write,
    fs,
    path::{Path, PathBuf},
};

/// The newest that the pinned workerd knows, or older.
const COMPATIBILITY_DATE: &str = "2026-11-01";
const COMPATIBILITY_FLAGS: &str = "[\"enable_request_signal\"]";

/// The environments, the hosts of their gateways, and the endings of their Workers' names. The first is the
/// files' top level, at workers.dev.
const ENVIRONMENTS: [(&str, Option<&str>); 3] = [
    ("", None),
    ("dev", Some("dev-api.openclaw.ai")),
    ("production", Some("api.openclaw.ai")),
];

/// Writes all of them.
pub(crate) fn write() -> Result<()> {
    for worker in &DEPLOYED {
        let file = file(worker);
        fs::write(&file, text(worker)).with_context(|| file.display().to_string())?;
        println!("{}", file.display());
    }
    Ok(())
}

/// The file of `worker` in the checkout; the gateway's is the top one.
pub(crate) fn file(worker: &Worker) -> PathBuf {
    let folder = match is_gateway(worker) {
        true => cargo::root().to_owned(),
        false => cargo::root().join(worker.folder),
    };
    folder.join("wrangler.toml")
}

fn is_gateway(worker: &Worker) -> bool {
    worker.name == "gateway"
}

fn text(worker: &Worker) -> String {
    let mut text = head(worker);
    for (env, host) in ENVIRONMENTS {
        add_environment(&mut text, worker, env, host);
    }
    text
}

/// What holds for all environments.
fn head(worker: &Worker) -> String {
    let Worker { name, about, .. } = worker;
    let up = match is_gateway(worker) {
        true => String::new(),
        false => Path::new(worker.folder).iter().map(|_| "../").collect(),
    };
    let mut text = format!(
        "# {about}\n\
         # Written by `cargo xtask manifests` from xtask/src/workers/table.rs: change it there.\n\
         name = \"openclaw-{name}\"\n\
         main = \"{up}target/workers/{name}/index.js\"\n\
         no_bundle = true\n\
         compatibility_date = \"{COMPATIBILITY_DATE}\"\n\
         compatibility_flags = {COMPATIBILITY_FLAGS}\n\
         workers_dev = {}\n\
         preview_urls = false\n\
         \n[build]\ncommand = \"cargo xtask build workers {name}\"\n\
         \n[observability]\nenabled = true\n\
         \n# A line for each invocation would hold the URL, and with it `?api_key=`.\n\
         [observability.logs]\nenabled = true\ninvocation_logs = false\n",
        is_gateway(worker),
    );
    if is_gateway(worker) {
        let about = "# The dashboard: no Worker runs for what is there.";
        let directory = dashboard::DIST;
        add(
            &mut text,
            &format!("\n{about}\n[assets]\ndirectory = \"{directory}\"\n"),
        );
    }
    if !worker.classes.is_empty() {
        let classes = quoted(worker.classes);
        add(
            &mut text,
            &format!("\n[[migrations]]\ntag = \"v1\"\nnew_sqlite_classes = {classes}\n"),
        );
    }
    if !worker.crons.is_empty() {
        add(
            &mut text,
            &format!("\n[triggers]\ncrons = {}\n", quoted(worker.crons)),
        );
    }
    text
}

fn add_environment(text: &mut String, worker: &Worker, env: &str, host: Option<&str>) {
    let (section, ending) = match env {
        "" => (String::new(), String::new()),
        env => (format!("env.{env}."), format!("-{env}")),
    };
    if let (true, Some(host)) = (is_gateway(worker), host) {
        let routes = format!("[{{ pattern = \"{host}\", custom_domain = true }}]");
        add(
            text,
            &format!("\n[env.{env}]\nworkers_dev = false\nroutes = {routes}\n"),
        );
    }
    if worker.has_secrets() {
        let secrets = quoted(worker.secrets);
        add(
            text,
            &format!("\n[{section}secrets]\nrequired = {secrets}\n"),
        );
    }
    for (table, fields) in worker.bindings {
        add_entry(text, &format!("{section}{table}"), fields, &ending);
    }
    for called in worker.services {
        let (binding, service) = (called.to_uppercase(), format!("openclaw-{called}"));
        let fields = [("binding", &*binding), ("service", &*service)];
        add_entry(text, &format!("{section}services"), &fields, &ending);
    }
}

/// One entry of an array of tables; see `Binding` for what its values mean.
fn add_entry(text: &mut String, table: &str, fields: &[(&str, &str)], ending: &str) {
    add(text, &format!("\n[[{table}]]\n"));
    for (name, value) in fields {
        let value = match value {
            number if number.bytes().all(|byte| byte.is_ascii_digit()) => (*number).to_owned(),
            own if own.starts_with("openclaw-") => format!("\"{own}{ending}\""),
            other => format!("\"{other}\""),
        };
        add(text, &format!("{name} = {value}\n"));
    }
}

fn quoted(texts: &[&str]) -> String {
    let quoted = texts.iter().map(|text| format!("\"{text}\""));
    format!("[{}]", Vec::from_iter(quoted).join(", "))
}

fn add(text: &mut String, more: &str) {
    // Writing to a string cannot fail.
    let _ = text.write_str(more);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workers::table::Binding;
    use openclaw_function_gateway::{ROUTES, function};
    use serde_json::{Value, json};
    use std::collections::BTreeSet;

    fn read(text: &str) -> Value {
        serde_json::to_value(text.parse::<toml::Table>().unwrap()).unwrap()
    }

    #[test]
    fn the_files_are_those_of_the_table() {
        for worker in &DEPLOYED {
            let file = file(worker);
            let written = fs::read_to_string(&file).unwrap_or_default();
            let expected = text(worker);
            assert_eq!(
                written,
                expected,
                "{}: run `cargo xtask manifests`",
                file.display()
            );
        }
    }

    #[test]
    fn a_worker_with_everything_is_written_for_each_environment() {
        const BUCKET: Binding = (
            "r2_buckets",
            &[("binding", "FILES"), ("bucket_name", "openclaw-files")],
        );
        const CONSUMER: Binding = (
            "queues.consumers",
            &[("queue", "openclaw-runs"), ("max_batch_size", "10")],
        );
        let worker = Worker {
            name: "files",
            folder: "functions/files",
            bindings: &[BUCKET, CONSUMER],
            services: &["chat"],
            crons: &["*/5 * * * *"],
            ..DEPLOYED[1]
        };
        let whole = read(&text(&worker));
        assert_eq!(whole["main"], "../../target/workers/files/index.js");
        assert_eq!(whole["triggers"]["crons"], json!(["*/5 * * * *"]));
        assert_eq!(whole["workers_dev"], false);
        assert_eq!(whole["observability"]["logs"]["invocation_logs"], false);
        for (section, ending) in [(&whole, ""), (&whole["env"]["dev"], "-dev")] {
            let bucket =
                json!([{"binding": "FILES", "bucket_name": format!("openclaw-files{ending}")}]);
            assert_eq!(section["r2_buckets"], bucket);
            let consumer =
                json!([{"queue": format!("openclaw-runs{ending}"), "max_batch_size": 10}]);
            assert_eq!(section["queues"]["consumers"], consumer);
            let service = json!([{"binding": "CHAT", "service": format!("openclaw-chat{ending}")}]);
            assert_eq!(section["services"], service);
            assert_eq!(section["secrets"]["required"], json!(worker.secrets));
        }
    }

    #[test]
    fn the_gateway_calls_every_function_and_no_other() {
        let asked = BTreeSet::from_iter(ROUTES.map(|(_, binding)| binding.to_lowercase()));
        assert!(asked.contains(&function("/nowhere").to_lowercase()));
        let gateway = DEPLOYED[DEPLOYED.len() - 1];
        assert_eq!(
            asked,
            gateway
                .services
                .iter()
                .map(|name| (*name).to_owned())
                .collect()
        );
        // The others have no endpoints.
        let has_endpoints =
            |worker: &&Worker| !["extract", "gateway", "ledger"].contains(&worker.name);
        let functions = DEPLOYED.iter().filter(has_endpoints);
        assert_eq!(
            asked,
            functions.map(|worker| worker.name.to_owned()).collect()
        );
        let hosts = read(&text(&gateway))["env"]["production"]["routes"][0]["pattern"].clone();
        assert_eq!(hosts, "api.openclaw.ai");
    }

    #[test]
    fn the_compatibility_date_is_one_that_the_pinned_runtime_knows() {
        let package = cargo::root().join("platforms/cloudflare/package.json");
        let package = serde_json::from_str::<Value>(&fs::read_to_string(package).unwrap()).unwrap();
        let workerd = package["dependencies"]["workerd"].as_str().unwrap();
        let newest = workerd.split('.').nth(1).unwrap();
        let date = COMPATIBILITY_DATE.replace('-', "");
        assert!(*date <= *newest, "{date} > {newest}");
    }
}
