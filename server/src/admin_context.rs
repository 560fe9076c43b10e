//! What the commands on accounts and keys share: the data folder, opened beside a server that
//! may be running on it.

use crate::{
    config::{self, ConfigArgs},
    secrets,
};
use anyhow::{Result, anyhow};
use openclaw_auth::{Authenticator, Directory};
use openclaw_core::{Error, Ports};
use openclaw_native::{DataFolder, Native};
use openclaw_schema::list::Page;

/// Everything at once: a person reads the list.
pub(crate) const ALL: Page = Page {
    limit: 100_000,
    after: None,
};

/// The accounts and keys of a data folder.
pub(crate) struct AdminContext {
    ports: Ports,
    authenticator: Authenticator,
}

impl AdminContext {
    pub(crate) fn directory(&self) -> Directory<'_> {
        self.authenticator.directory(&self.ports)
    }
}

/// Opens the data folder that `arguments` name, does `work` on it and waits until all of it is on disk.
pub(crate) fn run<T>(
    arguments: &ConfigArgs,
    work: impl AsyncFnOnce(AdminContext) -> Result<T>,
) -> Result<T> {
    let config = config::load(arguments)?;
    let folder = DataFolder::open(&config.server.data_dir)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let native = Native::open(&folder, config.server.durability)?;
        let authenticator = Authenticator::new(secrets::load(&folder)?);
        work(AdminContext {
            ports: native.ports(),
            authenticator,
        })
        .await
    })
}

/// An API error on the command line: its message, and its cause, for here nobody is outside.
pub(crate) fn plain(error: Error) -> anyhow::Error {
    match error.cause {
        Some(cause) => anyhow!("{}: {cause}", error.message),
        None => anyhow!("{}", error.message),
    }
}
