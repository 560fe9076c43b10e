//! A configuration for workerd, and workerd with it.

use crate::server;
use anyhow::Result;
use std::{fmt::Write as _, fs, path::Path, process::Command};
use xtask::process::Service;

/// Workers that are to run, and the ports that lead to them.
#[derive(Default)]
pub(super) struct Workerd {
    services: String,
    sockets: String,
    last_port: u16,
}

/// A Worker as workerd's configuration has it. Paths are relative to the configuration.
#[derive(Clone, Default)]
pub(super) struct Script {
    pub(super) name: String,
    /// Its main module.
    pub(super) script: String,
    /// The module that it imports as `./index_bg.wasm`.
    pub(super) wasm: Option<String>,
    /// A module that it imports as `./whole.js`.
    pub(super) whole: Option<String>,
    pub(super) date: String,
    pub(super) flags: Vec<String>,
    /// Names and what they are bound to, in workerd's own words.
    pub(super) bindings: Vec<(String, String)>,
    /// Classes of Durable Objects.
    pub(super) classes: Vec<String>,
}

impl Workerd {
    /// Adds a Worker.
    pub(super) fn add(&mut self, worker: &Script) {
        let Script {
            name,
            script,
            wasm,
            whole,
            date,
            flags,
            bindings,
            classes,
        } = worker;
        let mut text = format!("modules = [(name = \"index.js\", esModule = embed {script:?})");
        if let Some(wasm) = wasm {
            let _ = write!(
                text,
                ", (name = \"./index_bg.wasm\", wasm = embed {wasm:?})"
            );
        }
        if let Some(whole) = whole {
            let _ = write!(
                text,
                ", (name = \"./whole.js\", esModule = embed {whole:?})"
            );
        }
        let _ = write!(
            text,
            "],\n    compatibilityDate = {date:?}, compatibilityFlags = {flags:?}"
        );
        text.push_str(",\n    bindings = [");
        for (binding, to) in bindings {
            let _ = write!(text, "(name = {binding:?}, {to}), ");
        }
        text.push(']');
        if !classes.is_empty() {
            text.push_str(
                ",\n    durableObjectStorage = (localDisk = \"disk\"), durableObjectNamespaces = [",
            );
            for class in classes {
                let _ = write!(
                    text,
                    "(className = {class:?}, uniqueKey = {class:?}, enableSql = true), "
                );
            }
            text.push(']');
        }
        let _ = writeln!(self.services, "  (name = {name:?}, worker = ({text})),");
    }

    /// The port that leads to a Worker.
    pub(super) fn listen(&mut self, name: &str) -> Result<u16> {
        self.last_port = server::free_port()?;
        let port = self.last_port;
        let _ = writeln!(
            self.sockets,
            "  (name = \"{port}\", address = \"127.0.0.1:{port}\", http = (), service = {name:?}),"
        );
        Ok(port)
    }

    /// Runs it all in one process, with Durable Objects in `folder`.
    pub(super) fn start(&self, binary: &Path, folder: &Path) -> Result<Service> {
        let objects = folder.join("objects");
        fs::create_dir_all(&objects)?;
        let Self {
            services, sockets, ..
        } = self;
        let config = format!(
            "using Workerd = import \"/workerd/workerd.capnp\";\nconst config :Workerd.Config = (\n services = [\n{services}  (name = \"internet\", network = (allow = [\"public\", \"private\"])),\n  (name = \"disk\", disk = (path = {objects:?}, writable = true)),\n ],\n sockets = [\n{sockets} ],\n);\n"
        );
        let file = folder.join("workerd.capnp");
        fs::write(&file, config)?;
        let mut command = Command::new(binary);
        command.arg("serve").arg(&file);
        server::start("workerd", self.last_port, &mut command)
    }
}
