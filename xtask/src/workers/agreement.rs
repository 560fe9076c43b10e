//! The wrangler.toml files against the code and each other: a name that stands in one only is a
//! request that fails once it is deployed.

use super::{DEPLOYED, GATEWAY, Worker, deploy::own_file};
use crate::{cargo, deploy::OWN};
use openclaw_cloudflare::bindings::{KV, LEDGER, SESSIONS};
use openclaw_function_gateway::{ROUTES, function};
use serde_json::{Value, json};
use std::{collections::BTreeSet, fs};

/// The Durable Objects' classes, as their Workers' `worker.mjs` export them.
const CLASS: &str = "AccountLedger";
const SESSION_CLASS: &str = "RealtimeSession";
/// The environments, each behind the ending of its Workers' names.
const ENVIRONMENTS: [(&str, &str); 3] = [("", ""), ("dev", "-dev"), ("production", "-production")];

fn read(worker: &Worker) -> Value {
    let text = fs::read_to_string(own_file(worker)).unwrap();
    serde_json::to_value(text.parse::<toml::Table>().unwrap()).unwrap()
}

/// What holds for one environment; nothing of it is inherited from the top level.
fn section<'a>(configuration: &'a Value, env: &str) -> &'a Value {
    match env {
        "" => configuration,
        env => &configuration["env"][env],
    }
}

fn is_function(worker: &Worker) -> bool {
    !["gateway", "ledger"].contains(&worker.name)
}

#[test]
fn every_worker_is_named_built_and_kept_from_the_public_alike() {
    let gateway = read(&GATEWAY);
    for worker in &DEPLOYED {
        let (file, name) = (read(worker), worker.name);
        assert_eq!(file["name"], format!("openclaw-{name}"));
        let main = own_file(worker).with_file_name(file["main"].as_str().unwrap());
        let main = main.display().to_string();
        assert!(
            main.ends_with(&format!("target/workers/{name}/index.js")),
            "{main}"
        );
        let ups = main.matches("../").count();
        let depth = match name {
            "gateway" => 0,
            _ => worker.folder.split('/').count(),
        };
        assert_eq!(ups, depth, "{main}");
        assert_eq!(
            file["build"]["command"],
            format!("cargo xtask build workers {name}")
        );
        for same in [
            "compatibility_date",
            "compatibility_flags",
            "observability",
            "no_bundle",
        ] {
            assert_eq!(file[same], gateway[same], "{name}: {same}");
        }
        assert_eq!(file["preview_urls"], false, "{name}");
        assert_eq!(file["workers_dev"], name == "gateway", "{name}");
        let environments = file["env"].as_object().unwrap();
        assert_eq!(environments.len() + 1, ENVIRONMENTS.len(), "{name}");
    }
}

#[test]
fn functions_are_bound_to_what_the_code_asks_for() {
    for (env, suffix) in ENVIRONMENTS {
        for worker in DEPLOYED.iter().filter(|worker| is_function(worker)) {
            let file = read(worker);
            let section = section(&file, env);
            let named = format!("{} {env}", worker.name);
            let kv = json!([{"binding": KV, "preview_id": "openclaw"}]);
            assert_eq!(section["kv_namespaces"], kv, "{named}");
            let ledger = json!({
                "name": LEDGER,
                "class_name": CLASS,
                "script_name": format!("openclaw-ledger{suffix}"),
            });
            let own = json!({"name": SESSIONS, "class_name": SESSION_CLASS});
            let objects = match worker.name {
                "realtime" => json!([ledger, own]),
                _ => json!([ledger]),
            };
            assert_eq!(section["durable_objects"]["bindings"], objects, "{named}");
            assert_eq!(
                section["secrets"]["required"],
                json!(OWN.map(|(name, _)| name)),
                "{named}"
            );
        }
    }
}

#[test]
fn the_gateway_is_bound_to_every_function_and_no_other() {
    let asked = BTreeSet::from_iter(ROUTES.map(|(_, binding)| binding.to_owned()));
    assert!(asked.contains(function("/nowhere")));
    let functions = DEPLOYED.iter().filter(|worker| is_function(worker));
    let functions = BTreeSet::from_iter(functions.map(|worker| worker.name.to_uppercase()));
    assert_eq!(asked, functions);
    let file = read(&GATEWAY);
    for (env, suffix) in ENVIRONMENTS {
        let bound = |binding: &String| {
            let service = format!("openclaw-{}{suffix}", binding.to_lowercase());
            json!({"binding": binding, "service": service})
        };
        let expected = Vec::from_iter(asked.iter().map(bound));
        assert_eq!(section(&file, env)["services"], json!(expected), "{env}");
    }
}

#[test]
fn the_websocket_is_bound_to_what_answers_its_requests() {
    let realtime = Worker::named("realtime").unwrap();
    let file = read(&realtime);
    let chat = function("/v1/chat/completions");
    for (env, suffix) in ENVIRONMENTS {
        let service = format!("openclaw-{}{suffix}", chat.to_lowercase());
        let bound = json!([{"binding": chat, "service": service}]);
        assert_eq!(section(&file, env)["services"], bound, "{env}");
    }
}

#[test]
fn the_classes_are_made_where_they_are() {
    for (name, binding, class) in [
        ("ledger", LEDGER, CLASS),
        ("realtime", SESSIONS, SESSION_CLASS),
    ] {
        let worker = Worker::named(name).unwrap();
        let file = read(&worker);
        let made = &file["migrations"][0]["new_sqlite_classes"];
        assert_eq!(made, &json!([class]));
        for (env, _) in ENVIRONMENTS {
            let objects = &section(&file, env)["durable_objects"]["bindings"];
            let own = json!({"name": binding, "class_name": class});
            assert!(objects.as_array().unwrap().contains(&own), "{name} {env}");
        }
        let entry = cargo::root().join(worker.folder).join("worker.mjs");
        let exported = format!("export class {class} ");
        assert!(fs::read_to_string(entry).unwrap().contains(&exported));
    }
}

#[test]
fn the_secrets_are_those_that_the_code_reads() {
    let configured = cargo::root().join("shared/web/src/configured.rs");
    let configured = fs::read_to_string(configured).unwrap();
    let read = configured.split("secret(\"").skip(1);
    let read = read.map(|rest| rest.split('"').next().unwrap());
    assert_eq!(Vec::from_iter(read), OWN.map(|(name, _)| name));
}

#[test]
fn the_compatibility_date_is_one_that_the_pinned_runtime_knows() {
    let package = cargo::root().join("platforms/cloudflare/package.json");
    let package: Value = serde_json::from_str(&fs::read_to_string(package).unwrap()).unwrap();
    let workerd = package["dependencies"]["workerd"].as_str().unwrap();
    let newest = workerd.split('.').nth(1).unwrap().to_owned();
    let date = read(&GATEWAY)["compatibility_date"]
        .as_str()
        .unwrap()
        .replace('-', "");
    assert!(date <= newest, "{date} > {newest}");
}
