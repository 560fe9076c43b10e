//! What turns a compiled library into a Worker and runs it: wasm-bindgen of the version in
//! `Cargo.lock`, Node, and the npm tools that `platforms/cloudflare/package-lock.json` pins. All in
//! the cache.

use super::rust::{Rust, Source};
use crate::{cache, cargo, node, process, setup, steps::Steps};
use anyhow::{Context, Result};
use std::{
    env,
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
};

/// wrangler's program in the `node_modules`.
pub(crate) const WRANGLER: &str = "wrangler/bin/wrangler.js";
/// The folder of the npm tools' pins.
const NPM: &str = "platforms/cloudflare";

/// What builds, runs and deploys Workers.
pub(crate) struct Tools {
    pub(crate) rust: Rust,
    pub(crate) wasm_bindgen: PathBuf,
    /// A Node that is new enough.
    pub(crate) node: PathBuf,
    /// The `node_modules` that has wrangler, miniflare, esbuild and binaryen.
    pub(crate) node_modules: PathBuf,
}

impl Tools {
    /// All of it, in steps; at once where it is there.
    pub(crate) fn install(source: Source) -> Result<Self> {
        let mut steps = Steps::new(4);
        let rust = steps.step("Rust for Workers", || Rust::install(source))?;
        let bindgen = wasm_bindgen_step()?;
        let wasm_bindgen = steps.step(&bindgen, wasm_bindgen)?;
        let node = steps.step(&node::step(), node::node)?;
        let node_modules = steps.step("wrangler, esbuild, wasm-opt", npm_tools)?;
        Ok(Self {
            rust,
            wasm_bindgen,
            node,
            node_modules,
        })
    }

    /// What is there, fetched where it is not, without a word when nothing is to fetch.
    pub(crate) fn ready() -> Result<Self> {
        Ok(Self {
            rust: Rust::installed()?,
            wasm_bindgen: wasm_bindgen()?,
            node: node::node()?,
            node_modules: npm_tools()?,
        })
    }

    /// `node <node_modules>/<script>`.
    pub(crate) fn script(&self, script: &str) -> Command {
        let mut command = self.node_command();
        command.arg(self.node_modules.join(script));
        command
    }

    /// `node`, with this one first on the path for what it starts.
    pub(crate) fn node_command(&self) -> Command {
        let mut command = Command::new(&self.node);
        command.env("PATH", self.path());
        command
    }

    fn path(&self) -> OsString {
        let own = self.node.parent().map(Path::to_path_buf);
        let inherited = env::var_os("PATH").unwrap_or_default();
        let folders = own.into_iter().chain(env::split_paths(&inherited));
        env::join_paths(folders).unwrap_or(inherited)
    }
}

/// The pinned wrangler, with the caller's folder, terminal and signals; its exit status.
pub(crate) fn wrangler(arguments: &[OsString]) -> Result<ExitCode> {
    let mut wrangler = Command::new(node::node()?);
    wrangler.arg(npm_tools()?.join(WRANGLER)).args(arguments);
    let status = wrangler.status().context("cannot run wrangler")?;
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
}

/// The version that the workspace is compiled against: the tool has to be of the same.
fn wasm_bindgen_version() -> Result<String> {
    let path = cargo::root().join("Cargo.lock");
    let text = fs::read_to_string(&path)?;
    let lock: toml::Table = text.parse().context("Cargo.lock")?;
    let packages = lock["package"].as_array().context("Cargo.lock")?;
    let package = packages
        .iter()
        .find(|package| package["name"].as_str() == Some("wasm-bindgen"))
        .context("nothing is compiled with wasm-bindgen")?;
    Ok(package["version"].as_str().unwrap_or_default().to_owned())
}

fn wasm_bindgen_step() -> Result<String> {
    let version = wasm_bindgen_version()?;
    let how = match cache::has("wasm-bindgen", &version)? {
        true => "there",
        false => "compiling it takes two minutes (first time only)",
    };
    Ok(format!("wasm-bindgen {version}: {how}"))
}

fn wasm_bindgen() -> Result<PathBuf> {
    let version = wasm_bindgen_version()?;
    let entry = cache::entry("wasm-bindgen", &version, |entry| {
        let arguments = [
            "install",
            "--quiet",
            "wasm-bindgen-cli",
            "--version",
            &version,
        ];
        let mut install = cargo::command(&arguments);
        // Without what its other programs download with: that would want OpenSSL's headers.
        install.args(["--no-default-features", "--bin", "wasm-bindgen", "--root"]);
        // Compiled beside it and removed: nothing of it is of use to the workspace.
        let compiled = entry.join("target");
        install.arg(entry).env("CARGO_TARGET_DIR", &compiled);
        process::capture(&mut install)?;
        Ok(fs::remove_dir_all(compiled)?)
    })?;
    Ok(entry.join("bin/wasm-bindgen"))
}

fn npm_tools() -> Result<PathBuf> {
    setup::npm_ci("workers-tools", NPM)
}
