//! `GET /analytics/usage`.

use futures_util::future::join_all;
use openclaw_conformance::{
    harness::{Account, chat, now},
    upstream::{Script, Usage},
};
use serde_json::{Value, json};

const PATH: &str = "/v1/analytics/usage";

/// Dollars as nano-dollars: sums are compared exactly.
fn nanos(dollars: &Value) -> i64 {
    let dollars = dollars.as_f64().expect("a number");
    (dollars * 1e9).round() as i64
}

fn using(model: &str, prompt_tokens: u64, completion_tokens: u64) -> Value {
    let script = Script {
        text: Some("ok".into()),
        usage: Some(Usage {
            prompt_tokens,
            completion_tokens,
        }),
        ..Script::default()
    };
    chat(model, &script)
}

#[tokio::test]
async fn totals_are_the_sum_over_the_requests() {
    let account = Account::new().await;
    let client = &account.client;
    let plain = (0..30).map(|at| {
        let (model, body) = if at % 3 == 0 {
            ("claude-3", using("claude-3", 1000 + at, 7 * at + 1))
        } else {
            ("gpt-4", using("gpt-4", 13 * at + 1, 100 + at))
        };
        async move {
            let answer = if at % 2 == 0 {
                client.chat(&body).await.ok()["usage"].clone()
            } else {
                client.stream_seed(&body).await.events().pop().unwrap()["usage"].clone()
            };
            (model, answer)
        }
    });
    let answers = join_all(plain).await;
    let sum = |model: &str, field: &str| {
        let of_model = answers
            .iter()
            .filter(|(of, _)| model.is_empty() || *of == model);
        of_model
            .map(|(_, usage)| usage[field].as_u64().unwrap())
            .sum::<u64>()
    };
    // Nano-dollars a token of the two models.
    let cost = |model: &str| {
        let (prompt, completion) = if model == "gpt-4" {
            (30_000, 60_000)
        } else {
            (15_000, 75_000)
        };
        (sum(model, "prompt_tokens") * prompt + sum(model, "completion_tokens") * completion) as i64
    };

    let usage = account.usage(30).await;
    assert_eq!(usage["period"], "24h");
    assert_eq!(usage["total_requests"], 30);
    assert_eq!(usage["total_tokens"], sum("", "total_tokens"));
    assert_eq!(usage["prompt_tokens"], sum("", "prompt_tokens"));
    assert_eq!(usage["completion_tokens"], sum("", "completion_tokens"));
    assert_eq!(nanos(&usage["cost"]), cost("gpt-4") + cost("claude-3"));
    for nothing in ["errors", "interrupted", "estimated_requests"] {
        assert_eq!(usage[nothing], 0, "{nothing}: {usage}");
    }

    let groups = |name: &str| usage[name].as_array().expect("groups").clone();
    assert_eq!(groups("by_model").len(), 2);
    for group in groups("by_model") {
        let model = group["model"].as_str().unwrap();
        assert_eq!(group["requests"], if model == "gpt-4" { 20 } else { 10 });
        assert_eq!(group["tokens"], sum(model, "total_tokens"), "{group}");
        assert_eq!(nanos(&group["cost"]), cost(model), "{group}");
    }
    for name in ["by_day", "by_key"] {
        let add = |field: &str| {
            groups(name)
                .iter()
                .map(|g| g[field].as_u64().unwrap())
                .sum::<u64>()
        };
        assert_eq!(
            (add("requests"), add("tokens")),
            (30, sum("", "total_tokens")),
            "{name}"
        );
        let costs: i64 = groups(name).iter().map(|group| nanos(&group["cost"])).sum();
        assert_eq!(costs, cost("gpt-4") + cost("claude-3"), "{name}");
    }
    let today = now().to_string()[..10].to_string();
    assert!(
        groups("by_day").iter().any(|day| day["date"] == *today),
        "{usage}"
    );
    assert_eq!(groups("by_key")[0]["key"], *account.key.id);
}

#[tokio::test]
async fn an_account_sees_its_own_only() {
    let (ours, theirs) = (Account::new().await, Account::new().await);
    theirs.client.chat(&using("gpt-4", 5, 5)).await.ok();
    theirs.usage(1).await;
    assert_eq!(ours.usage(0).await["total_requests"], 0);
    assert_eq!(ours.usage(0).await["cost"], 0.0);
}

#[tokio::test]
async fn keys_are_told_apart() {
    let account = Account::new().await;
    let fields = json!({"name": "Nightly reports", "scopes": ["chat", "admin"]});
    let second = account.another_key(fields).await;
    account.client.chat(&using("gpt-4", 5, 5)).await.ok();
    account
        .client_with(&second.secret)
        .chat(&using("gpt-4", 7, 7))
        .await
        .ok();
    let usage = account.usage(2).await;
    let keys = usage["by_key"].as_array().unwrap();
    let tokens = |id: &str| keys.iter().find(|key| key["key"] == *id).unwrap()["tokens"].clone();
    assert_eq!(
        (tokens(&account.key.id), tokens(&second.id)),
        (json!(10), json!(14))
    );

    let client = &account.client;
    let grouped = client.get("/v1/analytics/usage?period=24h&group_by=key");
    let named = grouped.await.ok();
    for list in ["by_key", "groups"] {
        let keys = named[list].as_array().unwrap();
        let name =
            |id: &str| keys.iter().find(|key| key["key"] == *id).unwrap()["key_name"].clone();
        assert_eq!(name(&second.id), "Nightly reports", "{list}");
        assert_eq!(name(&account.key.id), "conformance", "{list}");
    }
    let path = format!("/v1/keys/{}", second.id);
    let reply = account.client_with(&second.secret).delete(&path).await;
    reply.ok();
    let usage = client.get("/v1/analytics/usage?period=24h").await.ok();
    let keys = usage["by_key"].as_array().unwrap();
    let gone = keys.iter().find(|key| key["key"] == *second.id).unwrap();
    assert!(gone.get("key_name").is_none(), "{gone}");
}

#[tokio::test]
async fn a_span_may_be_named_or_given() {
    let account = Account::new().await;
    account.client.chat(&using("gpt-4", 5, 5)).await.ok();
    account.usage(1).await;
    let get = async |query: &str| account.client.get(&format!("{PATH}{query}")).await;
    for period in ["24h", "7d", "30d", "90d"] {
        let usage = get(&format!("?period={period}")).await.ok();
        assert_eq!(
            (&usage["period"], &usage["total_requests"]),
            (&json!(period), &json!(1))
        );
    }
    assert_eq!(get("").await.ok()["total_requests"], 1);
    let hour = jiff::SignedDuration::from_hours(1);
    let (before, after) = (now() - hour, now() + hour);
    let usage = get(&format!("?start={before}&end={after}")).await.ok();
    assert_eq!(usage["total_requests"], 1);
    assert_eq!(
        get(&format!("?start={before}")).await.ok()["total_requests"],
        1
    );
    let long_ago = "?start=2020-01-01T00:00:00Z&end=2020-02-01T00:00:00Z";
    assert_eq!(get(long_ago).await.ok()["total_requests"], 0);
    get("?period=1y").await.blames("period");
    get("?start=yesterday").await.blames("start");
    get(&format!("?start={after}&end={before}"))
        .await
        .blames("end");
}

#[tokio::test]
async fn failures_are_counted_and_cost_nothing() {
    let account = Account::new().await;
    let script = Script {
        status: Some(422),
        ..Script::default()
    };
    account
        .client
        .chat(&chat("gpt-4", &script))
        .await
        .fails("invalid_request");
    let usage = account.usage(1).await;
    assert_eq!(
        (&usage["total_requests"], &usage["errors"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(usage["cost"], 0.0);
}

#[tokio::test]
async fn usage_the_provider_kept_to_itself_is_estimated_and_marked() {
    let account = Account::new().await;
    for stream in [false, true] {
        let script = Script {
            no_usage: true,
            text: Some("The quick brown fox jumps over the lazy dog.".into()),
            ..Script::default()
        };
        let body = chat("gpt-4", &script);
        let usage = if stream {
            account
                .client
                .stream_seed(&body)
                .await
                .events()
                .pop()
                .unwrap()["usage"]
                .clone()
        } else {
            account.client.chat(&body).await.ok()["usage"].clone()
        };
        let tokens = |name: &str| usage[name].as_u64().unwrap();
        assert!((5..=20).contains(&tokens("completion_tokens")), "{usage}");
        assert!(tokens("prompt_tokens") > 0, "{usage}");
        let sum = tokens("prompt_tokens") + tokens("completion_tokens");
        assert_eq!(tokens("total_tokens"), sum);
    }
    let usage = account.usage(2).await;
    assert_eq!(usage["estimated_requests"], 2);
    assert!(
        usage["completion_tokens"].as_u64().unwrap() >= 10,
        "{usage}"
    );
}
