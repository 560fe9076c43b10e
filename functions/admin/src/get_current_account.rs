use crate::spending::spending;
use axum::{Extension, extract::State};
use openclaw_core::Error;
use openclaw_schema::account::{Budget, CurrentAccount, KeyName, RateLimit};
use openclaw_web::{App, Json, RequestQuota, Result};

/// The account of the key that asks, and what is left to it.
pub(crate) async fn get_current_account(
    State(app): State<App>,
    Extension(quota): Extension<RequestQuota>,
) -> Result<Json<CurrentAccount>> {
    let caller = quota.caller();
    let (account, key) = (&caller.account, &caller.key);
    let window = quota
        .window()
        .ok_or_else(|| Error::internal("a request that was not counted"))?;
    let spending = spending(&app, &account.id).await?;
    Ok(Json(CurrentAccount {
        id: account.id.clone(),
        object: "account",
        name: account.name.clone(),
        tier: account.tier,
        scopes: key.scopes.clone(),
        rate_limit: RateLimit {
            limit: window.limit,
            remaining: window.remaining,
            reset: window.reset,
        },
        budget: Budget {
            monthly: account.monthly_budget,
            spent: spending.of_account(),
            resets_at: spending.resets_at,
        },
        key: KeyName {
            id: key.id.clone(),
            name: key.name.clone(),
        },
    }))
}
