//! An account and one of its keys, for tests that change what matters to them.

use openclaw_core::Timestamp;
use openclaw_schema::{
    account::{Account, Status, Tier},
    key::{Key, Mode, OnDisconnect, Scope},
};

/// `acct_1`: free, active, without a limit or budget of its own.
pub fn account() -> Account {
    Account {
        id: "acct_1".into(),
        object: "account".into(),
        name: "a".into(),
        tier: Tier::Free,
        rate_limit: None,
        monthly_budget: None,
        status: Status::Active,
        events: vec![],
        guardrails: vec![],
        created_at: Timestamp::UNIX_EPOCH,
    }
}

/// `key_1` of [`account`]: for chats, without a limit or budget of its own.
pub fn key() -> Key {
    Key {
        id: "key_1".into(),
        object: "key".into(),
        account: "acct_1".into(),
        name: "k".into(),
        mode: Mode::Live,
        scopes: vec![Scope::Chat],
        expires_at: None,
        rate_limit: None,
        monthly_budget: None,
        models: None,
        on_disconnect: OnDisconnect::Cancel,
        route_override: false,
        created_at: Timestamp::UNIX_EPOCH,
        last_used_at: None,
        previous_secret_expires_at: None,
    }
}
