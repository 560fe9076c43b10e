//! `openclaw-bindgen FILE.wasm FOLDER`: fills the folder with `index_bg.wasm` and the JavaScript around it.
//!
//! `wasm-bindgen-cli` would bring an HTTP client and a server for tests, which take four times as long to
//! compile, and could be of another version than the one in `Cargo.lock`.

use anyhow::{Result, bail};
use std::{env, path::PathBuf};
use wasm_bindgen_cli_support::Bindgen;

fn main() -> Result<()> {
    let arguments = Vec::from_iter(env::args_os().skip(1).map(PathBuf::from));
    let [compiled, folder] = &arguments[..] else {
        bail!("usage: openclaw-bindgen FILE.wasm FOLDER");
    };
    let mut bindgen = Bindgen::new();
    bindgen.module(true)?;
    bindgen.input_path(compiled).out_name("index");
    bindgen.typescript(false).omit_default_module_path(false);
    bindgen.remove_name_section(true);
    // What makes an isolate start anew after an abort: `init.rs` of the platform asks for it.
    bindgen.reset_state_function(true);
    bindgen.force_enable_abort_handler(true);
    bindgen.generate(folder)
}
