//! What an account's log and sums need now and then: one job for each account that sends requests.

use crate::{Retention, archive::move_out, rollups::roll_up};
use openclaw_core::{
    BoxFuture, Ledger, Ports, Result, Timestamp,
    queue::{Consumer, End, Job},
    time::{self, HOUR},
};
use std::time::Duration;

/// The topic of these jobs.
const TOPIC: &str = "usage-upkeep";

/// There is one job of an account.
const ID: &str = "log";

/// How long a job rests when all is done, in seconds; a busy account's shorter.
const REST: i64 = 6 * HOUR;
const SHORT_REST: i64 = HOUR;

/// Rows or series from which on an account is busy.
const BUSY: usize = 1000;

/// What one attempt does, at most: files of rows, and days of sums.
const FILES: usize = 5;
const DAYS: usize = 8;

/// A week of tries: rows are lost to the log when they have been in no file for that long.
const PAUSES: [Duration; 32] = {
    let mut pauses = [Duration::from_secs(6 * 3600); 32];
    pauses[0] = Duration::from_secs(5);
    pauses[1] = Duration::from_secs(60);
    pauses[2] = Duration::from_secs(900);
    pauses[3] = Duration::from_secs(3600);
    pauses
};

/// Adds up hours that have ended and writes old rows into files.
pub struct Upkeep {
    ports: Ports,
    kept: Retention,
}

impl Upkeep {
    /// Over these ports.
    pub const fn new(ports: Ports, kept: Retention) -> Self {
        Self { ports, kept }
    }

    async fn attempt(&self, account: &str) -> Result<End> {
        let now = self.ports.clock.now();
        let rolled = roll_up(&*self.ports.ledger, account, now, self.kept, DAYS).await?;
        let moved = move_out(&self.ports, account, self.kept, FILES).await?;
        let rest = match (
            rolled.is_done && moved.is_done,
            rolled.series.max(moved.rows),
        ) {
            (false, _) => 0,
            (true, _) if !moved.is_needed => return Ok(End::Done(vec![])),
            (true, BUSY..) => SHORT_REST,
            (true, _) => REST,
        };
        Ok(End::NotBefore(time::shift(self.ports.clock.now(), rest)))
    }
}

impl Consumer for Upkeep {
    fn topic(&self) -> &'static str {
        TOPIC
    }

    fn pauses(&self) -> &[Duration] {
        &PAUSES
    }

    fn work<'a>(&'a self, job: &'a Job) -> BoxFuture<'a, End> {
        Box::pin(async move {
            match self.attempt(job.account()).await {
                Ok(end) => end,
                Err(error) => End::failed(error.cause.unwrap_or(error.message.into_owned())),
            }
        })
    }
}

/// Sees to it that the account has its job.
pub(crate) async fn ensure(ledger: &dyn Ledger, account: &str, now: Timestamp) -> Result<()> {
    let job = Job::named(account, TOPIC, ID, now, &())?.not_before(time::shift(now, REST));
    // Refused where the job is there.
    ledger
        .transact(account, vec![job.step_where_absent()?])
        .await?;
    Ok(())
}
