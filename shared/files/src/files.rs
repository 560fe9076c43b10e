use crate::{
    cleanup::{self, CLEANUP},
    measure::{Measure, Measured, storage_full, too_large},
    process,
    record::{BYTES, COUNT, FILE, FileRecord, STORAGE, blob_key, key, new_id},
};
use futures_util::StreamExt;
use openclaw_core::{
    ByteStream, Error, Ledger, Ports, Result, Timestamp,
    blob::BlobSource,
    documents::{self, Stored, Tries, put},
    ledger::{Delta, Item, Step, When},
    queue::Job,
    time,
};
use openclaw_schema::{
    account::Account,
    config::Limits,
    file::{ExpiresAfter, FileStatus},
};
use std::{ops::Range, time::Duration};

/// The most files of an account.
pub const MAX_FILES: u64 = 10_000;

/// The files of an account.
#[derive(Clone, Copy)]
pub struct Files<'a> {
    pub(crate) ports: &'a Ports,
    pub(crate) account: &'a str,
    /// The types of events that the account's webhooks want.
    wanted: &'a [String],
    /// Bytes of one file.
    pub(crate) max_file: u64,
    /// Bytes of all.
    max_storage: u64,
}

/// How long bytes may wait for a file to be made of them: longer than any upload takes.
const UNFILED_FOR: Duration = Duration::from_secs(24 * 3600);

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
            wanted: account.events.as_slice(),
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

    /// Removes a file; 404. Its bytes follow.
    pub async fn delete(&self, id: &str) -> Result<()> {
        let mut tries = Tries::default();
        loop {
            tries.another()?;
            let stored = self.stored(id).await?;
            let mut steps = self.removal(&stored);
            steps.push(cleanup::file(self.account, id, self.now())?.step()?);
            if documents::apply(self.ledger(), self.account, steps).await? {
                return Ok(());
            }
        }
    }

    /// The steps that remove a record as it was read, and what it counts.
    pub(crate) fn removal(&self, stored: &Stored<FileRecord>) -> Vec<Step> {
        let delete = Step::Delete {
            key: format!("{FILE}{}", stored.value.id),
            when: stored.unchanged(),
        };
        vec![delete, self.count(-signed(stored.value.size), -1)]
    }

    /// Streams `source` to the store: 413 and 507 as soon as a limit is passed. Nobody sees the bytes
    /// before [`Self::file`] has made a file of them, and without that they are removed: by [`Unfiled`], or by a job
    /// where a crash came first.
    pub(crate) async fn write_file(&self, source: BlobSource<'_>) -> Result<(String, Unfiled)> {
        let id = new_id(&*self.ports.random, self.now());
        let bounds = [
            (self.max_file, too_large as _),
            (self.left().await?, storage_full as _),
        ];
        let written = self.write_as(&id, source, Measure::new(bounds)).await?;
        Ok((id, written))
    }

    /// The same for the bytes of the file `id`, without a look at the account's storage.
    pub(crate) async fn write_as(
        &self,
        id: &str,
        source: BlobSource<'_>,
        measure: Measure,
    ) -> Result<Unfiled> {
        let removal = cleanup::file(self.account, id, self.now())?;
        let removal = removal.not_before(self.now() + UNFILED_FOR);
        self.apply(vec![removal.step()?]).await?;
        let blob = blob_key(self.account, id);
        self.write(blob, source, measure).await
    }

    /// Streams `source` to `blob`, which is removed again unless it is kept.
    pub(crate) async fn write(
        &self,
        blob: String,
        source: BlobSource<'_>,
        mut measure: Measure,
    ) -> Result<Unfiled> {
        let measured = source.map(|piece| measure.pass(piece?)).boxed();
        self.ports.blob.put(&blob, measured).await?;
        Ok(Unfiled {
            ports: self.ports.clone(),
            blob,
            is_kept: false,
            measured: measure.end(),
        })
    }

    /// Makes a file of what was written; 507 where others have filled the storage meanwhile.
    pub(crate) async fn file(
        &self,
        (id, mut written): (String, Unfiled),
        details: FileDetails,
    ) -> Result<FileRecord> {
        let record = self.record(id, &written.measured, details);
        let mut steps = vec![self.count(signed(record.size), 1)];
        steps.extend(self.filing(&record)?);
        written.keep();
        match self.apply(steps).await? {
            true => Ok(record),
            false => {
                written.discard();
                Err(storage_full(0))
            }
        }
    }

    /// The record of a file that is being made.
    pub(crate) fn record(
        &self,
        id: String,
        measured: &Measured,
        details: FileDetails,
    ) -> FileRecord {
        let created_at = time::whole_second(self.now());
        let expires = |after: ExpiresAfter| time::shift(created_at, signed(after.seconds));
        FileRecord {
            id,
            filename: details.filename,
            size: measured.size,
            purpose: details.purpose,
            status: FileStatus::Uploaded,
            created_at,
            expires_at: details.expires_after.map(expires),
            content_type: details
                .content_type
                .unwrap_or_else(|| "application/octet-stream".into()),
            sha256: measured.sha256.clone(),
            tokens: None,
            error: None,
        }
    }

    /// The steps that store a new record, and the jobs that come with it.
    pub(crate) fn filing(&self, record: &FileRecord) -> Result<Vec<Step>> {
        let mut steps = vec![
            put(format!("{FILE}{}", record.id), record, When::Absent)?,
            process::job(self.account, &record.id, self.now(), self.wanted)?.step()?,
        ];
        // In place of the one for bytes of which nobody makes a file.
        steps.push(match record.expires_at {
            Some(expires_at) => {
                let removal = cleanup::file(self.account, &record.id, self.now())?;
                removal.not_before(expires_at).step()?
            }
            None => Job::cancel(CLEANUP, &record.id),
        });
        Ok(steps)
    }

    pub(crate) fn ledger(&self) -> &'a dyn Ledger {
        &*self.ports.ledger
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.ports.clock.now()
    }

    pub(crate) async fn stored(&self, id: &str) -> Result<Stored<FileRecord>> {
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
            return Err(storage_full(0));
        }
        Ok(self
            .max_storage
            .saturating_sub(counter(BYTES).unsigned_abs()))
    }

    /// The step that counts files, refused above what the account may have.
    pub(crate) fn count(&self, bytes: i64, files: i64) -> Step {
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

pub(crate) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Bytes in the store that belong to nothing yet. Dropped, they are removed.
pub(crate) struct Unfiled {
    ports: Ports,
    blob: String,
    is_kept: bool,
    pub(crate) measured: Measured,
}

impl Unfiled {
    /// Before a transaction that gives them to something. Whoever is cut off from there on, or gets an error,
    /// does not know whether it was applied: bytes that belong to nothing are found by a job then.
    pub(crate) const fn keep(&mut self) {
        self.is_kept = true;
    }

    /// After a transaction that was refused.
    pub(crate) fn discard(mut self) {
        self.is_kept = false;
    }
}

impl Drop for Unfiled {
    fn drop(&mut self) {
        if self.is_kept {
            return;
        }
        let key = std::mem::take(&mut self.blob);
        let blob = self.ports.blob.clone();
        self.ports.spawn.spawn(Box::pin(async move {
            if let Err(error) = blob.delete(&key).await {
                tracing::warn!(%error, "bytes that are no file stay in the store");
            }
        }));
    }
}
