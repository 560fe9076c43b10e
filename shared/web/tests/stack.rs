//! The whole stack around a few routes, on ports in memory.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

use axum::{
    Extension, Router,
    body::{Body, to_bytes},
    response::Response,
    routing::{get, post},
};
use bytes::Bytes;
use futures_executor::block_on;
use futures_util::{FutureExt, StreamExt, stream};
use http::{HeaderMap, Request, StatusCode};
use openclaw_auth::Secrets;
use openclaw_core::{
    Ledger,
    ledger::{Step, When},
};
use openclaw_providers::Providers;
use openclaw_schema::config::Config;
use openclaw_schema::{
    account::CreateAccount,
    key::{CreateKey, Scope},
    list::Page,
};
use openclaw_testkit::{Fakes, ManualClock, MemoryLedger};
use openclaw_web::{
    Access, App, Gate, Guard, Json, MAX_BODY, Query, RawJson, Result, Routes, SecretJson, stack,
};
use serde_json::{Value, json};
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tower::ServiceExt;

const SECRET: &str = "0123456789abcdef";
const OPERATOR: &str = "the operator's own";

struct Site {
    router: Router,
    key: String,
    runs: Arc<AtomicUsize>,
    clock: ManualClock,
    account: String,
    ledger: Arc<MemoryLedger>,
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    text: String,
}

impl Answer {
    fn code(&self) -> String {
        let json: Value = serde_json::from_str(&self.text).expect("JSON");
        json["error"]["code"].as_str().expect("a code").into()
    }
}

/// An account with 3 requests a minute and a key with the scope `chat`.
fn site() -> Site {
    let fakes = Fakes::default();
    let secrets = Secrets::parse(OPERATOR, &format!("k1:{SECRET}"), SECRET).unwrap();
    let config = Config::default();
    let providers = Providers::new(&config, |_| None).unwrap();
    let app = App::new(fakes.ports(), config, secrets, providers);
    let account: CreateAccount =
        serde_json::from_value(json!({"name": "a", "rate_limit": 3})).unwrap();
    let account = block_on(app.directory().create_account(account)).unwrap();
    let key: CreateKey = serde_json::from_value(json!({"name": "k", "scopes": ["chat"]})).unwrap();
    let key = block_on(app.directory().create_key(&account.id, key))
        .unwrap()
        .secret;
    let runs = Arc::new(AtomicUsize::new(0));
    Site {
        router: routes(app, runs.clone()),
        key,
        runs,
        clock: fakes.clock,
        account: account.id,
        ledger: fakes.ledger,
    }
}

fn routes(app: App, runs: Arc<AtomicUsize>) -> Router {
    let count = move || runs.fetch_add(1, Ordering::Relaxed) + 1;
    let (made, streamed, secret, failed) = (count.clone(), count.clone(), count.clone(), count);
    let chat = Routes::new()
        .route(
            "/me",
            get(|Extension(gate): Extension<Gate>| async move { gate.caller().key.name.clone() }),
        )
        .route(
            "/list",
            get(|Query(page): Query<Page>| async move { Json(json!(page.limit)) }),
        )
        .route(
            "/make",
            post(|RawJson(body): RawJson| async move { Json(json!([made(), body.len()])) }),
        )
        .route(
            "/secret",
            post(|| async move { SecretJson(json!(secret())) }),
        )
        .route(
            "/fail",
            post(|| async move {
                failed();
                Err::<(), _>(openclaw_web::ApiError(openclaw_core::Error::internal(
                    "the cause",
                )))
            }),
        )
        .route("/stream", post(|| async move { events(streamed()) }))
        .route("/panic", get(|| async { panics().await }));
    let late = Routes::new().route("/late", post(late));
    let only = Routes::new().route("/operator", get(|| async { "yes" }));
    let models = Routes::new().route("/models", get(|| async { "yes" }));
    let guard = |access| Guard::new(app.clone(), access);
    let routes = Routes::new()
        .merge(guard(Access::Scope(Scope::Chat)).protect(chat))
        .merge(
            guard(Access::Scope(Scope::Chat))
                .counted_by_handler()
                .protect(late),
        )
        .merge(guard(Access::Scope(Scope::Models)).protect(models))
        .merge(guard(Access::Operator).protect(only));
    stack(app, routes, Router::new())
}

async fn panics() -> &'static str {
    panic!("on purpose")
}

async fn late(Extension(gate): Extension<Gate>, Json(wanted): Json<Value>) -> Result<&'static str> {
    if wanted["count"] == true {
        gate.admit(Vec::new()).await?;
    }
    let with = |when| Step::Put {
        key: "extra".into(),
        document: Bytes::new(),
        when,
        expires: None,
    };
    if wanted["count"] == "with" {
        gate.admit(vec![with(When::Always)]).await?;
    }
    if wanted["count"] == "refused" {
        gate.admit(vec![with(When::Present)]).await?;
    }
    Ok("ok")
}

fn events(run: usize) -> Response {
    let parts = [format!("data: {run}\n\n"), "data: [DONE]\n\n".into()];
    let body = Body::from_stream(stream::iter(
        parts.map(|part| Ok::<_, std::convert::Infallible>(Bytes::from(part))),
    ));
    Response::builder()
        .header("content-type", "text/event-stream")
        .body(body)
        .unwrap()
}

impl Site {
    fn send(&self, request: Request<Body>) -> Answer {
        block_on(async {
            let response = self.router.clone().oneshot(request).await.unwrap();
            let (parts, body) = response.into_parts();
            let text = to_bytes(body, usize::MAX).await.unwrap();
            let text = String::from_utf8(text.to_vec()).unwrap();
            Answer {
                status: parts.status,
                headers: parts.headers,
                text,
            }
        })
    }

    /// How many keys' use is noted.
    fn notes(&self) -> usize {
        let notes = self.ledger.query(&self.account, "used/", None, 10);
        block_on(notes).unwrap().len()
    }

    fn get(&self, path: &str) -> Answer {
        self.send(self.request("GET", path).body(Body::empty()).unwrap())
    }

    fn request(&self, method: &str, path: &str) -> http::request::Builder {
        Request::builder()
            .method(method)
            .uri(path)
            .header("authorization", format!("Bearer {}", self.key))
    }

    fn post(&self, path: &str, idempotency: Option<&str>, body: impl Into<Body>) -> Answer {
        let mut request = self
            .request("POST", path)
            .header("content-type", "application/json");
        if let Some(key) = idempotency {
            request = request.header("idempotency-key", key);
        }
        self.send(request.body(body.into()).unwrap())
    }
}

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
fn a_handler_that_counts_is_counted_once_and_one_that_does_not_is_counted_behind_it() {
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
fn a_body_has_a_type_and_a_size() {
    let site = site();
    let untyped = site.send(site.request("POST", "/v1/make").body("{}".into()).unwrap());
    assert_eq!(
        (untyped.status.as_u16(), untyped.code()),
        (415, "unsupported_media_type".into())
    );
    assert_eq!(
        site.post("/v1/make", None, vec![b' '; MAX_BODY]).text,
        format!("[1,{MAX_BODY}]")
    );
    let large = site.post("/v1/make", None, vec![b' '; MAX_BODY + 1]);
    assert_eq!(
        (large.status.as_u16(), large.code()),
        (413, "payload_too_large".into())
    );
}

#[test]
fn a_body_in_pieces_is_the_same_body() {
    let site = site();
    let pieces = |count| {
        Body::from_stream(stream::iter(vec![
            Ok::<_, std::convert::Infallible>(
                vec![b' '; 1000]
            );
            count
        ]))
    };
    assert_eq!(site.post("/v1/make", None, pieces(5)).text, "[1,5000]");
    assert_eq!(
        site.post("/v1/make", None, pieces(MAX_BODY / 1000 + 1))
            .status,
        413
    );
}

#[test]
fn a_body_that_stops_coming_is_given_up() {
    let site = site();
    let half = stream::iter([Ok::<_, std::convert::Infallible>("{")]).chain(stream::pending());
    let request = site
        .request("POST", "/v1/make")
        .header("content-type", "application/json");
    let request = request.body(Body::from_stream(half)).unwrap();
    let mut answer = Box::pin(site.router.clone().oneshot(request));
    assert!((&mut answer).now_or_never().is_none());
    site.clock.advance(Duration::from_secs(29));
    assert!((&mut answer).now_or_never().is_none());
    site.clock.advance(Duration::from_secs(1));
    let answer = answer.now_or_never().expect("given up").unwrap();
    assert_eq!(answer.status(), 400);
}

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
