//! The Workers: which there are, and the verbs for them.

mod assemble;
mod build;
pub(crate) mod deploy;
mod dev;
pub(crate) mod manifest;
mod rust;
mod size;
mod table;
mod tools;

pub(crate) use build::{Options, PROFILE_VARIABLE, all, dependencies, run};
pub use build::{Profile, build};
pub(crate) use dev::Dev;
#[cfg(test)]
pub(crate) use table::topics;
pub use table::{BUCKET, DEPLOYED, QUEUES, Worker};
pub use tools::Tools;
pub(crate) use tools::{BINDGEN, WRANGLER, wrangler};

use crate::{cargo, deploy::OWN};
use anyhow::{Result, anyhow};
use std::path::PathBuf;
use table::FOR_TESTS;

impl Worker {
    /// The one called `name`, also where it is for tests only.
    pub fn named(name: &str) -> Result<Self> {
        let mut known = DEPLOYED.iter().chain(&FOR_TESTS);
        let found = known.find(|worker| worker.name == name);
        found.copied().ok_or_else(|| {
            let names = Vec::from_iter(DEPLOYED.map(|worker| worker.name)).join(", ");
            anyhow!("there is no Worker `{name}`: {names}")
        })
    }

    /// Whether it is given any secret, the gateway's own or a vendor's.
    pub fn has_secrets(&self) -> bool {
        self.vendor_keys || !self.secrets.is_empty()
    }

    /// Whether it is given the variable or secret `name`: all have the settings, few a vendor's key.
    pub fn gets(&self, name: &str) -> bool {
        match OWN.iter().any(|(own, _)| *own == name) {
            true => self.secrets.contains(&name),
            false => self.vendor_keys || name.starts_with("OPENCLAW_"),
        }
    }

    /// The folder of its `index.js` and `index_bg.wasm`.
    pub fn built(&self) -> PathBuf {
        cargo::root().join("target/workers").join(self.name)
    }
}
