//! Tells an account's webhooks that so much of its monthly budget is spent: once for each threshold and month,
//! with the settlement that passes it, however many are settled at once.

use crate::{
    Reservation, UsageRow,
    reservation::{SETTLED_FIELD, month_key},
};
use openclaw_core::{
    Ledger, Money, Result, Timestamp,
    ledger::{Counters, Delta, Item, Step},
    time,
};
use openclaw_schema::event::{Event, EventType};
use serde_json::json;

/// Hundredths of the budget.
const THRESHOLDS: [i64; 2] = [80, 100];

/// What a settlement adds to the month, and tells of it.
pub(crate) struct Passing {
    /// What is settled. Where a threshold is left, it demands that this is not passed: then someone else
    /// settled meanwhile, and it is to be looked again.
    pub(crate) settled: Delta,
    /// The marks of the thresholds that are told of, each of which can be made once.
    pub(crate) told: Vec<Delta>,
    /// The steps that tell.
    pub(crate) steps: Vec<Step>,
}

impl Passing {
    /// Without thresholds.
    pub(crate) fn unseen(settled: i64) -> Self {
        Self {
            settled: Delta::new(SETTLED_FIELD, settled),
            told: vec![],
            steps: vec![],
        }
    }

    /// That of `row`. It reads the month, where the account wants to know.
    pub(crate) async fn of(
        ledger: &dyn Ledger,
        account: &str,
        reservation: &Reservation,
        row: &UsageRow,
    ) -> Result<Self> {
        let Some(budget) = reservation.budget.filter(|_| row.cost > 0) else {
            return Ok(Self::unseen(row.cost));
        };
        let month = ledger.get(account, &month_key(reservation.started)).await?;
        let month = month.as_ref().and_then(Item::counters);
        let count = |field: &str| {
            month.map_or(0, |month: &Counters| month.get(field).copied().unwrap_or(0))
        };
        let settled = count(SETTLED_FIELD).saturating_add(row.cost);
        let mut passing = Self::unseen(row.cost);
        for threshold in THRESHOLDS {
            let bound = share(budget, threshold);
            if settled < bound {
                passing.settled.at_most = Some(bound - 1);
                break;
            }
            let mark = format!("told/{threshold}");
            if count(&mark) == 0 {
                let at = row.ended();
                passing.told.push(Delta::bounded(mark, 1, 1));
                let spent = (budget, settled);
                passing
                    .steps
                    .push(tell(account, reservation.started, threshold, spent, at)?);
            }
        }
        Ok(passing)
    }
}

/// So many hundredths of a budget, rounded up.
fn share(budget: i64, hundredths: i64) -> i64 {
    let share = (i128::from(budget) * i128::from(hundredths)).div_euclid(100);
    let is_rounded = i128::from(budget) * i128::from(hundredths) % 100 != 0;
    i64::try_from(share + i128::from(is_rounded)).unwrap_or(i64::MAX)
}

fn tell(
    account: &str,
    started: Timestamp,
    threshold: i64,
    (budget, settled): (i64, i64),
    at: Timestamp,
) -> Result<Step> {
    let month = time::month(started);
    let data = json!({
        "threshold": threshold,
        "budget": Money::from_nanos(budget),
        "spent": Money::from_nanos(settled),
        "month": month,
    });
    let event = Event::new(EventType::UsageThreshold, at, &data)?;
    event.step(account, &format!("{month}_{threshold}"), at)
}
