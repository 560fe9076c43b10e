//! What is stored of skills in an account's ledger, and where.

use crate::Manifest;
use openclaw_core::{Error, Result, Timestamp, ledger::Item};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::collections::BTreeMap;

/// `skill/<id>` → [`SkillRecord`].
pub(crate) const SKILL: &str = "skill/";
/// `skill-secrets/<id>` → [`SealedSecrets`].
pub(crate) const SECRETS: &str = "skill-secrets/";
/// `skill-run/<id>/<milliseconds that are left>-<random>` → [`Execution`]; the newest is the first.
pub(crate) const EXECUTION: &str = "skill-run/";
/// How many skills the account has installed.
pub(crate) const COUNT: &str = "skills";
pub(crate) const COUNT_FIELD: &str = "n";

/// Whether a skill may be executed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum SkillStatus {
    /// It may.
    #[default]
    Active,
    /// It is kept, and refuses.
    Disabled,
}

/// An installed skill.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct SkillRecord {
    /// What it is.
    pub manifest: Manifest,
    /// Whether it may be executed.
    pub status: SkillStatus,
    /// When it was installed.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// A skill's secrets by name, each sealed.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(crate) struct SealedSecrets {
    pub(crate) secrets: BTreeMap<String, String>,
}

/// How an execution ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(rename = "SkillExecutionStatus")
)]
#[serde(rename_all = "lowercase")]
pub enum ExecutionStatus {
    /// With a result.
    Completed,
    /// With an error.
    Failed,
    /// Whoever asked for it has left.
    Cancelled,
}

/// One execution: when, how long and how it ended, and nothing of what it was about.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(rename = "SkillExecution")
)]
pub struct Execution {
    /// The request that asked for it.
    pub request: String,
    /// The command's name.
    pub command: String,
    /// How it ended.
    pub status: ExecutionStatus,
    /// The error's code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// When it began.
    pub started_at: Timestamp,
    /// Milliseconds.
    pub duration_ms: u64,
}

pub(crate) fn decode<T: DeserializeOwned>(item: &Item) -> Result<T> {
    let document = item.document();
    let document = document.ok_or_else(|| Error::internal("a document was expected"))?;
    serde_json::from_slice(document).map_err(Error::internal)
}

pub(crate) fn encode<T: Serialize>(value: &T) -> Result<bytes::Bytes> {
    let bytes = serde_json::to_vec(value).map_err(Error::internal)?;
    Ok(bytes.into())
}
