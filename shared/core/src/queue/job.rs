use crate::{
    Error, Random, Result, Timestamp, id,
    ledger::{Step, When},
    time,
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::value::{RawValue, to_raw_value};

/// The prefix of jobs in an account's ledger: `job/TOPIC/ID`.
pub const JOBS: &str = "job/";

/// The prefix of dead letters in an account's ledger: `dead/TOPIC/ID`.
pub const DEAD: &str = "dead/";

/// Bytes of a payload as JSON, at most.
pub const MAX_PAYLOAD: usize = 128 << 10;

/// How long a dead letter is kept, in seconds.
const DEAD_FOR: i64 = 30 * time::DAY;

/// Characters of a reason that are kept.
const MAX_REASON: usize = 1000;

/// Work to be done.
#[derive(Clone, Debug)]
pub struct Job {
    topic: String,
    id: String,
    record: Record,
}

/// The stored form.
#[derive(Clone, Debug, Deserialize, Serialize)]
struct Record {
    /// Whose it is: where a runtime sees the document alone.
    account: String,
    due: Timestamp,
    #[serde(default, skip_serializing_if = "is_zero")]
    attempts: u32,
    /// Whether someone works on it until `due`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    claimed: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    payload: Box<RawValue>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes it so")]
fn is_zero(count: &u32) -> bool {
    *count == 0
}

/// When a stored job wants attention.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct JobState {
    /// Whose it is.
    pub account: String,
    /// When it is to be looked at: it is due then, or the claim of whoever works on it has ended.
    pub due: Timestamp,
    /// Whether someone works on it.
    #[serde(default)]
    pub claimed: bool,
}

impl JobState {
    /// Reads it from a job's document.
    pub fn read(document: &[u8]) -> Result<Self> {
        serde_json::from_slice(document).map_err(Error::internal)
    }
}

/// The topic of the job under `key`; `None` where there is none.
pub fn topic_of(key: &str) -> Option<&str> {
    let (topic, _) = key.strip_prefix(JOBS)?.split_once('/')?;
    Some(topic)
}

impl Job {
    /// A job of `account` for the consumer of `topic`, due at once. `payload` becomes JSON of at most
    /// [`MAX_PAYLOAD`] bytes.
    pub fn new(
        random: &dyn Random,
        account: &str,
        topic: &str,
        now: Timestamp,
        payload: &impl Serialize,
    ) -> Result<Self> {
        Self::named(account, topic, &id::new(random, ""), now, payload)
    }

    /// The same with an `id` of the caller's: a job that is stored again under its id replaces the
    /// first, and starts anew.
    pub fn named(
        account: &str,
        topic: &str,
        id: &str,
        now: Timestamp,
        payload: &impl Serialize,
    ) -> Result<Self> {
        let payload = to_raw_value(payload).map_err(Error::internal)?;
        if payload.get().len() > MAX_PAYLOAD {
            return Err(Error::internal("a job's payload is too large"));
        }
        Ok(Self {
            topic: topic.to_owned(),
            id: id.to_owned(),
            record: Record {
                account: account.to_owned(),
                due: now,
                attempts: 0,
                claimed: false,
                reason: None,
                payload,
            },
        })
    }

    /// The same job, not before this time.
    #[must_use]
    pub fn not_before(mut self, at: Timestamp) -> Self {
        self.record.due = at;
        self
    }

    /// Whose it is.
    pub fn account(&self) -> &str {
        &self.record.account
    }

    /// What it is about.
    pub fn topic(&self) -> &str {
        &self.topic
    }

    /// Its name within account and topic.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The attempt that runs, from 1; 0 before the first.
    pub const fn attempt(&self) -> u32 {
        self.record.attempts
    }

    /// When it is due.
    pub const fn due(&self) -> Timestamp {
        self.record.due
    }

    /// Whether someone works on it until it is due.
    pub(super) const fn is_claimed(&self) -> bool {
        self.record.claimed
    }

    /// What it was stored with.
    pub fn payload<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_str(self.record.payload.get()).map_err(Error::internal)
    }

    /// The step that stores it.
    pub fn step(&self) -> Result<Step> {
        self.put(When::Always)
    }

    /// The step that stores it where there is no job of its name; else the transaction is refused.
    pub fn step_where_absent(&self) -> Result<Step> {
        self.put(When::Absent)
    }

    /// The step that removes the job of this name, which need not exist. Whoever works on it goes on,
    /// and cannot say that it is done.
    pub fn cancel(topic: &str, id: &str) -> Step {
        Step::Delete {
            key: format!("{JOBS}{topic}/{id}"),
            when: When::Always,
        }
    }

    /// The key of its document.
    pub fn ledger_key(&self) -> String {
        format!("{JOBS}{}/{}", self.topic, self.id)
    }

    /// The key of its dead letter.
    pub fn dead_key(&self) -> String {
        format!("{DEAD}{}/{}", self.topic, self.id)
    }

    pub(super) fn read(key: &str, document: &[u8]) -> Result<Self> {
        let name = key.strip_prefix(JOBS).and_then(|name| name.split_once('/'));
        let (topic, id) = name.ok_or_else(|| Error::internal("no job's key"))?;
        Ok(Self {
            topic: topic.to_owned(),
            id: id.to_owned(),
            record: serde_json::from_slice(document).map_err(Error::internal)?,
        })
    }

    /// The same job, claimed until then for another attempt.
    pub(super) fn claimed(mut self, until: Timestamp) -> Self {
        self.record.due = until;
        self.record.claimed = true;
        self.record.attempts += 1;
        self
    }

    /// The same job, claimed on until then.
    pub(super) const fn renewed(mut self, until: Timestamp) -> Self {
        self.record.due = until;
        self
    }

    /// The same job after a failed attempt.
    pub(super) fn failed(mut self, reason: &str, next: Timestamp) -> Self {
        self.record.reason = Some(reason.chars().take(MAX_REASON).collect());
        self.released(next)
    }

    /// The same job, as if the attempt had not been.
    pub(super) fn postponed(mut self, to: Timestamp) -> Self {
        self.record.attempts = self.record.attempts.saturating_sub(1);
        self.released(to)
    }

    /// The same job, which nobody works on.
    pub(super) fn released(mut self, next: Timestamp) -> Self {
        self.record.due = next;
        self.record.claimed = false;
        self
    }

    /// The step that stores its dead letter; `due` says when it died.
    pub(super) fn bury(&self, reason: &str, now: Timestamp) -> Result<Step> {
        let dead = self.clone().failed(reason, now);
        Ok(Step::Put {
            key: self.dead_key(),
            document: dead.document()?.into(),
            when: When::Always,
            expires: Some(time::shift(now, DEAD_FOR)),
        })
    }

    pub(super) fn document(&self) -> Result<Vec<u8>> {
        serde_json::to_vec(&self.record).map_err(Error::internal)
    }

    pub(super) fn put(&self, when: When) -> Result<Step> {
        Ok(Step::Put {
            key: self.ledger_key(),
            document: self.document()?.into(),
            when,
            expires: None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jobs_of_the_first_release_are_read() {
        let bytes = br#"{"account":"acct_1","due":"2026-02-28T12:00:00Z","attempts":2,"claimed":true,"reason":"x","payload":{"a":1}}"#;
        let job = Job::read("job/mail/7", bytes).unwrap();
        assert_eq!((job.topic(), job.id(), job.attempt()), ("mail", "7", 2));
        assert_eq!(job.payload::<serde_json::Value>().unwrap()["a"], 1);
        assert_eq!(job.document().unwrap(), bytes);
        let state = JobState::read(bytes).unwrap();
        assert!(state.claimed && state.due == job.due());
        assert_eq!((&*state.account, job.account()), ("acct_1", "acct_1"));
    }

    #[test]
    fn a_payload_is_bounded() {
        let payload = |bytes| "x".repeat(bytes - 2);
        let make = |bytes| Job::named("a", "t", "1", Timestamp::UNIX_EPOCH, &payload(bytes));
        assert!(make(MAX_PAYLOAD).is_ok());
        assert!(make(MAX_PAYLOAD + 1).is_err());
    }

    #[test]
    fn a_topic_is_read_from_a_jobs_key_only() {
        assert_eq!(topic_of("job/mail/a/b"), Some("mail"));
        assert_eq!(topic_of("job/mail"), None);
        assert_eq!(topic_of("dead/mail/a"), None);
    }
}
