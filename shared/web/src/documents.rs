//! Where the configuration comes from: the file, and what the operator has changed at run time.

use bytes::Bytes;
use openclaw_auth::Sealer;
use openclaw_core::{Kv, Secret, StoreError};
use openclaw_schema::config::{
    Config,
    overlay::{self, Overlay, sealed_key},
};
use serde_json::Value;
use std::collections::HashMap;

/// The key in `Kv`'s store under which the configuration is, as JSON; none means the built-in one.
pub const CONFIG: &str = "config";

/// The key in `Kv`'s store under which the [`Overlay`] is that counts; none means that nothing was changed.
pub const OVERLAY: &str = "config/overlay";

/// Where in the overlay a provider's key is sealed.
pub fn sealed_place(provider: &str) -> String {
    format!("provider/{provider}")
}

/// The two documents, as they are stored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Documents {
    /// The file's configuration.
    pub base: Option<Bytes>,
    /// What was changed.
    pub overlay: Option<Bytes>,
}

impl Documents {
    /// Reads both.
    pub async fn read(kv: &dyn Kv) -> Result<Self, StoreError> {
        Ok(Self {
            base: kv.get(CONFIG).await?,
            overlay: kv.get(OVERLAY).await?,
        })
    }

    /// What they say. The error names the key that is wrong in the file's. An overlay that cannot be read is
    /// told of in the log, and left out.
    pub(crate) fn parse(&self) -> Result<Parsed, String> {
        let base = match &self.base {
            None => Value::Object(Default::default()),
            Some(base) => serde_json::from_slice(base).map_err(|error| error.to_string())?,
        };
        let overlay = self.overlay.as_deref().map(serde_json::from_slice);
        let overlay = match overlay {
            None => Overlay::default(),
            Some(Ok(overlay)) => overlay,
            Some(Err(cause)) => {
                tracing::error!(%cause, "what was configured at run time cannot be read");
                Overlay::default()
            }
        };
        Ok(Parsed { base, overlay })
    }
}

/// What the documents say.
#[derive(Clone, Debug)]
pub struct Parsed {
    /// The file's.
    pub base: Value,
    /// What stands over it.
    pub overlay: Overlay,
}

impl Parsed {
    /// The configuration and what `build` makes of it: of both documents, or where that cannot be, of the
    /// file's alone. The error says what is wrong with that.
    pub fn configure<T>(
        &self,
        build: impl Fn(&Config) -> Result<T, String>,
    ) -> Result<(Config, T), String> {
        let of = |whole: &Value| {
            let config = overlay::read(whole).map_err(|error| error.to_string())?;
            let built = build(&config)?;
            Ok((config, built))
        };
        match of(&self.overlay.over(&self.base)) {
            Err(cause) if self.overlay.version > 0 => {
                tracing::error!(cause, "what was configured at run time is left out");
                of(&self.base)
            }
            done => done,
        }
    }

    /// The value of a provider's variable, or of the key that is sealed for it. A function that opens nothing
    /// only learns that there is one.
    pub fn credential(
        &self,
        name: &str,
        sealer: Option<&Sealer>,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Option<String> {
        let Some(provider) = sealed_key(name) else {
            return variable(name);
        };
        let sealed = self.overlay.credentials.get(provider)?;
        let Some(sealer) = sealer else {
            return Some("sealed".into());
        };
        match sealer.open(&sealed_place(provider), sealed) {
            Ok(key) => Some(key.reveal().to_owned()),
            Err(error) => {
                tracing::error!(provider, %error, "the provider's key cannot be opened");
                None
            }
        }
    }

    /// What an [`App`](crate::App) keeps of them.
    pub fn into_origin(
        self,
        providers: &Config,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Origin {
        let mut names = openclaw_providers::key_variables(providers);
        names.extend(openclaw_providers::vendor_variables());
        let set = names.into_iter().filter_map(|name| {
            let value = variable(&name)?;
            Some((name, Secret::new(value.as_str())))
        });
        Origin {
            base: self.base,
            variables: set.collect(),
        }
    }
}

/// What a process knows of where its configuration comes from.
#[derive(Clone, Debug, Default)]
pub struct Origin {
    /// The file's document.
    pub base: Value,
    /// The providers' variables that are set.
    pub variables: HashMap<String, Secret>,
}
