//! From a reservation to its usage row, exactly once.

use crate::{Labels, Reservation, Status, UsageRow, progress::Progress, threshold::Passing};
use openclaw_core::{
    Error, Ledger, Result, Timestamp,
    ledger::{Applied, Outcome, Step, When},
};

/// How often a settlement looks again at a month that others have changed.
const MAX_LOOKS: u32 = 8;

/// The row that `reservation` comes to if it ends at `now` as `status`.
pub(crate) fn row(
    reservation: &Reservation,
    progress: &Progress,
    labels: &Labels,
    status: Status,
    now: Timestamp,
) -> UsageRow {
    let spent = progress.spent(reservation, status);
    let duration = now.as_millisecond() - reservation.started.as_millisecond();
    UsageRow {
        request: reservation.request.clone(),
        key: reservation.key.clone(),
        endpoint: reservation.endpoint,
        model: reservation.model.clone(),
        run: reservation.run.clone(),
        provider: spent.provider,
        served_model: spent.served_model,
        status,
        usage: spent.usage,
        estimated: spent.estimated,
        cost: spent.cost,
        started: reservation.started,
        duration_ms: u64::try_from(duration).unwrap_or_default(),
        first_token_ms: progress.first_token_ms,
        code: progress.code.clone().filter(|_| status == Status::Failed),
        costs: spent.costs,
        attempts: progress.attempts.clone(),
        stream: reservation.stream,
        cache: progress.cache,
        trace: reservation.trace.clone(),
        trace_parent: reservation.trace_parent.clone(),
        user: labels.user.clone(),
        metadata: labels.metadata.clone(),
    }
}

/// Replaces the reservation by `row` and applies `beside` with it. `None`: the reservation is no
/// longer there, and nothing was done.
pub(crate) async fn book(
    ledger: &dyn Ledger,
    account: &str,
    reservation: &Reservation,
    row: &UsageRow,
    beside: Vec<Step>,
) -> Result<Option<Applied>> {
    for _ in 0..MAX_LOOKS {
        let passing = Passing::of(ledger, account, reservation, row).await?;
        let (steps, spend) = steps(account, reservation, row, passing, beside.clone())?;
        match ledger.transact(account, steps).await? {
            Outcome::Applied(applied) => return Ok(Some(applied)),
            // Someone else has passed the threshold meanwhile.
            Outcome::Refused { step } if Some(step) == spend => {}
            Outcome::Refused { .. } => return Ok(None),
        }
    }
    // The next settlement tells.
    let passing = Passing::unseen(row.cost);
    let (steps, _) = steps(account, reservation, row, passing, beside)?;
    applied(ledger, account, steps).await
}

/// The steps that replace the reservation, and the place of the one that spends.
fn steps(
    account: &str,
    reservation: &Reservation,
    row: &UsageRow,
    passing: Passing,
    beside: Vec<Step>,
) -> Result<(Vec<Step>, Option<usize>)> {
    let Passing {
        settled,
        told,
        steps: tell,
    } = passing;
    let mut steps = vec![Step::Delete {
        key: reservation.ledger_key(),
        when: When::Present,
    }];
    steps.extend(row.steps(None, reservation.kept)?);
    let spend = reservation.spend_instead(reservation.reserved, row.cost, settled, told);
    let place = spend.is_some().then_some(steps.len());
    steps.extend(spend);
    steps.extend(reservation.release());
    steps.extend(row.tell(account, &reservation.events)?);
    steps.extend(tell);
    steps.extend(beside);
    Ok((steps, place))
}

/// Books `row` after all, where a sweep took the request for dead and booked what it knew: what
/// it booked stands in its row, and the difference is added. `beside` is applied with it.
///
/// Nobody else does this to that row: only the request's own settlement comes here, once.
pub(crate) async fn amend(
    ledger: &dyn Ledger,
    account: &str,
    reservation: &Reservation,
    row: &UsageRow,
    beside: Vec<Step>,
) -> Result<Applied> {
    let gone = || Error::internal("a request has neither a reservation nor a row");
    let item = ledger.get(account, &row.ledger_key()).await?;
    let item = item.ok_or_else(gone)?;
    let booked: UsageRow =
        serde_json::from_slice(item.document().ok_or_else(gone)?).map_err(Error::internal)?;
    let more = Passing::unseen(row.cost.saturating_sub(booked.cost));
    let spend = reservation.spend_instead(booked.cost, row.cost, more.settled, more.told);
    let steps = row.steps(Some(&booked), reservation.kept)?.into_iter();
    let told = row.tell(account, &reservation.events)?;
    let steps = steps.chain(spend).chain(told).chain(beside).collect();
    let applied = applied(ledger, account, steps).await?;
    applied.ok_or_else(gone)
}

async fn applied(ledger: &dyn Ledger, account: &str, steps: Vec<Step>) -> Result<Option<Applied>> {
    Ok(match ledger.transact(account, steps).await? {
        Outcome::Applied(applied) => Some(applied),
        Outcome::Refused { .. } => None,
    })
}
