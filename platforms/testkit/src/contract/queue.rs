//! The promises of jobs, for a ledger whose jobs of the topic `contract` are worked on by a
//! [`ScriptedConsumer`](crate::ScriptedConsumer), wherever that runs.

use super::{Breach, LedgerCase, Subject, cases, expect, race::race};
use crate::{Script, ScriptedConsumer, ScriptedEnd};
use openclaw_core::{
    Ledger, Timestamp,
    ledger::{Item, Outcome, Step, When},
    queue::Job,
    time,
};
use std::{sync::Arc, time::Duration};

/// Every promise of jobs. Time really passes: a minute in all.
pub fn cases() -> Vec<LedgerCase> {
    cases![
        a_job_is_done_after_its_transaction,
        nothing_is_done_for_a_refused_transaction,
        a_job_waits_for_its_time,
        a_job_that_was_cancelled_is_not_done,
        a_failed_job_is_tried_again,
        a_job_that_keeps_failing_becomes_a_dead_letter,
        a_job_that_no_attempt_can_help_is_dead_at_once,
        an_attempt_that_does_not_end_is_given_up,
        an_end_that_is_refused_is_a_failed_attempt,
        a_claimed_job_is_left_alone_until_the_claim_ends,
        a_job_whose_workers_all_died_is_given_up,
        many_jobs_of_many_accounts_are_each_done_once,
    ]
}

type Store = Subject<Arc<dyn Ledger>>;
type Result<T = ()> = std::result::Result<T, Breach>;

/// How long a case waits for something to happen.
const PATIENCE: u32 = 300;
const LOOK_EVERY: Duration = Duration::from_millis(100);

impl Store {
    fn job(&self, account: &str, id: &str, ends: &[ScriptedEnd]) -> Result<Job> {
        let script = Script {
            ends: ends.to_vec(),
        };
        let now = self.clock.now();
        Ok(Job::named(
            account,
            ScriptedConsumer::TOPIC,
            id,
            now,
            &script,
        )?)
    }

    /// Stores them with another item, which must be applied.
    async fn store_jobs(&self, account: &str, jobs: &[Job]) -> Result {
        let mut steps = vec![put("beside", When::Always)];
        for job in jobs {
            steps.push(job.step()?);
        }
        match self.store.transact(account, steps).await? {
            Outcome::Applied(applied) => Ok(applied.durable.await?),
            Outcome::Refused { step } => Err(Breach(format!("step {step} was refused"))),
        }
    }

    async fn find(&self, account: &str, key: &str) -> Result<Option<Item>> {
        Ok(self.store.get(account, key).await?)
    }

    /// The counter that the consumer left.
    async fn count(&self, account: &str, key: &str) -> Result<i64> {
        let item = self.find(account, key).await?;
        let counters = item.as_ref().and_then(Item::counters);
        Ok(counters.and_then(|all| all.get("n")).copied().unwrap_or(0))
    }

    /// Waits until no job of that id is left.
    async fn ended(&self, account: &str, id: &str) -> Result {
        let key = format!("job/{}/{id}", ScriptedConsumer::TOPIC);
        for _ in 0..PATIENCE {
            if self.find(account, &key).await?.is_none() {
                return Ok(());
            }
            self.clock.sleep(LOOK_EVERY).await;
        }
        let left = self.find(account, &key).await?;
        Err(Breach(format!("the job is still there: {left:?}")))
    }

    async fn expect_counts(&self, account: &str, id: &str, promised: [i64; 3]) -> Result {
        let mut seen = [0; 3];
        for (at, what) in ["runs", "done", "given-up"].iter().enumerate() {
            seen[at] = self.count(account, &format!("{what}/{id}")).await?;
        }
        expect("attempts, ends and times it was given up", seen, promised)
    }

    /// Whether there is a dead letter, and what reason it gives.
    async fn dead_letter(&self, account: &str, id: &str) -> Result<Option<String>> {
        let key = format!("dead/{}/{id}", ScriptedConsumer::TOPIC);
        let Some(item) = self.find(account, &key).await? else {
            return Ok(None);
        };
        let letter = item.document().cloned().unwrap_or_default();
        Ok(Some(String::from_utf8_lossy(&letter).into_owned()))
    }

    async fn pass_millis(&self, millis: u64) {
        self.clock.sleep(Duration::from_millis(millis)).await;
    }

    fn in_seconds(&self, seconds: i64) -> Timestamp {
        time::shift(self.clock.now(), seconds)
    }
}

fn put(key: &str, when: When) -> Step {
    Step::Put {
        key: key.into(),
        document: "x".into(),
        when,
        expires: None,
    }
}

async fn a_job_is_done_after_its_transaction(subject: Store, account: String) -> Result {
    let job = subject.job(&account, "1", &[ScriptedEnd::Done])?;
    subject.store_jobs(&account, &[job]).await?;
    subject.ended(&account, "1").await?;
    subject.expect_counts(&account, "1", [1, 1, 0]).await?;
    expect(
        "dead letter",
        subject.dead_letter(&account, "1").await?,
        None,
    )
}

async fn nothing_is_done_for_a_refused_transaction(subject: Store, account: String) -> Result {
    let job = subject.job(&account, "1", &[ScriptedEnd::Done])?;
    let steps = vec![job.step()?, put("absent", When::Present)];
    let outcome = subject.store.transact(&account, steps).await?;
    let is_refused = matches!(outcome, Outcome::Refused { step: 1 });
    expect("whether it is refused", is_refused, true)?;
    subject.pass_millis(1500).await;
    subject.expect_counts(&account, "1", [0, 0, 0]).await
}

async fn a_job_waits_for_its_time(subject: Store, account: String) -> Result {
    let at = subject.in_seconds(3);
    let job = subject.job(&account, "1", &[ScriptedEnd::Done])?;
    subject.store_jobs(&account, &[job.not_before(at)]).await?;
    subject.pass_millis(1500).await;
    subject.expect_counts(&account, "1", [0, 0, 0]).await?;
    subject.ended(&account, "1").await?;
    let early = at.duration_since(subject.clock.now());
    expect(
        "whether it was early",
        early > Duration::from_millis(600),
        false,
    )?;
    subject.expect_counts(&account, "1", [1, 1, 0]).await
}

async fn a_job_that_was_cancelled_is_not_done(subject: Store, account: String) -> Result {
    let job = subject.job(&account, "1", &[ScriptedEnd::Done])?;
    let job = job.not_before(subject.in_seconds(2));
    subject.store_jobs(&account, &[job]).await?;
    let cancel = Job::cancel(ScriptedConsumer::TOPIC, "1");
    let outcome = subject.store.transact(&account, vec![cancel]).await?;
    let is_applied = matches!(outcome, Outcome::Applied(_));
    expect("whether it is cancelled", is_applied, true)?;
    subject.pass_millis(3500).await;
    subject.expect_counts(&account, "1", [0, 0, 0]).await
}

async fn a_failed_job_is_tried_again(subject: Store, account: String) -> Result {
    let ends = [ScriptedEnd::Failed, ScriptedEnd::Failed, ScriptedEnd::Done];
    let job = subject.job(&account, "1", &ends)?;
    subject.store_jobs(&account, &[job]).await?;
    subject.ended(&account, "1").await?;
    subject.expect_counts(&account, "1", [3, 1, 0]).await
}

async fn a_job_that_keeps_failing_becomes_a_dead_letter(subject: Store, account: String) -> Result {
    let job = subject.job(&account, "1", &[ScriptedEnd::Failed])?;
    subject.store_jobs(&account, &[job]).await?;
    subject.ended(&account, "1").await?;
    subject.expect_counts(&account, "1", [3, 0, 1]).await?;
    let letter = subject.dead_letter(&account, "1").await?;
    let says_why = letter.is_some_and(|letter| letter.contains("as scripted"));
    expect("whether a dead letter says why", says_why, true)
}

async fn a_job_that_no_attempt_can_help_is_dead_at_once(subject: Store, account: String) -> Result {
    let job = subject.job(&account, "1", &[ScriptedEnd::Dead])?;
    subject.store_jobs(&account, &[job]).await?;
    subject.ended(&account, "1").await?;
    subject.expect_counts(&account, "1", [1, 0, 1]).await?;
    let letter = subject.dead_letter(&account, "1").await?;
    expect("whether there is a dead letter", letter.is_some(), true)
}

async fn an_attempt_that_does_not_end_is_given_up(subject: Store, account: String) -> Result {
    let job = subject.job(&account, "1", &[ScriptedEnd::Never, ScriptedEnd::Done])?;
    subject.store_jobs(&account, &[job]).await?;
    subject.ended(&account, "1").await?;
    subject.expect_counts(&account, "1", [2, 1, 0]).await
}

async fn an_end_that_is_refused_is_a_failed_attempt(subject: Store, account: String) -> Result {
    let job = subject.job(&account, "1", &[ScriptedEnd::Refused, ScriptedEnd::Done])?;
    subject.store_jobs(&account, &[job]).await?;
    subject.ended(&account, "1").await?;
    subject.expect_counts(&account, "1", [2, 1, 0]).await
}

/// A job as a worker leaves it that died: claimed until `until`, for its attempt `attempts`.
fn claimed(account: &str, id: &str, attempts: u32, until: Timestamp) -> Step {
    let document = format!(
        r#"{{"account":"{account}","due":"{until}","attempts":{attempts},"claimed":true,"payload":{{"ends":["done"]}}}}"#
    );
    Step::Put {
        key: format!("job/{}/{id}", ScriptedConsumer::TOPIC),
        document: document.into(),
        when: When::Absent,
        expires: None,
    }
}

async fn a_claimed_job_is_left_alone_until_the_claim_ends(
    subject: Store,
    account: String,
) -> Result {
    let step = claimed(&account, "1", 1, subject.in_seconds(3));
    subject.store.transact(&account, vec![step]).await?;
    subject.pass_millis(1500).await;
    subject.expect_counts(&account, "1", [0, 0, 0]).await?;
    subject.ended(&account, "1").await?;
    subject.expect_counts(&account, "1", [1, 1, 0]).await
}

async fn a_job_whose_workers_all_died_is_given_up(subject: Store, account: String) -> Result {
    let step = claimed(&account, "1", 3, subject.in_seconds(1));
    subject.store.transact(&account, vec![step]).await?;
    subject.ended(&account, "1").await?;
    subject.expect_counts(&account, "1", [0, 0, 1]).await?;
    let letter = subject.dead_letter(&account, "1").await?;
    expect("whether there is a dead letter", letter.is_some(), true)
}

async fn many_jobs_of_many_accounts_are_each_done_once(subject: Store, account: String) -> Result {
    let accounts = (0..4).map(|at| format!("{account}_{at}"));
    let calls = accounts.clone().flat_map(|account| {
        let subject = &subject;
        (0..5).map(move |batch| {
            let (subject, account) = (subject.clone(), account.clone());
            async move {
                let ids = (0..5).map(|at| format!("{batch}-{at}"));
                let jobs = ids.map(|id| subject.job(&account, &id, &[ScriptedEnd::Done]));
                let jobs = jobs.collect::<Result<Vec<_>>>()?;
                subject.store_jobs(&account, &jobs).await
            }
        })
    });
    let stored: Vec<Result> = race(&*subject.spawn, calls).await;
    stored.into_iter().collect::<Result<Vec<_>>>()?;
    for account in accounts {
        for id in (0..25).map(|at| format!("{}-{}", at / 5, at % 5)) {
            subject.ended(&account, &id).await?;
            let done = subject.count(&account, &format!("done/{id}")).await?;
            expect("ends", done, 1)?;
        }
    }
    Ok(())
}
