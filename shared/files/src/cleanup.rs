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
    ledger::{Pages, Step, When},
    queue::{Consumer, End, JOBS, Job},
    time,
};
use openclaw_schema::{account::Account, config::Limits, upload::UploadStatus};
use serde::{Deserialize, Serialize};

/// The topic of these jobs.
pub const CLEANUP: &str = "file-cleanup";

/// Seconds after which requests are over that ran when their account was deleted, or their upload ended.
const LEFTOVERS: i64 = time::HOUR;

/// What of a deleted account stays: that it is deleted, so that no cache lets anybody in.
const STANDING: &str = "gate#s";

/// How the keys of an account's items begin: no store looks for keys that begin with nothing.
const INITIALS: std::ops::RangeInclusive<char> = 'a'..='z';

/// Items that one transaction removes.
const TOGETHER: usize = 20;

/// What to look at. Each is right whenever it is looked at, and however often.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
enum Cleanup {
    /// A file: removed where its time is over, and its bytes where it is removed.
    File(String),
    /// An upload: ended where its time is over, and its parts where it has ended.
    Upload(String),
    /// Everything of a deleted account.
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

/// The jobs that remove everything of an account that is deleted: at `now`, and again when the requests that
/// ran then are over, for what they have left.
pub fn account(account: &str, now: Timestamp) -> Result<[Job; 2]> {
    let job = |id: String, at| Job::named(account, CLEANUP, &id, at, &Cleanup::Account);
    let later = time::shift(now, LEFTOVERS);
    Ok([
        job(account.to_owned(), now)?,
        job(format!("{account}-later"), later)?,
    ])
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

    /// Looks at what the job is about; when to look again.
    async fn clean(&self, job: &Job) -> Result<Option<Timestamp>> {
        // Of the account only its id matters: what is removed passes no limit.
        let account = Account {
            id: job.account().to_owned(),
            ..Account::default()
        };
        let files = Files::new(&self.ports, &account, &self.limits);
        match job.payload()? {
            Cleanup::File(id) => files.clean_file(&id).await?,
            Cleanup::Upload(id) => return files.clean_upload(&id).await,
            Cleanup::Account => files.clean_account().await?,
        }
        Ok(None)
    }
}

impl Consumer for CleanUp {
    fn topic(&self) -> &'static str {
        CLEANUP
    }

    fn work<'a>(&'a self, job: &'a Job) -> BoxFuture<'a, End> {
        Box::pin(async move {
            match self.clean(job).await {
                Ok(None) => End::Done(vec![]),
                Ok(Some(again)) => End::NotBefore(again),
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
        for key in [blob_key(self.account, id), text_key(self.account, id)] {
            self.ports.blob.delete(&key).await?;
        }
        Ok(())
    }

    /// Ends an upload whose time is over, and removes what is left of one that has ended; when to look again,
    /// for parts that were on their way meanwhile.
    async fn clean_upload(&self, id: &str) -> Result<Option<Timestamp>> {
        let key = format!("{UPLOAD}{id}");
        let found: Option<Stored<UploadRecord>> =
            documents::find(self.ledger(), self.account, &key).await?;
        let mut again = None;
        if let Some(stored) = found {
            let expires_at = stored.value.expires_at;
            if stored.value.status == UploadStatus::Pending {
                if self.now() < expires_at {
                    return Ok(Some(expires_at));
                }
                let steps = self.ending(&stored, UploadStatus::Expired)?;
                self.apply(steps).await?;
            }
            again = Some(time::shift(expires_at, LEFTOVERS)).filter(|at| self.now() < *at);
        }
        self.remove_parts(id).await?;
        Ok(again)
    }

    async fn clean_account(&self) -> Result<()> {
        for prefix in [FILE, UPLOAD] {
            self.remove_items(prefix).await?;
        }
        self.remove_blobs(self.account).await?;
        self.remove_everything().await
    }

    /// Removes all that the account's ledger has, but for its standing and the jobs that do this.
    async fn remove_everything(&self) -> Result<()> {
        let own = format!("{JOBS}{CLEANUP}/");
        for initial in INITIALS {
            let prefix = initial.to_string();
            let mut pages = Pages::new(self.ledger(), self.account, &prefix, None, TOGETHER);
            while let Some(page) = pages.next().await? {
                let keys = page.into_iter().map(|(key, _)| key);
                let keys = keys.filter(|key| key != STANDING && !key.starts_with(&own));
                let when = When::Always;
                let steps = Vec::from_iter(keys.map(|key| Step::Delete {
                    key,
                    when: when.clone(),
                }));
                if !steps.is_empty() {
                    self.apply(steps).await?;
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use futures_executor::block_on;
    use futures_util::{StreamExt, stream};
    use openclaw_core::{
        ledger::Ledger,
        queue::{Worked, work},
    };
    use openclaw_testkit::{Fakes, ManualClock};
    use std::{mem, time::Duration};

    #[test]
    fn of_a_deleted_account_only_its_standing_stays() {
        let fakes = Fakes::default();
        let ports = fakes.ports();
        let put = |key: &str| Step::Put {
            key: key.into(),
            document: Bytes::from_static(b"{}"),
            when: When::Always,
            expires: None,
        };
        let many = (0..100).map(|at| put(&format!("log/{at:03}")));
        let others = [
            "delivery/1",
            "gate#m/1",
            "gate#s",
            "hour/1",
            "job/event/1",
            "key/1",
        ];
        let others = others
            .iter()
            .chain(&["run/1", "skill-secrets/a", "used/1", "webhooks"]);
        let all = Vec::from_iter(many.chain(others.map(|key| put(key))));
        let [now, later] = account("acct_1", ports.clock.now()).unwrap();
        let jobs = [now.step().unwrap(), later.step().unwrap()];
        for steps in all.chunks(TOGETHER).chain([&jobs[..]]) {
            let (one, other) = (steps.to_vec(), steps.to_vec());
            block_on(documents::apply(&*ports.ledger, "acct_1", one)).unwrap();
            block_on(documents::apply(&*ports.ledger, "acct_2", other)).unwrap();
        }
        let keys = |account: &str| {
            let found = block_on(fakes.ledger.query(account, "", None, 1000)).unwrap();
            Vec::from_iter(found.into_iter().map(|(key, _)| key))
        };
        let before = keys("acct_2");
        assert_eq!(before.len(), 112);
        let consumer = CleanUp::new(ports, Limits::default());
        assert!(matches!(block_on(consumer.work(&now)), End::Done(_)));
        let own = ["job/file-cleanup/acct_1", "job/file-cleanup/acct_1-later"];
        assert_eq!(keys("acct_1"), ["gate#s", own[0], own[1]]);
        assert_eq!(keys("acct_2"), before);
    }

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
