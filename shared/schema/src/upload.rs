//! OpenAI's Uploads on the wire: a file in parts, for what does not go in one request.

use crate::file::{ExpiresAfter, File, validate_filename, validate_purpose};
use openclaw_core::{Error, Result};
use serde::{Deserialize, Serialize};

/// The most characters of a media type.
const MAX_MIME_TYPE: usize = 255;

/// The most parts of an upload.
pub const MAX_PARTS: usize = 2000;

/// `POST /uploads`.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct CreateUpload {
    /// The file's name.
    pub filename: String,
    /// What it is for.
    pub purpose: String,
    /// Its size.
    pub bytes: u64,
    /// Its media type.
    pub mime_type: String,
    /// When the file goes by itself.
    pub expires_after: Option<ExpiresAfter>,
}

impl CreateUpload {
    /// Checks lengths and ranges; whether there is room for it, the ledger says.
    pub fn validate(&self) -> Result<()> {
        validate_filename("filename", &self.filename)?;
        validate_purpose(&self.purpose)?;
        if !is_media_type(&self.mime_type) {
            return Err(Error::invalid(
                "mime_type",
                "must be a media type such as text/plain",
            ));
        }
        self.expires_after.map_or(Ok(()), |after| after.validate())
    }
}

/// Whether a sender's media type can be told to others: short, printable, and with a subtype.
pub fn is_media_type(kind: &str) -> bool {
    let is_plain = |byte: u8| matches!(byte, b' '..=b'~');
    kind.len() <= MAX_MIME_TYPE && kind.bytes().all(is_plain) && kind.contains('/')
}

/// `POST /uploads/{id}/complete`.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct CompleteUpload {
    /// All parts, in the order of the file.
    pub part_ids: Vec<String>,
    /// MD5 of the file in hexadecimal digits, to be compared.
    pub md5: Option<String>,
}

/// What has become of an upload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum UploadStatus {
    /// It takes parts.
    Pending,
    /// It is a file.
    Completed,
    /// Its sender took it back.
    Cancelled,
    /// Its hour was over.
    Expired,
}

/// An upload.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct Upload {
    /// `upload_…`.
    pub id: String,
    /// Always `upload`.
    pub object: &'static str,
    /// Bytes of the file.
    pub bytes: u64,
    /// Unix seconds.
    pub created_at: i64,
    /// The file's name.
    pub filename: String,
    /// What it is for.
    pub purpose: String,
    /// What has become of it.
    pub status: UploadStatus,
    /// Unix seconds: when it takes no parts any more.
    pub expires_at: i64,
    /// The file, once it is one.
    pub file: Option<File>,
}

/// A part of an upload.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct UploadPart {
    /// `part_…`.
    pub id: String,
    /// Always `upload.part`.
    pub object: &'static str,
    /// Unix seconds.
    pub created_at: i64,
    /// The upload.
    pub upload_id: String,
}
