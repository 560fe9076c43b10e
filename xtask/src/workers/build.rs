//! `cargo xtask build workers`: compiles what changed, assembles it, and weighs it.

use super::{
    DEPLOYED, Tools, Worker, assemble,
    rust::{Rust, TARGET},
    size::{self, Size},
    table::FOR_TESTS,
};
use crate::{cache, cargo, dashboard, dependencies::Dependencies, process, steps::Steps};
use anyhow::{Context, Result, anyhow, bail};
use clap::{Args, ValueEnum};
use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    thread,
};

/// Says which [`Profile`] where nobody else does: wrangler runs `cargo xtask build workers NAME`.
pub(crate) const PROFILE_VARIABLE: &str = "OPENCLAW_WORKER_PROFILE";

/// Options of `build`.
#[derive(Args)]
pub(crate) struct Options {
    /// Which; all when none is named.
    names: Vec<String>,
    /// For a deployment, or for a try on this machine.
    #[arg(long, value_enum, env = PROFILE_VARIABLE, default_value = "release")]
    profile: Profile,
}

/// What Workers are built for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Profile {
    /// A deployment: small.
    Release,
    /// This machine: quick to build.
    Ci,
}

impl Profile {
    /// As `Cargo.toml` calls it.
    const fn name(self) -> &'static str {
        match self {
            Self::Release => "worker",
            Self::Ci => "worker-ci",
        }
    }

    /// How many bytes a Worker may have of which a deployment's may have `limit`: without LTO and wasm-opt
    /// chat comes out a sixth larger.
    pub(super) const fn limit(self, limit: u64) -> u64 {
        match self {
            Self::Release => limit,
            Self::Ci => limit.saturating_add(limit / 4),
        }
    }
}

/// Builds what `options` name, prints the table, and fails where one is too large.
pub(crate) fn run(options: &Options) -> Result<()> {
    if options.names.is_empty() || options.names.iter().any(|name| name == "gateway") {
        dashboard::build()?;
    }
    let named = options.names.iter().map(|name| Worker::named(name));
    let mut workers = named.collect::<Result<Vec<_>>>()?;
    if workers.is_empty() {
        workers.extend(DEPLOYED);
    }
    weigh(&Tools::install()?, &workers, options.profile)
}

/// The same for all, those that are for tests only among them, and for this machine.
pub(crate) fn all(tools: &Tools) -> Result<()> {
    dashboard::build()?;
    let workers = [&DEPLOYED[..], &FOR_TESTS].concat();
    weigh(tools, &workers, Profile::Ci)
}

fn weigh(tools: &Tools, workers: &[Worker], profile: Profile) -> Result<()> {
    let sizes = build(tools, workers, profile)?;
    print!("{}", size::table(&sizes));
    size::check(&sizes)
}

/// Builds `workers` where they are not up to date; what they weigh. While one is assembled, the next is
/// compiled.
pub fn build(tools: &Tools, workers: &[Worker], profile: Profile) -> Result<Vec<Size>> {
    let mut steps = Steps::new(workers.len());
    let bindgen = tools.bindgen()?;
    thread::scope(|scope| {
        let mut assembling = vec![];
        for worker in workers {
            let built = steps.step(&format!("Worker {}", worker.name), || {
                Build::compiled(tools, worker, profile)
            })?;
            let bindgen = &bindgen;
            assembling.push(scope.spawn(move || {
                built.assemble(tools, bindgen)?;
                Size::of(worker, profile)
            }));
        }
        let ended = assembling.into_iter().zip(workers);
        let sizes = ended.map(|(thread, worker)| {
            let assembled = thread.join().map_err(|_| anyhow!("panicked"));
            assembled
                .flatten()
                .with_context(|| format!("Worker {}", worker.name))
        });
        sizes.collect()
    })
}

/// A Worker that is compiled, and kept for us: several may be asked for the same one at once, because every
/// `wrangler` builds what it starts.
struct Build<'w> {
    worker: &'w Worker,
    profile: Profile,
    compiled: PathBuf,
    _lock: File,
}

impl<'w> Build<'w> {
    fn compiled(tools: &Tools, worker: &'w Worker, profile: Profile) -> Result<Self> {
        fs::create_dir_all(worker.built())?;
        let lock = File::create(beside(worker, "lock"))?;
        lock.lock()?;
        Ok(Self {
            worker,
            profile,
            compiled: compile(tools, worker, profile)?,
            _lock: lock,
        })
    }

    /// The two files in [`Worker::built`], made anew where they follow from something else.
    fn assemble(&self, tools: &Tools, bindgen: &Path) -> Result<()> {
        let Self {
            worker,
            profile,
            compiled,
            ..
        } = self;
        let entry = assemble::entry(worker)?;
        let stamp = beside(worker, "stamp");
        let made_from = made_from(tools, bindgen, *profile, compiled, &entry)?;
        if fs::read_to_string(&stamp).is_ok_and(|last| last == made_from) {
            return Ok(());
        }
        let staging = beside(worker, "new");
        if staging.exists() {
            fs::remove_dir_all(&staging)?;
        }
        fs::create_dir_all(&staging)?;
        assemble::assemble(tools, bindgen, *profile, compiled, &entry, &staging)?;
        for file in assemble::FILES {
            fs::rename(staging.join(file), worker.built().join(file))?;
        }
        fs::write(stamp, made_from)?;
        Ok(fs::remove_dir_all(staging)?)
    }
}

fn beside(worker: &Worker, ending: &str) -> PathBuf {
    worker.built().with_extension(ending)
}

/// Where Workers are compiled.
fn target() -> PathBuf {
    cargo::root().join("target/wasm")
}

/// What a build for this machine compiles of others: for wasm, and for the build itself.
pub(crate) fn dependencies(tools: &Tools) -> Result<[Dependencies; 2]> {
    let profile = Profile::Ci.name();
    let of = |kind: &str, folder| Dependencies::of(kind, folder, &mut tools.rust.rustc());
    Ok([
        of(
            &format!("{profile}-wasm"),
            target().join(TARGET).join(profile),
        )?,
        of(profile, target().join(profile))?,
    ])
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
fn compile(tools: &Tools, worker: &Worker, profile: Profile) -> Result<PathBuf> {
    let mut cargo = tools.rust.command();
    cargo.args([
        "rustc",
        "--locked",
        "--quiet",
        "--lib",
        "--package",
        worker.package,
    ]);
    cargo.args(["--crate-type", "cdylib", "--target", TARGET]);
    cargo.args(["--profile", profile.name()]);
    cargo.arg("-Zbuild-std=std,panic_unwind");
    // The defaults, and the library's smaller algorithms.
    cargo.arg("-Zbuild-std-features=panic-unwind,optimize_for_size");
    for feature in worker.features {
        cargo.args(["--features", feature]);
    }
    cargo
        .env("CARGO_TARGET_DIR", target())
        .env("RUSTC_BOOTSTRAP", "1");
    cargo.env("CARGO_ENCODED_RUSTFLAGS", flags(&tools.rust)?);
    process::run(&mut cargo)?;
    let file = format!("{}.wasm", worker.package.replace('-', "_"));
    let compiled = target().join(TARGET).join(profile.name()).join(file);
    match compiled.exists() {
        true => Ok(compiled),
        false => bail!("cargo made no {}", compiled.display()),
    }
}

/// What the files of a Worker follow from, as one line.
fn made_from(
    tools: &Tools,
    bindgen: &Path,
    profile: Profile,
    compiled: &Path,
    entry: &str,
) -> Result<String> {
    let tools = (fs::read(bindgen)?, &tools.node_modules, profile.name());
    let own = (include_str!("assemble.rs"), assemble::ours()?);
    Ok(cache::hash((fs::read(compiled)?, entry, tools, own)))
}
