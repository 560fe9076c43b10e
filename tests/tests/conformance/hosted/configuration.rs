//! The configuration in the key-value store, and what a function without a right one answers.

use super::here;
use openclaw_conformance::harness::{Client, Options, Reply, Server, eventually};

/// One route of each function.
const ROUTES: [(&str, &str); 7] = [
    ("GET", "/v1/accounts"),
    ("GET", "/v1/analytics/usage"),
    ("POST", "/v1/auth/token"),
    ("POST", "/v1/chat/completions"),
    ("GET", "/v1/health"),
    ("GET", "/v1/models"),
    ("GET", "/v1/skills"),
];

/// One route of each function that authenticates its callers.
const AUTHENTICATED: [(&str, &str); 6] = [
    ("GET", "/v1/accounts"),
    ("GET", "/v1/analytics/usage"),
    ("POST", "/v1/auth/token"),
    ("POST", "/v1/chat/completions"),
    ("GET", "/v1/models"),
    ("GET", "/v1/skills"),
];

/// One route of each function that opens secrets.
const SEALING: [(&str, &str); 3] = [
    ("POST", "/v1/chat/completions"),
    ("GET", "/v1/models"),
    ("GET", "/v1/skills"),
];

/// One route of each function that knows the operator.
const OPERATORS: [(&str, &str); 3] = [
    ("GET", "/v1/accounts"),
    ("POST", "/v1/auth/token"),
    ("GET", "/v1/models"),
];

async fn ask(client: &Client, (method, path): (&str, &str)) -> Reply {
    client.send(client.request(method, path)).await
}

/// Every function answers 500 without telling why, and logs why, findable by the request's id.
async fn is_refused(server: &Server, why: &[&str]) {
    are_refused(server, &ROUTES, why).await;
}

/// The same of those functions only that have one of `routes`.
async fn are_refused(server: &Server, routes: &[(&str, &str)], why: &[&str]) {
    let client = Client::new(&server.base_url);
    for route in routes.iter().copied() {
        let reply = ask(&client, route).await;
        let failure = reply.fails("internal_error");
        let id = reply.header("x-request-id").expect("an id");
        let line = eventually(async || {
            let log = server.log();
            log.lines().find(|line| line.contains(id)).map(String::from)
        });
        let line = line
            .await
            .unwrap_or_else(|| panic!("{route:?}: {id} is not in the log"));
        for part in why {
            assert!(line.contains(part), "{route:?}: {line}");
            assert!(!failure.message.contains(part), "{failure:?}");
        }
    }
}

#[tokio::test]
async fn a_wrong_configuration_is_logged_by_key_and_reason() {
    if !here() {
        return;
    }
    let cases = [
        (
            "[routing]\nattempts = 0\n",
            ["routing.attempts", "at least 1"],
        ),
        (
            "[routing]\nattempts = \"many\"\n",
            ["routing.attempts", "u32"],
        ),
        ("[limits]\nfre = 1\n", ["limits.fre", "unknown"]),
    ];
    for (config, why) in cases {
        let options = Options {
            config: Some(config.into()),
            ..Options::default()
        };
        let server = Server::start("wrong", options).await.expect("it starts");
        is_refused(&server, &why).await;
    }
}

#[tokio::test]
async fn a_secret_that_is_missing_is_named() {
    if !here() {
        return;
    }
    for name in [
        "OPENCLAW_ADMIN_TOKEN",
        "OPENCLAW_JWT_SECRETS",
        "OPENCLAW_KEY_PEPPER",
        "OPENCLAW_MASTER_KEY",
    ] {
        let options = Options {
            without: vec![name],
            ..Options::default()
        };
        let server = Server::start("secretless", options)
            .await
            .expect("it starts");
        match name {
            // Only what serves the operator has it.
            "OPENCLAW_ADMIN_TOKEN" => are_refused(&server, &OPERATORS, &[name]).await,
            "OPENCLAW_MASTER_KEY" => are_refused(&server, &SEALING, &[name]).await,
            _ => are_refused(&server, &AUTHENTICATED, &[name]).await,
        }
        // What anybody may ask needs none of them.
        let client = Client::new(&server.base_url);
        client.get("/v1/health").await.ok();
    }
}

fn with_model(id: &str) -> String {
    format!(
        "[[providers]]\nid = \"p\"\nbase_url = \"http://127.0.0.1:1/v1\"\n\n\
         [[models]]\nid = \"{id}\"\ncontext_length = 8192\n\
         targets = [{{ provider = \"p\", model = \"m\" }}]\n"
    )
}

/// The models that the gateway tells; the errors it has are none.
async fn models(server: &Server) -> String {
    let client = Client::new(&server.base_url);
    client.get("/v1/health").await.ok()["models"].to_string()
}

#[tokio::test]
async fn a_change_is_taken_without_a_deployment_and_a_wrong_one_is_not() {
    if !here() {
        return;
    }
    let options = Options {
        config: Some(with_model("gpt-4o")),
        ..Options::default()
    };
    let server = Server::start("changed", options).await.expect("it starts");
    assert!(models(&server).await.contains("gpt-4o"));
    server.configure(&with_model("o4-mini"));
    let seen = eventually(async || models(&server).await.contains("o4-mini").then_some(()));
    seen.await.expect("the change is taken");

    server.configure("[routing]\nattempts = 0\n");
    let logged = eventually(async || {
        let models = models(&server).await;
        assert!(models.contains("o4-mini"), "{models}");
        server.log().contains("routing.attempts").then_some(())
    });
    logged.await.expect("it is logged, and the last one stays");

    server.configure(&with_model("grok-4.5"));
    let seen = eventually(async || models(&server).await.contains("grok-4.5").then_some(()));
    seen.await.expect("the next right one is taken");
}
