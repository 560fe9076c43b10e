//! `cargo xtask build workers`: compiles what changed, assembles it, and weighs it.

use super::{
    DEPLOYED, FOR_TESTS, Tools, Worker, assemble,
    rust::{Rust, TARGET},
    size,
};
use crate::{cache, cargo, process, steps::Steps};
use anyhow::{Context, Result, bail};
use clap::Args;
use std::{
    fs::{self, File},
    path::{Path, PathBuf},
};

/// The profile in `Cargo.toml` that Workers are compiled with.
const PROFILE: &str = "worker";

/// Options of `build`.
#[derive(Args)]
pub(crate) struct Options {
    /// Which; all when none is named.
    names: Vec<String>,
}

/// Builds what `options` name, prints the table, and fails where one is too large.
pub(crate) fn run(options: &Options) -> Result<()> {
    let named = options.names.iter().map(|name| Worker::named(name));
    let mut workers = named.collect::<Result<Vec<_>>>()?;
    if workers.is_empty() {
        workers.extend(DEPLOYED);
    }
    weigh(&Tools::ready()?, &workers)
}

/// The same for all, those that are for tests only among them.
pub(crate) fn all(tools: &Tools) -> Result<()> {
    weigh(tools, &[&DEPLOYED[..], &FOR_TESTS].concat())
}

fn weigh(tools: &Tools, workers: &[Worker]) -> Result<()> {
    let sizes = build(tools, workers)?;
    print!("{}", size::table(&sizes));
    size::check(&sizes)
}

/// Builds `workers` where they are not up to date; what they weigh.
pub(crate) fn build(tools: &Tools, workers: &[Worker]) -> Result<Vec<size::Size>> {
    let mut steps = Steps::new(workers.len());
    let build = |worker: &Worker| {
        steps.step(&format!("Worker {}", worker.name), || {
            build_one(tools, worker).with_context(|| format!("Worker {}", worker.name))
        })?;
        size::Size::of(worker)
    };
    workers.iter().map(build).collect()
}

fn build_one(tools: &Tools, worker: &Worker) -> Result<()> {
    let folder = worker.built();
    let workers = folder.parent().context("a Worker's folder is in none")?;
    fs::create_dir_all(&folder)?;
    // Several may be asked for the same one at once: every `wrangler` builds what it starts.
    let lock = File::create(workers.join(format!("{}.lock", worker.name)))?;
    lock.lock()?;
    let compiled = compile(tools, worker)?;
    let entry = assemble::entry(worker)?;
    let stamp = workers.join(format!("{}.stamp", worker.name));
    let made_from = made_from(tools, &compiled, &entry)?;
    if fs::read_to_string(&stamp).is_ok_and(|last| last == made_from) {
        return Ok(());
    }
    let staging = workers.join(format!("{}.new", worker.name));
    if staging.exists() {
        fs::remove_dir_all(&staging)?;
    }
    fs::create_dir_all(&staging)?;
    assemble::assemble(tools, &compiled, &entry, &staging)?;
    for file in assemble::FILES {
        fs::rename(staging.join(file), folder.join(file))?;
    }
    fs::write(stamp, made_from)?;
    Ok(fs::remove_dir_all(staging)?)
}

/// How Workers are compiled: a panic costs one request; bytes are searched sixteen at a time (which all of
/// Workers' engines know); SHA-256 is a loop, which is smaller than its rounds written out.
const FLAGS: [&str; 4] = [
    "-Cpanic=unwind",
    "-Ctarget-feature=+simd128",
    "--cfg=sha2_backend=\"soft\"",
    "--cfg=sha2_backend_soft=\"compact\"",
];

/// [`FLAGS`], and short names for the places that panics tell, whatever machine compiles.
fn flags(rust: &Rust) -> Result<String> {
    let mut flags = FLAGS.map(str::to_owned).to_vec();
    for (folder, name) in [(rust.library(), "std"), (cargo::registry()?, "crates")] {
        flags.push(format!("--remap-path-prefix={}={name}", folder.display()));
    }
    Ok(flags.join("\x1f"))
}

/// Cargo's own work: the library as wasm, with a standard library that unwinds.
fn compile(tools: &Tools, worker: &Worker) -> Result<PathBuf> {
    let target = cargo::root().join("target/wasm");
    let mut cargo = tools.rust.command();
    cargo.args(["rustc", "--quiet", "--package", worker.package, "--lib"]);
    cargo.args([
        "--crate-type",
        "cdylib",
        "--target",
        TARGET,
        "--profile",
        PROFILE,
    ]);
    cargo.arg("-Zbuild-std=std,panic_unwind");
    // The defaults, and the library's smaller algorithms.
    cargo.arg("-Zbuild-std-features=panic-unwind,optimize_for_size");
    for feature in worker.features {
        cargo.args(["--features", feature]);
    }
    cargo
        .env("CARGO_TARGET_DIR", &target)
        .env("RUSTC_BOOTSTRAP", "1");
    cargo.env("CARGO_ENCODED_RUSTFLAGS", flags(&tools.rust)?);
    process::run(&mut cargo)?;
    let file = format!("{}.wasm", worker.package.replace('-', "_"));
    let compiled = target.join(TARGET).join(PROFILE).join(file);
    match compiled.exists() {
        true => Ok(compiled),
        false => bail!("cargo made no {}", compiled.display()),
    }
}

/// What the files of a Worker follow from, as one line.
fn made_from(tools: &Tools, compiled: &Path, entry: &str) -> Result<String> {
    let tools = [&tools.wasm_bindgen, &tools.node_modules];
    let own = [
        include_str!("assemble.rs"),
        include_str!("order.rs"),
        include_str!("wasm.rs"),
    ];
    let ours = assemble::ours()?;
    Ok(cache::hash((fs::read(compiled)?, entry, ours, tools, own)))
}
