use openclaw_auth::{Authenticator, Directory, Secrets};
use openclaw_core::{Ports, Timestamp};
use openclaw_providers::Providers;
use openclaw_schema::config::Config;
use openclaw_usage::Totals;
use std::{ops::Deref, sync::Arc};

/// Everything a handler can reach: one per process or isolate, cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Parts>);

/// What [`App`] derefs to.
pub struct Parts {
    /// The runtime.
    pub ports: Ports,
    /// The configuration.
    pub config: Config,
    /// The models and how to call them; none in functions that do not ([`Providers::none`]).
    pub providers: Arc<Providers>,
    /// Keys and tokens.
    pub authenticator: Authenticator,
    /// What this process has accounted.
    pub totals: Arc<Totals>,
    /// When this process started.
    pub started: Timestamp,
}

impl App {
    /// Over a runtime, a configuration, the gateway's own secrets and the configuration's providers.
    pub fn new(ports: Ports, config: Config, secrets: Secrets, providers: Providers) -> Self {
        Self(Arc::new(Parts {
            providers: Arc::new(providers),
            authenticator: Authenticator::new(secrets),
            totals: Arc::default(),
            started: ports.clock.now(),
            ports,
            config,
        }))
    }

    /// The accounts and keys.
    pub fn directory(&self) -> Directory<'_> {
        self.authenticator.directory(&self.ports)
    }
}

impl Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}
