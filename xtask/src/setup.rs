//! What the verbs need beside Rust, fetched once into the cache: the model with its server, and the
//! clients of the conformance suite.

use crate::{
    Runtime, cache, cargo,
    clients::Clients,
    lambda, process,
    steps::Steps,
    workers::{Source, Tools},
};
use anyhow::{Context, Result, bail};
use clap::Args;
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// The oldest Python that the pinned packages have wheels for.
const PYTHON: (u32, u32) = (3, 10);
/// Options of `setup`.
#[derive(Args)]
pub(crate) struct Options {
    /// Where the gateway is to run.
    #[arg(default_value = "native")]
    runtime: Runtime,
    /// Workers: where the Rust that compiles them comes from.
    #[arg(long, value_enum, default_value = "auto")]
    toolchain: Source,
}

/// The model and what serves it.
pub(crate) struct Model {
    /// A Python that has the server.
    pub(crate) python: PathBuf,
    /// The weights, a GGUF file.
    pub(crate) weights: PathBuf,
}

/// What one runtime needs.
pub(crate) fn run(options: &Options) -> Result<()> {
    everything()?;
    match options.runtime {
        Runtime::Native => Ok(()),
        Runtime::Workers => Tools::install(options.toolchain).map(drop),
        Runtime::Lambda => lambda::Tools::install().map(drop),
    }
}

/// What every runtime needs, in steps.
pub(crate) fn everything() -> Result<(Model, Clients)> {
    let mut steps = Steps::new(5);
    let model = steps.step(&model_step()?, model)?;
    Ok((model, Clients::install(&mut steps)?))
}

/// What to call the step that is [`model`].
pub(crate) fn model_step() -> Result<String> {
    let size = if cache::has("model", &python_pins("models/requirements.txt")?)? {
        "there"
    } else {
        "fetching 280 MB (first time only)"
    };
    Ok(format!("model: Gemma 3 270M with llama.cpp, {size}"))
}

/// The model and its server.
pub(crate) fn model() -> Result<Model> {
    let pins = python_pins("models/requirements.txt")?;
    let entry = cache::entry("model", &pins, |entry| {
        let python = venv(entry, "models/requirements.txt")?;
        let serve = cargo::root().join("models/serve.py");
        process::capture(
            Command::new(python)
                .arg(serve)
                .arg("--assemble")
                .arg(weights(entry)),
        )?;
        Ok(())
    })?;
    Ok(Model {
        python: interpreter(&entry),
        weights: weights(&entry),
    })
}

/// A Python that has what the file `requirements` pins.
pub(crate) fn python_with(name: &str, requirements: &str) -> Result<PathBuf> {
    let entry = cache::entry(name, &python_pins(requirements)?, |entry| {
        venv(entry, requirements).map(|_| ())
    })?;
    Ok(interpreter(&entry))
}

/// The `node_modules` of what the lock file in `folder` pins, without anybody's install scripts.
pub(crate) fn npm_ci(name: &str, folder: &str) -> Result<PathBuf> {
    let lock = pins(&format!("{folder}/package-lock.json"))?;
    let entry = cache::entry(name, &lock, |entry| {
        for file in ["package.json", "package-lock.json"] {
            let from = cargo::root().join(folder).join(file);
            fs::copy(&from, entry.join(file))
                .with_context(|| format!("cannot copy {}", from.display()))?;
        }
        let arguments = ["ci", "--no-audit", "--no-fund", "--ignore-scripts"];
        process::capture(Command::new("npm").args(arguments).current_dir(entry))
            .context("npm is needed (node and npm)")?;
        Ok(())
    })?;
    Ok(entry.join("node_modules"))
}

/// A virtual environment in `entry` with what `requirements` pins; its Python.
fn venv(entry: &Path, requirements: &str) -> Result<PathBuf> {
    let folder = entry.join("venv");
    process::capture(
        Command::new("python3").args(["-m", "venv"]).arg(folder))
    .context("python3 cannot make a virtual environment; where `ensurepip` is missing (Debian, Ubuntu): apt-get install python3-venv")?;
    let python = interpreter(entry);
    let arguments = ["-m", "pip", "install", "--disable-pip-version-check"];
    let mut pip = Command::new(&python);
    pip.args(arguments)
        .args(["--no-input", "--only-binary", ":all:", "--quiet", "-r"])
        .arg(cargo::root().join(requirements));
    process::capture(&mut pip)
        .with_context(|| format!("cannot install what {requirements} pins"))?;
    Ok(python)
}

fn interpreter(entry: &Path) -> PathBuf {
    entry.join("venv/bin/python")
}

fn weights(entry: &Path) -> PathBuf {
    entry.join("gemma-3-270m.gguf")
}

/// What an entry is made from: the pins, and for which machine.
pub(crate) fn pins(file: &str) -> Result<String> {
    let path = cargo::root().join(file);
    let text =
        fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let (os, arch) = (std::env::consts::OS, std::env::consts::ARCH);
    Ok(format!("{os} {arch}\n{text}"))
}

/// What a virtual environment is made from: the pins, and the Python that it points to.
pub(crate) fn python_pins(file: &str) -> Result<String> {
    let print = "import sys; print(*sys.version_info[:2]); print(sys.executable)";
    let python = process::capture(Command::new("python3").args(["-c", print]))
        .context("Python is needed (python3)")?;
    let mut numbers = python
        .split_whitespace()
        .map(|word| word.parse().unwrap_or(0));
    let found = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    if found < PYTHON {
        let ((major, minor), (old, older)) = (PYTHON, found);
        bail!("Python {major}.{minor} or newer is needed; python3 is {old}.{older}");
    }
    Ok(python + &pins(file)?)
}
