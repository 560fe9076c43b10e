//! What is stored of a file, and where.

use openclaw_core::{Random, Timestamp, id};
use openclaw_schema::file::{File, FileStatus};
use serde::{Deserialize, Serialize};

/// `file/<id>` → [`FileRecord`].
pub(crate) const FILE: &str = "file/";

/// Counters over all files of the account: [`BYTES`] and [`COUNT`].
pub(crate) const STORAGE: &str = "storage";
/// Bytes of all files.
pub(crate) const BYTES: &str = "bytes";
/// Files.
pub(crate) const COUNT: &str = "count";

/// `upload/<id>` → an upload's record.
pub(crate) const UPLOAD: &str = "upload/";
/// `part/<upload>/<id>` → a part's record.
pub(crate) const PART: &str = "part/";
/// `parts/<upload>` → [`BYTES`] and [`COUNT`] of an upload's parts.
pub(crate) const PARTS: &str = "parts/";

/// What a file's id begins with.
const PREFIX: &str = "file_";
/// What an upload's id begins with.
pub(crate) const UPLOAD_PREFIX: &str = "upload_";
/// What a part's id begins with.
pub(crate) const PART_PREFIX: &str = "part_";

/// Characters that a moment takes in an id: in base 62 they hold all milliseconds to the year 9999.
const MOMENT: usize = 9;

/// A file as its account's ledger holds it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileRecord {
    /// `file_…`.
    pub id: String,
    /// As its sender called it.
    pub filename: String,
    /// Bytes.
    pub size: u64,
    /// What it is for.
    pub purpose: String,
    /// What has become of it.
    pub status: FileStatus,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it goes.
    pub expires_at: Option<Timestamp>,
    /// The media type.
    pub content_type: String,
    /// SHA-256 of the bytes, in hexadecimal digits.
    pub sha256: String,
    /// Tokens of its text, about.
    #[serde(default)]
    pub tokens: Option<u64>,
    /// Why it failed.
    #[serde(default)]
    pub error: Option<String>,
}

impl FileRecord {
    /// As it is shown.
    pub fn show(self) -> File {
        File {
            object: "file",
            size: self.size,
            bytes: self.size,
            created_at: self.created_at.as_second(),
            expires_at: self.expires_at.map(Timestamp::as_second),
            id: self.id,
            filename: self.filename,
            purpose: self.purpose,
            status: self.status,
            content_type: self.content_type,
            sha256: self.sha256,
            tokens: self.tokens,
            error: self.error,
        }
    }

    /// Whether it is still there at `now`.
    pub(crate) fn is_live(&self, now: Timestamp) -> bool {
        self.expires_at.is_none_or(|expires| now < expires)
    }
}

/// A new id. Later ones sort first, so that the ledger lists the newest first; 128 random bits follow.
pub(crate) fn new_id(random: &dyn Random, now: Timestamp) -> String {
    let left = Timestamp::MAX.as_millisecond() - now.as_millisecond();
    let moment = id::base62(left.unsigned_abs(), MOMENT);
    id::new(random, &format!("{PREFIX}{moment}"))
}

/// The key of a file's record; `None` for what is no file's id.
pub(crate) fn key(id: &str) -> Option<String> {
    is_id(PREFIX, id).then(|| format!("{FILE}{id}"))
}

/// Whether `id` may be one of ours that begins so.
pub(crate) fn is_id(prefix: &str, id: &str) -> bool {
    let rest = id.strip_prefix(prefix).unwrap_or_default();
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric();
    (1..=64).contains(&rest.len()) && rest.bytes().all(is_plain)
}

/// Where a file's bytes are.
pub(crate) fn blob_key(account: &str, id: &str) -> String {
    format!("{account}/files/{id}")
}

/// Where its text is.
pub(crate) fn text_key(account: &str, id: &str) -> String {
    format!("{account}/texts/{id}")
}

/// What the keys of the parts of an upload begin with.
pub(crate) fn parts_key(account: &str, upload: &str) -> String {
    format!("{account}/parts/{upload}")
}

/// Where the bytes of an upload's part are.
pub(crate) fn part_key(account: &str, upload: &str, id: &str) -> String {
    format!("{}/{id}", parts_key(account, upload))
}

#[cfg(test)]
mod tests {
    use super::*;
    use openclaw_core::time;
    use openclaw_testkit::SeededRandom;

    #[test]
    fn later_ids_sort_first() {
        let random = SeededRandom::new(1);
        let ids = [
            0,
            1_772_280_000,
            1_772_280_001,
            4_000_000_000,
            200_000_000_000,
        ];
        let ids = ids.map(|second| new_id(&random, time::from_second(second)));
        assert!(ids.is_sorted_by(|one, next| one > next), "{ids:?}");
        assert!(
            ids.iter()
                .all(|id| id.len() == ids[0].len() && key(id).is_some())
        );
        assert_ne!(
            new_id(&random, Timestamp::UNIX_EPOCH),
            new_id(&random, Timestamp::UNIX_EPOCH)
        );
    }

    #[test]
    fn what_is_no_id_has_no_key() {
        for id in [
            "",
            "x",
            "file_../x",
            "file_a/b",
            "file_a#b",
            "file_é",
            "FILE_a",
        ] {
            assert_eq!(key(id), None, "{id}");
        }
        assert_eq!(key(&format!("file_{}", "x".repeat(65))), None);
        assert_eq!(key("file_abc").as_deref(), Some("file/file_abc"));
    }

    #[test]
    fn a_record_of_the_first_release_is_read() {
        let text = r#"{"id":"file_1","filename":"a","size":3,"purpose":"analysis","status":"uploaded",
            "created_at":"2026-02-28T12:00:00Z","expires_at":null,"content_type":"text/plain","sha256":"ff"}"#;
        let record: FileRecord = openclaw_schema::parse(text, "").unwrap();
        assert_eq!(
            (record.tokens, record.show().created_at),
            (None, 1_772_280_000)
        );
    }
}
