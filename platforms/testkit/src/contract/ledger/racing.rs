use super::super::{LedgerCase, cases, race::race};
use super::*;

pub(super) fn cases() -> Vec<LedgerCase> {
    cases![
        racing_additions_reach_the_bound_exactly,
        racing_additions_to_two_items_stay_together,
        of_racing_creations_one_wins,
        of_racing_replacements_one_wins,
        a_check_races_with_what_it_checks,
        of_racing_removals_one_wins,
        a_settlement_raced_twice_is_applied_once,
    ]
}

/// Runs all `transactions` at once; the values of those that were applied.
async fn run(subject: &Store, account: &str, transactions: Vec<Vec<Step>>) -> Result<Vec<Values>> {
    let calls = transactions.into_iter().map(|steps| {
        let (store, account) = (subject.store.clone(), account.to_owned());
        async move {
            match store.transact(&account, steps).await? {
                Outcome::Applied(applied) => {
                    applied.durable.await?;
                    Ok(Some(applied.values))
                }
                Outcome::Refused { .. } => Ok(None),
            }
        }
    });
    let ended: Vec<Result<Option<Values>>> = race(&*subject.spawn, calls).await;
    ended.into_iter().filter_map(Result::transpose).collect()
}

async fn racing_additions_reach_the_bound_exactly(subject: Store, account: String) -> Result {
    let step = || vec![add("c", [Delta::bounded("n", 1, 100)])];
    let applied = run(&subject, &account, (0..200).map(|_| step()).collect()).await?;
    let mut seen: Vec<_> = applied
        .into_iter()
        .flatten()
        .flatten()
        .map(field_n)
        .collect();
    seen.sort_unstable();
    expect("the values behind each", seen, (1..=100).collect())?;
    subject
        .expect_items(&account, &[("c", counters([("n", 100)]))])
        .await
}

fn field_n(value: Value) -> i64 {
    match value {
        Value::Counters(counters) => counters.get("n").copied().unwrap_or_default(),
        Value::Document(_) => 0,
    }
}

async fn racing_additions_to_two_items_stay_together(subject: Store, account: String) -> Result {
    let steps = || {
        vec![
            add("a", [Delta::bounded("n", 1, 50)]),
            add("b", [Delta::bounded("n", 1, 30)]),
        ]
    };
    let applied = run(&subject, &account, (0..100).map(|_| steps()).collect()).await?;
    expect("applied", applied.len(), 30)?;
    let promised = [("a", counters([("n", 30)])), ("b", counters([("n", 30)]))];
    subject.expect_items(&account, &promised).await
}

async fn of_racing_creations_one_wins(subject: Store, account: String) -> Result {
    let creations = (0..50).map(|at| vec![put("k", format!("{at}"), When::Absent)]);
    let applied = run(&subject, &account, creations.collect()).await?;
    expect("winners", applied.len(), 1)?;
    let winner = applied.into_iter().flatten().flatten().next();
    let seen = subject.items(&account).await?.into_iter().next();
    expect("what is there", seen.map(|(_, item)| item.value), winner)
}

async fn of_racing_removals_one_wins(subject: Store, account: String) -> Result {
    subject
        .apply(&account, vec![put("k", "x", When::Absent)])
        .await?;
    let removals = (0..50).map(|_| vec![delete("k", When::Present)]);
    let applied = run(&subject, &account, removals.collect()).await?;
    expect("winners", applied.len(), 1)?;
    subject.expect_items(&account, &[]).await
}

async fn a_settlement_raced_twice_is_applied_once(subject: Store, account: String) -> Result {
    const RUNS: i64 = 20;
    let keys: Vec<_> = (0..RUNS).map(|at| format!("{at:02}")).collect();
    for key in &keys {
        let reserve = put(&format!("r/{key}"), "reserved", When::Absent);
        subject.apply(&account, vec![reserve]).await?;
    }
    let settle = |key: &String| {
        vec![
            delete(&format!("r/{key}"), When::Present),
            put(&format!("u/{key}"), "usage", When::Absent),
            add("total", [Delta::new("n", 1), Delta::new("tokens", 10)]),
            add("total#day", [Delta::new("n", 1)]),
        ]
    };
    let twice = keys.iter().flat_map(|key| [settle(key), settle(key)]);
    let applied = run(&subject, &account, twice.collect()).await?;
    expect("applied", applied.len() as i64, RUNS)?;
    let usage: Vec<_> = keys.iter().map(|key| format!("u/{key}")).collect();
    let mut promised = vec![
        ("total", counters([("n", RUNS), ("tokens", 10 * RUNS)])),
        ("total#day", counters([("n", RUNS)])),
    ];
    promised.extend(usage.iter().map(|key| (&**key, document("usage"))));
    subject.expect_items(&account, &promised).await
}

async fn of_racing_replacements_one_wins(subject: Store, account: String) -> Result {
    subject
        .apply(&account, vec![put("k", "old", When::Absent)])
        .await?;
    let read = || When::Equals("old".into());
    let replacements = (0..50).map(|at| vec![put("k", format!("{at}"), read())]);
    let applied = run(&subject, &account, replacements.collect()).await?;
    expect("winners", applied.len(), 1)?;
    let winner = applied.into_iter().flatten().flatten().next();
    let seen = subject.items(&account).await?.into_iter().next();
    expect("what is there", seen.map(|(_, item)| item.value), winner)
}

/// Who checks that something is absent is either before it or refused.
async fn a_check_races_with_what_it_checks(subject: Store, account: String) -> Result {
    let guarded = (0..40).map(|at| {
        vec![
            check("ended", When::Absent),
            add("made", [Delta::new("n", 1)]),
            put(&format!("k/{at:02}"), "x", When::Absent),
        ]
    });
    let mut calls: Vec<_> = guarded.collect();
    let end = vec![
        put("ended", "x", When::Absent),
        delete("made", When::Always),
    ];
    calls.insert(20, end);
    run(&subject, &account, calls).await?;
    // Nothing was added after the end, which removed the count of what was before.
    let made = subject.store.get(&account, "made").await?;
    expect("what was counted after the end", made, None)
}
