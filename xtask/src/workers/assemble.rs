//! From what cargo compiled to the two files that are uploaded: JavaScript glue by wasm-bindgen, one
//! script by esbuild and, for a deployment, smaller wasm by wasm-opt.

use super::{Profile, Tools, Worker};
use crate::{cargo, process};
use anyhow::{Context, Result};
use std::{fs, path::Path, process::Command};

/// The two files of a Worker.
pub(crate) const FILES: [&str; 2] = ["index_bg.wasm", "index.js"];

/// The entry of a Worker that has no `worker.mjs` of its own.
const ENTRY: &str = r#"import * as exports from "./index.js";
export default { fetch: (request, env, context) => exports.fetch(request, env, context) };
"#;

/// The same of a Worker that also works on jobs.
const CONSUMER: &str = r#"import * as exports from "./index.js";
export default {
  fetch: (request, env, context) => exports.fetch(request, env, context),
  queue: (batch, env, context) => exports.queue(batch, env, context),
};
"#;

/// What objects in Rust derive from, where their `worker.mjs` imports `openclaw:object`.
const OBJECT: &str = "platforms/cloudflare/object.mjs";

/// Its exports stand in for the globals of their names.
const GLOBALS: &str = "platforms/cloudflare/microtask.mjs";

/// What workerd knows and LLVM uses.
const WASM_FEATURES: [&str; 8] = [
    "--enable-bulk-memory",
    "--enable-exception-handling",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
    "--enable-simd",
];

/// The module that exports come through: the package's own or the usual one.
pub(crate) fn entry(worker: &Worker) -> Result<String> {
    let own = cargo::root().join(worker.folder).join("worker.mjs");
    match own.exists() {
        true => fs::read_to_string(&own).with_context(|| own.display().to_string()),
        false if worker.is_consumer() => Ok(CONSUMER.into()),
        false => Ok(ENTRY.into()),
    }
}

/// What else of ours goes into a Worker's script.
pub(crate) fn ours() -> Result<String> {
    let read = |name| {
        let file = cargo::root().join(name);
        fs::read_to_string(&file).with_context(|| file.display().to_string())
    };
    Ok(read(OBJECT)? + &read(GLOBALS)?)
}

/// Fills `folder` with the [`FILES`] made from `compiled` and `entry`.
pub(crate) fn assemble(
    tools: &Tools,
    bindgen: &Path,
    profile: Profile,
    compiled: &Path,
    entry: &str,
    folder: &Path,
) -> Result<()> {
    process::capture(Command::new(bindgen).arg(compiled).arg(folder))?;
    bundle(tools, entry, folder)?;
    match profile {
        Profile::Ci => Ok(()),
        Profile::Release => optimise(tools, folder),
    }
}

fn bundle(tools: &Tools, entry: &str, folder: &Path) -> Result<()> {
    let file = folder.join("entry.mjs");
    fs::write(&file, entry)?;
    let mut esbuild = tools.script("esbuild/bin/esbuild");
    esbuild.args(["--bundle", "--minify", "--format=esm", "--log-level=error"]);
    esbuild.args(["--external:./index_bg.wasm", "--external:cloudflare:*"]);
    let object = cargo::root().join(OBJECT);
    esbuild.arg(format!("--alias:openclaw:object={}", object.display()));
    let globals = cargo::root().join(GLOBALS);
    esbuild.arg(format!("--inject:{}", globals.display()));
    esbuild.args(["--outfile=index.js", "--allow-overwrite", "entry.mjs"]);
    process::capture(esbuild.current_dir(folder))?;
    // Workers import a module of wasm without saying so.
    let script = folder.join("index.js");
    let bundled = fs::read_to_string(&script)?;
    fs::write(&script, bundled.replace("import source ", "import "))?;
    Ok(())
}

fn optimise(tools: &Tools, folder: &Path) -> Result<()> {
    let mut optimise = tools.script("binaryen/bin/wasm-opt");
    optimise.arg("-Oz").args(WASM_FEATURES);
    optimise.args(["-o", "index_bg.wasm", "index_bg.wasm"]);
    process::capture(optimise.current_dir(folder)).map(drop)
}
