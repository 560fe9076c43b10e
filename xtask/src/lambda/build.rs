//! `cargo xtask build lambda`: the functions as `sam build` makes them for what is deployed.

use super::{FUNCTIONS, Tools, measure};
use crate::{
    cache,
    cargo::{self, Executable},
    dashboard, process,
};
use anyhow::{Context, Result, bail};
use clap::Args;
use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::Command,
};

/// Where `sam deploy` takes what it deploys from.
const BUILT: &str = ".aws-sam/build";
/// Where it is made: whoever runs what is there goes on when a build takes long, or fails.
const NEXT: &str = ".aws-sam/next";
/// What the functions are made from.
pub(super) const SOURCES: [&str; 8] = [
    "Cargo.lock",
    "Cargo.toml",
    "functions",
    "platforms/aws",
    "platforms/tokio",
    "samconfig.toml",
    "shared",
    "template.yaml",
];

/// Options of `build lambda`.
#[derive(Args)]
pub(crate) struct Options {
    /// Which functions to print; all when none is named.
    names: Vec<String>,
}

/// Builds, prints the table, and fails where something is too large or too slow to start.
pub(crate) fn run(options: &Options) -> Result<()> {
    if let Some(name) = options
        .names
        .iter()
        .find(|name| !FUNCTIONS.contains(&name.as_str()))
    {
        bail!("there is no function `{name}`: {}", FUNCTIONS.join(", "));
    }
    dashboard::build()?;
    let tools = Tools::install()?;
    let folder = built(&tools)?;
    let wanted = |name: &&str| options.names.is_empty() || options.names.iter().any(|n| n == name);
    let names = FUNCTIONS.into_iter().filter(wanted);
    let measured = names.map(|name| measure::function(&tools, name, &binary(&folder, name)));
    let measured = measured.collect::<Result<Vec<_>>>()?;
    print!("{}", measure::table(&measured));
    measure::check_starts(&measured)?;
    measure::check_sizes(&measured)
}

/// Prints what those in `folder` weigh, which were built for this machine, and fails where one is too large.
pub(crate) fn weigh(tools: &Tools, folder: &Path) -> Result<()> {
    let weighed = FUNCTIONS.map(|name| measure::size(tools, name, &binary(folder, name)));
    let weighed = weighed.into_iter().collect::<Result<Vec<_>>>()?;
    print!("{}", measure::table(&weighed));
    measure::check_sizes_here(&weighed)
}

/// Builds the functions for this machine, as [`arrange`] leaves them.
pub(crate) fn for_this_machine() -> Result<PathBuf> {
    let mut cargo = cargo::command(&["build", "--locked", "--profile", cargo::PROFILE, "--bins"]);
    for name in FUNCTIONS {
        let package = package(name);
        cargo.args(["--package", &package, "--features"]);
        cargo.arg(format!("{package}/lambda"));
    }
    arrange(&cargo::run_build(&mut cargo)?)
}

/// The functions among `built` as `sam build` would leave them; the folder. They are not a deployment's:
/// quick to build, and larger.
pub(crate) fn arrange(built: &[Executable]) -> Result<PathBuf> {
    let folder = cargo::target().join(cargo::PROFILE).join("lambda");
    for name in FUNCTIONS {
        let wanted = format!("openclaw-lambda-{name}");
        let of = |made: &&Executable| made.name == wanted && !made.is_test;
        let made = built.iter().find(of);
        let made = made.with_context(|| format!("the build made no {wanted}"))?;
        let to = binary(&folder, name);
        fs::create_dir_all(folder.join(resource(name)))?;
        // Whoever runs the old one goes on with it.
        let _ = fs::remove_file(&to);
        let mut strip = Command::new("strip");
        process::capture(strip.arg("-o").arg(&to).arg(&made.path))?;
    }
    Ok(folder)
}

fn package(name: &str) -> String {
    format!("openclaw-function-{name}")
}

/// The folder of what `sam build` made of the sources as they are now. [`binary`] says what is in it.
pub(crate) fn built(tools: &Tools) -> Result<PathBuf> {
    let folder = cargo::root().join(BUILT);
    let own = cargo::root().join("target/aws");
    fs::create_dir_all(&own)?;
    // Several may ask at once.
    let lock = File::create(own.join("build.lock"))?;
    lock.lock()?;
    let (stamp, sources) = (own.join("build.stamp"), sources(tools)?);
    let made_from =
        |folder: &Path| Ok::<_, anyhow::Error>(cache::hash((&sources, result(folder)?)));
    if let (Ok(last), Ok(now)) = (fs::read_to_string(&stamp), made_from(&folder))
        && last == now
    {
        return Ok(folder);
    }
    eprintln!("sam build: the first takes minutes, most of them for the SDK of DynamoDB");
    process::capture(&mut sam(tools, &["build", "--build-dir", NEXT])).context("sam build")?;
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::rename(cargo::root().join(NEXT), &folder)?;
    fs::write(stamp, made_from(&folder)?)?;
    Ok(folder)
}

/// A function's binary in the folder of all that are built.
pub(crate) fn binary(built: &Path, name: &str) -> PathBuf {
    built.join(resource(name)).join("bootstrap")
}

/// What the template calls a function.
pub(crate) fn resource(name: &str) -> String {
    let (first, rest) = name.split_at(1);
    format!("{}{rest}Function", first.to_uppercase())
}

/// `sam <arguments>` at the top of the checkout, with cargo-lambda at hand.
pub(super) fn sam(tools: &Tools, arguments: &[&str]) -> Command {
    let root = cargo::root();
    let programs = tools.programs();
    let mut sam = cargo::program(&programs.join("sam"));
    sam.args(arguments);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::split_paths(&path);
    if let Ok(path) = std::env::join_paths([programs.to_owned()].into_iter().chain(path)) {
        sam.env("PATH", path);
    }
    // cargo-lambda links by a linker of its own, and what cargo shares between builds (procedural
    // macros) would be compiled anew at each change between its builds and others.
    sam.env("CARGO_TARGET_DIR", root.join("target/aws"));
    sam.env("SAM_CLI_TELEMETRY", "0");
    sam.env("__SAM_CLI_APP_DIR", root.join("target/aws/sam"));
    sam
}

/// Everything that a build follows from, as text.
fn sources(tools: &Tools) -> Result<String> {
    let rustc = process::capture(Command::new("rustc").arg("-vV"))?;
    let mut text = format!("{}\n{rustc}", tools.python.display());
    for source in SOURCES {
        add(&cargo::root().join(source), &mut text)?;
    }
    Ok(text)
}

fn add(path: &Path, text: &mut String) -> Result<()> {
    if !path.is_dir() {
        let bytes = fs::read(path).with_context(|| path.display().to_string())?;
        text.push_str(&format!("{} {}\n", path.display(), cache::hash(bytes)));
        return Ok(());
    }
    let mut entries = Vec::from_iter(fs::read_dir(path)?.flatten().map(|entry| entry.path()));
    entries.sort();
    let hidden = |path: &Path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with(['.', '_']) || name == "node_modules"
    };
    let mut seen = entries.iter().filter(|path| !hidden(path));
    seen.try_for_each(|entry| add(entry, text))
}

/// Size and time of each binary: another build may have come since.
fn result(folder: &Path) -> Result<Vec<(u64, std::time::SystemTime)>> {
    let of = |name| {
        let path = binary(folder, name);
        let file = fs::metadata(&path).with_context(|| path.display().to_string())?;
        Ok((file.len(), file.modified()?))
    };
    FUNCTIONS.into_iter().map(of).collect()
}
