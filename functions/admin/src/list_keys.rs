use crate::{
    owner::{Caller, owner},
    spending::{spending, with_spending},
};
use axum::extract::State;
use openclaw_schema::{
    key::KeySpending,
    list::{List, Page},
};
use openclaw_web::{App, Json, Query, Result};
use serde::Deserialize;

/// The operator names whose keys.
#[derive(Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub(crate) struct Whose {
    /// The account, for the operator.
    account: Option<String>,
}

/// In order of their ids.
pub(crate) async fn list_keys(
    State(app): State<App>,
    caller: Caller,
    Query(Whose { account }): Query<Whose>,
    Query(page): Query<Page>,
) -> Result<Json<List<KeySpending>>> {
    page.validate()?;
    let account = owner(&caller, account)?;
    let keys = app.directory().list_keys(&account, &page).await?;
    let spending = spending(&app, &account).await?;
    Ok(Json(keys.map(|key| with_spending(key, &spending))))
}
