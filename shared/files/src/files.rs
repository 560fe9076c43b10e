use crate::{
    measure::{Measure, storage_full},
    record::{BYTES, COUNT, FILE, FileRecord, STORAGE, blob_key, key, new_id},
};
use futures_util::StreamExt;
use openclaw_core::{
    ByteStream, Error, Ledger, Ports, Result, Timestamp,
    blob::BlobSource,
    documents::{self, Stored, Tries, put},
    ledger::{Delta, Item, Outcome, Step, When},
    time,
};
use openclaw_schema::{
    account::Account,
    config::Limits,
    file::{ExpiresAfter, FileStatus},
};
use std::ops::Range;

/// The most files of an account.
pub const MAX_FILES: u64 = 10_000;

/// The files of an account.
#[derive(Clone, Copy)]
pub struct Files<'a> {
    pub(crate) ports: &'a Ports,
    pub(crate) account: &'a str,
    /// Bytes of one file.
    pub(crate) max_file: u64,
    /// Bytes of all.
    max_storage: u64,
}

/// What a sender says of a file.
pub(crate) struct FileDetails {
    pub(crate) filename: String,
    pub(crate) content_type: Option<String>,
    pub(crate) purpose: String,
    pub(crate) expires_after: Option<ExpiresAfter>,
}

impl<'a> Files<'a> {
    /// Those of `account`, within `limits`.
    pub const fn new(ports: &'a Ports, account: &'a Account, limits: &Limits) -> Self {
        Self {
            ports,
            account: account.id.as_str(),
            max_file: limits.file_bytes,
            max_storage: limits.storage_bytes.of(account.tier),
        }
    }

    /// One file; 404.
    pub async fn get(&self, id: &str) -> Result<FileRecord> {
        Ok(self.stored(id).await?.value)
    }

    /// The bytes of a file, or those in `range`, which lies within its size.
    pub async fn content(
        &self,
        file: &FileRecord,
        range: Option<Range<u64>>,
    ) -> Result<ByteStream> {
        let key = blob_key(self.account, &file.id);
        let found = self.ports.blob.get(&key, range).await?;
        // It was deleted since its record was read.
        found.ok_or_else(|| no_file(&file.id))
    }

    /// Removes a file; 404.
    pub async fn delete(&self, id: &str) -> Result<()> {
        let mut tries = Tries::default();
        loop {
            tries.another()?;
            let stored = self.stored(id).await?;
            let steps = vec![
                Step::Delete {
                    key: format!("{FILE}{id}"),
                    when: stored.unchanged(),
                },
                self.count(-signed(stored.value.size), -1),
            ];
            if documents::apply(self.ledger(), self.account, steps).await? {
                break;
            }
        }
        Ok(self.ports.blob.delete(&blob_key(self.account, id)).await?)
    }

    /// Streams `source` to the store: 413 and 507 as soon as a limit is passed. Nobody sees the bytes
    /// before [`Self::file`] has made a file of them, and without that they are removed.
    pub(crate) async fn write(&self, source: BlobSource<'_>) -> Result<Unfiled> {
        let now = self.now();
        let id = new_id(&*self.ports.random, now);
        let (blob, left) = (blob_key(self.account, &id), self.left().await?);
        let mut measure = Measure::new(self.max_file, left);
        let measured = source.map(|piece| measure.pass(piece?)).boxed();
        self.ports.blob.put(&blob, measured).await?;
        let (size, sha256) = measure.end();
        Ok(Unfiled {
            ports: self.ports.clone(),
            blob: Some(blob),
            id,
            size,
            sha256,
        })
    }

    /// Makes a file of what was written; 507 where others have filled the storage meanwhile.
    pub(crate) async fn file(&self, written: Unfiled, details: FileDetails) -> Result<FileRecord> {
        let created_at = time::whole_second(self.now());
        let expires = |after: ExpiresAfter| time::shift(created_at, signed(after.seconds));
        let record = FileRecord {
            id: written.id.clone(),
            filename: details.filename,
            size: written.size,
            purpose: details.purpose,
            status: FileStatus::Uploaded,
            created_at,
            expires_at: details.expires_after.map(expires),
            content_type: details
                .content_type
                .unwrap_or_else(|| "application/octet-stream".into()),
            sha256: written.sha256.clone(),
            tokens: None,
            error: None,
        };
        let steps = vec![
            self.count(signed(written.size), 1),
            put(format!("{FILE}{}", record.id), &record, When::Absent)?,
        ];
        match self.ledger().transact(self.account, steps).await? {
            Outcome::Refused { .. } => Err(storage_full()),
            Outcome::Applied(applied) => {
                // From here on the bytes belong to the record, whatever the wait ends with.
                written.keep();
                applied.durable.await?;
                Ok(record)
            }
        }
    }

    pub(crate) fn ledger(&self) -> &'a dyn Ledger {
        &*self.ports.ledger
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.ports.clock.now()
    }

    async fn stored(&self, id: &str) -> Result<Stored<FileRecord>> {
        let key = key(id).ok_or_else(|| no_file(id))?;
        let found = documents::find::<FileRecord>(self.ledger(), self.account, &key).await?;
        let found = found.filter(|stored| stored.value.is_live(self.now()));
        found.ok_or_else(|| no_file(id))
    }

    /// Bytes that are left; 507 where there is no room for another file.
    async fn left(&self) -> Result<u64> {
        let found = self.ledger().get(self.account, STORAGE).await?;
        let counters = found.as_ref().and_then(Item::counters);
        let counter = |name| counters.and_then(|all| all.get(name)).copied().unwrap_or(0);
        if counter(COUNT) >= signed(MAX_FILES) {
            return Err(storage_full());
        }
        Ok(self
            .max_storage
            .saturating_sub(counter(BYTES).unsigned_abs()))
    }

    /// The step that counts files, refused above what the account may have.
    fn count(&self, bytes: i64, files: i64) -> Step {
        Step::Add {
            key: STORAGE.into(),
            deltas: vec![
                Delta::bounded(BYTES, bytes, signed(self.max_storage)),
                Delta::bounded(COUNT, files, signed(MAX_FILES)),
            ],
            expires: None,
        }
    }
}

fn no_file(id: &str) -> Error {
    Error::not_found(format_args!("file '{id}'"))
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Bytes in the store that are no file yet. Dropped, they are removed.
pub(crate) struct Unfiled {
    ports: Ports,
    /// `None` once they belong to a file.
    blob: Option<String>,
    id: String,
    size: u64,
    sha256: String,
}

impl Unfiled {
    fn keep(mut self) {
        self.blob = None;
    }
}

impl Drop for Unfiled {
    fn drop(&mut self) {
        let Some(key) = self.blob.take() else {
            return;
        };
        let blob = self.ports.blob.clone();
        self.ports.spawn.spawn(Box::pin(async move {
            if let Err(error) = blob.delete(&key).await {
                tracing::warn!(%error, "bytes that are no file stay in the store");
            }
        }));
    }
}
