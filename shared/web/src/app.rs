use crate::{address, attempts::Attempts, body::BodyBudget, documents::Origin, full::FullWindows};
use http::request;
use openclaw_auth::{Authenticator, Directory, Sealer, Secrets};
use openclaw_core::{Code, Ports, Result, Timestamp};
use openclaw_egress::{Egress, Policy};
use openclaw_providers::Providers;
use openclaw_schema::config::Config;
use openclaw_usage::Totals;
use std::{future::Future, net::IpAddr, ops::Deref, sync::Arc};

/// Everything a handler can reach: one per process or isolate, cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Parts>);

/// The parts of an [`App`].
pub struct Parts {
    /// The runtime.
    pub ports: Ports,
    /// The configuration.
    pub config: Config,
    /// The models and how to call them; none in functions that do not ([`Providers::none`]).
    pub providers: Arc<Providers>,
    /// Keys and tokens.
    pub authenticator: Authenticator,
    /// Requests to addresses that tenants choose.
    pub egress: Egress,
    /// What tenants' secrets are sealed with; none in functions that open none.
    pub sealer: Option<Sealer>,
    /// Sums over the requests that this process has accounted.
    pub totals: Arc<Totals>,
    /// When this process started.
    pub started: Timestamp,
    /// Where the configuration comes from.
    pub origin: Origin,
    pub(crate) attempts: Attempts,
    pub(crate) bodies: BodyBudget,
    pub(crate) full: FullWindows,
}

impl App {
    /// Over a runtime, a configuration, the gateway's own secrets and the configuration's providers.
    pub fn new(ports: Ports, config: Config, secrets: Secrets, providers: Providers) -> Self {
        Self::configured(ports, secrets, (config, providers), Origin::default(), None)
    }

    /// The same, which knows where its configuration comes from. In the place of `before` it goes on with its
    /// sums.
    pub fn configured(
        ports: Ports,
        secrets: Secrets,
        (config, providers): (Config, Providers),
        origin: Origin,
        before: Option<&Self>,
    ) -> Self {
        let started = before.map_or_else(|| ports.clock.now(), |before| before.started);
        let totals = before.map(|before| before.totals.clone());
        // Whoever loads a configuration validates it; without that nothing may be asked.
        let policy = Policy::new(&config.egress.allow, &config.egress.ports).unwrap_or_default();
        Self(Arc::new(Parts {
            providers: Arc::new(providers),
            egress: Egress::new(policy, &ports),
            sealer: secrets.sealer.clone(),
            authenticator: Authenticator::new(secrets),
            totals: totals.unwrap_or_default(),
            started,
            origin,
            attempts: Attempts::new(config.limits.auth_failures),
            bodies: BodyBudget::new(config.limits.bodies_bytes),
            full: FullWindows::new(),
            ports,
            config,
        }))
    }

    /// The accounts and keys.
    pub fn directory(&self) -> Directory<'_> {
        self.authenticator.directory(&self.ports)
    }

    /// The address of the client that sent a request; `None` where the runtime does not know it.
    pub fn client_address(&self, parts: &request::Parts) -> Option<IpAddr> {
        address::client(parts, &self.config.server.trusted_proxies)
    }

    /// Runs `authenticate` for a client that presents `credential`, unless its address has failed too
    /// often in this minute: 429. Its 401 is counted and logged.
    pub async fn attempt<T>(
        &self,
        address: Option<IpAddr>,
        credential: &str,
        authenticate: impl Future<Output = Result<T>>,
    ) -> Result<T> {
        let now = self.ports.clock.now();
        self.attempts.ensure_allowed(address, credential, now)?;
        let result = authenticate.await;
        match &result {
            Ok(_) => self.attempts.succeeded(credential),
            Err(error) if error.code == Code::Unauthorized => {
                self.attempts.failed(address, credential, now);
                let address = address.map(tracing::field::display);
                tracing::warn!(address, reason = &*error.message, "authentication failed");
            }
            Err(_) => {}
        }
        result
    }
}

impl Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}
