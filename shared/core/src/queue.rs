//! Jobs: work that a transaction asks for and that is done after it, at least once.
//!
//! A job is a document of the account's ledger under [`JOBS`], so it is stored with whatever asks for
//! it: [`Job::step`] is one more step of that transaction. Nothing is stored, and so nothing is done,
//! for a transaction that was refused, and no crash loses one that was applied. The runtime sees the
//! document after the commit and has the topic's [`Consumer`] [`work`] on it, at the time it is due.
//!
//! Whoever works on a job claims it first: the document says until when, and no one else takes it
//! before that. The end of the work, and what the consumer writes with it, is one transaction that
//! demands the claim. So the work may happen twice (a process died before it could say that it was
//! done), and its end once.
//!
//! A job that failed is due again after a pause of its [`Consumer::pauses`]. After the last one it
//! becomes a dead letter: a document under [`DEAD`], kept for 30 days.

mod job;
mod work;

pub use job::{DEAD, JOBS, Job, JobState, MAX_PAYLOAD, topic_of};
pub use work::{Worked, release, work};

use crate::{BoxFuture, Timestamp, ledger::Step};
use std::{future, time::Duration};

/// The pauses after failed attempts, unless a consumer has others: six attempts in 78 minutes.
const PAUSES: [Duration; 5] = [
    Duration::from_secs(5),
    Duration::from_secs(30),
    Duration::from_secs(120),
    Duration::from_secs(900),
    Duration::from_secs(3600),
];

/// How an attempt ended.
#[derive(Debug)]
pub enum End {
    /// The job is done. These steps are applied with its removal, in one transaction. At most 19.
    Done(Vec<Step>),
    /// The attempt failed.
    Failed {
        /// Why, for whoever looks at the dead letter.
        reason: String,
        /// The pause until the next attempt, where it is not the one that is next in turn.
        after: Option<Duration>,
        /// Applied with the note of the failure. At most 19.
        steps: Vec<Step>,
    },
    /// There was no attempt: the job is due at this time.
    NotBefore(Timestamp),
    /// No other attempt would help: it is a dead letter.
    Dead(String),
}

impl End {
    /// A failure with the pause that is next in turn.
    pub fn failed(reason: impl Into<String>) -> Self {
        Self::Failed {
            reason: reason.into(),
            after: None,
            steps: vec![],
        }
    }
}

/// How many jobs of a topic are worked on at once, where one process works on all of them. Groups take
/// turns. A group is an account's jobs whose ids have the same text before a `/`, or no `/` at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Concurrency {
    /// In all.
    pub total: usize,
    /// Of one group.
    pub per_group: usize,
    /// Of all groups of one account.
    pub per_account: usize,
}

/// Works on the jobs of one topic.
pub trait Consumer: Send + Sync {
    /// The topic's name: letters, digits and `-`.
    fn topic(&self) -> &'static str;

    /// How long an attempt may take. It is dropped then, and counts as failed.
    fn time_limit(&self) -> Duration {
        Duration::from_secs(60)
    }

    /// For how long an attempt claims its job at a time, where that is less than it may take: the claim is
    /// renewed while the attempt goes on, and whoever died is noticed after that time.
    fn lease(&self) -> Option<Duration> {
        None
    }

    /// The pauses after failed attempts, in turn, each ± 20 %. A job whose attempt fails after the
    /// last of them is dead.
    fn pauses(&self) -> &[Duration] {
        &PAUSES
    }

    /// How many attempts run at once.
    fn concurrency(&self) -> Concurrency {
        Concurrency {
            total: 64,
            per_group: 8,
            per_account: 32,
        }
    }

    /// One attempt. It may be dropped at any point, and it may happen again.
    fn work<'a>(&'a self, job: &'a Job) -> BoxFuture<'a, End>;

    /// What to write with the end of a job that is given up, for whatever reason: its attempts are
    /// used up, or the process that worked on it never came back. At most 18 steps. Where the last
    /// attempt writes to the same item, this is what counts.
    fn give_up<'a>(&'a self, _job: &'a Job, _reason: &'a str) -> BoxFuture<'a, Vec<Step>> {
        Box::pin(future::ready(vec![]))
    }
}
