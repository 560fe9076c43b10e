//! The connections of an account, counted exactly: each holds a place, and there are only so many.
//!
//! A place is an item of the account's ledger with an end, which its holder puts off while it is
//! there: who dies gives it back by not doing so.

use openclaw_core::{
    Ledger, Result, Timestamp,
    ledger::{Outcome, Step, When},
};
use openclaw_schema::{account::Account, config::Limits};
use std::collections::HashSet;

/// What the keys of places begin with.
pub const PLACES: &str = "ws/";

/// Places that are tried before anybody looks which are free.
const GUESSES: u64 = 2;

/// Connections at once for `account`, by its tier.
pub const fn connection_limit(account: &Account, limits: &Limits) -> u64 {
    limits.connections.of(account.tier)
}

/// Takes one of `limit` places until `until`: its number, or `None` where all are taken. `seed` is
/// any number: with different ones racing claims seldom meet.
pub async fn claim(
    ledger: &dyn Ledger,
    account: &str,
    limit: u64,
    seed: u64,
    until: Timestamp,
) -> Result<Option<u64>> {
    for guess in 0..GUESSES.min(limit) {
        let place = seed.wrapping_add(guess) % limit;
        if put(ledger, account, place, When::Absent, until).await? {
            return Ok(Some(place));
        }
    }
    let most = usize::try_from(limit).unwrap_or(usize::MAX);
    let taken = ledger.query(account, PLACES, None, most).await?;
    let taken: HashSet<String> = taken.into_iter().map(|(key, _)| key).collect();
    for place in (0..limit).map(|place| seed.wrapping_add(place) % limit) {
        let is_free = !taken.contains(&key(place));
        if is_free && put(ledger, account, place, When::Absent, until).await? {
            return Ok(Some(place));
        }
    }
    Ok(None)
}

/// Holds a place until `until`.
pub async fn renew(ledger: &dyn Ledger, account: &str, place: u64, until: Timestamp) -> Result<()> {
    put(ledger, account, place, When::Always, until).await?;
    Ok(())
}

/// Gives a place back.
pub async fn release(ledger: &dyn Ledger, account: &str, place: u64) -> Result<()> {
    let key = key(place);
    let when = When::Always;
    ledger
        .transact(account, vec![Step::Delete { key, when }])
        .await?;
    Ok(())
}

/// Gives all places of an account back, for who knows that nobody holds any.
pub async fn release_all(ledger: &dyn Ledger, account: &str) -> Result<()> {
    for (key, _) in ledger.query(account, PLACES, None, usize::MAX).await? {
        let when = When::Always;
        ledger
            .transact(account, vec![Step::Delete { key, when }])
            .await?;
    }
    Ok(())
}

async fn put(
    ledger: &dyn Ledger,
    account: &str,
    place: u64,
    when: When,
    until: Timestamp,
) -> Result<bool> {
    let put = Step::Put {
        key: key(place),
        document: "{}".into(),
        when,
        expires: Some(until),
    };
    let outcome = ledger.transact(account, vec![put]).await?;
    Ok(matches!(outcome, Outcome::Applied(_)))
}

fn key(place: u64) -> String {
    format!("{PLACES}{place}")
}
