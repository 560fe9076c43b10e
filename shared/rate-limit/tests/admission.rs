//! Admission against the in-memory ledger.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

use futures_executor::block_on;
use futures_util::future::join_all;
use openclaw_core::{
    Clock, Timestamp,
    ledger::{Delta, Step, When},
};
use openclaw_rate_limit::{Admission, Window, admit};
use openclaw_schema::{
    account::{Account, Tier},
    config::Limits,
    key::Key,
};
use openclaw_testkit::{Fakes, sample};
use std::time::Duration;

fn account(tier: Tier, rate_limit: Option<u64>) -> Account {
    Account {
        tier,
        rate_limit,
        ..sample::account()
    }
}

fn key(rate_limit: Option<u64>) -> Key {
    Key {
        rate_limit,
        ..sample::key()
    }
}

/// That is met.
fn check() -> Step {
    Step::Check {
        key: "gate#s".into(),
        when: When::Absent,
    }
}

async fn admitted(fakes: &Fakes, account: &Account, key: &Key) -> Admission {
    let (limits, now) = (Limits::default(), fakes.clock.now());
    let extra = Vec::new();
    let admission = admit(&*fakes.ledger, (account, key), &limits, now, check(), extra);
    admission.await.unwrap()
}

fn window(admission: &Admission) -> Window {
    match admission {
        Admission::Admitted { window, .. } | Admission::Limited { window } => *window,
        other => panic!("{other:?}"),
    }
}

#[test]
fn of_racing_requests_exactly_the_limit_are_admitted() {
    let fakes = Fakes::default();
    let (account, key) = (account(Tier::Free, None), key(None));
    let all = join_all((0..200).map(|_| admitted(&fakes, &account, &key)));
    let admissions = block_on(all);
    let won = admissions
        .iter()
        .filter(|one| matches!(one, Admission::Admitted { .. }));
    let mut left: Vec<_> = won.map(|one| window(one).remaining).collect();
    left.sort_unstable();
    assert_eq!(left, (0..100).collect::<Vec<_>>());
}

#[test]
fn the_next_minute_begins_anew() {
    let fakes = Fakes::default();
    let (account, key) = (account(Tier::Enterprise, Some(1)), key(None));
    let first = block_on(admitted(&fakes, &account, &key));
    assert_eq!(
        window(&first).reset.as_second() - fakes.clock.now().as_second(),
        60
    );
    assert!(matches!(
        block_on(admitted(&fakes, &account, &key)),
        Admission::Limited { .. }
    ));
    fakes.clock.advance(Duration::from_secs(60));
    assert!(matches!(
        block_on(admitted(&fakes, &account, &key)),
        Admission::Admitted { .. }
    ));
}

#[test]
fn a_key_has_the_lower_of_both_limits_and_is_refused_by_name() {
    let fakes = Fakes::default();
    let (account, narrow, wide) = (account(Tier::Free, Some(3)), key(Some(1)), key(Some(9)));
    assert_eq!(
        window(&block_on(admitted(&fakes, &account, &narrow))).limit,
        1
    );
    let refused = block_on(admitted(&fakes, &account, &narrow));
    assert_eq!((window(&refused).limit, window(&refused).remaining), (1, 0));
    // What the key was refused does not count for the account.
    assert_eq!(
        window(&block_on(admitted(&fakes, &account, &wide))).remaining,
        1
    );
}

#[test]
fn refused_extras_count_nothing() {
    let fakes = Fakes::default();
    let (account, key) = (account(Tier::Free, None), key(None));
    let impossible = Step::Add {
        key: "gate#b/x".into(),
        deltas: vec![Delta::bounded("total", 2, 1)],
        expires: None,
    };
    let possible = Step::Delete {
        key: "none".into(),
        when: When::Absent,
    };
    let (limits, now) = (Limits::default(), fakes.clock.now());
    let refused = admit(
        &*fakes.ledger,
        (&account, &key),
        &limits,
        now,
        check(),
        vec![possible, impossible],
    );
    assert!(matches!(
        block_on(refused).unwrap(),
        Admission::ExtraRefused { step: 1 }
    ));
    assert_eq!(
        window(&block_on(admitted(&fakes, &account, &key))).remaining,
        99
    );
}

#[test]
fn nothing_counts_for_who_is_not_as_is_thought() {
    let fakes = Fakes::default();
    let (account, key) = (account(Tier::Free, Some(1)), key(None));
    let (limits, now) = (Limits::default(), fakes.clock.now());
    let unmet = Step::Check {
        key: "gate#s".into(),
        when: When::Present,
    };
    let of = (&account, &key);
    let refused = admit(&*fakes.ledger, of, &limits, now, unmet, Vec::new());
    assert!(matches!(block_on(refused).unwrap(), Admission::Changed));
    assert_eq!(
        window(&block_on(admitted(&fakes, &account, &key))).remaining,
        0
    );
    // Whether the account may call is said before whether it has called too often.
    let unmet = Step::Check {
        key: "gate#s".into(),
        when: When::Present,
    };
    let refused = admit(&*fakes.ledger, of, &limits, now, unmet, Vec::new());
    assert!(matches!(block_on(refused).unwrap(), Admission::Changed));
}

#[test]
fn the_refusal_says_when_to_come_back() {
    let reset: Timestamp = "2026-02-28T12:01:00Z".parse().unwrap();
    let now: Timestamp = "2026-02-28T12:00:17.5Z".parse().unwrap();
    let error = Window {
        limit: 100,
        remaining: 0,
        reset,
    }
    .error(now);
    assert_eq!(error.retry_after, Some(Duration::from_secs(43)));
    let json = serde_json::to_value(error.body()).unwrap();
    let details = serde_json::json!({"limit": 100, "reset_time": "2026-02-28T12:01:00Z"});
    assert_eq!(json["details"], details);
}
