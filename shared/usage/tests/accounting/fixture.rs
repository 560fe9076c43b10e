//! Accounts, keys, admitted requests, and what became of them.

use futures_executor::block_on;
use openclaw_core::queue::{Consumer, End, Job};
use openclaw_core::{
    Clock, Ledger, Money, Ports,
    ledger::{Durable, Outcome},
};
use openclaw_schema::{
    account::Account,
    config::Pricing,
    key::Key,
    usage::{TokenUsage, UsageQuery, UsageReport},
};
use openclaw_testkit::{Fakes, SeededRandom, sample};
use openclaw_usage::{
    RESERVATIONS, Reservation, Retention, Settlement, Spender, Totals, Upkeep, UsageRow, report,
};
use std::sync::Arc;

pub(crate) const ACCOUNT: &str = "acct_1";

pub(crate) fn account(budget: Option<i64>) -> Account {
    Account {
        monthly_budget: budget.map(Money::from_nanos),
        ..sample::account()
    }
}

pub(crate) fn key(budget: Option<i64>) -> Key {
    Key {
        monthly_budget: budget.map(Money::from_nanos),
        ..sample::key()
    }
}

/// 1,000 nano-dollars a token in, 2,000 out.
pub(crate) fn pricing() -> Pricing {
    serde_json::from_str(r#"{"prompt":0.001,"completion":0.002}"#).unwrap()
}

/// Counts that a provider told.
pub(crate) fn counts(prompt: u64, completion: u64) -> TokenUsage {
    TokenUsage {
        prompt_tokens: Some(prompt),
        completion_tokens: Some(completion),
        ..TokenUsage::default()
    }
}

pub(crate) fn reservation(
    fakes: &Fakes,
    request: &str,
    most: i64,
    spender: Spender<'_>,
) -> Reservation {
    let reservation = Reservation {
        endpoint: openclaw_usage::Endpoint::Chat,
        request: request.into(),
        key: "key_1".into(),
        model: "vendor/model".into(),
        pricing: pricing(),
        started: fakes.clock.now(),
        prompt_tokens: 7,
        counted: true,
        ..Reservation::default()
    };
    reservation.hold(spender, Money::from_nanos(most))
}

/// Admits a request that may cost `most`; whether its budget allowed it.
pub(crate) fn admit(
    fakes: &Fakes,
    request: &str,
    most: i64,
    spender: Spender<'_>,
) -> Option<Settlement> {
    let reservation = reservation(fakes, request, most, spender);
    let steps = reservation.steps(spender, 1000).unwrap();
    match block_on(fakes.ledger.transact(ACCOUNT, steps)).unwrap() {
        Outcome::Refused { .. } => None,
        Outcome::Applied(_) => {
            let totals = Arc::<Totals>::default();
            Some(Settlement::new(
                fakes.ports(),
                totals,
                ACCOUNT.into(),
                reservation,
                Durable::now(),
            ))
        }
    }
}

pub(crate) fn free(fakes: &Fakes, request: &str) -> Settlement {
    let (account, key) = (account(None), key(None));
    admit(
        fakes,
        request,
        0,
        Spender {
            account: &account,
            key: &key,
        },
    )
    .unwrap()
}

pub(crate) fn rows(fakes: &Fakes) -> Vec<UsageRow> {
    let found = block_on(fakes.ledger.query(ACCOUNT, "log/", None, 100)).unwrap();
    let read = |(_, item): (String, openclaw_core::ledger::Item)| {
        serde_json::from_slice(item.document().unwrap()).unwrap()
    };
    found.into_iter().map(read).collect()
}

pub(crate) fn reserved(fakes: &Fakes) -> usize {
    block_on(fakes.ledger.query(ACCOUNT, RESERVATIONS, None, 100))
        .unwrap()
        .len()
}

pub(crate) fn total(fakes: &Fakes) -> UsageReport {
    asked(fakes, UsageQuery::default())
}

/// The report that `query` asks for.
pub(crate) fn asked(fakes: &Fakes, query: UsageQuery) -> UsageReport {
    let now = fakes.clock.now();
    let asked = query.check(now).unwrap();
    let kept = Retention::default();
    block_on(report(&*fakes.ledger, ACCOUNT, &asked, kept)).unwrap()
}

/// One attempt at the account's upkeep; whether it is to go on at once.
pub(crate) fn upkeep_once(fakes: &Fakes) -> bool {
    let now = fakes.clock.now();
    // Each attempt makes up names of its own.
    let seed = block_on(fakes.ledger.query(ACCOUNT, "archive/", None, 1000)).unwrap();
    let ports = Ports {
        random: Arc::new(SeededRandom::new(
            now.as_second().unsigned_abs() * 1000 + seed.len() as u64,
        )),
        ..fakes.ports()
    };
    let consumer = Upkeep::new(ports, Retention::default());
    let job = Job::named(ACCOUNT, consumer.topic(), "log", now, &()).unwrap();
    match block_on(consumer.work(&job)) {
        End::NotBefore(at) => at <= now,
        End::Done(_) | End::Failed { .. } | End::Dead(_) => false,
    }
}

/// The account's upkeep, until it rests.
pub(crate) fn upkeep(fakes: &Fakes) {
    while upkeep_once(fakes) {}
}
