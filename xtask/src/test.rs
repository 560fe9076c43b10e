//! `cargo xtask test`: style, lints, every test; the last line is the sum of all.

use crate::{
    Runtime,
    cargo::{self, Executable, PROFILE},
    clients::Clients,
    lambda, model, process, setup,
    workers::{self, Source, Tools},
};
use anyhow::{Context, Result};
use clap::Args;
use std::{
    path::Path,
    process::{Command, ExitCode},
    time::Duration,
};

mod report;

use report::Report;

/// The test target that is the conformance suite.
const SUITE: &str = "conformance";
/// What every cargo command is about: the same set each time, so that nothing is compiled twice.
const ALL: [&str; 3] = ["--workspace", "--profile", PROFILE];

/// Programs for `node --test`: the ports' contract on workerd, and what lies between wasm and JavaScript.
const CONTRACT: [&str; 2] = [
    "platforms/cloudflare/contract/contract.test.mjs",
    "platforms/cloudflare/glue.test.mjs",
];
/// Tells such programs where miniflare and wrangler are.
const NPM_TOOLS: &str = "OPENCLAW_WRANGLER_MODULES";

/// A harness that takes longer hangs: four times what the longest takes on two processors of its own.
const LIMIT: Duration = Duration::from_secs(1300);

/// Options of `test`.
#[derive(Args)]
pub(crate) struct Options {
    /// Where the conformance suite's gateway runs.
    #[arg(default_value = "native")]
    runtime: Runtime,
    /// The conformance suite on every runtime.
    #[arg(long)]
    all: bool,
}

/// Runs everything, whatever fails before, as long as it was built.
pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    let runtimes = match options.all {
        true => <Runtime as clap::ValueEnum>::value_variants().to_vec(),
        false => vec![options.runtime],
    };
    let mut report = Report::default();
    let finished = steps(&runtimes, &mut report);
    report.print();
    finished?;
    println!("{}", report.sum());
    Ok(ExitCode::from(u8::from(report.has_failed())))
}

fn steps(runtimes: &[Runtime], report: &mut Report) -> Result<()> {
    let (model, clients) = setup::everything()?;
    let on_workers = runtimes.contains(&Runtime::Workers);
    let set_up = || Tools::install(Source::Auto);
    let tools = on_workers.then(set_up).transpose()?;
    let on_lambda = runtimes.contains(&Runtime::Lambda);
    let lambda_tools = on_lambda.then(lambda::Tools::install).transpose()?;
    report.step("style", |_| {
        process::run(&mut cargo::command(&["fmt", "--all", "--check"]))
    })?;
    report.step("lints", |_| {
        let mut clippy = cargo::command(&["clippy", "--all-targets"]);
        process::run(clippy.args(ALL).args(["--", "--deny", "warnings"]))
    })?;
    let mut built = vec![];
    report.step("build", |_| {
        built = cargo::build(&[&ALL[..], &["--lib", "--bins", "--tests"]].concat())?;
        Ok(())
    })?;
    let tests = built.iter().filter(|made| made.is_test);
    let (suite, own): (Vec<_>, Vec<_>) = tests.partition(|test| test.name == SUITE);
    if suite.is_empty() {
        // The build failed, and that has been counted.
        return Ok(());
    }
    report.step("tests of the crates", |outcome| {
        own.iter()
            .try_for_each(|test| outcome.run(&mut command(test), LIMIT))
    })?;
    report.step("examples in the docs", |outcome| {
        let mut doc = cargo::command(&["test", "--doc", "--no-fail-fast"]);
        outcome.run(doc.args(ALL), LIMIT)
    })?;
    if let Some(tools) = &tools {
        worker_steps(tools, report)?;
    }
    let on_lambda = match &lambda_tools {
        Some(tools) => Some(lambda_steps(tools, &own, report)?),
        None => None,
    };
    let (_serving, model_url) = model::start(&model)?;
    for runtime in runtimes {
        let target = format!("{runtime:?}").to_lowercase();
        report.step(&format!("conformance: {target}"), |outcome| {
            suite.iter().try_for_each(|test| {
                let mut command = command(test);
                give(&mut command, &clients, tools.as_ref());
                if let Some(on_lambda) = &on_lambda {
                    on_lambda.give(&mut command);
                }
                command.env("OPENCLAW_TARGET", &target);
                command.env("OPENCLAW_BIN", server(&built)?);
                command.env("OPENCLAW_MODEL_URL", &model_url);
                outcome.run(&mut command, LIMIT)
            })
        })?;
    }
    Ok(())
}

/// What only Workers have: their size, their contract inside workerd, their deployment.
fn worker_steps(tools: &Tools, report: &mut Report) -> Result<()> {
    report.step("Workers: build, sizes", |_| workers::all(tools))?;
    report.step("Workers: contract", |outcome| {
        let mut contract = tools.node_command();
        contract.args(["--test", "--test-reporter=tap"]);
        contract.args(CONTRACT);
        contract.current_dir(cargo::root());
        contract.env(NPM_TOOLS, &tools.node_modules);
        outcome.run(&mut contract, LIMIT)
    })?;
    report.step("Workers: deployments", |_| workers::deploy::rehearse(tools))
}

/// What only Lambda has: the functions' build, and the stores' contract on DynamoDB. DynamoDB runs as
/// long as what comes of it.
fn lambda_steps(
    tools: &lambda::Tools,
    own: &[&Executable],
    report: &mut Report,
) -> Result<lambda::Conformance> {
    let mut built = None;
    report.step("Lambda: build, sizes", |_| {
        let folder = lambda::build::built(tools)?;
        lambda::build::weigh(tools, built.insert(folder))
    })?;
    report.step("Lambda: template", |_| lambda::deploy::validate(tools))?;
    report.step("Lambda: deployment", |_| lambda::smoke::rehearse(tools))?;
    let conformance = lambda::Conformance::start(tools, built)?;
    report.step("Lambda: contract", |outcome| {
        let package = cargo::root().join(lambda::STORES);
        let contract = own.iter().filter(|test| test.package == package);
        contract.into_iter().try_for_each(|test| {
            let mut command = command(test);
            conformance.give(&mut command);
            outcome.run(&mut command, LIMIT)
        })
    })?;
    Ok(conformance)
}

/// Tells the suite where the programs are that it starts.
fn give(suite: &mut Command, clients: &Clients, tools: Option<&Tools>) {
    clients.give(suite);
    if let Some(tools) = tools {
        suite.env("OPENCLAW_WRANGLER_NODE", &tools.node);
        suite.env(NPM_TOOLS, &tools.node_modules);
    }
}

/// A test harness as cargo runs it: in the folder of its package, which it is told.
fn command(test: &Executable) -> Command {
    let mut command = Command::new(&test.path);
    command.current_dir(&test.package);
    command.env("CARGO_MANIFEST_DIR", &test.package);
    command
}

fn server(built: &[Executable]) -> Result<&Path> {
    let server = built
        .iter()
        .find(|made| made.name == "openclaw-api" && !made.is_test);
    Ok(&server.context("the build made no openclaw-api")?.path)
}
