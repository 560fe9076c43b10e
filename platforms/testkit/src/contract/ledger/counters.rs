use super::super::{LedgerCase, cases};
use super::*;
use openclaw_core::StoreError;

pub(super) fn cases() -> Vec<LedgerCase> {
    cases![
        counters_start_at_zero_and_add_up,
        a_bound_is_reached_but_not_passed,
        a_refused_field_leaves_the_others_unchanged,
        what_does_not_rise_is_never_refused,
        counters_are_exact_beyond_53_bits,
        deleted_counters_start_again,
        adding_to_a_document_is_a_fault,
    ]
}

async fn counters_start_at_zero_and_add_up(subject: Store, account: String) -> Result {
    let step = || vec![add("c", [Delta::new("up", 5), Delta::new("down", -2)])];
    subject.apply(&account, step()).await?;
    let values = subject.apply(&account, step()).await?;
    let promised = counters([("down", -4), ("up", 10)]);
    expect("values", values, vec![Some(promised.clone())])?;
    subject.expect_items(&account, &[("c", promised)]).await
}

async fn a_bound_is_reached_but_not_passed(subject: Store, account: String) -> Result {
    let step = |by| vec![add("c", [Delta::bounded("n", by, 10)])];
    subject.refuse(&account, step(11), 0).await?;
    subject.expect_items(&account, &[]).await?;
    subject.apply(&account, step(7)).await?;
    subject.refuse(&account, step(4), 0).await?;
    subject.apply(&account, step(3)).await?;
    subject.refuse(&account, step(1), 0).await?;
    subject
        .expect_items(&account, &[("c", counters([("n", 10)]))])
        .await
}

async fn a_refused_field_leaves_the_others_unchanged(subject: Store, account: String) -> Result {
    let step = || {
        vec![add(
            "c",
            [Delta::bounded("a", 1, 9), Delta::bounded("b", 1, 1)],
        )]
    };
    subject.apply(&account, step()).await?;
    subject.refuse(&account, step(), 0).await?;
    let promised = [("c", counters([("a", 1), ("b", 1)]))];
    subject.expect_items(&account, &promised).await
}

async fn what_does_not_rise_is_never_refused(subject: Store, account: String) -> Result {
    subject
        .apply(&account, vec![add("c", [Delta::new("n", 10)])])
        .await?;
    // The bound has sunk below what is there, as when a limit is lowered.
    subject
        .apply(&account, vec![add("c", [Delta::bounded("n", -1, 5)])])
        .await?;
    subject
        .apply(&account, vec![add("c", [Delta::bounded("n", 0, 5)])])
        .await?;
    subject
        .refuse(&account, vec![add("c", [Delta::bounded("n", 1, 5)])], 0)
        .await?;
    subject
        .expect_items(&account, &[("c", counters([("n", 9)]))])
        .await
}

async fn counters_are_exact_beyond_53_bits(subject: Store, account: String) -> Result {
    const ODD: i64 = (1 << 53) + 1;
    subject
        .apply(&account, vec![add("c", [Delta::new("n", ODD)])])
        .await?;
    subject
        .apply(
            &account,
            vec![add("c", [Delta::bounded("n", ODD, 2 * ODD)])],
        )
        .await?;
    subject
        .refuse(
            &account,
            vec![add("c", [Delta::bounded("n", 1, 2 * ODD)])],
            0,
        )
        .await?;
    subject
        .apply(&account, vec![add("c", [Delta::new("n", 1)])])
        .await?;
    let promised = [("c", counters([("n", 2 * ODD + 1)]))];
    subject.expect_items(&account, &promised).await
}

async fn deleted_counters_start_again(subject: Store, account: String) -> Result {
    let step = || vec![add("c", [Delta::bounded("n", 3, 3)])];
    subject.apply(&account, step()).await?;
    subject
        .apply(&account, vec![delete("c", When::Present)])
        .await?;
    subject.apply(&account, step()).await?;
    subject
        .expect_items(&account, &[("c", counters([("n", 3)]))])
        .await
}

async fn adding_to_a_document_is_a_fault(subject: Store, account: String) -> Result {
    subject
        .apply(&account, vec![put("k", "x", When::Absent)])
        .await?;
    let steps = vec![
        put("other", "y", When::Absent),
        add("k", [Delta::new("n", 1)]),
    ];
    match subject.store.transact(&account, steps).await {
        Err(StoreError::Fault(_)) => {}
        seen => return Err(Breach(format!("{seen:?} instead of a fault"))),
    }
    subject
        .expect_items(&account, &[("k", document("x"))])
        .await
}
