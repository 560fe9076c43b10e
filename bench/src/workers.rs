//! The Workers on plain workerd, and the limit of the platform: a Worker in JavaScript that hands
//! each request on to the same upstream and does nothing else. One process of workerd runs them all
//! and only one is asked at a time, so that its time is that one's.

mod config;
pub(super) mod sessions;
mod workerd;

use super::{
    Options,
    load::{self, Load, SCENARIOS, Scenario},
    server::{self, Folder, Server},
    table::{self, Bar, Results},
};
use anyhow::{Context, Result, ensure};
use config::{ADMIN_TOKEN, KV, text};
use openclaw_function_gateway::ROUTES;
use serde_json::{Value, json};
use std::{fs, path::PathBuf, process::Command};
use workerd::{Script, Workerd};
use xtask::{
    http,
    process::{self, Service},
    steps::Steps,
    workers::{self, DEPLOYED, Tools},
};

/// Names of the rows.
const PASS_THROUGH: &str = "JavaScript pass-through";
const GATEWAY: &str = "gateway → chat → Durable Object";

/// All rows, and the means to put load on them.
struct Fleet {
    servers: Vec<Server>,
    load: Load,
    _services: [Service; 2],
    /// Dropped last: the objects.
    _folder: Folder,
}

/// Measures, prints the tables and gives the bars.
pub(super) fn measure(options: &Options) -> Result<Vec<Bar>> {
    let fleet = Fleet::start(options.parts)?;
    let mut results = Results::new(PASS_THROUGH);
    // Each request is some ten times as dear as natively. CPU time is told in steps of 10 ms: what a bar
    // is about takes long enough for that.
    let scenarios = SCENARIOS.map(|scenario| Scenario {
        requests: scenario.requests / if scenario.connections > 1 { 2 } else { 4 },
        ..scenario
    });
    super::measure(
        &fleet.load,
        &fleet.servers,
        &scenarios,
        options.rounds,
        &mut results,
    )?;
    println!("{} {}", table::conditions(options.rounds), load::STREAM);
    let rows = Vec::from_iter(fleet.servers.iter().map(|server| server.name));
    results.print(&scenarios, &rows);
    fleet.check_usage()?;
    let busy = scenarios.iter().filter(|scenario| scenario.connections > 1);
    let bar = |scenario: &Scenario| {
        let at_most = if scenario.stream { 6.0 } else { 5.0 };
        results.bar(scenario, GATEWAY, at_most)
    };
    Ok(busy.map(bar).collect())
}

impl Fleet {
    fn start(parts: bool) -> Result<Self> {
        let tools = Tools::install()?;
        let mut steps = Steps::new(2);
        let (upstream, load) =
            steps.step("upstream and load generator: building", server::tools)?;
        steps.step("Workers: building", || {
            workers::build(&tools, &DEPLOYED, workers::Profile::Release)
        })?;
        let folder = Folder::new()?;
        let (first, upstream) = server::upstream(&upstream)?;

        let mut workerd = Workerd::default();
        let rows = rows(&mut workerd, &first.address, &folder, parts)?;
        let workerd = workerd.start(&binary(&tools)?, &folder.0)?;
        let mut servers = vec![first];
        for (name, port, get) in rows {
            let server = Server::new(name, port, &workerd);
            servers.push(Server { get, ..server });
        }
        let gateway = servers.iter().find(|server| server.name == GATEWAY);
        let url = format!("http://{}", gateway.context("no gateway")?.address);
        let key = new_key(&url)?;
        Ok(Self {
            servers,
            load: Load { binary: load, key },
            _services: [workerd, upstream],
            _folder: folder,
        })
    }

    /// What was not accounted was not measured either: each of some more chats must be in the usage
    /// report.
    fn check_usage(&self) -> Result<()> {
        let mut gateways = self.servers.iter().filter(|server| server.name == GATEWAY);
        let gateway = gateways.next().context("no gateway")?;
        let url = format!("http://{}/v1/analytics/usage?period=24h", gateway.address);
        let total = || {
            let usage: Value = serde_json::from_str(&http::get(&url, Some(&self.load.key))?)?;
            usage["total_requests"].as_u64().context("no total")
        };
        let scenario = Scenario {
            requests: 320,
            ..SCENARIOS[3]
        };
        let before = total()?;
        self.load.measure(gateway, scenario)?;
        let more = total()? - before;
        ensure!(
            more == 320,
            "320 chats were asked for, {more} were accounted"
        );
        Ok(())
    }
}

/// Each row's name, its port, and what is asked for there where it is no chat.
type Row = (&'static str, u16, Option<&'static str>);

fn rows(workerd: &mut Workerd, upstream: &str, folder: &Folder, parts: bool) -> Result<Vec<Row>> {
    let scripts = DEPLOYED.iter().map(config::script);
    let scripts = scripts.collect::<Result<Vec<_>>>()?;
    for script in &scripts {
        workerd.add(script);
    }
    workerd.add(&key_value(upstream, folder)?);
    let to = ("UPSTREAM".into(), text(&format!("http://{upstream}")));
    let source = include_str!("workers/pass-through.mjs");
    workerd.add(&own(folder, "pass-through", source, vec![to])?);
    let mut rows = vec![
        (PASS_THROUGH, workerd.listen("pass-through")?, None),
        (GATEWAY, workerd.listen("openclaw-gateway")?, None),
    ];
    if parts {
        let gateway = scripts.last().context("no gateway")?;
        rows.extend(part_rows(workerd, gateway, folder)?);
    }
    Ok(rows)
}

/// What stands in for Workers KV, with a configuration for this upstream.
fn key_value(upstream: &str, folder: &Folder) -> Result<Script> {
    let config: Value = toml::from_str(&server::config(upstream))?;
    let config = ("CONFIG".into(), text(&config.to_string()));
    own(folder, KV, include_str!("workers/kv.mjs"), vec![config])
}

/// What shows where a request's time goes, and what another gateway would change.
fn part_rows(workerd: &mut Workerd, gateway: &Script, folder: &Folder) -> Result<Vec<Row>> {
    let to_answer = |(name, _): &(String, String)| (name.clone(), "service = \"answer\"".into());
    let to_answer = Vec::from_iter(gateway.bindings.iter().map(to_answer));
    let routes = serde_json::to_string(&ROUTES)?;
    let source = include_str!("workers/gateway.mjs").replace("\"ROUTES\"", &routes);
    workerd.add(&own(
        folder,
        "answer",
        include_str!("workers/answer.mjs"),
        vec![],
    )?);
    workerd.add(&own(folder, "js", &source, gateway.bindings.clone())?);
    workerd.add(&own(folder, "js-answer", &source, to_answer.clone())?);
    workerd.add(&Script {
        name: "gateway-answer".into(),
        bindings: to_answer,
        ..gateway.clone()
    });
    let health = Some("/v1/health");
    let rows = [
        ("JavaScript gateway → chat → Durable Object", "js", None),
        ("chat → Durable Object", "openclaw-chat", None),
        ("a Worker that answers", "answer", None),
        ("gateway → a Worker that answers", "gateway-answer", None),
        (
            "JavaScript gateway → a Worker that answers",
            "js-answer",
            None,
        ),
        ("gateway → health", "openclaw-gateway", health),
        ("health", "openclaw-health", health),
    ];
    let listen = |(row, name, get)| Ok((row, workerd.listen(name)?, get));
    rows.into_iter().map(listen).collect()
}

/// A Worker of the bench's own.
fn own(
    folder: &Folder,
    name: &str,
    source: &str,
    bindings: Vec<(String, String)>,
) -> Result<Script> {
    let file = format!("{name}.mjs");
    fs::write(folder.0.join(&file), source)?;
    Ok(Script {
        name: name.into(),
        script: file,
        bindings,
        ..config::like_ours()?
    })
}

/// workerd itself, without npm's wrapper around it.
fn binary(tools: &Tools) -> Result<PathBuf> {
    let mut node = Command::new(&tools.node);
    node.args(["-p", "require('workerd').default"]);
    let path = process::capture(node.current_dir(&tools.node_modules))?;
    Ok(path.trim().into())
}

/// A key of an account with a limit and a budget, made by the operator through the API.
fn new_key(gateway: &str) -> Result<String> {
    let make = |what: &str, field: &str, body: Value| {
        let url = format!("{gateway}/v1/{what}");
        let said = http::post(&url, Some(ADMIN_TOKEN), &body.to_string())?;
        let made: Value = serde_json::from_str(&said)?;
        let value = made[field].as_str().map(str::to_owned);
        value.with_context(|| format!("{what}: no `{field}`"))
    };
    let account = json!({"name": "bench", "tier": "enterprise", "monthly_budget": 1e6});
    let account = make("accounts", "id", account)?;
    let key = json!({"account": account, "name": "bench", "scopes": ["admin"]});
    make("keys", "key", key)
}
