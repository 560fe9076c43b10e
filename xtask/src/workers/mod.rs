//! The Workers: which there are, and the verbs for them.

#[cfg(test)]
mod agreement;
mod assemble;
mod build;
pub(crate) mod deploy;
mod dev;
mod order;
mod rust;
mod size;
mod tools;
mod wasm;

pub(crate) use build::{Options, all, build, run};
pub(crate) use dev::Dev;
pub(crate) use rust::Source;
pub(crate) use tools::{Tools, WRANGLER, wrangler};

use crate::cargo;
use anyhow::{Result, anyhow};
use std::path::PathBuf;

/// One Worker of the project.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Worker {
    /// What the verbs call it; deployed as `openclaw-<name>`.
    pub(crate) name: &'static str,
    /// Its package.
    package: &'static str,
    /// Its package's folder, from the top of the checkout.
    pub(crate) folder: &'static str,
    /// Cargo's features, none where the package is a Worker and nothing else.
    features: &'static [&'static str],
    /// Bytes its compressed wasm may have.
    limit: u64,
}

/// Bytes a function's compressed wasm may have.
const LIMIT: u64 = 300_000;

/// A group of endpoints: its library is a Worker with one more feature.
const fn function(name: &'static str, package: &'static str, folder: &'static str) -> Worker {
    Worker {
        name,
        package,
        folder,
        features: &["worker"],
        limit: LIMIT,
    }
}

/// What is deployed, in an order in which each finds what it is bound to.
pub(crate) const DEPLOYED: [Worker; 9] = [
    Worker {
        name: "ledger",
        package: "openclaw-cloudflare-ledger",
        folder: "platforms/cloudflare/ledger",
        features: &[],
        limit: LIMIT,
    },
    function("auth", "openclaw-function-auth", "functions/auth"),
    function("chat", "openclaw-function-chat", "functions/chat"),
    function("models", "openclaw-function-models", "functions/models"),
    function(
        "analytics",
        "openclaw-function-analytics",
        "functions/analytics",
    ),
    function("admin", "openclaw-function-admin", "functions/admin"),
    function("health", "openclaw-function-health", "functions/health"),
    function(
        "realtime",
        "openclaw-function-realtime",
        "functions/realtime",
    ),
    Worker {
        limit: 150_000,
        ..function("gateway", "openclaw-function-gateway", "functions/gateway")
    },
];

/// What only tests run.
const FOR_TESTS: [Worker; 1] = [Worker {
    name: "contract",
    package: "openclaw-cloudflare-contract",
    folder: "platforms/cloudflare/contract",
    features: &[],
    limit: u64::MAX,
}];

/// The one with the address.
#[cfg(test)]
const GATEWAY: Worker = DEPLOYED[DEPLOYED.len() - 1];

impl Worker {
    /// The one called `name`, also where it is for tests only.
    pub(crate) fn named(name: &str) -> Result<Self> {
        let mut known = DEPLOYED.iter().chain(&FOR_TESTS);
        let found = known.find(|worker| worker.name == name);
        found.copied().ok_or_else(|| {
            let names = Vec::from_iter(DEPLOYED.map(|worker| worker.name)).join(", ");
            anyhow!("there is no Worker `{name}`: {names}")
        })
    }

    /// The folder of its `index.js` and `index_bg.wasm`.
    pub(crate) fn built(&self) -> PathBuf {
        cargo::root().join("target/workers").join(self.name)
    }
}
