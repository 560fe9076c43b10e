//! Whether there is something left to spend.

use crate::reservation::{ACCOUNT_FIELD, Spender, key_field, month_key};
use openclaw_core::{Code, Error, Ledger, Money, Result, Timestamp, ledger::Item};

/// 402: the budget of the key or the account is used up.
pub fn budget_exceeded() -> Error {
    let message = "The monthly budget of this key or account is used up";
    Error::new(Code::BudgetExceeded, message)
}

/// 402 where nothing is left of a budget of `spender` in the month of `now`.
pub async fn ensure_budget_left(
    ledger: &dyn Ledger,
    spender: Spender<'_>,
    now: Timestamp,
) -> Result<()> {
    if !spender.has_budget() {
        return Ok(());
    }
    let Spender { account, key } = spender;
    let month = ledger.get(&account.id, &month_key(now)).await?;
    let counters = month.as_ref().and_then(Item::counters);
    let spent = |field: &str| {
        let spent = counters.and_then(|counters| counters.get(field));
        Money::from_nanos(spent.copied().unwrap_or_default())
    };
    let used_up =
        |budget: Option<Money>, field: &str| budget.is_some_and(|budget| spent(field) >= budget);
    if used_up(account.monthly_budget, ACCOUNT_FIELD)
        || used_up(key.monthly_budget, &key_field(&key.id))
    {
        return Err(budget_exceeded());
    }
    Ok(())
}
