use super::super::{LedgerCase, cases};
use super::*;

pub(super) fn cases() -> Vec<LedgerCase> {
    cases![
        keys_are_any_text,
        parts_of_a_key_are_items_of_their_own,
        documents_are_any_bytes,
        documents_may_be_empty,
        documents_may_have_300_kib,
        fields_are_any_text,
    ]
}

async fn keys_are_any_text(subject: Store, account: String) -> Result {
    let long = "x".repeat(512);
    let keys = [
        " ",
        "#",
        "a",
        "a b",
        "a#",
        "a#b",
        "a#b#c",
        "a/",
        "a/b#c/d",
        "a0",
        "b%2Fc",
        "quote'\"`",
        &long,
        "ключ",
        "鍵",
        "🔑",
    ];
    for key in keys {
        subject
            .apply(&account, vec![put(key, key.to_owned(), When::Absent)])
            .await?;
    }
    let promised: Vec<_> = keys
        .iter()
        .map(|key| (*key, document(key.to_string())))
        .collect();
    subject.expect_items(&account, &promised).await?;
    for key in keys {
        subject
            .apply(&account, vec![delete(key, When::Present)])
            .await?;
    }
    subject.expect_items(&account, &[]).await
}

async fn parts_of_a_key_are_items_of_their_own(subject: Store, account: String) -> Result {
    let steps = vec![
        add("gate#b/2", [Delta::new("n", 1)]),
        put("gate", "whole", When::Absent),
        put("gate#m/1", "part", When::Absent),
    ];
    subject.apply(&account, steps).await?;
    subject
        .refuse(&account, vec![delete("gate#b", When::Present)], 0)
        .await?;
    subject
        .apply(&account, vec![delete("gate", When::Present)])
        .await?;
    let promised = [
        ("gate#b/2", counters([("n", 1)])),
        ("gate#m/1", document("part")),
    ];
    subject.expect_items(&account, &promised).await?;
    subject
        .apply(&account, vec![delete("gate#m/1", When::Present)])
        .await?;
    subject.expect_items(&account, &promised[..1]).await
}

async fn expect_document(subject: Store, account: String, bytes: Vec<u8>) -> Result {
    let values = subject
        .apply(&account, vec![put("k", bytes.clone(), When::Absent)])
        .await?;
    expect("value", values == [Some(document(bytes.clone()))], true)?;
    let seen = subject.items(&account).await?;
    let same = matches!(&*seen, [(_, item)] if item.document().is_some_and(|seen| *seen == bytes));
    expect("the document that was put", same, true)
}

async fn documents_are_any_bytes(subject: Store, account: String) -> Result {
    expect_document(subject, account, (0..=u8::MAX).collect()).await
}

async fn documents_may_be_empty(subject: Store, account: String) -> Result {
    expect_document(subject, account, Vec::new()).await
}

async fn documents_may_have_300_kib(subject: Store, account: String) -> Result {
    let bytes = (0..300 << 10).map(|at: u32| (at % 251) as u8).collect();
    expect_document(subject, account, bytes).await
}

async fn fields_are_any_text(subject: Store, account: String) -> Result {
    let fields = [
        "",
        "2026-02-28",
        "a.b",
        "a/b#c",
        "quote'\"\\",
        "select",
        "ключ",
    ];
    let deltas: Vec<_> = fields
        .iter()
        .map(|field| Delta::bounded(*field, 1, 2))
        .collect();
    for _ in 0..2 {
        subject
            .apply(&account, vec![add("c", deltas.clone())])
            .await?;
    }
    let promised = counters(fields.map(|field| (field, 2)));
    subject.expect_items(&account, &[("c", promised)]).await
}
