//! `provider/model`: models of vendors that are in no catalog of ours.

use crate::{
    fakes::Answer,
    world::{HELLO, World, providers},
};
use openclaw_providers::Providers;
use openclaw_schema::config::Config;
use serde_json::json;

fn with_keys(names: &[&str]) -> Providers {
    let values: Vec<_> = names.iter().map(|name| (*name, "key")).collect();
    with_values(&values)
}

fn with_values(values: &[(&str, &str)]) -> Providers {
    let value = |name: &str| {
        let mut values = values.iter();
        let (_, value) = values.find(|(known, _)| *known == name)?;
        Some((*value).to_owned())
    };
    Providers::new(&Config::default(), value).unwrap()
}

#[test]
fn a_vendors_models_are_there_once_its_variable_is_set() {
    let without = with_keys(&["OPENAI_API_KEY"]);
    assert!(without.model("cerebras/gpt-oss-120b").is_none());
    let with = with_keys(&["OPENAI_API_KEY", "CEREBRAS_API_KEY"]);
    let model = with.model("cerebras/gpt-oss-120b").unwrap();
    assert_eq!(model.id, "cerebras/gpt-oss-120b");
    assert_eq!(model.provider, "cerebras");
    assert!(model.context_length > 100_000 && !model.pricing.is_free());
    assert!(with.listed().any(|listed| listed.id == model.id));
    // The catalog's own come first, and what they call is not listed twice.
    let ids: Vec<_> = with.listed().map(|model| model.id.clone()).collect();
    assert_eq!(ids[0], "gpt-4");
    assert!(!ids.contains(&"openai/gpt-4".into()), "gpt-4 calls it");
    assert!(ids.iter().any(|id| id.starts_with("openai/")));
    // It can be asked for by either name.
    assert_eq!(with.model("openai/gpt-4").unwrap().provider, "openai");
}

#[test]
fn a_model_whose_price_nobody_knows_is_refused_where_it_costs() {
    let vendors = with_keys(&["GROQ_API_KEY"]);
    assert!(vendors.model("groq/brand-new").is_none());
    let own = vendors.model("ollama/qwen3:4b").unwrap();
    assert!(own.pricing.is_free());
    assert_eq!((&*own.provider, &*own.capabilities[0]), ("ollama", "chat"));
    for unsound in ["ollama/", "ollama/a b", "ollama/a\n", "nobody/x"] {
        assert!(vendors.model(unsound).is_none(), "{unsound:?}");
    }
    assert!(
        vendors
            .model(&format!("ollama/{}", "x".repeat(200)))
            .is_none()
    );
}

#[test]
fn an_address_that_needs_more_variables_needs_all_of_them() {
    assert!(with_keys(&["DATABRICKS_TOKEN"]).listed().next().is_none());
    let both = with_keys(&["DATABRICKS_TOKEN", "DATABRICKS_HOST"]);
    assert!(both.listed().all(|model| model.provider == "databricks"));
    assert!(both.listed().next().is_some());
}

#[test]
fn workers_ai_is_asked_at_its_accounts_address() {
    assert!(with_keys(&["CLOUDFLARE_API_KEY"]).listed().next().is_none());
    let values = [
        // The key's own text is removed from what the vendor says.
        ("CLOUDFLARE_API_KEY", "cf-0123"),
        ("CLOUDFLARE_ACCOUNT_ID", "0123abcd"),
    ];
    let world = World::of(with_values(&values), vec![]);
    let model = "cloudflare-workers-ai/@cf/google/gemma-4-26b-a4b-it";
    assert!(!world.providers.model(model).unwrap().pricing.is_free());
    let hello = HELLO.replace(r#""m""#, &format!("{model:?}"));
    // Its errors have a list of their own.
    let refused =
        r#"{"errors":[{"message":"AiError: too many tokens","code":5021}],"success":false}"#;
    world.then(Answer::json(400, refused));
    let failure = world.complete(&hello).unwrap_err();
    assert!(
        failure.error.message.contains("too many tokens"),
        "{}",
        failure.error.message
    );
    let request = world.last_request();
    let expected = "https://api.cloudflare.com/client/v4/accounts/0123abcd/ai/v1/chat/completions";
    assert_eq!(request.uri(), expected);
    assert_eq!(request.headers()["authorization"], "Bearer cf-0123");
    let body: serde_json::Value = serde_json::from_slice(request.body()).unwrap();
    assert_eq!(body["model"], "@cf/google/gemma-4-26b-a4b-it");
}

#[test]
fn a_configured_provider_replaces_the_vendors_row() {
    let configured = providers(json!({
        "providers": [{"id": "groq", "base_url": "https://proxy.test/v1"}],
        "models": [],
    }));
    // Its prices are known all the same.
    let known = configured.model("groq/llama-3.3-70b-versatile").unwrap();
    assert!(!known.pricing.is_free());
    assert!(
        configured
            .model("groq/of-our-own")
            .unwrap()
            .pricing
            .is_free()
    );
}
