//! A few routes with the whole stack around them, on ports in memory.

use axum::{
    Extension, Router,
    body::{Body, to_bytes},
    response::Response,
    routing::{get, post},
};
use bytes::Bytes;
use futures_executor::block_on;
use futures_util::stream;
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
    Access, App, AuthLayer, Json, Query, RawJson, RequestQuota, Result, Routes, SecretJson, stack,
};
use serde_json::{Value, json};
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};
use tower::ServiceExt;

const SECRET: &str = "0123456789abcdef0123456789abcdef";
pub(crate) const OPERATOR: &str = "the token of the operator of tests";
pub(crate) const MAX_BODY: usize = 20_000;

/// The bytes of the answers of `/large`.
pub(crate) const LARGE: usize = 256_000;

pub(crate) struct Site {
    pub(crate) app: App,
    pub(crate) router: Router,
    pub(crate) key: String,
    pub(crate) runs: Arc<AtomicUsize>,
    pub(crate) clock: ManualClock,
    pub(crate) account: String,
    pub(crate) ledger: Arc<MemoryLedger>,
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn code(&self) -> String {
        let json: Value = serde_json::from_str(&self.text).expect("JSON");
        json["error"]["code"].as_str().expect("a code").into()
    }
}

/// An account with 3 requests a minute and a key with the scope `chat`.
pub(crate) fn site() -> Site {
    let fakes = Fakes::default();
    let secrets = Secrets::parse(Some(OPERATOR), &format!("k1:{SECRET}"), SECRET).unwrap();
    let mut config = Config::default();
    config.limits.body_bytes = MAX_BODY;
    config.limits.bodies_bytes = 3 * MAX_BODY;
    config.limits.auth_failures = 3;
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
        router: routes(app.clone(), runs.clone()),
        app,
        key,
        runs,
        clock: fakes.clock,
        account: account.id,
        ledger: fakes.ledger,
    }
}

fn routes(app: App, runs: Arc<AtomicUsize>) -> Router {
    let count = move || runs.fetch_add(1, Ordering::Relaxed) + 1;
    let (made, streamed, secret, failed) =
        (count.clone(), count.clone(), count.clone(), count.clone());
    let chat = Routes::new()
        .route(
            "/me",
            get(|Extension(quota): Extension<RequestQuota>| async move {
                quota.caller().key.name.clone()
            }),
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
        .route(
            "/large",
            post(|| async move { Json(json!([count(), "x".repeat(LARGE)])) }),
        )
        .route("/stream", post(|| async move { events(streamed()) }))
        .route("/panic", get(|| async { panics().await }));
    let late = Routes::new().route("/late", post(late));
    let open = Routes::new().route(
        "/open",
        post(|RawJson(body): RawJson| async move { Json(json!(body.len())) }),
    );
    let only = Routes::new().route("/operator", get(|| async { "yes" }));
    let models = Routes::new().route("/models", get(|| async { "yes" }));
    let layer = |access| AuthLayer::new(app.clone(), access);
    let routes = Routes::new()
        .merge(layer(Access::Scope(Scope::Chat)).protect(chat))
        .merge(
            layer(Access::Scope(Scope::Chat))
                .counted_by_handler()
                .protect(late),
        )
        .merge(layer(Access::Scope(Scope::Models)).protect(models))
        .merge(layer(Access::Operator).protect(only))
        .merge(open);
    stack(app, routes, Router::new())
}

async fn panics() -> &'static str {
    panic!("on purpose")
}

async fn late(
    Extension(quota): Extension<RequestQuota>,
    Json(wanted): Json<Value>,
) -> Result<&'static str> {
    if wanted["count"] == true {
        quota.admit(Vec::new()).await?;
    }
    let with = |when| Step::Put {
        key: "extra".into(),
        document: Bytes::new(),
        when,
        expires: None,
    };
    if wanted["count"] == "with" {
        quota.admit(vec![with(When::Always)]).await?;
    }
    if wanted["count"] == "refused" {
        quota.admit(vec![with(When::Present)]).await?;
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
    pub(crate) fn send(&self, request: Request<Body>) -> Answer {
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
    pub(crate) fn notes(&self) -> usize {
        let notes = self.ledger.query(&self.account, "used/", None, 10);
        block_on(notes).unwrap().len()
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.send(self.request("GET", path).body(Body::empty()).unwrap())
    }

    pub(crate) fn request(&self, method: &str, path: &str) -> http::request::Builder {
        Request::builder()
            .method(method)
            .uri(path)
            .header("authorization", format!("Bearer {}", self.key))
    }

    pub(crate) fn post(
        &self,
        path: &str,
        idempotency: Option<&str>,
        body: impl Into<Body>,
    ) -> Answer {
        let mut request = self
            .request("POST", path)
            .header("content-type", "application/json");
        if let Some(key) = idempotency {
            request = request.header("idempotency-key", key);
        }
        self.send(request.body(body.into()).unwrap())
    }
}
