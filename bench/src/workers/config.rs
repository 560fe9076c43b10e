//! A Worker's `wrangler.toml` in workerd's words: what is measured is bound as what is deployed.

use super::workerd::Script;
use anyhow::{Context, Result, anyhow};
use std::fs;
use toml::{Table, Value};
use xtask::{cargo, workers::Worker};

/// The secrets that every function has, all of this run only.
pub(super) const ADMIN_TOKEN: &str = "bench-operator-token-0123456789abcdef";
const SECRETS: [(&str, &str); 3] = [
    ("OPENCLAW_ADMIN_TOKEN", ADMIN_TOKEN),
    (
        "OPENCLAW_JWT_SECRETS",
        "bench:0123456789abcdef0123456789abcdef",
    ),
    ("OPENCLAW_KEY_PEPPER", "fedcba9876543210fedcba9876543210"),
];

/// The service that speaks Workers KV.
pub(super) const KV: &str = "kv";

/// The Worker as it is built and configured. Paths lead from a folder in `target`.
pub(super) fn script(worker: &Worker) -> Result<Script> {
    let file = match worker.name {
        // Deployed by a plain `wrangler deploy`.
        "gateway" => "wrangler.toml".into(),
        _ => format!("{}/wrangler.toml", worker.folder),
    };
    let text = fs::read_to_string(cargo::root().join(&file)).with_context(|| file.clone())?;
    let table: Table = text.parse().with_context(|| file.clone())?;
    let built = format!("../workers/{}", worker.name);
    read(&built, &table).with_context(|| file)
}

/// A Worker without code or bindings, for the runtime that ours are for.
pub(super) fn like_ours() -> Result<Script> {
    let gateway = script(&Worker::named("gateway")?)?;
    Ok(Script {
        date: gateway.date,
        flags: gateway.flags,
        ..Script::default()
    })
}

fn read(built: &str, table: &Table) -> Result<Script> {
    let date = table.get("compatibility_date").and_then(Value::as_str);
    let flags = list(table, "compatibility_flags");
    let flags = flags.filter_map(|flag| flag.as_str().map(str::to_owned));
    let classes = list(table, "migrations")
        .filter_map(|migration| migration.get("new_sqlite_classes")?.as_array())
        .flatten()
        .filter_map(|class| class.as_str().map(str::to_owned));
    Ok(Script {
        name: name(table)?,
        script: format!("{built}/index.js"),
        wasm: Some(format!("{built}/index_bg.wasm")),
        whole: None,
        date: date.context("no compatibility_date")?.into(),
        flags: flags.collect(),
        bindings: bindings(table)?,
        classes: classes.collect(),
    })
}

fn bindings(table: &Table) -> Result<Vec<(String, String)>> {
    let mut bindings = Vec::from_iter(SECRETS.map(|(name, value)| (name.into(), text(value))));
    for (name, value) in table
        .get("vars")
        .and_then(Value::as_table)
        .into_iter()
        .flatten()
    {
        bindings.push((name.clone(), text(value.as_str().context("vars")?)));
    }
    for service in list(table, "services") {
        let to = string(service, "service")?;
        bindings.push((string(service, "binding")?, format!("service = {to:?}")));
    }
    for namespace in list(table, "kv_namespaces") {
        bindings.push((
            string(namespace, "binding")?,
            format!("kvNamespace = {KV:?}"),
        ));
    }
    let objects = table.get("durable_objects").and_then(Value::as_table);
    for object in objects
        .into_iter()
        .flat_map(|table| list(table, "bindings"))
    {
        let class = string(object, "class_name")?;
        // The Worker's own class, or another Worker's.
        let script = string(object, "script_name").or_else(|_| name(table))?;
        let to =
            format!("durableObjectNamespace = (className = {class:?}, serviceName = {script:?})");
        bindings.push((string(object, "name")?, to));
    }
    Ok(bindings)
}

fn name(worker: &Table) -> Result<String> {
    let name = worker.get("name").and_then(Value::as_str);
    name.map(str::to_owned).context("no name")
}

/// A binding to a text.
pub(super) fn text(text: &str) -> String {
    format!("text = {text:?}")
}

fn list<'t>(table: &'t Table, key: &str) -> impl Iterator<Item = &'t Value> {
    table
        .get(key)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
}

fn string(table: &Value, key: &str) -> Result<String> {
    let found = table.get(key).and_then(Value::as_str);
    found
        .map(str::to_owned)
        .ok_or_else(|| anyhow!("no `{key}`"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use xtask::workers::DEPLOYED;

    #[test]
    fn what_is_bound_is_there() {
        let scripts = Vec::from_iter(DEPLOYED.iter().map(|worker| script(worker).unwrap()));
        let is_there = |name: &str| scripts.iter().any(|script| script.name == name);
        let mut leads = 0;
        for (binding, to) in scripts.iter().flat_map(|script| &script.bindings) {
            // A function, or the Worker of a class; the rest are texts and KV.
            let Some((_, named)) = to.split_once("ervice") else {
                continue;
            };
            let name = named.split('"').nth(1).unwrap();
            assert!(is_there(name), "{binding}: {to}");
            leads += 1;
        }
        // The gateway's six, and the ledger for five functions.
        assert!(leads >= 11, "{leads}");
        let ledger = scripts
            .iter()
            .find(|script| script.name == "openclaw-ledger");
        assert_eq!(ledger.unwrap().classes, ["AccountLedger"]);
    }
}
