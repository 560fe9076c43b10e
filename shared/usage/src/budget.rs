//! Whether there is something left to spend.

use crate::reservation::{ACCOUNT_FIELD, Spender, key_field, month_key};
use openclaw_core::{Code, Error, Ledger, Money, Result, Timestamp, ledger::Item, time};

/// 402: the budget of the key or the account is used up.
pub fn budget_exceeded() -> Error {
    let message = "The monthly budget of this key or account is used up";
    Error::new(Code::BudgetExceeded, message)
}

/// What an account and its keys have spent in a UTC month, with what is held for requests that run.
#[derive(Debug)]
pub struct Spending {
    month: Option<Item>,
    /// When the next month begins, and nothing is spent again.
    pub resets_at: Timestamp,
}

impl Spending {
    /// That of `account` in the month of `now`.
    pub async fn read(ledger: &dyn Ledger, account: &str, now: Timestamp) -> Result<Self> {
        Ok(Self {
            month: ledger.get(account, &month_key(now)).await?,
            resets_at: time::next_month(now),
        })
    }

    /// The whole account's.
    pub fn of_account(&self) -> Money {
        self.field(ACCOUNT_FIELD)
    }

    /// That of one of its keys.
    pub fn of_key(&self, key: &str) -> Money {
        self.field(&key_field(key))
    }

    fn field(&self, field: &str) -> Money {
        let counters = self.month.as_ref().and_then(Item::counters);
        let spent = counters.and_then(|counters| counters.get(field));
        Money::from_nanos(spent.copied().unwrap_or_default())
    }
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
    let spending = Spending::read(ledger, &account.id, now).await?;
    let used_up = |budget: Option<Money>, spent| budget.is_some_and(|budget| spent >= budget);
    if used_up(account.monthly_budget, spending.of_account())
        || used_up(key.monthly_budget, spending.of_key(&key.id))
    {
        return Err(budget_exceeded());
    }
    Ok(())
}
