//! The configuration that the operator changes at run time: checked whole, stored with its history, told to
//! every process.

use openclaw_auth::OPERATOR;
use openclaw_core::{
    Code, Error, Result, Secret,
    documents::{Stored, Tries, apply, encode, find, put, put_until},
    ledger::{Step, When},
    time::{DAY, shift, whole_second},
};
use openclaw_providers::Providers;
use openclaw_schema::config::{
    ConfigError,
    overlay::{self, Overlay},
};
use openclaw_web::{App, OVERLAY, Parsed, sealed_place};
use serde_json::Value;

/// In the operator's partition: the version that counts.
const CURRENT: &str = "config/current";
/// In the operator's partition: each version, the newest first.
pub(crate) const HISTORY: &str = "config/history/";

/// Bytes of a version.
const MAX: usize = 256 * 1024;

/// Days for which a version can be shown and gone back to.
const KEPT: i64 = 400;

/// What follows [`HISTORY`]: later versions sort first.
pub(crate) fn place(version: u64) -> String {
    format!("{:020}", u64::MAX - version)
}

/// The configuration at run time.
#[derive(Clone, Copy)]
pub(crate) struct Settings<'a> {
    app: &'a App,
}

impl<'a> Settings<'a> {
    pub(crate) const fn new(app: &'a App) -> Self {
        Self { app }
    }

    /// The version that counts.
    pub(crate) async fn current(&self) -> Result<Parsed> {
        let stored = self.stored().await?;
        Ok(self.parsed(stored.map(|stored| stored.value).unwrap_or_default()))
    }

    /// A version of before; 404.
    pub(crate) async fn version(&self, version: u64) -> Result<Overlay> {
        let key = format!("{HISTORY}{}", place(version));
        let found = find(&*self.app.ports.ledger, OPERATOR, &key).await?;
        let found = found.map(|stored: Stored<Overlay>| stored.value);
        found.ok_or_else(|| Error::not_found(format_args!("version {version}")))
    }

    /// Makes a new version of what `change` makes of the last one, and gives both documents and what
    /// `change` gave. 400 where the whole would be wrong, with the path in the overlay.
    pub(crate) async fn change<T>(
        &self,
        change: impl Fn(&mut Parsed) -> Result<T>,
    ) -> Result<(Parsed, T)> {
        let mut tries = Tries::default();
        loop {
            tries.another()?;
            let stored = self.stored().await?;
            let (overlay, when) = match stored {
                None => (Overlay::default(), When::Absent),
                Some(stored) => (stored.value.clone(), stored.unchanged()),
            };
            let mut parsed = self.parsed(overlay);
            let done = change(&mut parsed)?;
            self.seal_keys(&mut parsed.overlay)?;
            parsed.overlay.version += 1;
            parsed.overlay.updated_at = whole_second(self.app.ports.clock.now());
            self.check(&parsed)?;
            let steps = self.steps(&parsed.overlay, when)?;
            if apply(&*self.app.ports.ledger, OPERATOR, steps).await? {
                self.publish().await?;
                return Ok((parsed, done));
            }
        }
    }

    fn steps(&self, overlay: &Overlay, when: When) -> Result<Vec<Step>> {
        let key = format!("{HISTORY}{}", place(overlay.version));
        let until = shift(overlay.updated_at, KEPT * DAY);
        Ok(vec![
            put(CURRENT.into(), overlay, when)?,
            put_until(key, overlay, When::Absent, Some(until))?,
        ])
    }

    /// Writes the version that counts where every process reads it. Of several at a time the newest stays.
    async fn publish(&self) -> Result<()> {
        let mut published = 0;
        loop {
            let Some(stored) = self.stored().await? else {
                return Ok(());
            };
            if stored.value.version == published {
                return Ok(());
            }
            published = stored.value.version;
            let document = encode(&stored.value)?;
            self.app.ports.kv.put(OVERLAY, document, None).await?;
        }
    }

    async fn stored(&self) -> Result<Option<Stored<Overlay>>> {
        find(&*self.app.ports.ledger, OPERATOR, CURRENT).await
    }

    fn parsed(&self, overlay: Overlay) -> Parsed {
        Parsed {
            base: self.app.origin.base.clone(),
            overlay,
        }
    }

    /// The providers of `parsed` with those of its models, as every process would have them. 400, 413.
    pub(crate) fn check(&self, parsed: &Parsed) -> Result<Providers> {
        parsed.overlay.validate()?;
        if encode(&parsed.overlay)?.len() > MAX {
            let message = "The configuration at run time may have at most 256 KiB";
            return Err(Error::new(Code::PayloadTooLarge, message));
        }
        let whole = parsed.overlay.over(&parsed.base);
        let wrong = |error: ConfigError| {
            Error::invalid(parsed.overlay.place(&whole, &error.path), error.issue)
        };
        let config = overlay::read(&whole).map_err(wrong)?;
        openclaw_guardrails::check("config.guardrails", &config.guardrails)?;
        Providers::new(&config, |name| self.credential(parsed, name)).map_err(wrong)
    }

    /// The value of a provider's variable, or of the key that is sealed for it.
    pub(crate) fn credential(&self, parsed: &Parsed, name: &str) -> Option<String> {
        let variables = &self.app.origin.variables;
        let set = |name: &str| variables.get(name).map(|key| key.reveal().to_owned());
        parsed.credential(name, self.app.sealer.as_ref(), set)
    }

    /// Takes `api_key` out of providers' rows and seals it; `null` removes what was sealed, and so does a row
    /// that is not there any more.
    fn seal_keys(&self, overlay: &mut Overlay) -> Result<()> {
        let rows = overlay
            .config
            .get_mut("providers")
            .and_then(Value::as_array_mut);
        let mut known = vec![];
        for row in rows.into_iter().flatten().filter_map(Value::as_object_mut) {
            let id = row
                .get("id")
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned();
            match row.remove("api_key") {
                None => {}
                Some(Value::Null) => {
                    overlay.credentials.remove(&id);
                }
                Some(Value::String(key)) if !key.trim().is_empty() => {
                    let sealed = self.seal(&id, key.trim())?;
                    overlay.credentials.insert(id.clone(), sealed);
                }
                Some(_) => {
                    return Err(Error::invalid("api_key", "must be a text or null"));
                }
            }
            known.push(id);
        }
        overlay.credentials.retain(|id, _| known.contains(id));
        Ok(())
    }

    fn seal(&self, provider: &str, key: &str) -> Result<String> {
        let sealer = self.app.sealer.as_ref();
        let sealer = sealer.ok_or_else(|| Error::internal("OPENCLAW_MASTER_KEY is not set"))?;
        let random = &*self.app.ports.random;
        sealer.seal(random, &sealed_place(provider), &Secret::new(key))
    }
}
