//! What turns a compiled library into a Worker and runs it: the Rust that compiles for Workers, wasm-bindgen,
//! Node, and the npm tools that `platforms/cloudflare/package-lock.json` pins.

use super::rust::Rust;
use crate::{cargo, fetch, node, steps::Steps};
use anyhow::{Context, Result};
use std::{
    env,
    ffi::OsString,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
};

/// wrangler's program in the `node_modules`.
pub(crate) const WRANGLER: &str = "wrangler/bin/wrangler.js";
/// The package and binary that is wasm-bindgen.
pub(crate) const BINDGEN: &str = "openclaw-bindgen";
/// The folder of the npm tools' pins.
const NPM: &str = "platforms/cloudflare";

/// What builds, runs and deploys Workers.
pub struct Tools {
    pub(super) rust: Rust,
    /// `openclaw-bindgen`, where it is built already.
    bindgen: Option<PathBuf>,
    /// A Node that is new enough.
    pub node: PathBuf,
    /// The `node_modules` that has wrangler, miniflare, esbuild and binaryen.
    pub node_modules: PathBuf,
}

impl Tools {
    /// All of it, in steps; at once where it is there.
    pub fn install() -> Result<Self> {
        let mut steps = Steps::new(3);
        Ok(Self {
            rust: steps.step("Rust for Workers", Rust::install)?,
            bindgen: None,
            node: steps.step(&node::step(), node::node)?,
            node_modules: steps.step("wrangler, esbuild, wasm-opt", npm_tools)?,
        })
    }

    /// With the `openclaw-bindgen` that a build has made.
    pub fn with_bindgen(self, bindgen: PathBuf) -> Self {
        let bindgen = Some(bindgen);
        Self { bindgen, ..self }
    }

    /// `openclaw-bindgen`, built where it is not.
    pub(super) fn bindgen(&self) -> Result<PathBuf> {
        match &self.bindgen {
            Some(built) => Ok(built.clone()),
            None => cargo::binary(BINDGEN, BINDGEN, cargo::PROFILE),
        }
    }

    /// `node <node_modules>/<script>`.
    pub fn script(&self, script: &str) -> Command {
        let mut command = self.node_command();
        command.arg(self.node_modules.join(script));
        command
    }

    /// `node`, with this one first on the path for what it starts.
    pub fn node_command(&self) -> Command {
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

fn npm_tools() -> Result<PathBuf> {
    fetch::npm_ci("workers-tools", NPM)
}
