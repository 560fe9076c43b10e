//! Deployments as a test: wrangler's own trial of everything, and a whole deployment against a double
//! of Cloudflare's API on loopback, twice.

use super::{files::Files, steps::Deployment, wrangler::wrangler};
use crate::{
    deploy::{Document, Environment, KEY, Secrets},
    process::{self, Service},
    workers::{DEPLOYED, PROFILE_VARIABLE, QUEUES, Tools, manifest},
};
use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use std::{cell::RefCell, fs, time::Duration};

/// The double's program.
const DOUBLE: &str = "xtask/src/workers/deploy/vendor.mjs";

/// What `cargo xtask test workers` asks of deployments.
pub(crate) fn rehearse(tools: &Tools) -> Result<()> {
    twice(tools)?;
    for worker in &DEPLOYED {
        // As whoever has only wrangler does it: the file builds what it deploys, here what is built already.
        let mut plain = wrangler(tools);
        plain.env(PROFILE_VARIABLE, "ci");
        plain.args(["deploy", "--dry-run", "--env=", "--config"]);
        process::capture(plain.arg(manifest::file(worker))).with_context(|| worker.name)?;
    }
    for env in [Environment::Dev, Environment::Production] {
        let (files, secrets) = (
            Files::new(Some(env), None)?,
            Secrets::new(None, None, None)?,
        );
        let deployment = Deployment {
            tools,
            files: &files,
            secrets: &secrets,
            document: None,
            account: vec![],
        };
        deployment.try_out()?;
    }
    Ok(())
}

/// A deployment and the same again: the second one changes nothing but versions.
fn twice(tools: &Tools) -> Result<()> {
    let (mut double, port) = start(tools)?;
    let files = Files::new(Some(Environment::Dev), Some("workers.dev"))?;
    fs::create_dir_all(files.folder())?;
    let (config, kept) = (
        files.folder().join("openclaw.toml"),
        files.folder().join("kept.env"),
    );
    fs::write(&config, "[limits]\nfree = 7\n")?;
    let _ = fs::remove_file(&kept);
    let document = Document::read(&config)?;
    let deploy = || {
        let secrets = Secrets::new(Some(kept.clone()), None, Some(&document))?;
        let deployment = Deployment {
            tools,
            files: &files,
            secrets: &secrets,
            document: Some(&document),
            account: account(port),
        };
        let asked = RefCell::new(String::new());
        deployment.carry_out(&|address| {
            asked.replace(address.into());
            Ok(())
        })?;
        Ok::<_, anyhow::Error>((state(port)?, asked.into_inner()))
    };
    let (first, address) = deploy()?;
    ensure!(
        address == "https://openclaw-gateway-dev.rehearsal.workers.dev",
        "the gateway is at {address}"
    );
    check(&files, &first)?;
    let (second, _) = deploy()?;
    check(&files, &second)?;
    for same in ["namespaces", "buckets", "queues", "secrets", "kv"] {
        ensure!(
            first[same] == second[same],
            "{same} changed: {first:#} {second:#}"
        );
    }
    double.stop();
    Ok(())
}

/// What the double has to have been given.
fn check(files: &Files, state: &Value) -> Result<()> {
    let namespaces = state["namespaces"].as_array().context("no namespaces")?;
    ensure!(namespaces.len() == 1, "namespaces: {namespaces:?}");
    let id = namespaces[0]["id"].as_str().unwrap_or_default();
    ensure!(
        state["kv"][id][KEY] == r#"{"limits":{"free":7}}"#,
        "{state:#}"
    );
    let buckets = &state["buckets"];
    ensure!(*buckets == json!([files.bucket()]), "buckets: {buckets}");
    let queues = QUEUES.iter().enumerate().map(|(at, queue)| {
        let consumers = DEPLOYED.iter().filter(|worker| worker.consumes(queue));
        let consumers = consumers.map(|worker| {
            let id = format!("queue-{}-1", at + 1);
            json!({"consumer_id": id, "script": files.name(worker), "type": "worker"})
        });
        json!({"queue_name": files.suffixed(queue), "consumers": Value::from_iter(consumers)})
    });
    let queues = Value::from_iter(queues);
    ensure!(state["queues"] == queues, "queues: {}", state["queues"]);
    let secret_of_any = |secret: &str| {
        let mut of_all = DEPLOYED.iter();
        of_all.find_map(|worker| state["secrets"][files.name(worker)][secret].as_str())
    };
    for worker in &DEPLOYED {
        let (name, secrets) = (files.name(worker), worker.secrets);
        let has = &state["secrets"][&name];
        for secret in secrets {
            // All that have it have the same.
            let other = secret_of_any(secret);
            ensure!(
                other.is_some() && has[secret].as_str() == other,
                "{name} {secret}"
            );
        }
        let mut held = has.as_object().into_iter().flat_map(serde_json::Map::keys);
        ensure!(
            held.all(|held| worker.gets(held)),
            "{name} has others' secrets"
        );
        let bindings = state["bindings"][&name].as_array();
        let bindings = bindings.with_context(|| format!("{name} was not uploaded"))?;
        let kv = bindings
            .iter()
            .find(|binding| binding["type"] == "kv_namespace");
        ensure!(
            kv.is_none_or(|kv| kv["namespace_id"] == id),
            "{name}: {kv:?}"
        );
        let mut buckets = bindings.iter().filter(|one| one["type"] == "r2_bucket");
        ensure!(
            buckets.all(|one| one["bucket_name"] == files.bucket()),
            "{name}: {bindings:?}"
        );
        let served = state["assets"][&name].as_array();
        let has_dashboard =
            served.is_some_and(|paths| paths.contains(&json!("/dashboard/index.html")));
        ensure!(
            has_dashboard == (worker.name == "gateway"),
            "{name} serves {served:?}"
        );
        let public = state["subdomains"][&name] == true;
        ensure!(
            public == (worker.name == "gateway"),
            "{name} is public: {public}"
        );
    }
    Ok(())
}

fn start(tools: &Tools) -> Result<(Service, u16)> {
    let mut command = tools.node_command();
    command.arg(crate::cargo::root().join(DOUBLE));
    let mut double = Service::start("vendor", &mut command, false, Duration::from_secs(2))?;
    let port = double.wait_for(Duration::from_secs(20), |service| {
        let said = service.tail();
        said.iter()
            .find_map(|line| line.strip_prefix("port ")?.parse().ok())
    })?;
    Ok((double, port))
}

/// The variables that lead wrangler to the double.
fn account(port: u16) -> Vec<(&'static str, String)> {
    let base = format!("http://127.0.0.1:{port}/client/v4");
    vec![
        ("CLOUDFLARE_API_BASE_URL", base),
        ("CLOUDFLARE_API_TOKEN", "rehearsal".into()),
        (
            "CLOUDFLARE_ACCOUNT_ID",
            "0123456789abcdef0123456789abcdef".into(),
        ),
    ]
}

fn state(port: u16) -> Result<Value> {
    let state = crate::http::get(&format!("http://127.0.0.1:{port}/state"), None)?;
    Ok(serde_json::from_str(&state)?)
}
