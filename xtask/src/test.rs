//! `cargo xtask test`: style, lints, every test; the last line is the sum of all.

use crate::{
    Runtime,
    cargo::{self, Executable, PROFILE},
    clients::Clients,
    lambda, model,
    process::{self, Interrupted},
    setup,
    steps::seconds,
    workers::{self, Source, Tools},
};
use anyhow::{Context, Result};
use clap::Args;
use std::{
    path::Path,
    process::{Command, ExitCode},
    time::{Duration, Instant},
};

/// The test target that is the conformance suite.
const SUITE: &str = "conformance";
/// What every cargo command is about: the same set each time, so that nothing is compiled twice.
const ALL: [&str; 3] = ["--workspace", "--profile", PROFILE];

/// The ports' contract on workerd, a program for `node --test`.
const CONTRACT: &str = "platforms/cloudflare/contract/contract.test.mjs";
/// Tells such programs where miniflare and wrangler are.
const NPM_TOOLS: &str = "OPENCLAW_WRANGLER_MODULES";

/// A harness that takes longer hangs.
const LIMIT: Duration = Duration::from_secs(600);

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
    println!("{} passed, {} failed", report.sum.passed, report.sum.failed);
    Ok(ExitCode::from(u8::from(report.sum.failed > 0)))
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
    report.step("tests of the crates", |sum| {
        own.iter()
            .try_for_each(|test| sum.run(&mut command(test), LIMIT))
    })?;
    report.step("examples in the docs", |sum| {
        let mut doc = cargo::command(&["test", "--doc", "--no-fail-fast"]);
        sum.run(doc.args(ALL), LIMIT)
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
        report.step(&format!("conformance: {target}"), |sum| {
            suite.iter().try_for_each(|test| {
                let mut command = command(test);
                give(&mut command, &clients, tools.as_ref());
                if let Some(on_lambda) = &on_lambda {
                    on_lambda.give(&mut command);
                }
                command.env("OPENCLAW_TARGET", &target);
                command.env("OPENCLAW_BIN", server(&built)?);
                command.env("OPENCLAW_MODEL_URL", &model_url);
                sum.run(&mut command, LIMIT)
            })
        })?;
    }
    Ok(())
}

/// What only Workers have: their size, their contract inside workerd, their deployment.
fn worker_steps(tools: &Tools, report: &mut Report) -> Result<()> {
    report.step("Workers: build, sizes", |_| workers::all(tools))?;
    report.step("Workers: contract", |sum| {
        let mut contract = tools.node_command();
        contract.args(["--test", "--test-reporter=tap", CONTRACT]);
        contract.current_dir(cargo::root());
        contract.env(NPM_TOOLS, &tools.node_modules);
        sum.run(&mut contract, LIMIT)
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
    report.step("Lambda: contract", |sum| {
        let package = cargo::root().join(lambda::STORES);
        let contract = own.iter().filter(|test| test.package == package);
        contract.into_iter().try_for_each(|test| {
            let mut command = command(test);
            conformance.give(&mut command);
            sum.run(&mut command, LIMIT)
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

/// What has been done so far.
#[derive(Default)]
struct Report {
    sum: Sum,
    rows: Vec<String>,
}

impl Report {
    /// Does one step. Its failure is counted, as one where it names no failed test, and does not
    /// end the others; only a signal does.
    fn step(&mut self, name: &str, work: impl FnOnce(&mut Sum) -> Result<()>) -> Result<()> {
        eprintln!("── {name}");
        let (since, mut sum) = (Instant::now(), Sum::default());
        if let Err(error) = work(&mut sum) {
            if error.is::<Interrupted>() {
                return Err(error);
            }
            eprintln!("{name}: {error:#}");
            sum.failed += 1;
        }
        let how = match (sum.passed, sum.failed) {
            (0, 0) => "ok".into(),
            (passed, 0) => format!("ok, {passed} passed"),
            (passed, failed) => format!("FAILED, {passed} passed, {failed} failed"),
        };
        self.rows
            .push(format!("{name:24} {:>12}  {how}", seconds(since.elapsed())));
        self.sum.passed += sum.passed;
        self.sum.failed += sum.failed;
        Ok(())
    }

    fn print(&self) {
        eprintln!("──");
        self.rows.iter().for_each(|row| eprintln!("{row}"));
    }
}

/// Tests by their outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Sum {
    passed: u64,
    failed: u64,
}

impl Sum {
    /// Runs one or more test harnesses, shows what they print and adds what they sum up. Ending
    /// badly without a failed test, as by a crash or by not ending at all, counts as one.
    fn run(&mut self, command: &mut Command, limit: Duration) -> Result<()> {
        let before = self.failed;
        let ended = process::lines(command, limit, |line| {
            println!("{line}");
            self.add(line);
        });
        let what = match ended {
            Ok(status) if status.success() => return Ok(()),
            Ok(status) => format!("{}: {status}", command.get_program().display()),
            Err(error) if error.is::<Interrupted>() => return Err(error),
            Err(error) => format!("{error:#}"),
        };
        eprintln!("{what}");
        if self.failed == before {
            self.failed += 1;
        }
        Ok(())
    }

    /// Adds a line such as `test result: ok. 5 passed; 0 failed; …`, or Node's `# pass 5`, and
    /// nothing for any other.
    fn add(&mut self, line: &str) {
        let mut words = line.split(' ');
        if let (Some("#"), Some(what), Some(number), None) =
            (words.next(), words.next(), words.next(), words.next())
        {
            let number = number.parse().unwrap_or(0);
            match what {
                "pass" => self.passed += number,
                "fail" | "cancelled" => self.failed += number,
                _ => {}
            }
        }
        let Some((_, counts)) = line
            .strip_prefix("test result: ")
            .and_then(|result| result.split_once(". "))
        else {
            return;
        };
        for count in counts.split("; ") {
            match count.split_once(' ') {
                Some((number, "passed")) => self.passed += number.parse().unwrap_or(0),
                Some((number, "failed")) => self.failed += number.parse().unwrap_or(0),
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_summed_and_other_lines_are_not() {
        let mut sum = Sum::default();
        for line in [
            "test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s",
            "test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s",
            "test auth::rejects ... ok",
            "# pass 8",
            "# fail 1",
            "# cancelled 1",
            "# tests 10",
            "# Subtest: the stores keep the contract",
        ] {
            sum.add(line);
        }
        let (passed, failed) = (23, 4);
        assert_eq!(sum, Sum { passed, failed });
    }

    fn sum_of(script: &str, limit: Duration) -> Sum {
        let mut sum = Sum::default();
        let mut command = Command::new("sh");
        sum.run(command.args(["-c", script]), limit).unwrap();
        sum
    }

    #[test]
    fn a_crash_and_a_hang_count_as_one_failure() {
        let (passed, failed) = (1, 1);
        let said = "echo 'test result: ok. 1 passed; 0 failed'";
        for (end, limit) in [("kill -9 $$", LIMIT), ("sleep 60", Duration::from_secs(1))] {
            let sum = sum_of(&format!("{said}; {end}"), limit);
            assert_eq!(sum, Sum { passed, failed }, "{end}");
        }
    }

    #[test]
    fn what_a_harness_leaves_behind_keeps_nobody_waiting() {
        let since = Instant::now();
        let sum = sum_of(
            "sleep 60 & echo 'test result: ok. 1 passed; 0 failed'",
            LIMIT,
        );
        let (passed, failed) = (1, 0);
        assert_eq!(sum, Sum { passed, failed });
        assert!(since.elapsed() < Duration::from_secs(30));
    }
}
