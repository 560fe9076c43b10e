use super::super::{LedgerCase, cases};
use super::*;

pub(super) fn cases() -> Vec<LedgerCase> {
    cases![
        a_put_demands_what_it_says,
        a_delete_demands_what_it_says,
        counters_count_as_present,
        an_unconditional_put_replaces_counters,
    ]
}

async fn a_put_demands_what_it_says(subject: Store, account: String) -> Result {
    subject
        .refuse(&account, vec![put("k", "1", When::Present)], 0)
        .await?;
    subject
        .apply(&account, vec![put("k", "2", When::Absent)])
        .await?;
    subject
        .refuse(&account, vec![put("k", "3", When::Absent)], 0)
        .await?;
    subject
        .expect_items(&account, &[("k", document("2"))])
        .await?;
    subject
        .apply(&account, vec![put("k", "4", When::Present)])
        .await?;
    subject
        .expect_items(&account, &[("k", document("4"))])
        .await?;
    subject
        .apply(&account, vec![put("k", "5", When::Always)])
        .await?;
    subject
        .apply(&account, vec![put("new", "6", When::Always)])
        .await?;
    let promised = [("k", document("5")), ("new", document("6"))];
    subject.expect_items(&account, &promised).await
}

async fn a_delete_demands_what_it_says(subject: Store, account: String) -> Result {
    subject
        .refuse(&account, vec![delete("k", When::Present)], 0)
        .await?;
    subject
        .apply(&account, vec![delete("k", When::Absent)])
        .await?;
    subject
        .apply(&account, vec![delete("k", When::Always)])
        .await?;
    subject
        .apply(&account, vec![put("k", "x", When::Absent)])
        .await?;
    subject
        .refuse(&account, vec![delete("k", When::Absent)], 0)
        .await?;
    subject
        .apply(&account, vec![delete("k", When::Present)])
        .await?;
    subject
        .refuse(&account, vec![delete("k", When::Present)], 0)
        .await?;
    subject
        .apply(&account, vec![put("k", "y", When::Absent)])
        .await?;
    subject
        .apply(&account, vec![delete("k", When::Always)])
        .await?;
    subject.expect_items(&account, &[]).await
}

async fn counters_count_as_present(subject: Store, account: String) -> Result {
    subject
        .apply(&account, vec![add("k", [Delta::new("n", 1)])])
        .await?;
    subject
        .refuse(&account, vec![put("k", "x", When::Absent)], 0)
        .await?;
    subject
        .apply(&account, vec![delete("k", When::Present)])
        .await?;
    subject.expect_items(&account, &[]).await
}

async fn an_unconditional_put_replaces_counters(subject: Store, account: String) -> Result {
    subject
        .apply(&account, vec![add("k", [Delta::new("n", 1)])])
        .await?;
    subject
        .apply(&account, vec![put("k", "x", When::Always)])
        .await?;
    subject
        .expect_items(&account, &[("k", document("x"))])
        .await
}
