//! Accounts and keys made for one case each, through the operator's API.

use super::{Client, target::gateway, timing::eventually_within};
use serde_json::{Value, json};
use std::time::Duration;

/// An account of one case.
#[derive(Clone, Debug)]
pub struct Account {
    /// `acct_…`.
    pub id: String,
    /// Its first key.
    pub key: Key,
    /// A client with that key.
    pub client: Client,
    operator: Client,
}

/// A key with its secret.
#[derive(Clone, Debug)]
pub struct Key {
    /// `key_…`.
    pub id: String,
    /// `oc_live_…`.
    pub secret: String,
    /// As it was shown when it was made.
    pub shown: Value,
}

impl Account {
    /// One that no limit bothers.
    pub async fn new() -> Self {
        Self::with(
            json!({"tier": "enterprise", "rate_limit": 100_000}),
            json!({}),
        )
        .await
    }

    /// One whose key opens everything.
    pub async fn admin() -> Self {
        Self::with(
            json!({"tier": "enterprise", "rate_limit": 100_000}),
            json!({"scopes": ["admin"]}),
        )
        .await
    }

    /// One of this tier.
    pub async fn of_tier(tier: &str) -> Self {
        Self::with(json!({"tier": tier}), json!({})).await
    }

    /// One with these fields, and a key with those.
    pub async fn with(account: Value, key: Value) -> Self {
        Self::on(&gateway().await.operator(), account, key).await
    }

    /// The same on another gateway.
    pub async fn on(operator: &Client, mut account: Value, key: Value) -> Self {
        account["name"] = "conformance".into();
        let made = operator.post("/v1/accounts", &account).await.succeeds(201);
        let id = made["id"].as_str().expect("an id").to_string();
        let key = make_key(operator, &id, key).await;
        Self {
            client: operator.with(&key.secret),
            operator: operator.clone(),
            id,
            key,
        }
    }

    /// Another key of it.
    pub async fn another_key(&self, fields: Value) -> Key {
        make_key(&self.operator, &self.id, fields).await
    }

    /// A client with another credential on the same gateway.
    pub fn client_with(&self, credential: &str) -> Client {
        self.client.with(credential)
    }

    /// `PATCH /accounts/{id}`, seen by the next request or soon after.
    pub async fn update(&self, changes: Value) -> Value {
        let path = format!("/v1/accounts/{}", self.id);
        self.operator.patch(&path, &changes).await.ok()
    }

    /// Its usage of today, once at least this many requests are in it: a stream's row may follow
    /// its last byte by a moment.
    pub async fn usage(&self, requests: u64) -> Value {
        // Where nobody saw its end, the row comes once its lease is over, which takes 45 s.
        let usage = eventually_within(Duration::from_secs(70), async || {
            let usage = self.client.get("/v1/analytics/usage?period=24h").await.ok();
            let counted = usage["total_requests"].as_u64().expect("a count");
            (counted >= requests).then_some(usage)
        });
        usage
            .await
            .unwrap_or_else(|| panic!("never {requests} requests"))
    }
}

async fn make_key(operator: &Client, account: &str, mut fields: Value) -> Key {
    fields["account"] = account.into();
    if fields["name"].is_null() {
        fields["name"] = "conformance".into();
    }
    let shown = operator.post("/v1/keys", &fields).await.succeeds(201);
    Key {
        id: shown["id"].as_str().expect("an id").into(),
        secret: shown["key"].as_str().expect("a secret").into(),
        shown,
    }
}
