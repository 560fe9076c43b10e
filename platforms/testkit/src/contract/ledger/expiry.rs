use super::super::{LedgerCase, cases};
use super::*;

pub(super) fn cases() -> Vec<LedgerCase> {
    cases![
        an_expired_document_is_absent,
        expired_counters_start_again,
        an_addition_does_not_prolong,
        a_new_document_has_its_own_expiry,
        expired_items_do_not_count_towards_a_limit,
        an_expiry_is_reported,
    ]
}

async fn an_expired_document_is_absent(subject: Store, account: String) -> Result {
    for key in ["read", "delete", "put"] {
        let step = expiring(put(key, "old", When::Absent), subject.after(2));
        subject.apply(&account, vec![step]).await?;
    }
    subject
        .apply(&account, vec![put("put", "old", When::Present)])
        .await?;
    let step = expiring(put("put", "old", When::Present), subject.after(2));
    subject.apply(&account, vec![step]).await?;
    subject.pass(3).await;
    subject.expect_items(&account, &[]).await?;
    subject
        .refuse(&account, vec![delete("delete", When::Present)], 0)
        .await?;
    subject
        .refuse(&account, vec![put("put", "new", When::Present)], 0)
        .await?;
    subject
        .apply(&account, vec![put("put", "new", When::Absent)])
        .await?;
    subject
        .expect_items(&account, &[("put", document("new"))])
        .await
}

async fn expired_counters_start_again(subject: Store, account: String) -> Result {
    let step = expiring(add("c", [Delta::bounded("n", 2, 2)]), subject.after(2));
    subject.apply(&account, vec![step]).await?;
    subject
        .refuse(&account, vec![add("c", [Delta::bounded("n", 1, 2)])], 0)
        .await?;
    subject.pass(3).await;
    let values = subject
        .apply(&account, vec![add("c", [Delta::bounded("m", 1, 2)])])
        .await?;
    expect("values", values, vec![Some(counters([("m", 1)]))])?;
    // The item that took its place has no expiry.
    subject.pass(3).await;
    subject
        .expect_items(&account, &[("c", counters([("m", 1)]))])
        .await
}

async fn an_addition_does_not_prolong(subject: Store, account: String) -> Result {
    let first = expiring(add("c", [Delta::new("n", 1)]), subject.after(2));
    let second = expiring(add("c", [Delta::new("n", 1)]), subject.after(1000));
    subject.apply(&account, vec![first]).await?;
    subject.apply(&account, vec![second]).await?;
    subject
        .expect_items(&account, &[("c", counters([("n", 2)]))])
        .await?;
    subject.pass(3).await;
    subject.expect_items(&account, &[]).await
}

async fn a_new_document_has_its_own_expiry(subject: Store, account: String) -> Result {
    let soon = subject.after(2);
    let steps = vec![
        expiring(put("kept", "old", When::Absent), soon),
        put("gone", "old", When::Absent),
    ];
    subject.apply(&account, steps).await?;
    let steps = vec![
        put("kept", "new", When::Present),
        expiring(put("gone", "new", When::Present), soon),
    ];
    subject.apply(&account, steps).await?;
    subject.pass(3).await;
    subject
        .expect_items(&account, &[("kept", document("new"))])
        .await
}

async fn expired_items_do_not_count_towards_a_limit(subject: Store, account: String) -> Result {
    let soon = subject.after(2);
    let steps = vec![
        expiring(put("k/1", "x", When::Absent), soon),
        expiring(put("k/2", "x", When::Absent), soon),
        put("k/3", "y", When::Absent),
    ];
    subject.apply(&account, steps).await?;
    subject.pass(3).await;
    let seen = subject.store.query(&account, "k/", None, 1).await?;
    let keys: Vec<_> = seen.into_iter().map(|(key, _)| key).collect();
    expect("keys", keys, vec!["k/3".to_owned()])
}

async fn an_expiry_is_reported(subject: Store, account: String) -> Result {
    let at = time::whole_second(subject.after(1000));
    let steps = vec![
        expiring(put("document", "x", When::Absent), at),
        expiring(add("counts", [Delta::new("n", 1)]), at),
        put("forever", "x", When::Absent),
    ];
    subject.apply(&account, steps).await?;
    let seen = subject.items(&account).await?;
    let seen: Vec<_> = seen.into_iter().map(|(_, item)| item.expires).collect();
    expect("expiries", seen, vec![Some(at), Some(at), None])
}
