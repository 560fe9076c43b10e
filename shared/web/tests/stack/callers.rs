//! Who may call, how often, and what every answer carries.

use crate::site::{Answer, OPERATOR, site};
use axum::body::Body;
use futures_util::{FutureExt, stream};
use http::Request;
use openclaw_web::Peer;
use serde_json::json;
use std::{convert::Infallible, net::IpAddr, time::Duration};
use tower::ServiceExt;

#[test]
fn both_prefixes_are_the_same_place_and_elsewhere_is_json_too() {
    let site = site();
    assert_eq!(site.get("/v1/me").text, "k");
    assert_eq!(site.get("/api/v1/me").text, "k");
    for (path, status, code) in [
        ("/", 404, "not_found"),
        ("/v1/no", 404, "not_found"),
        ("/v1/make", 405, "method_not_allowed"),
    ] {
        let answer = site.get(path);
        assert_eq!(
            (answer.status.as_u16(), answer.code()),
            (status, code.into()),
            "{path}"
        );
        assert!(
            answer.headers["x-request-id"]
                .to_str()
                .unwrap()
                .starts_with("req_")
        );
    }
}

#[test]
fn every_authenticated_answer_tells_the_limit_even_a_refusal() {
    let site = site();
    let left = |answer: &Answer| {
        answer.headers["x-ratelimit-remaining"]
            .to_str()
            .unwrap()
            .to_string()
    };
    assert_eq!(left(&site.get("/v1/me")), "2");
    let forbidden = site.get("/v1/models");
    assert_eq!(
        (forbidden.status.as_u16(), left(&forbidden)),
        (403, "1".into())
    );
    let wrong = site.get("/v1/list?limit=x");
    assert_eq!((wrong.status.as_u16(), left(&wrong)), (400, "0".into()));
    assert!(wrong.text.contains("\"field\":\"limit\""), "{}", wrong.text);
    let limited = site.get("/v1/me");
    assert_eq!(
        (limited.status.as_u16(), limited.code()),
        (429, "rate_limit_exceeded".into())
    );
    assert_eq!(
        (left(&limited), &limited.headers["retry-after"]),
        ("0".into(), &"60".parse().unwrap())
    );
}

#[test]
fn a_handler_that_counts_is_counted_once_and_one_that_does_not_is_counted_after_it() {
    let site = site();
    for body in [r#"{"count":true}"#, "{}", "not json"] {
        site.post("/v1/late", None, body);
    }
    assert_eq!(site.post("/v1/late", None, "not json").status, 429);
}

#[test]
fn the_keys_use_is_noted_unless_the_handler_has_more_to_write() {
    let cases = [
        ("with", 200, false),
        ("refused", 402, true),
        ("not at all", 200, true),
    ];
    for (count, status, noted) in cases {
        let site = site();
        let body = json!({ "count": count }).to_string();
        assert_eq!(site.post("/v1/late", None, body).status, status);
        assert_eq!(site.notes(), usize::from(noted), "{count}");
    }
    let site = site();
    site.get("/v1/models");
    assert_eq!(site.notes(), 1, "a refusal is a use, too");
}

#[test]
fn credentials_are_asked_for_and_the_operator_is_another() {
    let site = site();
    let anonymous = site.send(Request::get("/v1/me").body(Body::empty()).unwrap());
    assert_eq!(
        (anonymous.status.as_u16(), anonymous.code()),
        (401, "unauthorized".into())
    );
    assert!(!anonymous.headers.contains_key("x-ratelimit-limit"));
    let query = format!("/v1/me?api_key={}", site.key);
    assert_eq!(
        site.send(Request::get(query).body(Body::empty()).unwrap())
            .text,
        "k"
    );
    assert_eq!(site.get("/v1/operator").code(), "forbidden");
    let operator = |path: &str| {
        let request = Request::get(path).header("authorization", format!("Bearer {OPERATOR}"));
        site.send(request.body(Body::empty()).unwrap())
    };
    assert_eq!(operator("/v1/operator").text, "yes");
    assert_eq!(operator("/v1/me").code(), "forbidden");
}

#[test]
fn a_preflight_needs_no_credential() {
    let site = site();
    let request = Request::options("/v1/make")
        .header("origin", "https://app.example")
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "authorization")
        .body(Body::empty())
        .unwrap();
    let answer = site.send(request);
    assert_eq!(answer.status, 200);
    assert_eq!(answer.headers["access-control-allow-origin"], "*");
    assert_eq!(
        answer.headers["access-control-allow-headers"],
        "authorization"
    );
    let methods = &answer.headers["access-control-allow-methods"];
    assert_eq!(methods, "GET,POST,PUT,PATCH,DELETE");
    assert_eq!(answer.headers["access-control-max-age"], "86400");
    let vary = "origin, access-control-request-headers";
    assert_eq!(answer.headers["vary"], vary);

    let answer = site.send(
        site.request("GET", "/v1/nowhere")
            .body(Body::empty())
            .unwrap(),
    );
    assert_eq!(answer.status, 404);
    assert_eq!(answer.headers["access-control-allow-origin"], "*");
    assert_eq!(answer.headers["vary"], vary);
    let exposed = &answer.headers["access-control-expose-headers"];
    assert!(
        exposed
            .to_str()
            .unwrap()
            .contains("x-request-id,x-ratelimit-limit,")
    );
}

#[test]
fn a_panic_is_an_opaque_500() {
    let site = site();
    let answer = site.get("/v1/panic");
    assert_eq!(
        (answer.status.as_u16(), answer.code()),
        (500, "internal_error".into())
    );
    assert!(!answer.text.contains("on purpose") && answer.headers.contains_key("x-request-id"));
}

#[test]
fn a_key_may_stand_in_the_headers_of_other_vendors() {
    let site = site();
    for name in ["x-api-key", "api-key"] {
        let request = Request::get("/v1/me").header(name, &site.key);
        assert_eq!(
            site.send(request.body(Body::empty()).unwrap()).text,
            "k",
            "{name}"
        );
    }
}

#[test]
fn the_operators_token_is_taken_from_a_header_only() {
    let site = site();
    let token = OPERATOR.replace(' ', "+");
    let request = Request::get(format!("/v1/operator?api_key={token}"));
    let answer = site.send(request.body(Body::empty()).unwrap());
    assert_eq!(answer.code(), "unauthorized");
    let request = Request::get("/v1/operator").header("x-api-key", OPERATOR);
    assert_eq!(site.send(request.body(Body::empty()).unwrap()).text, "yes");
}

fn from(site: &crate::site::Site, address: [u8; 4], credential: &str) -> Answer {
    let request = Request::get("/v1/me")
        .header("authorization", format!("Bearer {credential}"))
        .extension(Peer(IpAddr::from(address)));
    site.send(request.body(Body::empty()).unwrap())
}

#[test]
fn who_guesses_is_slowed_and_who_knows_is_not() {
    let site = site();
    let (guesser, other) = ([192, 0, 2, 1], [192, 0, 2, 2]);
    assert_eq!(from(&site, guesser, &site.key).text, "k");
    for _ in 0..3 {
        assert_eq!(from(&site, guesser, "wrong").code(), "unauthorized");
    }
    let slowed = from(&site, guesser, "wrong");
    assert_eq!(slowed.code(), "rate_limit_exceeded");
    let seconds: u64 = slowed.headers["retry-after"]
        .to_str()
        .unwrap()
        .parse()
        .unwrap();
    assert!((1..=60).contains(&seconds), "{seconds}");
    // Even the right one: whether it is must not be learned by trying.
    assert_eq!(from(&site, guesser, OPERATOR).code(), "rate_limit_exceeded");
    assert_eq!(from(&site, guesser, &site.key).text, "k");
    assert_eq!(from(&site, other, "wrong").code(), "unauthorized");
    site.clock.advance(Duration::from_secs(60));
    assert_eq!(from(&site, guesser, "wrong").code(), "unauthorized");
    assert_eq!(from(&site, guesser, OPERATOR).code(), "forbidden");
}

#[test]
fn who_is_over_the_limit_is_told_before_the_body_is_read() {
    let site = site();
    for _ in 0..4 {
        site.get("/v1/me");
    }
    let never = Body::from_stream(stream::pending::<Result<&[u8], Infallible>>());
    let request = site.request("POST", "/v1/late").body(never).unwrap();
    let answer = site.router.clone().oneshot(request).now_or_never();
    assert_eq!(answer.expect("no wait").unwrap().status(), 429);
    site.clock.advance(Duration::from_secs(60));
    assert_eq!(site.post("/v1/late", None, "{}").status, 200);
}

#[test]
fn slashes_too_many_are_forgiven() {
    let site = site();
    assert_eq!(site.get("//v1//me/").text, "k");
    assert_eq!(site.get("/v1/list/?limit=7").text, "7");
    assert_eq!(site.get("/v1//nothing/").code(), "not_found");
}

#[test]
fn errors_say_whether_to_try_again() {
    let site = site();
    let said = |answer: &Answer| {
        answer.headers["x-should-retry"]
            .to_str()
            .unwrap()
            .to_owned()
    };
    assert_eq!(said(&site.get("/v1/nothing")), "false");
    assert_eq!(said(&site.post("/v1/fail", None, "{}")), "false");
    for _ in 0..2 {
        assert!(!site.get("/v1/me").headers.contains_key("x-should-retry"));
    }
    assert_eq!(said(&site.get("/v1/me")), "true");
}
