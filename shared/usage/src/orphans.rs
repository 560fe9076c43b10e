//! Reservations that nobody is going to settle.

use crate::{
    Labels, RESERVATIONS, Reservation, Status,
    booking::{book, row},
    progress::Progress,
};
use openclaw_core::{
    Error, Ledger, Result, Timestamp,
    ledger::{Item, Pages},
};

const PAGE: usize = 500;

/// The outcome of a sweep.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Requests that it settled.
    pub settled: usize,
    /// The earliest lease of those that it left: when to sweep again. `None`: it left none.
    pub next: Option<Timestamp>,
}

/// Whether there are reservations among an account's `items` whose lease has ended by `now`.
pub fn has_overdue(items: impl IntoIterator<Item = (String, Item)>, now: Timestamp) -> bool {
    let mut items = items.into_iter();
    items.any(|(key, item)| {
        let is_over = |reservation: Reservation| reservation.lease() <= now;
        key.starts_with(RESERVATIONS) && read(&item).is_ok_and(is_over)
    })
}

/// Settles, as interrupted and with what they had generated at their last renewal, the
/// reservations of `account` whose lease ended at `until` or before. `now` where others may be at
/// work; [`Timestamp::MAX`] settles all, for who knows that there is nobody else.
///
/// Safe to run at the same time as anything else: a reservation is settled by whoever removes it,
/// and a request that only seemed dead corrects what was booked once it ends.
pub async fn settle_orphans(
    ledger: &dyn Ledger,
    account: &str,
    until: Timestamp,
    now: Timestamp,
) -> Result<Swept> {
    let mut swept = Swept::default();
    let mut pages = Pages::new(ledger, account, RESERVATIONS, None, PAGE);
    while let Some(page) = pages.next().await? {
        for (_, item) in &page {
            let reservation = read(item)?;
            let lease = reservation.lease();
            if lease <= until {
                swept.settled += usize::from(settle(ledger, account, &reservation, now).await?);
            } else {
                swept.next = Some(swept.next.map_or(lease, |next| next.min(lease)));
            }
        }
    }
    Ok(swept)
}

fn read(item: &Item) -> Result<Reservation> {
    let document = item.document();
    let document = document.ok_or_else(|| Error::internal("no reservation"))?;
    serde_json::from_slice(document).map_err(Error::internal)
}

/// Whether it was still there.
async fn settle(
    ledger: &dyn Ledger,
    account: &str,
    reservation: &Reservation,
    now: Timestamp,
) -> Result<bool> {
    // Without a renewal nobody knows whether a provider was called; it nearly always was.
    let called = Progress::called();
    let renewal = reservation.renewal.as_ref();
    let progress = renewal.map_or(&called, |renewal| &renewal.progress);
    let row = row(
        reservation,
        progress,
        &Labels::default(),
        Status::Interrupted,
        now,
    );
    let Some(applied) = book(ledger, account, reservation, &row, vec![]).await? else {
        return Ok(false);
    };
    applied.durable.await?;
    Ok(true)
}
