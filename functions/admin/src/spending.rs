//! Keys with what they have spent.

use openclaw_core::Result;
use openclaw_schema::key::{Key, KeySpending, NewKey};
use openclaw_usage::Spending;
use openclaw_web::App;

/// The month's spending of an account.
pub(crate) async fn spending(app: &App, account: &str) -> Result<Spending> {
    Spending::read(&*app.ports.ledger, account, app.ports.clock.now()).await
}

/// A key with its share of what its account has spent.
pub(crate) fn with_spending(key: Key, spending: &Spending) -> KeySpending {
    KeySpending {
        spent: spending.of_key(&key.id),
        budget_resets_at: spending.resets_at,
        key,
    }
}

/// The same of a key that was just made, or has a new secret.
pub(crate) async fn new_with_spending(app: &App, new: NewKey) -> Result<NewKey<KeySpending>> {
    let spending = spending(app, &new.key.account).await?;
    Ok(NewKey {
        key: with_spending(new.key, &spending),
        secret: new.secret,
    })
}
