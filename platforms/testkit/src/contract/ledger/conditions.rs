use super::super::{LedgerCase, cases};
use super::*;

pub(super) fn cases() -> Vec<LedgerCase> {
    cases![
        a_put_demands_what_it_says,
        a_delete_demands_what_it_says,
        counters_count_as_present,
        an_unconditional_put_replaces_counters,
        an_equal_document_is_replaced_and_removed,
        a_check_changes_nothing,
        a_check_demands_what_it_says,
        a_check_of_one_part_admits_to_another,
        a_check_of_another_item_refuses_the_whole,
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

fn equals(document: &'static str) -> When {
    When::Equals(Bytes::from_static(document.as_bytes()))
}

async fn an_equal_document_is_replaced_and_removed(subject: Store, account: String) -> Result {
    for key in ["k", "k#part"] {
        for step in [put(key, "2", equals("1")), delete(key, equals("1"))] {
            subject.refuse(&account, vec![step], 0).await?;
        }
        subject
            .apply(&account, vec![put(key, "1", When::Absent)])
            .await?;
        subject
            .apply(&account, vec![put(key, "2", equals("1"))])
            .await?;
        for step in [put(key, "3", equals("1")), delete(key, equals("1"))] {
            subject.refuse(&account, vec![step], 0).await?;
        }
        subject
            .expect_items(&account, &[(key, document("2"))])
            .await?;
        subject
            .apply(&account, vec![delete(key, equals("2"))])
            .await?;
        subject.expect_items(&account, &[]).await?;
    }
    subject
        .apply(&account, vec![add("k", [Delta::new("n", 1)])])
        .await?;
    subject
        .refuse(&account, vec![put("k", "x", equals(""))], 0)
        .await
}

async fn a_check_changes_nothing(subject: Store, account: String) -> Result {
    for (key, when) in [
        ("none", When::Absent),
        ("none#part", When::Absent),
        ("none", When::Always),
    ] {
        let values = subject.apply(&account, vec![check(key, when)]).await?;
        expect("value", values, vec![None])?;
        subject.expect_items(&account, &[]).await?;
    }
    let at = time::whole_second(subject.after(1000));
    let steps = vec![
        expiring(put("k", "x", When::Absent), at),
        expiring(add("c#part", [Delta::new("n", 1)]), at),
    ];
    subject.apply(&account, steps).await?;
    let before = subject.items(&account).await?;
    let steps = vec![
        check("k", equals("x")),
        check("c#part", When::Present),
        check("c", When::Absent),
    ];
    subject.apply(&account, steps).await?;
    expect("items", subject.items(&account).await?, before)
}

async fn a_check_demands_what_it_says(subject: Store, account: String) -> Result {
    let steps = vec![
        put("document", "x", When::Absent),
        add("counts", [Delta::new("n", 1)]),
        expiring(put("old", "x", When::Absent), subject.after(2)),
        expiring(put("old#part", "x", When::Absent), subject.after(2)),
    ];
    subject.apply(&account, steps).await?;
    for key in ["old", "old#part"] {
        subject
            .apply(&account, vec![check(key, equals("x"))])
            .await?;
    }
    subject.pass(3).await;
    for (key, met, unmet) in [
        ("document", When::Present, When::Absent),
        ("document", equals("x"), equals("y")),
        ("counts", When::Present, equals("x")),
        ("counts", When::Always, When::Absent),
        ("none", When::Absent, When::Present),
        ("none", When::Always, equals("x")),
        ("old", When::Absent, equals("x")),
        ("old#part", When::Absent, When::Present),
        ("old#part", When::Absent, equals("x")),
    ] {
        subject.apply(&account, vec![check(key, met)]).await?;
        subject.refuse(&account, vec![check(key, unmet)], 0).await?;
    }
    Ok(())
}

/// As an admission does it, which has to know its counters afterwards.
async fn a_check_of_one_part_admits_to_another(subject: Store, account: String) -> Result {
    let admit = |when| {
        vec![
            check("gate#s", when),
            add("gate#m/1", [Delta::bounded("n", 1, 2)]),
        ]
    };
    let values = subject.apply(&account, admit(When::Absent)).await?;
    expect("values", values, vec![None, Some(counters([("n", 1)]))])?;
    subject
        .apply(&account, vec![put("gate#s", "1", When::Absent)])
        .await?;
    subject.refuse(&account, admit(When::Absent), 0).await?;
    subject.refuse(&account, admit(equals("0")), 0).await?;
    let values = subject.apply(&account, admit(equals("1"))).await?;
    expect("values", values, vec![None, Some(counters([("n", 2)]))])?;
    subject.refuse(&account, admit(equals("1")), 1).await?;
    let promised = [
        ("gate#m/1", counters([("n", 2)])),
        ("gate#s", document("1")),
    ];
    subject.expect_items(&account, &promised).await
}

async fn a_check_of_another_item_refuses_the_whole(subject: Store, account: String) -> Result {
    let steps = |when| {
        vec![
            put("k", "x", When::Absent),
            add("c", [Delta::new("n", 1)]),
            check("gate#s", when),
        ]
    };
    subject.refuse(&account, steps(When::Present), 2).await?;
    subject.expect_items(&account, &[]).await?;
    subject.apply(&account, steps(When::Absent)).await?;
    let promised = [("c", counters([("n", 1)])), ("k", document("x"))];
    subject.expect_items(&account, &promised).await
}
