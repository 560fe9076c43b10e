//! The configuration on the wire.

use openclaw_core::Timestamp;
use openclaw_schema::config::overlay::Overlay;
use openclaw_web::Parsed;
use serde::Serialize;
use serde_json::{Map, Value};

/// The configuration: the file's, what stands over it, and both together.
#[derive(Serialize)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(rename = "Configuration")
)]
pub(crate) struct ConfigView {
    /// Always `config`.
    object: &'static str,
    /// Of what was changed at run time; 0 where nothing was.
    version: u64,
    /// When it was changed last.
    updated_at: Option<Timestamp>,
    /// As the file has it.
    file: Value,
    /// What was changed at run time.
    config: Map<String, Value>,
    /// What counts: one over the other.
    effective: Value,
    /// The providers whose key was given at run time, and is sealed.
    sealed_keys: Vec<String>,
}

impl From<Parsed> for ConfigView {
    fn from(parsed: Parsed) -> Self {
        let Overlay {
            version,
            updated_at,
            config,
            credentials,
        } = parsed.overlay.clone();
        Self {
            object: "config",
            version,
            updated_at: (version > 0).then_some(updated_at),
            effective: parsed.overlay.over(&parsed.base),
            file: parsed.base,
            config,
            sealed_keys: credentials.into_keys().collect(),
        }
    }
}

/// A version of the configuration at run time.
#[derive(Serialize)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(rename = "ConfigurationVersion")
)]
pub(crate) struct VersionView {
    /// Always `config.version`.
    object: &'static str,
    /// Its number, which lists go on `after`.
    id: String,
    /// Its number.
    version: u64,
    /// When it was made.
    updated_at: Timestamp,
    /// What stood over the file.
    config: Map<String, Value>,
}

impl From<Overlay> for VersionView {
    fn from(overlay: Overlay) -> Self {
        Self {
            object: "config.version",
            id: overlay.version.to_string(),
            version: overlay.version,
            updated_at: overlay.updated_at,
            config: overlay.config,
        }
    }
}
