//! Accounts, keys and authentication against ports in memory.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

use futures_executor::block_on;
use openclaw_auth::{Authenticator, Caller, Identity, Secrets, TokenUse};
use openclaw_core::{
    Code, Ports, Result, Timestamp,
    ledger::{Outcome, Step},
};
use openclaw_schema::{
    account::{CreateAccount, Status, Tier, UpdateAccount},
    key::{CreateKey, NewKey, RotateKey, Token, UpdateKey},
    list::Page,
};
use openclaw_testkit::Fakes;
use std::{sync::Arc, time::Duration};

const SECRET: &str = "0123456789abcdef0123456789abcdef";
const OPERATOR: &str = "the operator's own, of 32 bytes or more";

struct Office {
    fakes: Fakes,
    ports: Ports,
    authenticator: Authenticator,
    account: String,
}

impl Office {
    fn new() -> Self {
        let fakes = Fakes::default();
        let ports = fakes.ports();
        let secrets = Secrets::parse(Some(OPERATOR), &format!("k1:{SECRET}"), SECRET).unwrap();
        let authenticator = Authenticator::new(secrets);
        let request = CreateAccount {
            name: "a".into(),
            tier: Tier::Free,
            rate_limit: None,
            monthly_budget: None,
            guardrails: vec![],
        };
        let account = block_on(authenticator.directory(&ports).create_account(request))
            .unwrap()
            .id;
        Self {
            fakes,
            ports,
            authenticator,
            account,
        }
    }

    fn key(&self, json: &str) -> NewKey {
        let request: CreateKey = serde_json::from_str(json).unwrap();
        block_on(
            self.authenticator
                .directory(&self.ports)
                .create_key(&self.account, request),
        )
        .unwrap()
    }

    fn opens(&self, credential: &str) -> Result<Identity> {
        block_on(self.authenticator.authenticate(&self.ports, credential))
    }

    fn token(&self, secret: &str, now: Timestamp) -> Token {
        let caller = block_on(self.authenticator.key(&self.ports, secret)).unwrap();
        self.authenticator
            .token(&caller, 3600, TokenUse::default(), now)
            .unwrap()
    }

    /// What an admission that was refused finds.
    fn confirmed(&self, secret: &str) -> Result<Arc<Caller>> {
        let caller = block_on(self.authenticator.key(&self.ports, secret))?;
        block_on(self.authenticator.confirm(&self.ports, &caller))
    }

    fn refused(&self, credential: &str) -> String {
        let error = self.opens(credential).unwrap_err();
        assert_eq!(error.code, Code::Unauthorized);
        error.message.into()
    }
}

#[test]
fn a_key_opens_until_it_is_revoked_and_so_do_its_tokens() {
    let office = Office::new();
    let key = office.key(r#"{"name":"k"}"#);
    let now = office.ports.clock.now();
    let token = office.token(&key.secret, now).token;
    for credential in [&key.secret, &token] {
        let Ok(Identity::Caller(caller)) = office.opens(credential) else {
            panic!("{credential}")
        };
        assert_eq!(caller.key.id, key.key.id);
    }
    let directory = office.authenticator.directory(&office.ports);
    block_on(directory.revoke_key(&office.account, &key.key.id)).unwrap();
    for credential in [&key.secret, &token] {
        assert_eq!(office.refused(credential), "Invalid API key");
    }
    let gone = block_on(directory.revoke_key(&office.account, &key.key.id)).unwrap_err();
    assert_eq!(gone.code, Code::NotFound);
}

#[test]
fn the_operators_token_is_the_operator() {
    let office = Office::new();
    assert!(matches!(office.opens(OPERATOR), Ok(Identity::Operator)));
    assert!(office.opens(&OPERATOR.to_uppercase()).is_err());
}

#[test]
fn an_expired_key_and_a_suspended_account_open_nothing() {
    let office = Office::new();
    let key = office.key(r#"{"name":"k","expires_at":"2026-02-28T12:00:10Z"}"#);
    assert!(office.opens(&key.secret).is_ok());
    // A token never outlives its key.
    let token = office.token(&key.secret, office.ports.clock.now());
    assert_eq!(token.expires_in, 10);
    office.fakes.clock.advance(Duration::from_secs(10));
    assert!(office.opens(&key.secret).is_err());
    let lasting = office.key(r#"{"name":"k"}"#);
    let directory = office.authenticator.directory(&office.ports);
    let suspend = UpdateAccount {
        status: Some(Status::Suspended),
        ..UpdateAccount::default()
    };
    block_on(directory.update_account(&office.account, suspend)).unwrap();
    let refused = office.confirmed(&lasting.secret).unwrap_err();
    assert_eq!(refused.code, Code::AccountSuspended);
}

#[test]
fn a_rotated_key_has_two_texts_for_the_grace_period() {
    let office = Office::new();
    let old = office.key(r#"{"name":"k"}"#);
    let directory = office.authenticator.directory(&office.ports);
    let request = RotateKey { grace_period: 60 };
    let new = block_on(directory.rotate_key(&office.account, &old.key.id, &request)).unwrap();
    assert!(office.opens(&old.secret).is_ok() && office.opens(&new.secret).is_ok());
    office.fakes.clock.advance(Duration::from_secs(60));
    assert!(office.opens(&old.secret).is_err() && office.opens(&new.secret).is_ok());
}

#[test]
fn what_is_stored_does_not_hold_the_secret() {
    let office = Office::new();
    let key = office.key(r#"{"name":"k"}"#);
    let stored = block_on(office.ports.kv.get(&format!("key/{}", key.key.id)))
        .unwrap()
        .unwrap();
    let stored = String::from_utf8(stored.to_vec()).unwrap();
    let secret = key.secret.rsplit('_').next().unwrap();
    assert!(stored.contains(&key.key.id) && !stored.contains(secret));
}

#[test]
fn there_is_one_note_of_a_keys_use_a_minute() {
    let office = Office::new();
    let (key, other) = (office.key(r#"{"name":"k"}"#), office.key(r#"{"name":"o"}"#));
    let directory = office.authenticator.directory(&office.ports);
    let last_used = || {
        block_on(directory.key(&office.account, &key.key.id))
            .unwrap()
            .last_used_at
    };
    let take = |key: &NewKey| {
        let now = office.ports.clock.now();
        office.authenticator.note_use(&key.key, now)
    };
    let write = |note: Option<Step>| {
        let steps = vec![note.expect("a note")];
        let written = office.ports.ledger.transact(&office.account, steps);
        assert!(matches!(block_on(written), Ok(Outcome::Applied(_))));
    };
    office.opens(&key.secret).unwrap();
    assert_eq!(last_used(), None, "who asks takes the note, not who checks");
    office.fakes.clock.advance(Duration::from_secs(59));
    write(take(&key));
    assert_eq!(last_used().unwrap().to_string(), "2026-02-28T12:00:00Z");
    assert_eq!(take(&key), None);
    assert!(take(&other).is_some());
    office.fakes.clock.advance(Duration::from_secs(1));
    write(take(&key));
    assert_eq!(take(&key), None);
    assert_eq!(last_used().unwrap().to_string(), "2026-02-28T12:01:00Z");
    let listed = block_on(directory.list_keys(&office.account, &Page::default())).unwrap();
    let listed = listed.into_data();
    let uses = |id: &str| listed.iter().find(|key| key.id == id).unwrap().last_used_at;
    assert_eq!(
        (uses(&key.key.id), uses(&other.key.id)),
        (last_used(), None)
    );
}

#[test]
fn lists_are_paged_without_gaps() {
    let office = Office::new();
    let mut made: Vec<_> = (0..5)
        .map(|_| office.key(r#"{"name":"k"}"#).key.id)
        .collect();
    made.sort_unstable();
    let directory = office.authenticator.directory(&office.ports);
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = Page { limit: 2, after };
        let list = block_on(directory.list_keys(&office.account, &page)).unwrap();
        let more = serde_json::to_value(&list).unwrap()["has_more"] == true;
        seen.extend(list.into_data().into_iter().map(|key| key.id));
        if !more {
            break;
        }
        after = seen.last().cloned();
    }
    assert_eq!(seen, made);
}

#[test]
fn absent_stays_and_null_removes() {
    let office = Office::new();
    let key = office.key(r#"{"name":"k","rate_limit":5,"models":["m"]}"#);
    let directory = office.authenticator.directory(&office.ports);
    let change: UpdateKey = serde_json::from_str(r#"{"rate_limit":null,"name":"n"}"#).unwrap();
    let key = block_on(directory.update_key(&office.account, &key.key.id, change)).unwrap();
    assert_eq!(
        (key.rate_limit, key.models, key.name),
        (None, Some(vec!["m".into()]), "n".into())
    );
}

#[test]
fn a_deleted_account_takes_its_keys_along() {
    let office = Office::new();
    let key = office.key(r#"{"name":"k"}"#);
    let directory = office.authenticator.directory(&office.ports);
    block_on(directory.delete_account(&office.account)).unwrap();
    assert!(office.opens(&key.secret).is_err());
    assert_eq!(
        block_on(directory.account(&office.account))
            .unwrap_err()
            .code,
        Code::NotFound
    );
}

/// As a process leaves it behind that is killed while it writes.
#[test]
fn a_projection_that_comes_back_after_the_revocation_opens_nothing() {
    let office = Office::new();
    let key = office.key(r#"{"name":"k"}"#);
    let projection = format!("key/{}", key.key.id);
    office.opens(&key.secret).unwrap();
    let projected = block_on(office.ports.kv.get(&projection)).unwrap().unwrap();
    let directory = office.authenticator.directory(&office.ports);
    block_on(directory.revoke_key(&office.account, &key.key.id)).unwrap();
    let restore = || block_on(office.ports.kv.put(&projection, projected.clone(), None)).unwrap();
    restore();
    assert!(office.confirmed(&key.secret).is_err(), "it is noted");
    // The note is forgotten by now.
    for _ in 0..2 {
        office.fakes.clock.advance(Duration::from_secs(600));
        restore();
        assert_eq!(office.refused(&key.secret), "Invalid API key");
    }
    assert_eq!(block_on(office.ports.kv.get(&projection)), Ok(None));
}

/// One whose process used the key, and nothing of its account since.
#[test]
fn what_a_process_knows_of_a_key_is_not_trusted_for_longer_than_changes_are_noted() {
    let office = Office::new();
    let key = office.key(r#"{"name":"k"}"#);
    let projection = format!("key/{}", key.key.id);
    office.opens(&key.secret).unwrap();
    let projected = block_on(office.ports.kv.get(&projection)).unwrap().unwrap();
    let secrets = Secrets::parse(Some(OPERATOR), &format!("k1:{SECRET}"), SECRET).unwrap();
    let other = Authenticator::new(secrets);
    let directory = other.directory(&office.ports);
    block_on(directory.revoke_key(&office.account, &key.key.id)).unwrap();
    office.fakes.clock.advance(Duration::from_secs(600));
    block_on(office.ports.kv.put(&projection, projected, None)).unwrap();
    assert_eq!(office.refused(&key.secret), "Invalid API key");
}
