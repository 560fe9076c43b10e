//! The catalog: what is listed, what replaces what, what is refused.

use crate::world::{one_target, providers};
use openclaw_providers::Providers;
use openclaw_schema::config::{Config, ConfigError};
use serde_json::{Value, json};
use std::collections::HashSet;

fn ids(providers: &Providers) -> Vec<&str> {
    providers.models().map(|model| model.id.as_str()).collect()
}

fn with_all_keys(config: &Config) -> Providers {
    Providers::new(config, |_| Some("key".into())).unwrap()
}

fn fault(config: Value, key: &str) -> ConfigError {
    let config = serde_json::from_value(config).unwrap();
    Providers::new(&config, |_| Some(key.into())).unwrap_err()
}

#[test]
fn nothing_is_listed_without_credentials() {
    let none = Providers::new(&Config::default(), |_| None).unwrap();
    assert_eq!(ids(&none), [""; 0]);
    let blank = Providers::new(&Config::default(), |_| Some(" \n".into())).unwrap();
    assert_eq!(ids(&blank), [""; 0]);
}

#[test]
fn the_seeds_models_are_there_once_their_vendor_has_a_key() {
    let one = Providers::new(&Config::default(), |name| {
        (name == "OPENAI_API_KEY").then(|| "key".into())
    })
    .unwrap();
    let gpt = one.model("gpt-4").unwrap();
    assert_eq!(
        (gpt.name.as_str(), gpt.provider.as_str()),
        ("GPT-4", "openai")
    );
    assert_eq!((gpt.context_length, gpt.max_output_tokens), (8192, 8192));
    assert_eq!(gpt.capabilities, ["chat", "completion", "function_calling"]);
    let pricing = serde_json::to_value(&gpt.pricing).unwrap();
    assert_eq!(pricing, json!({"prompt": 0.03, "completion": 0.06}));
    assert!(one.model("claude-3").is_none());
    assert!(one.models().all(|model| model.provider == "openai"));
    let all = with_all_keys(&Config::default());
    assert_eq!(all.model("claude-3").unwrap().provider, "anthropic");
}

/// A catalog that contradicts itself would fail here: as a configuration it is checked whole.
#[test]
fn the_built_in_rows_are_consistent() {
    let catalog: Config = serde_json::from_str(include_str!("../../catalog.json")).unwrap();
    let providers = with_all_keys(&catalog);
    assert_eq!(ids(&providers).len(), catalog.models.len());
    for model in providers.models() {
        assert!(
            model.max_output_tokens <= model.context_length,
            "{}",
            model.id
        );
        assert!(
            model.capabilities.iter().any(|can| can == "chat"),
            "{}",
            model.id
        );
        assert!(!model.id.contains('/'), "{}: ids stand in paths", model.id);
    }
    let vendors: HashSet<_> = providers.models().map(|model| &*model.provider).collect();
    let expected = [
        "openai",
        "anthropic",
        "gemini",
        "mistral",
        "groq",
        "deepseek",
        "openrouter",
        "together",
        "xai",
    ];
    assert_eq!(vendors, HashSet::from(expected));
    assert!(catalog.providers.iter().any(|row| row.id == "ollama"));
}

#[test]
fn configured_rows_come_first_and_replace_built_in_ones() {
    let config = serde_json::from_value(json!({
        "providers": [{"id": "openai", "base_url": "https://proxy.test/v1"}],
        "models": [
            {"id": "mine", "context_length": 10, "targets": [{"provider": "openai", "model": "x"}]},
            {"id": "gpt-4", "name": "Ours", "context_length": 10, "targets": [{"provider": "ollama", "model": "x"}]},
        ],
    }))
    .unwrap();
    let providers = Providers::new(&config, |_| None).unwrap();
    assert_eq!(ids(&providers)[..3], ["mine", "gpt-4", "gpt-4-turbo"]);
    assert_eq!(
        providers
            .models()
            .filter(|model| model.id == "gpt-4")
            .count(),
        1
    );
    let gpt = providers.model("gpt-4").unwrap();
    assert_eq!(
        (gpt.name.as_str(), gpt.provider.as_str()),
        ("Ours", "ollama")
    );
}

#[test]
fn a_configured_provider_without_its_key_hides_the_built_in_one() {
    let config = serde_json::from_value(json!({
        "providers": [{"id": "openai", "base_url": "https://proxy.test/v1", "api_key_env": "PROXY"}],
    }))
    .unwrap();
    let providers =
        Providers::new(&config, |name| (name != "PROXY").then(|| "key".into())).unwrap();
    assert!(providers.model("gpt-4").is_none());
    assert!(providers.model("claude-3").is_some());
}

#[test]
fn only_targets_that_can_be_called_count() {
    let mut config = one_target("openai", json!({}));
    config["models"][0]["targets"] = json!([
        {"provider": "openai", "model": "x"}, {"provider": "a", "model": "y"}]);
    assert_eq!(providers(config).model("m").unwrap().provider, "a");
}

#[test]
fn what_cannot_be_called_is_named() {
    let provider =
        |url: &str| json!({"providers": [{"id": "a", "base_url": url, "api_key_env": "K"}]});
    let cases = [
        ("https://", "key", "providers[0].base_url"),
        ("https://a b/v1", "key", "providers[0].base_url"),
        (
            "https://user:secret@a.test/v1",
            "key",
            "providers[0].base_url",
        ),
        ("https://a.test/v1?key=1", "key", "providers[0].base_url"),
        ("https://a.test/v1#x", "key", "providers[0].base_url"),
        ("https://a.test/v1", "ke\ny", "providers[0].api_key_env"),
    ];
    for (url, key, path) in cases {
        let fault = fault(provider(url), key);
        assert_eq!(fault.path, path, "{url}");
        assert!(!fault.issue.contains("secret") && !fault.issue.contains("ke\ny"));
    }
}
