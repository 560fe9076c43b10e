//! `Idempotency-Key`.

use crate::site::{LARGE, Site, site};
use axum::body::Body;
use futures_executor::block_on;
use futures_util::{FutureExt, stream};
use openclaw_core::{
    Ledger,
    ledger::{Delta, Step},
    time,
};
use serde_json::json;
use std::{convert::Infallible, sync::atomic::Ordering, time::Duration};
use tower::ServiceExt;

#[test]
fn the_same_key_and_body_give_the_first_answer() {
    let site = site();
    let first = site.post("/v1/make", Some("a"), "{}");
    let again = site.post("/v1/make", Some("a"), "{}");
    assert_eq!(
        (first.text.as_str(), again.text.as_str()),
        ("[1,2]", "[1,2]")
    );
    assert_eq!(again.headers["idempotent-replayed"], "true");
    assert_eq!(again.headers["content-type"], "application/json");
    let other = site.post("/v1/make", Some("a"), "{} ");
    assert_eq!(
        (other.status.as_u16(), other.code()),
        (409, "idempotency_conflict".into())
    );
    assert_eq!(site.runs.load(Ordering::Relaxed), 1);
}

#[test]
fn a_failure_may_be_tried_again() {
    let site = site();
    assert_eq!(
        site.post("/v1/fail", Some("a"), "{}").code(),
        "internal_error"
    );
    assert!(
        !site
            .post("/v1/fail", Some("a"), "{}")
            .text
            .contains("the cause")
    );
    assert_eq!(site.runs.load(Ordering::Relaxed), 2);
}

#[test]
fn a_stream_is_replayed_when_it_was_read_to_its_end() {
    let site = site();
    let abandoned = site
        .request("POST", "/v1/stream")
        .header("idempotency-key", "a");
    let response = block_on(
        site.router
            .clone()
            .oneshot(abandoned.body(Body::empty()).unwrap()),
    );
    drop(response.unwrap());
    let first = site.post("/v1/stream", Some("a"), Body::empty());
    let again = site.post("/v1/stream", Some("a"), Body::empty());
    assert_eq!(
        (&*first.text, &*again.text),
        ("data: 2\n\ndata: [DONE]\n\n", "data: 2\n\ndata: [DONE]\n\n")
    );
    assert_eq!(again.headers["content-type"], "text/event-stream");
}

#[test]
fn a_secret_is_not_kept_and_not_made_twice() {
    let site = site();
    assert_eq!(site.post("/v1/secret", Some("a"), "{}").text, "1");
    let again = site.post("/v1/secret", Some("a"), "{}");
    assert_eq!(
        (again.code(), site.runs.load(Ordering::Relaxed)),
        ("idempotency_conflict".into(), 1)
    );
}

#[test]
fn an_endless_or_empty_idempotency_key_is_named() {
    let site = site();
    for key in ["", &"x".repeat(256)] {
        let answer = site.post("/v1/make", Some(key), "{}");
        assert!(
            answer.text.contains("\"field\":\"Idempotency-Key\""),
            "{}",
            answer.text
        );
    }
}

fn add_key(site: &Site) -> String {
    let key = serde_json::from_value(json!({"name": "k2", "scopes": ["chat"]})).unwrap();
    let directory = site.app.directory();
    block_on(directory.create_key(&site.account, key))
        .unwrap()
        .secret
}

#[test]
fn another_key_of_the_account_does_not_get_the_answer() {
    let mut site = site();
    assert_eq!(site.post("/v1/make", Some("a"), "{}").text, "[1,2]");
    site.key = add_key(&site);
    let other = site.post("/v1/make", Some("a"), "{}");
    assert_eq!(other.code(), "idempotency_conflict");
    assert_eq!(other.headers["x-should-retry"], "false");
}

#[test]
fn who_is_over_the_limit_writes_nothing() {
    let site = site();
    for path in ["/v1/make", "/v1/late"] {
        for _ in 0..3 {
            site.get("/v1/me");
        }
        let body = json!({"count": true}).to_string();
        assert_eq!(site.post(path, Some("a"), body).status, 429, "{path}");
        let claims = site.ledger.query(&site.account, "idem/", None, 10);
        assert_eq!(block_on(claims).unwrap(), [], "{path}");
        site.clock.advance(Duration::from_secs(60));
    }
}

#[test]
fn who_is_over_the_limit_is_refused_before_a_claim_can_be_written() {
    let site = site();
    for _ in 0..3 {
        site.get("/v1/me");
    }
    // A claim needs the whole body, and this one never comes.
    let never = Body::from_stream(stream::pending::<Result<&[u8], Infallible>>());
    let request = site
        .request("POST", "/v1/late")
        .header("idempotency-key", "a");
    let request = request.body(never).unwrap();
    let answer = site.router.clone().oneshot(request).now_or_never();
    assert_eq!(answer.expect("no wait").unwrap().status(), 429);
}

#[test]
fn an_idempotent_request_that_the_handler_counts_is_counted_once() {
    let site = site();
    for (number, count) in ["with", "true", "nothing"].into_iter().enumerate() {
        let body = json!({ "count": count }).to_string();
        let answer = site.post("/v1/late", Some(count), body);
        let left = (2 - number).to_string();
        assert_eq!(
            (
                answer.status.as_u16(),
                answer.headers["x-ratelimit-remaining"].to_str().unwrap()
            ),
            (200, &*left)
        );
    }
    let site = crate::site::site();
    let refused = site.post(
        "/v1/late",
        Some("r"),
        json!({"count": "refused"}).to_string(),
    );
    assert_eq!(refused.status, 402);
}

#[test]
fn a_request_that_still_runs_may_be_asked_for_again() {
    let site = site();
    let request = |body| {
        let request = site
            .request("POST", "/v1/stream")
            .header("idempotency-key", "a");
        request.body(Body::from(body)).unwrap()
    };
    let running = block_on(site.router.clone().oneshot(request("{}"))).unwrap();
    let again = site.send(request("{}"));
    assert_eq!(again.code(), "idempotency_conflict");
    assert_eq!(again.headers["retry-after"], "1");
    assert_eq!(again.headers["x-should-retry"], "true");
    let other = site.send(request("{} "));
    assert_eq!(other.headers["x-should-retry"], "false");
    drop(running);
}

#[test]
fn an_account_keeps_so_many_bytes_a_day() {
    let site = site();
    let fits = 32 * 1024 * 1024 / LARGE;
    let replayed = |number: usize| {
        let key = number.to_string();
        let post = || {
            site.clock.advance(Duration::from_secs(60));
            site.post("/v1/large", Some(&key), "{}")
        };
        assert_eq!(post().status, 200);
        post().headers.contains_key("idempotent-replayed")
    };
    for number in 0..fits + 1 {
        assert_eq!(replayed(number), number < fits, "{number} of {fits}");
    }
    site.clock.advance(Duration::from_secs(86_400));
    assert!(replayed(fits + 1));
}

#[test]
fn an_answer_is_refused_where_its_request_would_be() {
    let site = site();
    let post = || {
        site.clock.advance(Duration::from_secs(60));
        site.post("/v1/make", Some("a"), r#"{"model":"m"}"#)
    };
    assert_eq!(post().status, 200);
    let directory = site.app.directory();
    let keys = block_on(directory.list_keys(&site.account, &Default::default())).unwrap();
    let id = keys.into_data().remove(0).id;
    let update = |change| {
        let change = serde_json::from_value(change).unwrap();
        block_on(directory.update_key(&site.account, &id, change)).unwrap();
    };
    update(json!({"models": ["n"]}));
    assert_eq!(post().code(), "forbidden");
    update(json!({"models": ["m"], "monthly_budget": 0.5}));
    assert_eq!(post().status, 200);
    let now = site.app.ports.clock.now();
    let spent = Step::Add {
        key: format!("gate#b/{}", time::month(now)),
        deltas: vec![Delta::new(format!("k/{id}"), 500_000_000)],
        expires: None,
    };
    block_on(site.ledger.transact(&site.account, vec![spent])).unwrap();
    assert_eq!(post().code(), "budget_exceeded");
}
