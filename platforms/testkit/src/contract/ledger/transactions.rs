use super::super::{LedgerCase, cases};
use super::*;

pub(super) fn cases() -> Vec<LedgerCase> {
    cases![
        a_transaction_is_applied_whole,
        a_refused_transaction_changes_nothing,
        the_first_step_that_is_not_allowed_is_named,
        a_transaction_reports_the_value_behind_each_step,
        a_key_is_named_once,
        twenty_steps_are_one_transaction,
        accounts_do_not_see_each_other,
    ]
}

async fn a_transaction_is_applied_whole(subject: Store, account: String) -> Result {
    subject
        .apply(&account, vec![put("gone", "x", When::Absent)])
        .await?;
    let steps = vec![
        put("document", "y", When::Absent),
        delete("gone", When::Present),
        add("counts", [Delta::new("n", 3)]),
    ];
    subject.apply(&account, steps).await?;
    let promised = [
        ("counts", counters([("n", 3)])),
        ("document", document("y")),
    ];
    subject.expect_items(&account, &promised).await
}

async fn a_refused_transaction_changes_nothing(subject: Store, account: String) -> Result {
    let before = vec![
        put("a", "old", When::Always),
        put("b", "old", When::Always),
        add("c", [Delta::new("n", 1)]),
    ];
    subject.apply(&account, before).await?;
    let steps = vec![
        put("a", "new", When::Present),
        delete("b", When::Present),
        add("c", [Delta::new("n", 1)]),
        put("d", "new", When::Absent),
        delete("none", When::Present),
    ];
    subject.refuse(&account, steps, 4).await?;
    let promised = [
        ("a", document("old")),
        ("b", document("old")),
        ("c", counters([("n", 1)])),
    ];
    subject.expect_items(&account, &promised).await
}

async fn the_first_step_that_is_not_allowed_is_named(subject: Store, account: String) -> Result {
    let steps = vec![
        put("fine", "x", When::Absent),
        add("full", [Delta::bounded("n", 2, 1)]),
        delete("none", When::Present),
    ];
    subject.refuse(&account, steps, 1).await?;
    let steps = vec![
        delete("none", When::Present),
        add("full", [Delta::bounded("n", 2, 1)]),
    ];
    subject.refuse(&account, steps, 0).await
}

async fn a_transaction_reports_the_value_behind_each_step(
    subject: Store,
    account: String,
) -> Result {
    subject
        .apply(&account, vec![add("one#counts", [Delta::new("kept", 7)])])
        .await?;
    let steps = vec![
        delete("one#none", When::Always),
        add(
            "one#counts",
            [Delta::new("n", 2), Delta::bounded("m", 1, 9)],
        ),
        put("one", "x", When::Always),
    ];
    let promised = vec![
        None,
        Some(counters([("kept", 7), ("m", 1), ("n", 2)])),
        Some(document("x")),
    ];
    expect("values", subject.apply(&account, steps).await?, promised)
}

async fn a_key_is_named_once(subject: Store, account: String) -> Result {
    let steps = vec![put("same", "x", When::Always), delete("same", When::Always)];
    let seen = subject.store.transact(&account, steps).await;
    expect("an error", seen.is_err(), true)?;
    subject.expect_items(&account, &[]).await
}

async fn twenty_steps_are_one_transaction(subject: Store, account: String) -> Result {
    let keys: Vec<_> = (10..30).map(|at| format!("item/{at}")).collect();
    let steps: Vec<_> = keys.iter().map(|key| put(key, "x", When::Absent)).collect();
    subject.apply(&account, steps.clone()).await?;
    expect("items", subject.items(&account).await?.len(), 20)?;
    subject.refuse(&account, steps, 0).await
}

async fn accounts_do_not_see_each_other(subject: Store, account: String) -> Result {
    // The second name starts with the first one: no prefix of a key may reach it.
    let other = format!("{account}0");
    subject
        .apply(&account, vec![put("same", "mine", When::Absent)])
        .await?;
    subject
        .apply(&other, vec![put("same", "theirs", When::Absent)])
        .await?;
    subject
        .apply(&other, vec![add("counts", [Delta::new("n", 1)])])
        .await?;
    subject
        .expect_items(&account, &[("same", document("mine"))])
        .await?;
    subject
        .apply(&account, vec![delete("same", When::Present)])
        .await?;
    let theirs = [
        ("counts", counters([("n", 1)])),
        ("same", document("theirs")),
    ];
    subject.expect_items(&other, &theirs).await
}
