use super::{Consumer, End, Job};
use crate::{
    Ledger, Ports, Random, Result, Timestamp,
    ledger::{Outcome, Step, When},
};
use bytes::Bytes;
use futures_util::future::{Either, select};
use std::{pin::pin, time::Duration};

/// A claim outlives the time limit of its attempt by this: the end is written in it.
const GRACE: Duration = Duration::from_secs(15);

/// How often a claim is renewed before it would end.
const RENEWALS: u32 = 3;

/// A job that is due so soon is due: the clocks of machines differ.
const EARLY: Duration = Duration::from_millis(500);

/// What became of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Worked {
    /// There is no such job: it is done, or dead.
    Gone,
    /// It is due at this time: it was not due, or the attempt failed. The ledger says so, too.
    Later(Timestamp),
    /// Someone else works on it, or has died at it: it is to be looked at again at this time, when the
    /// claim ends.
    Claimed(Timestamp),
    /// It was done.
    Done,
    /// It became a dead letter.
    Dead,
}

/// Works on the job under `key`, if it is due and nobody else does.
///
/// The runtime that calls it looks at the job again at the time it is told, whatever happened: a
/// claimed job of a process that died is due when the claim ends.
pub async fn work(
    ports: &Ports,
    consumer: &dyn Consumer,
    account: &str,
    key: &str,
) -> Result<Worked> {
    let ledger = &*ports.ledger;
    let Some((job, found)) = find(ledger, account, key).await? else {
        return Ok(Worked::Gone);
    };
    let now = ports.clock.now();
    if job.due() > now + EARLY {
        return Ok(match job.is_claimed() {
            true => Worked::Claimed(job.due()),
            false => Worked::Later(job.due()),
        });
    }
    if job.attempt() as usize > consumer.pauses().len() {
        // Its last attempt never came back.
        let reason = "The last attempt did not end";
        return bury(ports, consumer, &job, found, reason, vec![]).await;
    }
    let limit = consumer.time_limit();
    let lease = consumer.lease().unwrap_or(limit + GRACE);
    let mut claimed = job.claimed(now + lease);
    let mut claim = Bytes::from(claimed.document()?);
    let step = claimed.put(When::Equals(found))?;
    if !applied(ledger, account, vec![step]).await? {
        // Someone was quicker; that claim ends about when this one would have.
        return Ok(Worked::Claimed(claimed.due()));
    }
    let job = claimed.clone();
    let mut attempt = pin!(select(consumer.work(&job), ports.clock.sleep(limit)));
    let end = loop {
        // A claim that lasts as long as the attempt may is renewed by nobody.
        let renewal = ports.clock.sleep(lease / RENEWALS);
        match select(attempt.as_mut(), renewal).await {
            Either::Left((Either::Left((end, _)), _)) => break end,
            Either::Left((Either::Right(_), _)) => break End::failed("The attempt took too long"),
            Either::Right(_) if consumer.lease().is_none() => {}
            Either::Right(_) => {
                let renewed = claimed.clone().renewed(ports.clock.now() + lease);
                let step = renewed.put(When::Equals(claim.clone()))?;
                // Where the store does not answer, the next renewal may.
                match applied(ledger, account, vec![step]).await {
                    Ok(true) => {
                        claim = Bytes::from(renewed.document()?);
                        claimed = renewed;
                    }
                    // The job was removed, or stored anew: it is another one's.
                    Ok(false) => return Ok(Worked::Gone),
                    Err(_) => {}
                }
            }
        }
    };
    let job = claimed;
    match finish(ports, consumer, &job, claim.clone(), end).await? {
        Some(worked) => Ok(worked),
        None => {
            let end = End::failed("What the attempt was to write was refused");
            let finished = finish(ports, consumer, &job, claim, end).await?;
            // Someone else has claimed it meanwhile.
            Ok(finished.unwrap_or(Worked::Gone))
        }
    }
}

/// Gives up the claim on the job under `key`: for whoever knows that the one who made it is gone. The
/// attempt counts.
pub async fn release(ledger: &dyn Ledger, account: &str, key: &str, now: Timestamp) -> Result<()> {
    if let Some((job, found)) = find(ledger, account, key).await? {
        let step = job.released(now).put(When::Equals(found))?;
        applied(ledger, account, vec![step]).await?;
    }
    Ok(())
}

async fn find(ledger: &dyn Ledger, account: &str, key: &str) -> Result<Option<(Job, Bytes)>> {
    let item = ledger.get(account, key).await?;
    let Some(document) = item.as_ref().and_then(|item| item.document()) else {
        return Ok(None);
    };
    Ok(Some((Job::read(key, document)?, document.clone())))
}

/// Writes how an attempt ended; `None` where that was refused.
async fn finish(
    ports: &Ports,
    consumer: &dyn Consumer,
    job: &Job,
    claim: Bytes,
    end: End,
) -> Result<Option<Worked>> {
    let (reason, after, mut steps) = match end {
        End::Done(mut steps) => {
            steps.insert(0, remove(job, claim));
            let done = applied(&*ports.ledger, job.account(), steps).await?;
            return Ok(done.then_some(Worked::Done));
        }
        End::Failed {
            reason,
            after,
            steps,
        } => (reason, after, steps),
        End::NotBefore(at) => {
            let step = job.clone().postponed(at).put(When::Equals(claim))?;
            let noted = applied(&*ports.ledger, job.account(), vec![step]).await?;
            return Ok(noted.then_some(Worked::Later(at)));
        }
        End::Dead(reason) => {
            return bury(ports, consumer, job, claim, &reason, vec![])
                .await
                .map(Some);
        }
    };
    let pause = consumer.pauses().get(job.attempt() as usize - 1);
    let Some(pause) = pause.copied() else {
        return bury(ports, consumer, job, claim, &reason, steps)
            .await
            .map(Some);
    };
    let pause = after.unwrap_or_else(|| jittered(&*ports.random, pause));
    let next = ports.clock.now() + pause;
    steps.insert(
        0,
        job.clone().failed(&reason, next).put(When::Equals(claim))?,
    );
    let noted = applied(&*ports.ledger, job.account(), steps).await?;
    Ok(noted.then_some(Worked::Later(next)))
}

async fn bury(
    ports: &Ports,
    consumer: &dyn Consumer,
    job: &Job,
    found: Bytes,
    reason: &str,
    steps: Vec<Step>,
) -> Result<Worked> {
    let given_up = consumer.give_up(job, reason).await;
    let is_replaced = |step: &Step| given_up.iter().any(|other| other.key() == step.key());
    let letter = job.bury(reason, ports.clock.now())?;
    let mut all = vec![remove(job, found.clone()), letter];
    all.extend(steps.into_iter().filter(|step| !is_replaced(step)));
    all.extend(given_up);
    if !applied(&*ports.ledger, job.account(), all).await? {
        // What the consumer would write was refused, or someone else was quicker.
        let all = vec![remove(job, found), job.bury(reason, ports.clock.now())?];
        applied(&*ports.ledger, job.account(), all).await?;
    }
    Ok(Worked::Dead)
}

fn remove(job: &Job, found: Bytes) -> Step {
    Step::Delete {
        key: job.ledger_key(),
        when: When::Equals(found),
    }
}

/// Whether it was applied; waits until that is durable.
async fn applied(ledger: &dyn Ledger, account: &str, steps: Vec<Step>) -> Result<bool> {
    match ledger.transact(account, steps).await? {
        Outcome::Applied(applied) => {
            applied.durable.await?;
            Ok(true)
        }
        Outcome::Refused { .. } => Ok(false),
    }
}

/// ± 20 %.
fn jittered(random: &dyn Random, pause: Duration) -> Duration {
    let mut byte = [0];
    random.fill(&mut byte);
    pause.mul_f64(0.8 + 0.4 * f64::from(byte[0]) / 255.0)
}
