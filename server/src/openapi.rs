//! docs/openapi.json has the routes that the server has, and no others.

use crate::serve::functions;
use axum::{Router, body::Body};
use http::{Request, StatusCode};
use openclaw_auth::Secrets;
use openclaw_providers::Providers;
use openclaw_schema::config::Config;
use openclaw_testkit::Fakes;
use openclaw_web::{App, stack};
use serde_json::Value;
use std::collections::BTreeSet;
use tower::ServiceExt;

const METHODS: [&str; 5] = ["delete", "get", "patch", "post", "put"];

fn app() -> App {
    let secret = "0123456789abcdef0123456789abcdef";
    let secrets = Secrets::parse(Some(secret), &format!("k1:{secret}"), secret).unwrap();
    let config = Config::default();
    let providers = Providers::new(&config, |_| None).unwrap();
    App::new(Fakes::default().ports(), config, secrets, providers)
}

#[tokio::test]
async fn every_route_is_in_the_document_and_every_operation_a_route() {
    let document: Value = serde_json::from_str(include_str!("../../docs/openapi.json")).unwrap();
    let described = document["paths"].as_object().unwrap().iter();
    let described = described.flat_map(|(path, methods)| {
        let methods = methods.as_object().unwrap().keys();
        methods.map(move |method| format!("{method} {path}"))
    });
    let described = BTreeSet::from_iter(described);
    let app = app();
    let routes = functions(&app);
    let paths = Vec::from_iter(routes.paths());
    let router = stack(app, routes, Router::new());
    let mut served = BTreeSet::new();
    for path in paths {
        for method in METHODS {
            let address = format!("/v1{}", path.replace(['{', '}', '*'], ""));
            let request = Request::builder()
                .method(method.to_uppercase().as_str())
                .uri(address)
                .body(Body::empty())
                .unwrap();
            let answer = router.clone().oneshot(request).await.unwrap();
            if answer.status() != StatusCode::METHOD_NOT_ALLOWED {
                served.insert(format!("{method} {}", path.replace('*', "")));
            }
        }
    }
    assert_eq!(described, served);
}
