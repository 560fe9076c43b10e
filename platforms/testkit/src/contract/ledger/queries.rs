use super::super::{LedgerCase, cases};
use super::*;

pub(super) fn cases() -> Vec<LedgerCase> {
    cases![
        a_query_is_in_the_order_of_bytes,
        a_query_finds_its_prefix_alone,
        a_query_goes_on_behind_a_key,
        a_query_stops_at_its_limit,
        a_query_sees_what_was_applied,
        an_unknown_account_is_empty,
        a_get_finds_the_very_key,
    ]
}

async fn fill(subject: &Store, account: &str, keys: &[&str]) -> Result {
    for keys in keys.chunks(20) {
        let steps = keys.iter().map(|key| put(key, "x", When::Absent)).collect();
        subject.apply(account, steps).await?;
    }
    Ok(())
}

async fn expect_keys(
    subject: &Store,
    account: &str,
    (prefix, after, limit): (&str, Option<&str>, usize),
    promised: &[&str],
) -> Result {
    let seen = subject.store.query(account, prefix, after, limit).await?;
    let seen: Vec<_> = seen.iter().map(|(key, _)| &**key).collect();
    let what = format!("query({prefix:?}, {after:?}, {limit})");
    expect(&what, seen, promised.to_vec())
}

async fn a_query_is_in_the_order_of_bytes(subject: Store, account: String) -> Result {
    // UTF-16 and most collations would order some of these differently.
    let sorted = [
        "A",
        "Z",
        "a",
        "a#",
        "a-",
        "a/",
        "a10",
        "a2",
        "b",
        "é",
        "\u{ffff}",
        "\u{10000}",
    ];
    let mut keys = sorted;
    keys.reverse();
    fill(&subject, &account, &keys).await?;
    expect_keys(&subject, &account, ("", None, 100), &sorted).await
}

async fn a_query_finds_its_prefix_alone(subject: Store, account: String) -> Result {
    let keys = [
        "u", "u.", "u/1", "u/2", "u/2/3", "u0", "u_", "u%", "U/1", "p#a/1", "p#a/2", "p#b/1",
    ];
    fill(&subject, &account, &keys).await?;
    expect_keys(
        &subject,
        &account,
        ("u/", None, 100),
        &["u/1", "u/2", "u/2/3"],
    )
    .await?;
    expect_keys(&subject, &account, ("u/2", None, 100), &["u/2", "u/2/3"]).await?;
    expect_keys(&subject, &account, ("u%", None, 100), &["u%"]).await?;
    expect_keys(&subject, &account, ("u_", None, 100), &["u_"]).await?;
    expect_keys(&subject, &account, ("p#a/", None, 9), &["p#a/1", "p#a/2"]).await?;
    expect_keys(&subject, &account, ("p#a/", Some("p#a/1"), 9), &["p#a/2"]).await?;
    expect_keys(&subject, &account, ("v", None, 100), &[]).await
}

async fn a_query_goes_on_behind_a_key(subject: Store, account: String) -> Result {
    fill(&subject, &account, &["a", "k/1", "k/2", "k/3", "z"]).await?;
    let all = ["k/1", "k/2", "k/3"];
    expect_keys(&subject, &account, ("k/", Some("k/1"), 100), &all[1..]).await?;
    expect_keys(&subject, &account, ("k/", Some("k/15"), 100), &all[1..]).await?;
    expect_keys(&subject, &account, ("k/", Some("k/3"), 100), &[]).await?;
    expect_keys(&subject, &account, ("k/", Some("a"), 100), &all).await?;
    expect_keys(&subject, &account, ("k/", Some("k/"), 100), &all).await?;
    expect_keys(&subject, &account, ("k/", Some("z"), 100), &[]).await
}

async fn a_query_stops_at_its_limit(subject: Store, account: String) -> Result {
    let keys: Vec<_> = (100..250).map(|at| format!("k/{at}")).collect();
    let keys: Vec<_> = keys.iter().map(|key| &**key).collect();
    fill(&subject, &account, &keys).await?;
    expect_keys(&subject, &account, ("k/", None, 0), &[]).await?;
    expect_keys(&subject, &account, ("k/", None, 1), &keys[..1]).await?;
    expect_keys(&subject, &account, ("k/", None, 120), &keys[..120]).await?;
    expect_keys(
        &subject,
        &account,
        ("k/", Some(keys[119]), 120),
        &keys[120..],
    )
    .await
}

async fn a_query_sees_what_was_applied(subject: Store, account: String) -> Result {
    for at in 0..20 {
        let value = format!("value {at}");
        let steps = vec![
            put("k", value.clone(), When::Always),
            add("n", [Delta::new("n", 1)]),
        ];
        // Without waiting for it to be durable.
        let applied = subject.store.transact(&account, steps).await?;
        let promised = [("k", document(value)), ("n", counters([("n", at + 1)]))];
        subject.expect_items(&account, &promised).await?;
        drop(applied);
    }
    drop(
        subject
            .store
            .transact(&account, vec![delete("k", When::Present)])
            .await?,
    );
    expect_keys(&subject, &account, ("", None, 9), &["n"]).await
}

async fn an_unknown_account_is_empty(subject: Store, account: String) -> Result {
    subject.expect_items(&account, &[]).await
}

async fn a_get_finds_the_very_key(subject: Store, account: String) -> Result {
    fill(&subject, &account, &["k/12", "k/1#part"]).await?;
    let there = async |key: &str| {
        let found = subject.store.get(&account, key).await;
        found.map(|item| item.is_some())
    };
    expect("a longer key", there("k/1").await?, false)?;
    expect("the key", there("k/12").await?, true)?;
    fill(&subject, &account, &["k/1"]).await?;
    expect("the first of its prefix", there("k/1").await?, true)
}
