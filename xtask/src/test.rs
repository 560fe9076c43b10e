//! `cargo xtask test`: style, lints, every test; the last line is the sum of all.

mod plan;
mod printed;
mod report;

use crate::{
    Runtime,
    cargo::{self, Executable, PROFILE},
    client_libraries::ClientLibraries,
    clients::Clients,
    dashboard,
    dependencies::Dependencies,
    lambda,
    model::{self, Model},
    process, setup,
    workers::{self, Tools},
};
use anyhow::{Context, Result, anyhow};
use clap::Args;
use plan::{Plan, Selection};
use report::Report;
use std::{
    path::PathBuf,
    process::{Command, ExitCode},
    thread,
    time::Duration,
};

/// The test target that is the conformance suite.
const SUITE: &str = "conformance";

/// Programs for `node --test`: the ports' contract on workerd, and what lies between wasm and JavaScript.
const CONTRACT: [&str; 2] = [
    "platforms/cloudflare/contract/contract.test.mjs",
    "platforms/cloudflare/glue.test.mjs",
];
/// Tells such programs where miniflare and wrangler are.
const NPM_TOOLS: &str = "OPENCLAW_WRANGLER_MODULES";

/// A harness that takes longer hangs: four times what the longest takes on two processors of its own.
const LIMIT: Duration = Duration::from_secs(1300);

/// The suite's two parts, and what the harness is told for each. Most of what cases do is to wait, but some of
/// it has time limits that a busy processor would break: so few at once, and the crowd's by themselves.
const PARTS: [(&str, &[&str]); 2] = [
    ("conformance", &["--skip", CROWD, "--test-threads=3"]),
    ("conformance, many at once", &[CROWD, "--test-threads=1"]),
];
/// The cases that take all of a machine.
const CROWD: &str = "crowd::";

/// Options of `test`.
#[derive(Args)]
pub(crate) struct Options {
    /// Where the conformance suite's gateway runs.
    #[arg(default_value = "native")]
    runtime: Runtime,
    /// Everything: the conformance suite on every runtime.
    #[arg(long)]
    all: bool,
    /// Only what the changes since `main` can break.
    #[arg(long)]
    changed: bool,
    /// Only these packages; the suite is `openclaw-conformance`.
    #[arg(short, long, value_name = "NAME", conflicts_with = "changed")]
    package: Vec<String>,
}

/// Runs everything that was asked for, whatever fails before, as long as it was built.
pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    let runtimes = match options.all {
        true => <Runtime as clap::ValueEnum>::value_variants(),
        false => &[options.runtime],
    };
    let selection = match (options.changed, &*options.package) {
        (true, _) => Selection::Changed,
        (false, []) => Selection::Everything,
        (false, names) => Selection::Named(names),
    };
    let plan = Plan::new(runtimes, options.all, &selection)?;
    eprintln!("{plan}");
    let mut report = Report::default();
    let finished = match plan.is_empty() {
        true => Ok(()),
        false => steps(&plan, &mut report),
    };
    report.print();
    finished?;
    println!("{}", report.sum());
    Ok(ExitCode::from(u8::from(report.has_failed())))
}

fn steps(plan: &Plan, report: &mut Report) -> Result<()> {
    // Fetching is mostly waiting: it goes on beside the compiler.
    let suites = plan.suites();
    let fetching = thread::spawn(move || Fetched::new(&suites));
    // The server embeds it.
    report.step("dashboard", |_| dashboard::build())?;
    let built = style_and_build(plan, report);
    if !matches!(built, Ok(Some(_))) {
        // Whoever fetches must not be left behind.
        process::interrupt();
    }
    let fetched = fetching.join().map_err(|_| anyhow!("fetching panicked"));
    let Some(built) = built? else {
        // That it failed has been counted.
        return Ok(());
    };
    built.test(report)?;
    match report.step("what the suite needs", |_| fetched.flatten())? {
        Some(fetched) => suites_of(plan, &built, fetched, report),
        None => Ok(()),
    }
}

fn style_and_build(plan: &Plan, report: &mut Report) -> Result<Option<Built>> {
    report.step("style", |_| {
        process::run(&mut cargo::command(&["fmt", "--all", "--check"]))
    })?;
    match report.step("lints and build", |_| Built::new(plan, true))? {
        Some(built) => Ok(Some(built)),
        // A warning keeps no test from running.
        None => report.step("build without lints", |_| Built::new(plan, false)),
    }
}

/// What a build made.
struct Built {
    arguments: Vec<String>,
    lints: bool,
    made: Vec<Executable>,
}

impl Built {
    /// Of the plan's packages, linted where `lints`. Dependencies come from the cache, and go there.
    fn new(plan: &Plan, lints: bool) -> Result<Self> {
        let folder = cargo::target().join(PROFILE);
        let dependencies = Dependencies::of(PROFILE, folder, &mut Command::new("rustc"))?;
        dependencies.restore()?;
        let mut built = Self {
            arguments: plan.arguments(),
            lints,
            made: vec![],
        };
        let mut build = built.cargo(&["build"]);
        built.made = cargo::run_build(build.args(["--lib", "--bins", "--tests", "--benches"]))?;
        if plan.is_whole() {
            dependencies.save()?;
        }
        Ok(built)
    }

    /// `cargo <arguments>` about what was built, which compiles nothing twice.
    fn cargo(&self, arguments: &[&str]) -> Command {
        let mut cargo = cargo::command(arguments);
        cargo
            .args(["--locked", "--profile", PROFILE])
            .args(&self.arguments);
        if self.lints {
            cargo::linting(&mut cargo);
        }
        cargo
    }

    fn binary(&self, name: &str) -> Result<PathBuf> {
        let found = self
            .made
            .iter()
            .find(|made| made.name == name && !made.is_test);
        Ok(found
            .with_context(|| format!("the build made no {name}"))?
            .path
            .clone())
    }

    /// The crates' own tests.
    fn test(&self, report: &mut Report) -> Result<()> {
        report.step("tests of the crates", |outcome| {
            let own = self
                .made
                .iter()
                .filter(|made| made.is_test && made.name != SUITE);
            own.into_iter()
                .try_for_each(|test| outcome.run(&mut harness(test), LIMIT))
        })?;
        Ok(())
    }

    /// The harness of the conformance suite.
    fn suite(&self) -> Result<Command> {
        let suite = self
            .made
            .iter()
            .find(|made| made.is_test && made.name == SUITE);
        Ok(harness(
            suite.context("the build made no conformance suite")?,
        ))
    }
}

/// What the suites need beside Rust, by runtime.
struct Fetched {
    /// For all of them.
    common: Option<(Model, Clients, ClientLibraries)>,
    workers: Option<Tools>,
    lambda: Option<lambda::Tools>,
}

impl Fetched {
    fn new(suites: &[Runtime]) -> Result<Self> {
        let common = match suites {
            [] => None,
            _ => {
                let (model, clients) = setup::everything()?;
                Some((model, clients, ClientLibraries::install()?))
            }
        };
        let runs = |runtime| suites.contains(&runtime);
        Ok(Self {
            common,
            workers: runs(Runtime::Workers).then(Tools::install).transpose()?,
            lambda: runs(Runtime::Lambda)
                .then(lambda::Tools::install)
                .transpose()?,
        })
    }
}

/// What belongs to the runtimes, and the conformance suite on each.
fn suites_of(plan: &Plan, built: &Built, fetched: Fetched, report: &mut Report) -> Result<()> {
    let Fetched {
        common,
        workers,
        lambda,
    } = fetched;
    let Some((model, clients, libraries)) = common else {
        return Ok(());
    };
    let workers = match workers {
        Some(tools) => Some(worker_steps(built, tools, report)?),
        None => None,
    };
    let lambda = match &lambda {
        Some(tools) => Some(lambda_steps(built, tools, report)?),
        None => None,
    };
    dashboard_steps(plan, built, &clients, workers.as_ref(), report)?;
    report.step("client libraries", |outcome| {
        let mut check = libraries.check(&clients)?;
        if let Some(tools) = &workers {
            check.env(NPM_TOOLS, &tools.node_modules);
        }
        outcome.run(&mut check, LIMIT)
    })?;
    let (_serving, model_url) = model::start(&model)?;
    for runtime in plan.suites() {
        let target = format!("{runtime:?}").to_lowercase();
        for (part, options) in PARTS {
            report.step(&format!("{part}: {target}"), |outcome| {
                let mut suite = built.suite()?;
                suite.args(options);
                clients.give(&mut suite);
                libraries.give(&mut suite);
                if let Some(tools) = &workers {
                    suite.env("OPENCLAW_WRANGLER_NODE", &tools.node);
                    suite.env(NPM_TOOLS, &tools.node_modules);
                }
                if let Some(lambda) = &lambda {
                    lambda.give(&mut suite);
                }
                suite.env("OPENCLAW_TARGET", &target);
                suite.env("OPENCLAW_BIN", built.binary("openclaw-api")?);
                suite.env("OPENCLAW_MODEL_URL", &model_url);
                outcome.run(&mut suite, LIMIT)
            })?;
            report.step(&format!("what the servers printed: {target}"), |_| {
                let profile = cargo::target().join(PROFILE);
                printed::ensure_no_secret(&profile.join("conformance").join(&target))
            })?;
        }
    }
    Ok(())
}

/// The dashboard: its types and its pure parts, then its pages in a browser before gateways of their own.
fn dashboard_steps(
    plan: &Plan,
    built: &Built,
    clients: &Clients,
    workers: Option<&Tools>,
    report: &mut Report,
) -> Result<()> {
    let in_browser = |programs: &[&str]| {
        let mut tests = dashboard::in_browser(programs)?;
        clients.give(&mut tests);
        tests.env("OPENCLAW_UPSTREAM", built.binary("openclaw-upstream")?);
        anyhow::Ok(tests)
    };
    if plan.suites().contains(&Runtime::Native) {
        report.step("dashboard: types, units", |_| dashboard::check())?;
        report.step("dashboard: in Chromium", |outcome| {
            let mut tests = in_browser(&[&dashboard::PAGES[..], &dashboard::WAYS].concat())?;
            tests.env("OPENCLAW_BIN", built.binary("openclaw-api")?);
            outcome.run(&mut tests, LIMIT)
        })?;
    }
    if let Some(tools) = workers {
        report.step("dashboard: in Chromium, on workerd", |outcome| {
            let mut tests = in_browser(&dashboard::WAYS)?;
            tests.env("OPENCLAW_TARGET", "workers");
            tests.env(NPM_TOOLS, &tools.node_modules);
            outcome.run(&mut tests, LIMIT)
        })?;
    }
    Ok(())
}

/// What only Workers have: their size, their contract inside workerd, their deployment.
fn worker_steps(built: &Built, tools: Tools, report: &mut Report) -> Result<Tools> {
    let tools = tools.with_bindgen(built.binary(workers::BINDGEN)?);
    report.step("Workers: build, sizes", |_| {
        let dependencies = workers::dependencies(&tools)?;
        dependencies.iter().try_for_each(Dependencies::restore)?;
        let sizes = workers::all(&tools);
        dependencies.iter().try_for_each(Dependencies::save)?;
        sizes
    })?;
    report.step("Workers: contract", |outcome| {
        let mut contract = tools.node_command();
        contract.args(["--test", "--test-reporter=tap"]);
        contract.args(CONTRACT);
        contract.current_dir(cargo::root());
        contract.env(NPM_TOOLS, &tools.node_modules);
        outcome.run(&mut contract, LIMIT)
    })?;
    report.step("Workers: deployments", |_| {
        workers::deploy::rehearse(&tools)
    })?;
    Ok(tools)
}

/// What only Lambda has: the functions' size, their deployment, and the stores' contract on DynamoDB, which
/// runs as long as what comes of this.
fn lambda_steps(
    built: &Built,
    tools: &lambda::Tools,
    report: &mut Report,
) -> Result<lambda::Conformance> {
    let mut functions = None;
    report.step("Lambda: sizes", |_| {
        let folder = lambda::build::arrange(&built.made)?;
        lambda::build::weigh(tools, functions.insert(folder))
    })?;
    report.step("Lambda: template", |_| lambda::deploy::validate(tools))?;
    report.step("Lambda: deployment", |_| {
        let functions = functions.as_ref().context("there are no functions")?;
        lambda::smoke::rehearse(tools, functions, &built.binary(lambda::smoke::UPSTREAM)?)
    })?;
    let conformance = lambda::Conformance::start(tools, functions)?;
    report.step("Lambda: contract", |outcome| {
        let package = cargo::root().join(lambda::STORES);
        let contract = built
            .made
            .iter()
            .filter(|made| made.is_test && made.package == package);
        contract.into_iter().try_for_each(|test| {
            let mut contract = harness(test);
            conformance.give(&mut contract);
            outcome.run(&mut contract, LIMIT)
        })
    })?;
    Ok(conformance)
}

/// A test harness as cargo runs it: in the folder of its package, which it is told.
fn harness(test: &Executable) -> Command {
    let mut command = Command::new(&test.path);
    command.current_dir(&test.package);
    command.env("CARGO_MANIFEST_DIR", &test.package);
    command
}
