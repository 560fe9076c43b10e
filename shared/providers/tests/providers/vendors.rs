//! `provider/model`: models of vendors that are in no catalog of ours.

use crate::world::providers;
use openclaw_providers::Providers;
use openclaw_schema::config::Config;
use serde_json::json;

fn with_keys(names: &[&str]) -> Providers {
    let key = |name: &str| names.contains(&name).then(|| "key".to_owned());
    Providers::new(&Config::default(), key).unwrap()
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
