//! What a file is and says: the job that finds out.

use crate::{
    Files,
    record::{FILE, FileRecord, text_key},
};
use futures_util::{StreamExt, stream};
use openclaw_core::{
    BoxFuture, ByteStream, Error, Ports, Result, Timestamp,
    documents::{self, Stored, put},
    ledger::Step,
    queue::{Concurrency, Consumer, End, Job},
};
use openclaw_providers::tokens;
use openclaw_schema::{
    account::Account,
    config::Limits,
    event::{ALL, Event, EventType},
    file::FileStatus,
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::{sync::Arc, time::Duration};

/// The topic of these jobs.
pub const PROCESS: &str = "file-process";

/// The pause after an attempt that failed. What dies twice is the file's own fault.
const PAUSES: [Duration; 1] = [Duration::from_secs(2)];

/// The type of a file, and its text where files of that type have one.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Found {
    /// The media type.
    pub content_type: String,
    /// The text.
    pub text: Option<String>,
}

/// Looks into a file, where what that takes costs nothing else.
pub trait Inspect: Send + Sync {
    /// The most bytes of a file that it looks into.
    fn max_bytes(&self) -> u64;

    /// The type and text of a file of `size` bytes that its sender calls `name`. The inner error is for
    /// the file's owner: why it cannot be read. The outer one is ours, and may pass.
    fn inspect<'a>(
        &'a self,
        name: &'a str,
        size: u64,
        bytes: ByteStream,
    ) -> BoxFuture<'a, Result<Result<Found, String>>>;
}

/// What a job is about.
#[derive(Deserialize, Serialize)]
struct Process {
    file: String,
    /// The types of events, or `*`, that the account's webhooks want of how it ends.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    events: Vec<String>,
}

/// The job that looks into a file of an account whose webhooks want these events.
pub(crate) fn job(account: &str, id: &str, now: Timestamp, wanted: &[String]) -> Result<Job> {
    let ends = [EventType::FileProcessed, EventType::FileFailed];
    let is_end = |name: &&String| name == &ALL || ends.iter().any(|end| end.as_str() == *name);
    let process = Process {
        file: id.to_owned(),
        events: wanted.iter().filter(is_end).cloned().collect(),
    };
    Job::named(account, PROCESS, id, now, &process)
}

/// Works on the jobs of [`PROCESS`].
pub struct ProcessFile {
    ports: Ports,
    limits: Limits,
    inspect: Arc<dyn Inspect>,
}

impl ProcessFile {
    /// Over these ports.
    pub const fn new(ports: Ports, limits: Limits, inspect: Arc<dyn Inspect>) -> Self {
        Self {
            ports,
            limits,
            inspect,
        }
    }

    /// The steps that end the job.
    async fn process(&self, job: &Job) -> Result<Vec<Step>> {
        let (account, Process { file, events }) = (account(job), job.payload()?);
        let files = Files::new(&self.ports, &account, &self.limits);
        let Some(stored) = files.begin(&file).await? else {
            files.remove_text_of_none(&file).await?;
            return Ok(vec![]);
        };
        let record = &stored.value;
        let found = match record.size <= self.inspect.max_bytes() {
            true => {
                let bytes = files.content(record, None).await?;
                let inspected = self.inspect.inspect(&record.filename, record.size, bytes);
                inspected.await?
            }
            false => {
                let most = self.inspect.max_bytes();
                Err(format!(
                    "it has more than the {most} bytes that are looked into here"
                ))
            }
        };
        let ended = match found {
            Ok(found) => files.keep(record.clone(), found).await?,
            Err(reason) => failed(record.clone(), &reason),
        };
        self.end(&account.id, &events, &stored, &ended)
    }

    /// The steps that store how it ended, and tell of it.
    fn end(
        &self,
        account: &str,
        wanted: &[String],
        stored: &Stored<FileRecord>,
        ended: &FileRecord,
    ) -> Result<Vec<Step>> {
        let key = format!("{FILE}{}", ended.id);
        let mut steps = vec![put(key, ended, stored.unchanged())?];
        steps.extend(ended.tell(account, wanted, self.ports.clock.now())?);
        Ok(steps)
    }
}

impl FileRecord {
    /// The step that tells the webhooks of `account` how looking into it has ended, where one of
    /// `wanted` means that. Of its text it tells nothing.
    fn tell(&self, account: &str, wanted: &[String], at: Timestamp) -> Result<Option<Step>> {
        let kind = match self.status {
            FileStatus::Failed => EventType::FileFailed,
            _ => EventType::FileProcessed,
        };
        if !kind.is_wanted(wanted) {
            return Ok(None);
        }
        let data = json!({
            "id": self.id,
            "filename": self.filename,
            "size": self.size,
            "purpose": self.purpose,
            "content_type": self.content_type,
            "status": self.status,
            "tokens": self.tokens,
            "error": self.error,
        });
        Event::new(kind, at, &data)?
            .step(account, &self.id, at)
            .map(Some)
    }
}

fn failed(record: FileRecord, reason: &str) -> FileRecord {
    FileRecord {
        status: FileStatus::Failed,
        error: Some(reason.to_owned()),
        ..record
    }
}

/// Of the account only its id matters here: nothing that is written passes a limit.
fn account(job: &Job) -> Account {
    Account {
        id: job.account().to_owned(),
        ..Account::default()
    }
}

impl Files<'_> {
    /// Has everybody see that the file is looked into; `None` where it is gone, or that has been done.
    async fn begin(&self, id: &str) -> Result<Option<Stored<FileRecord>>> {
        let key = format!("{FILE}{id}");
        let find = || documents::find::<FileRecord>(self.ledger(), self.account, &key);
        let Some(stored) = find().await? else {
            return Ok(None);
        };
        match stored.value.status {
            FileStatus::Processed | FileStatus::Failed => return Ok(None),
            FileStatus::Processing => return Ok(Some(stored)),
            FileStatus::Uploaded => {}
        }
        let begun = FileRecord {
            status: FileStatus::Processing,
            ..stored.value.clone()
        };
        let step = put(key.clone(), &begun, stored.unchanged())?;
        self.apply(vec![step]).await?;
        let found = find().await?;
        Ok(found.filter(|stored| stored.value.status == FileStatus::Processing))
    }

    /// Where a file is gone, removes a text that an attempt kept after the file's end.
    async fn remove_text_of_none(&self, id: &str) -> Result<()> {
        let key = format!("{FILE}{id}");
        match self.ledger().get(self.account, &key).await? {
            Some(_) => Ok(()),
            None => Ok(self.ports.blob.delete(&text_key(self.account, id)).await?),
        }
    }

    /// Keeps the text; the record as it is then.
    async fn keep(&self, record: FileRecord, found: Found) -> Result<FileRecord> {
        let tokens = found.text.as_deref().map(tokens::estimate);
        if let Some(text) = found.text {
            let key = text_key(self.account, &record.id);
            // A job that is done again writes the same again.
            self.ports.blob.delete(&key).await?;
            let source = stream::iter([Ok(text.into())]).boxed();
            self.ports.blob.put(&key, source).await?;
        }
        Ok(FileRecord {
            status: FileStatus::Processed,
            content_type: found.content_type,
            tokens,
            ..record
        })
    }

    /// The text of a file, as it comes; 404, 409 where there is none, or none yet.
    pub async fn text(&self, file: &FileRecord) -> Result<ByteStream> {
        let why = match (file.status, file.tokens) {
            (FileStatus::Processed, Some(_)) => {
                let key = text_key(self.account, &file.id);
                let found = self.ports.blob.get(&key, None).await?;
                return found.ok_or_else(|| Error::not_found(format_args!("file '{}'", file.id)));
            }
            (FileStatus::Processed, None) => {
                return Err(Error::not_found(format_args!("text in file '{}'", file.id)));
            }
            (FileStatus::Failed, _) => format!(
                "The file cannot be read: {}",
                file.error.as_deref().unwrap_or_default()
            ),
            (FileStatus::Uploaded | FileStatus::Processing, _) => {
                "The file is not processed yet, try again".into()
            }
        };
        Err(Error::new(openclaw_core::Code::Conflict, why))
    }
}

impl Consumer for ProcessFile {
    fn topic(&self) -> &'static str {
        PROCESS
    }

    fn time_limit(&self) -> Duration {
        Duration::from_secs(90)
    }

    fn pauses(&self) -> &[Duration] {
        &PAUSES
    }

    fn concurrency(&self) -> Concurrency {
        Concurrency {
            total: 2,
            per_group: 1,
            per_account: 1,
        }
    }

    fn work<'a>(&'a self, job: &'a Job) -> BoxFuture<'a, End> {
        Box::pin(async move {
            match self.process(job).await {
                Ok(steps) => End::Done(steps),
                Err(error) => End::failed(error.cause.unwrap_or(error.message.into_owned())),
            }
        })
    }

    fn give_up<'a>(&'a self, job: &'a Job, reason: &'a str) -> BoxFuture<'a, Vec<Step>> {
        Box::pin(async move {
            tracing::warn!(reason, "a file could not be processed");
            self.mark_failed(job).await.unwrap_or_default()
        })
    }
}

impl ProcessFile {
    async fn mark_failed(&self, job: &Job) -> Result<Vec<Step>> {
        let (account, Process { file, events }) = (account(job), job.payload()?);
        let key = format!("{FILE}{file}");
        let found: Option<Stored<FileRecord>> =
            documents::find(&*self.ports.ledger, &account.id, &key).await?;
        let Some(stored) = found else {
            let files = Files::new(&self.ports, &account, &self.limits);
            files.remove_text_of_none(&file).await?;
            return Ok(vec![]);
        };
        let ended = failed(stored.value.clone(), "it could not be read");
        self.end(&account.id, &events, &stored, &ended)
    }
}
