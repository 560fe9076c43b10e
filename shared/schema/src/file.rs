//! Files on the wire: OpenAI's fields with its types, the seed's and ours beside them.

use openclaw_core::{Error, Result};
use serde::{Deserialize, Serialize};

/// The most characters of a file's name.
pub const MAX_FILENAME: usize = 255;

/// The most characters of a purpose.
pub const MAX_PURPOSE: usize = 64;

/// Seconds after which a file may be told to go: one hour to 30 days, as OpenAI has it.
const EXPIRES_AFTER: std::ops::RangeInclusive<u64> = 3600..=2_592_000;

/// What has become of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum FileStatus {
    /// It is stored; nobody has looked into it.
    #[default]
    Uploaded,
    /// Its type and text are looked for.
    Processing,
    /// They were found.
    Processed,
    /// It cannot be read; the file's `error` says why.
    Failed,
}

/// A file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct File {
    /// `file_…`.
    pub id: String,
    /// Always `file`.
    pub object: &'static str,
    /// As its sender called it: data, never a path.
    pub filename: String,
    /// Bytes.
    pub size: u64,
    /// The same, as OpenAI calls it.
    pub bytes: u64,
    /// What it is for, as its sender said.
    pub purpose: String,
    /// What has become of it.
    pub status: FileStatus,
    /// Unix seconds.
    pub created_at: i64,
    /// Unix seconds; `null`: it stays.
    pub expires_at: Option<i64>,
    /// The media type.
    pub content_type: String,
    /// SHA-256 of the bytes, in hexadecimal digits.
    pub sha256: String,
    /// Tokens of the text, about; `null` before it is processed, and where there is no text.
    pub tokens: Option<u64>,
    /// Why it failed.
    pub error: Option<String>,
}

/// When a file goes by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ExpiresAfter {
    /// Since when the seconds count.
    pub anchor: Anchor,
    /// 3,600 to 2,592,000.
    pub seconds: u64,
}

/// The moment from which an expiry counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Anchor {
    /// When the file was made.
    CreatedAt,
}

impl ExpiresAfter {
    /// Checks the range.
    pub fn validate(&self) -> Result<()> {
        if EXPIRES_AFTER.contains(&self.seconds) {
            return Ok(());
        }
        let issue = "must be from 3600 to 2592000 seconds";
        Err(Error::invalid("expires_after.seconds", issue))
    }
}

/// 400 where `purpose` is none: 1 to 64 letters, digits, `_` and `-`.
pub fn validate_purpose(purpose: &str) -> Result<()> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    if (1..=MAX_PURPOSE).contains(&purpose.len()) && purpose.bytes().all(is_plain) {
        return Ok(());
    }
    let issue = "must be 1 to 64 letters, digits, '_' and '-'";
    Err(Error::invalid("purpose", issue))
}

/// 400 where `name`, in the field `field`, is no file's: 1 to 255 characters, none of them a control
/// character. It may be anything else, because it is never a path.
pub fn validate_filename(field: &str, name: &str) -> Result<()> {
    if !(1..=MAX_FILENAME).contains(&name.chars().count()) {
        return Err(Error::invalid(
            field,
            "must have a name of 1 to 255 characters",
        ));
    }
    if name.chars().any(char::is_control) {
        return Err(Error::invalid(
            field,
            "must have a name without control characters",
        ));
    }
    Ok(())
}

/// The query of a list of files, beside its page.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct ListFiles {
    /// Only those for this purpose.
    pub purpose: Option<String>,
    /// Default: the newest first.
    #[serde(default)]
    pub order: Order,
    /// 1 to 10,000, as OpenAI has it; default 100.
    pub limit: Option<usize>,
    /// The id after which to start.
    pub after: Option<String>,
}

/// The order of a list, by when things were made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(rename = "SortOrder")
)]
#[serde(rename_all = "lowercase")]
pub enum Order {
    /// The oldest first.
    Asc,
    /// The newest first.
    #[default]
    Desc,
}

impl ListFiles {
    /// How many are asked for; 400 outside of the range.
    pub fn limit(&self) -> Result<usize> {
        match self.limit.unwrap_or(100) {
            limit @ 1..=10_000 => Ok(limit),
            _ => Err(Error::invalid("limit", "must be from 1 to 10000")),
        }
    }
}
