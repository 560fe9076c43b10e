//! What goes by itself, or after the answer: bytes of removed files, files and uploads whose time is
//! over, parts of uploads that have ended, everything of a deleted account.

use crate::{
    Files,
    record::{FILE, FileRecord, UPLOAD, blob_key, text_key},
    upload::UploadRecord,
};
use openclaw_core::{
    BoxFuture, Ports, Result, Timestamp,
    documents::{self, Stored},
    queue::{Consumer, End, Job},
};
use openclaw_schema::{account::Account, config::Limits, upload::UploadStatus};
use serde::{Deserialize, Serialize};

/// The topic of these jobs.
pub const CLEANUP: &str = "file-cleanup";

/// What to look at. Each is right whenever it is looked at, and however often.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
enum Cleanup {
    /// A file: removed where its time is over, and its bytes where it is removed.
    File(String),
    /// An upload: ended where its time is over, and its parts where it has ended.
    Upload(String),
    /// All files of a deleted account.
    Account,
}

/// The job that looks at a file now. A later one for the same file takes its place.
pub(crate) fn file(account: &str, id: &str, now: Timestamp) -> Result<Job> {
    Job::named(account, CLEANUP, id, now, &Cleanup::File(id.to_owned()))
}

/// The same for an upload.
pub(crate) fn upload(account: &str, id: &str, now: Timestamp) -> Result<Job> {
    Job::named(account, CLEANUP, id, now, &Cleanup::Upload(id.to_owned()))
}

/// The job that removes all files of an account that is deleted.
pub fn account(account: &str, now: Timestamp) -> Result<Job> {
    Job::named(account, CLEANUP, account, now, &Cleanup::Account)
}

/// Works on the jobs of [`CLEANUP`].
pub struct CleanUp {
    ports: Ports,
    limits: Limits,
}

impl CleanUp {
    /// Over these ports.
    pub const fn new(ports: Ports, limits: Limits) -> Self {
        Self { ports, limits }
    }

    async fn clean(&self, job: &Job) -> Result<()> {
        // Of the account only its id matters: what is removed passes no limit.
        let account = Account {
            id: job.account().to_owned(),
            ..Account::default()
        };
        let files = Files::new(&self.ports, &account, &self.limits);
        match job.payload()? {
            Cleanup::File(id) => files.clean_file(&id).await,
            Cleanup::Upload(id) => files.clean_upload(&id).await,
            Cleanup::Account => files.clean_account().await,
        }
    }
}

impl Consumer for CleanUp {
    fn topic(&self) -> &'static str {
        CLEANUP
    }

    fn work<'a>(&'a self, job: &'a Job) -> BoxFuture<'a, End> {
        Box::pin(async move {
            match self.clean(job).await {
                Ok(()) => End::Done(vec![]),
                Err(error) => End::failed(error.cause.unwrap_or(error.message.into_owned())),
            }
        })
    }
}

impl Files<'_> {
    async fn clean_file(&self, id: &str) -> Result<()> {
        let key = format!("{FILE}{id}");
        let found: Option<Stored<FileRecord>> =
            documents::find(self.ledger(), self.account, &key).await?;
        if let Some(stored) = found {
            if stored.value.is_live(self.now()) {
                return Ok(());
            }
            // Where it has changed, someone else removes it, or this is tried again.
            self.apply(self.removal(&stored)).await?;
        }
        self.remove_blobs(id).await
    }

    async fn remove_blobs(&self, id: &str) -> Result<()> {
        for key in [blob_key(self.account, id), text_key(self.account, id)] {
            self.ports.blob.delete(&key).await?;
        }
        Ok(())
    }

    async fn clean_upload(&self, id: &str) -> Result<()> {
        let key = format!("{UPLOAD}{id}");
        let found: Option<Stored<UploadRecord>> =
            documents::find(self.ledger(), self.account, &key).await?;
        if let Some(stored) = found
            && stored.value.status == UploadStatus::Pending
        {
            if self.now() < stored.value.expires_at {
                return Ok(());
            }
            let steps = self.ending(&stored, UploadStatus::Expired)?;
            self.apply(steps).await?;
        }
        self.remove_parts(id).await
    }

    async fn clean_account(&self) -> Result<()> {
        for prefix in [FILE, UPLOAD] {
            self.remove_items(prefix).await?;
        }
        loop {
            let keys = self.ports.blob.list(self.account).await?;
            if keys.is_empty() {
                return Ok(());
            }
            for key in keys {
                self.ports.blob.delete(&key).await?;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_executor::block_on;
    use futures_util::{StreamExt, stream};
    use openclaw_core::queue::{Worked, work};
    use openclaw_testkit::{Fakes, ManualClock};
    use std::{mem, time::Duration};

    #[test]
    fn bytes_that_a_crash_left_without_a_file_are_removed_a_day_later() {
        let clock = ManualClock::default();
        let fakes = Fakes::new(clock.clone());
        let (ports, limits) = (fakes.ports(), Limits::default());
        let account = Account {
            id: "acct_1".into(),
            ..Account::default()
        };
        let files = Files::new(&ports, &account, &limits);
        let bytes = stream::iter([Ok("bytes".into())]).boxed();
        let (id, written) = block_on(files.write_file(bytes)).unwrap();
        // Nothing of the process runs any more.
        mem::forget(written);
        let stored = || block_on(ports.blob.list("acct_1")).unwrap();
        assert_eq!(stored().len(), 1);
        let consumer = CleanUp::new(fakes.ports(), Limits::default());
        let key = format!("job/{CLEANUP}/{id}");
        let look = || block_on(work(&ports, &consumer, "acct_1", &key)).unwrap();
        assert!(matches!(look(), Worked::Later(_)));
        assert_eq!(stored().len(), 1);
        clock.advance(Duration::from_secs(24 * 3600));
        assert_eq!(look(), Worked::Done);
        assert_eq!(stored(), Vec::<String>::new());
    }
}
