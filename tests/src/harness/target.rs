//! Which runtime is tested, and the gateway on it that all cases share.

use super::{
    ADMIN_TOKEN, Client,
    mock::Mock,
    server::{Options, Server},
};
use rustix::process::{Resource, getrlimit, setrlimit};
use tokio::sync::OnceCell;

/// A runtime, chosen by `OPENCLAW_TARGET`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// The self-hosted server.
    Native,
    /// Cloudflare Workers, on workerd.
    Workers,
    /// AWS Lambda, behind [`crate::lambda`].
    Lambda,
}

impl Target {
    /// What a provider is called that nobody can connect to. On Workers `fetch` says of a connection that
    /// was refused what it says of one that broke off, so that there it is 502, as a hang-up is.
    pub const fn unreachable_code(self) -> &'static str {
        match self {
            Self::Native | Self::Lambda => "provider_unavailable",
            Self::Workers => "provider_error",
        }
    }

    /// What `OPENCLAW_TARGET` says; default native.
    ///
    /// # Panics
    /// When it names no runtime.
    pub fn chosen() -> Self {
        match std::env::var("OPENCLAW_TARGET").as_deref() {
            Err(_) | Ok("native") => Self::Native,
            Ok("workers") => Self::Workers,
            Ok("lambda") => Self::Lambda,
            Ok(other) => panic!("OPENCLAW_TARGET={other}: it must be native, workers or lambda"),
        }
    }

    /// As `OPENCLAW_TARGET` has it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Native => "native",
            Self::Workers => "workers",
            Self::Lambda => "lambda",
        }
    }

    /// Whether the chosen runtime is somebody's cloud; where it is not, the case says why it is skipped.
    pub fn is_hosted_or_skips(reason: &str) -> bool {
        let hosted = Self::chosen() != Self::Native;
        if !hosted {
            eprintln!("skipped: {reason}");
        }
        hosted
    }

    /// Whether this is the chosen runtime; where it is not, the case says why it is skipped.
    pub fn is_chosen_or_skips(self, reason: &str) -> bool {
        let chosen = self == Self::chosen();
        if !chosen {
            eprintln!("skipped: {reason}");
        }
        chosen
    }
}

/// The gateway that the cases share.
#[derive(Debug)]
pub struct Gateway {
    /// Without a path.
    pub base_url: String,
    /// The operator's token.
    pub admin_token: String,
    /// The upstream all its providers lead to.
    pub upstream: &'static Mock,
}

/// Started at the first call, once for the process.
///
/// # Panics
/// When it does not start.
pub async fn gateway() -> &'static Gateway {
    static GATEWAY: OnceCell<Result<Gateway, String>> = OnceCell::const_new();
    match GATEWAY.get_or_init(start).await {
        Ok(gateway) => gateway,
        Err(reason) => panic!("the gateway does not start: {reason}"),
    }
}

async fn start() -> Result<Gateway, String> {
    allow_many_connections();
    let server = Server::start_for_good("gateway", Options::default()).await?;
    let base_url = server.base_url.clone();
    // It ends with this process.
    std::mem::forget(server);
    Ok(Gateway {
        base_url,
        admin_token: ADMIN_TOKEN.into(),
        upstream: Mock::get(),
    })
}

/// Thousands of connections are open at once, in this process and in the servers it starts.
fn allow_many_connections() {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    setrlimit(Resource::Nofile, limit).expect("the soft limit may be raised to the hard one");
}

impl Gateway {
    /// A client without credentials.
    pub fn anonymous(&self) -> Client {
        Client::new(&self.base_url)
    }

    /// A client with the operator's token.
    pub fn operator(&self) -> Client {
        Client::new(&self.base_url).operator(&self.admin_token)
    }
}
