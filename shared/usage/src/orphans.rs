//! Reservations that nobody is going to settle.

use crate::{
    Reservation, Status,
    ticket::{row, settlement},
};
use openclaw_core::{Error, Ledger, Result, Timestamp, ledger::Outcome};
use openclaw_schema::usage::TokenUsage;

/// The prefix of reservations in an account's ledger.
pub const RESERVATIONS: &str = "gate#r/";

const PAGE: usize = 500;

/// Settles, as interrupted and with our estimate of the tokens in, the reservations of `account`
/// that were made before `before` and are still there. Returns how many. Safe to run at the same
/// time as anything else: a reservation is settled by whoever removes it.
pub async fn settle_orphans(
    ledger: &dyn Ledger,
    account: &str,
    before: Timestamp,
    now: Timestamp,
) -> Result<usize> {
    let mut settled = 0;
    let mut after = None;
    loop {
        let page = ledger
            .query(account, RESERVATIONS, after.as_deref(), PAGE)
            .await?;
        for (_, item) in &page {
            let document = item
                .document()
                .ok_or_else(|| Error::internal("no reservation"))?;
            let reservation: Reservation =
                serde_json::from_slice(document).map_err(Error::internal)?;
            if reservation.started < before {
                settled += usize::from(settle(ledger, account, &reservation, now).await?);
            }
        }
        match page.into_iter().next_back() {
            Some((last, _)) => after = Some(last),
            None => return Ok(settled),
        }
    }
}

async fn settle(
    ledger: &dyn Ledger,
    account: &str,
    reservation: &Reservation,
    now: Timestamp,
) -> Result<bool> {
    let prompt_tokens = reservation.prompt_tokens;
    let usage = (
        TokenUsage {
            prompt_tokens,
            completion_tokens: 0,
        },
        true,
    );
    let pricing = reservation.pricing;
    let row = row(reservation, Status::Interrupted, now, usage, pricing, None);
    match ledger
        .transact(account, settlement(reservation, &row)?)
        .await?
    {
        Outcome::Refused { .. } => Ok(false),
        Outcome::Applied(applied) => {
            applied.durable.await?;
            Ok(true)
        }
    }
}
