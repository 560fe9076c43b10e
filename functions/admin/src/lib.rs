//! Accounts and the audit log (for the operator), the account of the key that asks, and API keys (for keys with the scope `admin`, and the operator).

mod create_account;
mod create_key;
mod delete_account;
mod delete_key;
mod export_account;
mod get_account;
mod get_current_account;
mod get_guardrails;
mod get_key;
mod list_accounts;
mod list_audit;
mod list_keys;
#[cfg(feature = "openapi")]
pub mod openapi;
mod owner;
mod put_guardrails;
mod rotate_key;
mod spending;
mod update_account;
mod update_key;
#[cfg(feature = "worker")]
mod worker;

use axum::routing::{get, post};
use openclaw_schema::key::Scope;
use openclaw_web::{Access, App, AuthLayer, Routes};

/// The routes.
pub fn router(app: &App) -> Routes {
    let accounts = Routes::new()
        .route(
            "/accounts",
            get(list_accounts::list_accounts).post(create_account::create_account),
        )
        .route(
            "/accounts/{id}",
            get(get_account::get_account)
                .patch(update_account::update_account)
                .delete(delete_account::delete_account),
        )
        .route("/accounts/{id}/export", get(export_account::export_account))
        .route("/audit", get(list_audit::list_audit));
    let keys = Routes::new()
        .route(
            "/keys",
            get(list_keys::list_keys).post(create_key::create_key),
        )
        .route(
            "/keys/{id}",
            get(get_key::get_key)
                .patch(update_key::update_key)
                .delete(delete_key::delete_key),
        )
        .route("/keys/{id}/rotate", post(rotate_key::rotate_key));
    let own = Routes::new().route("/account", get(get_current_account::get_current_account));
    let guardrails = Routes::new().route(
        "/account/guardrails",
        get(get_guardrails::get_guardrails).put(put_guardrails::put_guardrails),
    );
    let layer = |access| AuthLayer::new(app.clone(), access);
    Routes::new()
        .merge(layer(Access::Key).protect(own))
        .merge(
            layer(Access::Scope(Scope::Admin))
                .audited()
                .protect(guardrails),
        )
        .merge(layer(Access::Operator).audited().protect(accounts))
        .merge(
            layer(Access::ScopeOrOperator(Scope::Admin))
                .audited()
                .protect(keys),
        )
}
