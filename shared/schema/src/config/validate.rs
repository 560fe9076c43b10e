//! What the types of the configuration cannot say.

use super::{Analytics, Builtin, Config, ConfigError, Model, Provider, Routing, Server};
use crate::guardrail;
use openclaw_core::Details;
use openclaw_egress::{Policy, public_url};

/// Days that usage may be kept: ten years.
const MAX_DAYS_KEPT: u32 = 3660;

impl Config {
    /// Checks what types cannot say: ranges, URLs, ids that are used twice or name nothing.
    /// `builtin` are the provider and model ids that exist without being configured.
    pub fn validate(&self, builtin: &Builtin) -> Result<(), ConfigError> {
        self.validate_settings()?;
        self.validate_providers()?;
        self.validate_models(builtin)
    }

    /// The part of it that needs no catalog.
    pub fn validate_settings(&self) -> Result<(), ConfigError> {
        texts("cors.origins", &self.cors.origins, (100, 256))?;
        list(
            "server.trusted_proxies",
            self.server.trusted_proxies.len(),
            100,
        )?;
        if self.limits.bodies_bytes < self.limits.body_bytes {
            return Err(wrong(
                "limits.bodies_bytes",
                "must be at least limits.body_bytes",
            ));
        }
        self.validate_egress()?;
        self.validate_guardrails()?;
        self.validate_numbers()
    }

    fn validate_guardrails(&self) -> Result<(), ConfigError> {
        guardrail::validate("guardrails", &self.guardrails).map_err(|error| match error.details {
            Some(Details::Field { field, issue }) => wrong(field, &issue),
            _ => wrong("guardrails", &error.message),
        })
    }

    fn validate_egress(&self) -> Result<(), ConfigError> {
        texts("egress.allow", &self.egress.allow, (100, 256))?;
        list("egress.ports", self.egress.ports.len(), 100)?;
        let policy = Policy::new(&self.egress.allow, &self.egress.ports).map_err(|at| {
            let path = format!("egress.allow[{at}]");
            wrong(path, "must be a host with a port, such as 127.0.0.1:9000")
        })?;
        let weather = &self.skills.weather;
        for (name, url) in [
            ("geocoding_url", &weather.geocoding_url),
            ("forecast_url", &weather.forecast_url),
        ] {
            let checked = policy.check(url);
            checked
                .map_err(|refused| wrong(format!("skills.weather.{name}"), &refused.to_string()))?;
        }
        Ok(())
    }

    fn validate_numbers(&self) -> Result<(), ConfigError> {
        let Routing {
            attempts,
            first_byte_timeout_ms,
            first_token_timeout_ms,
            idle_timeout_ms,
            heartbeat_ms,
            max_fallback_price_ratio,
            ..
        } = self.routing;
        let Server {
            max_connections,
            max_connections_per_address,
            write_timeout_seconds,
            ..
        } = self.server;
        let positive = [
            ("server.max_connections", max_connections),
            (
                "server.max_connections_per_address",
                max_connections_per_address,
            ),
            ("server.write_timeout_seconds", write_timeout_seconds),
            ("limits.free", self.limits.free),
            ("limits.pro", self.limits.pro),
            ("limits.enterprise", self.limits.enterprise),
            ("limits.connections.free", self.limits.connections.free),
            ("limits.connections.pro", self.limits.connections.pro),
            (
                "limits.connections.enterprise",
                self.limits.connections.enterprise,
            ),
            ("limits.body_bytes", self.limits.body_bytes as u64),
            ("limits.auth_failures", self.limits.auth_failures),
            ("routing.attempts", attempts.into()),
            ("routing.first_byte_timeout_ms", first_byte_timeout_ms),
            ("routing.first_token_timeout_ms", first_token_timeout_ms),
            ("routing.idle_timeout_ms", idle_timeout_ms),
            ("routing.heartbeat_ms", heartbeat_ms),
            ("skills.timeout_ms", self.skills.timeout_ms),
            ("analytics.request_days", self.analytics.request_days.into()),
            ("analytics.sum_days", self.analytics.sum_days.into()),
        ];
        if let Some((path, _)) = positive.iter().find(|(_, number)| *number == 0) {
            return Err(wrong(*path, "must be at least 1"));
        }
        let Analytics {
            request_days,
            sum_days,
        } = self.analytics;
        let days = [
            ("analytics.request_days", request_days),
            ("analytics.sum_days", sum_days),
        ];
        if let Some((path, _)) = days.iter().find(|(_, days)| *days > MAX_DAYS_KEPT) {
            let issue = format!("must be at most {MAX_DAYS_KEPT}");
            return Err(wrong(*path, &issue));
        }
        match max_fallback_price_ratio {
            Some(ratio) if !(ratio.is_finite() && ratio >= 0.0) => {
                let path = "routing.max_fallback_price_ratio";
                Err(wrong(path, "must be a number of at least 0"))
            }
            _ => Ok(()),
        }
    }

    fn validate_providers(&self) -> Result<(), ConfigError> {
        list("providers", self.providers.len(), 500)?;
        for (at, provider) in self.providers.iter().enumerate() {
            let path = format!("providers[{at}]");
            let mut before = self.providers[..at].iter();
            if provider.id.is_empty() || before.any(|other| other.id == provider.id) {
                return Err(wrong(format!("{path}.id"), "must be there and used once"));
            }
            text(format!("{path}.id"), &provider.id, 128)?;
            let limits = [
                ("first_byte_timeout_ms", provider.first_byte_timeout_ms),
                ("first_token_timeout_ms", provider.first_token_timeout_ms),
                ("idle_timeout_ms", provider.idle_timeout_ms),
            ];
            if let Some((name, _)) = limits.iter().find(|(_, limit)| *limit == Some(0)) {
                return Err(wrong(format!("{path}.{name}"), "must be at least 1"));
            }
            text(format!("{path}.base_url"), &provider.base_url, 2000)?;
            if let Some(name) = &provider.api_key_env {
                text(format!("{path}.api_key_env"), name, 128)?;
            }
            texts(&format!("{path}.omit"), &provider.omit, (50, 64))?;
            validate_base_url(provider)
                .map_err(|issue| wrong(format!("{path}.base_url"), issue))?;
        }
        Ok(())
    }

    fn validate_models(&self, builtin: &Builtin) -> Result<(), ConfigError> {
        list("models", self.models.len(), 10_000)?;
        for (at, model) in self.models.iter().enumerate() {
            let path = format!("models[{at}]");
            validate_lengths(model, &path)?;
            let mut before = self.models[..at].iter();
            if model.id.is_empty() || before.any(|other| other.id == model.id) {
                return Err(wrong(format!("{path}.id"), "must be there and used once"));
            }
            if model.context_length == 0 {
                return Err(wrong(
                    format!("{path}.context_length"),
                    "must be at least 1",
                ));
            }
            self.validate_targets(model, &path, builtin)?;
        }
        let configured = self.models.iter().map(|model| &model.id);
        let known = |id| {
            configured
                .clone()
                .chain(&builtin.models)
                .any(|other| other == id)
        };
        for (at, model) in self.models.iter().enumerate() {
            if let Some(to) = model.fallbacks.iter().position(|id| !known(id)) {
                return Err(wrong(
                    format!("models[{at}].fallbacks[{to}]"),
                    "is not a model's id",
                ));
            }
        }
        Ok(())
    }

    fn validate_targets(
        &self,
        model: &Model,
        path: &str,
        builtin: &Builtin,
    ) -> Result<(), ConfigError> {
        if model.targets.is_empty() {
            return Err(wrong(format!("{path}.targets"), "must not be empty"));
        }
        for (at, target) in model.targets.iter().enumerate() {
            let path = format!("{path}.targets[{at}]");
            let configured = self
                .providers
                .iter()
                .any(|provider| provider.id == target.provider);
            if !configured && !builtin.providers.contains(&target.provider) {
                return Err(wrong(format!("{path}.provider"), "is not a provider's id"));
            }
            text(format!("{path}.model"), &target.model, 256)?;
            if target.weight == 0 {
                return Err(wrong(format!("{path}.weight"), "must be at least 1"));
            }
        }
        Ok(())
    }
}

/// A request carries the provider's key and its caller's content: over a public network only in TLS.
fn validate_base_url(provider: &Provider) -> Result<(), &'static str> {
    if provider.base_url.starts_with("https://") {
        return Ok(());
    }
    let Some(rest) = provider.base_url.strip_prefix("http://") else {
        return Err("must start with http:// or https://");
    };
    if public_url(&format!("https://{rest}")).is_ok() && !provider.allow_http {
        return Err("must start with https://, or the provider must say allow_http = true");
    }
    Ok(())
}

fn wrong(path: impl Into<String>, issue: &str) -> ConfigError {
    ConfigError {
        path: path.into(),
        issue: issue.into(),
    }
}

fn validate_lengths(model: &Model, path: &str) -> Result<(), ConfigError> {
    text(format!("{path}.id"), &model.id, 256)?;
    if let Some(name) = &model.name {
        text(format!("{path}.name"), name, 256)?;
    }
    texts(
        &format!("{path}.capabilities"),
        &model.capabilities,
        (50, 64),
    )?;
    list(format!("{path}.targets"), model.targets.len(), 50)?;
    texts(&format!("{path}.fallbacks"), &model.fallbacks, (20, 256))?;
    let defaults = model.defaults.to_string();
    if defaults.len() > 16 * 1024 {
        return Err(wrong(
            format!("{path}.defaults"),
            "must be at most 16384 bytes of JSON",
        ));
    }
    Ok(())
}

/// At most `most` items.
fn list(path: impl Into<String>, length: usize, most: usize) -> Result<(), ConfigError> {
    if length > most {
        return Err(wrong(path, &format!("must have at most {most} items")));
    }
    Ok(())
}

/// At most `most` characters.
fn text(path: impl Into<String>, text: &str, most: usize) -> Result<(), ConfigError> {
    if text.chars().count() > most {
        return Err(wrong(path, &format!("must have at most {most} characters")));
    }
    Ok(())
}

/// At most so many items of at most so many characters.
fn texts(path: &str, items: &[String], (most, length): (usize, usize)) -> Result<(), ConfigError> {
    list(path, items.len(), most)?;
    for (at, item) in items.iter().enumerate() {
        text(format!("{path}[{at}]"), item, length)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(document: serde_json::Value) -> Result<(), String> {
        let config: Config = serde_json::from_value(document).unwrap();
        config
            .validate(&Builtin::default())
            .map_err(|error| error.path)
    }

    fn model(id: &str, provider: &str) -> serde_json::Value {
        json!({"id": id, "context_length": 10, "targets": [{"provider": provider, "model": "m"}]})
    }

    #[test]
    fn an_empty_document_is_whole() {
        assert_eq!(check(json!({})), Ok(()));
    }

    #[test]
    fn what_is_wrong_is_named_by_its_path() {
        let local = json!([{"id": "local", "base_url": "http://127.0.0.1:1/v1"}]);
        let mut fallback = model("a", "local");
        fallback["fallbacks"] = json!(["nowhere"]);
        let cases = [
            (json!({"limits": {"free": 0}}), "limits.free"),
            (json!({"skills": {"timeout_ms": 0}}), "skills.timeout_ms"),
            (
                json!({"egress": {"allow": ["a:80", "127.0.0.1"]}}),
                "egress.allow[1]",
            ),
            (
                json!({"skills": {"weather": {"forecast_url": "http://127.0.0.1:9000"}}}),
                "skills.weather.forecast_url",
            ),
            (
                json!({"providers": [{"id": "a", "base_url": "ftp://x"}]}),
                "providers[0].base_url",
            ),
            (
                json!({"limits": {"body_bytes": 2, "bodies_bytes": 1}}),
                "limits.bodies_bytes",
            ),
            (json!({"cors": {"origins": vec!["x"; 101]}}), "cors.origins"),
            (
                json!({"cors": {"origins": ["x", "x".repeat(257)]}}),
                "cors.origins[1]",
            ),
            (
                json!({"providers": local, "models": [model(&"a".repeat(257), "local")]}),
                "models[0].id",
            ),
            (
                json!({"providers": local, "models": [model("a", "other")]}),
                "models[0].targets[0].provider",
            ),
            (
                json!({"providers": local, "models": [model("a", "local"), model("a", "local")]}),
                "models[1].id",
            ),
            (
                json!({"providers": local, "models": [fallback]}),
                "models[0].fallbacks[0]",
            ),
        ];
        for (document, path) in cases {
            assert_eq!(check(document), Err(path.into()));
        }
    }

    #[test]
    fn an_unknown_key_is_refused() {
        assert!(serde_json::from_value::<Config>(json!({"limit": {}})).is_err());
    }

    #[test]
    fn providers_are_reached_over_tls_or_on_a_private_network() {
        let provider = |url: &str, allow: bool| {
            check(json!({"providers": [{"id": "a", "base_url": url, "allow_http": allow}]}))
        };
        let refused = Err("providers[0].base_url".to_string());
        for url in [
            "http://api.example.com/v1",
            "http://93.184.216.34",
            "http://[2606:2800:220:1::]:80/v1",
        ] {
            assert_eq!(provider(url, false), refused, "{url}");
            assert_eq!(provider(url, true), Ok(()), "{url}");
        }
        for url in [
            "https://api.example.com/v1",
            "http://127.0.0.1:8081/v1",
            "http://localhost:11434/v1",
            "http://10.1.2.3",
            "http://192.168.0.7/v1",
            "http://[::1]:8081/v1",
            "http://[fd00::1]/v1",
            "http://ollama:11434/v1",
            "http://llm.internal/v1",
        ] {
            assert_eq!(provider(url, false), Ok(()), "{url}");
        }
    }

    #[test]
    fn proxies_are_addresses_or_networks() {
        let read = |proxies| {
            serde_json::from_value::<Config>(json!({"server": {"trusted_proxies": proxies}}))
        };
        let config = read(json!(["10.0.0.0/8", "::1", "192.0.2.1"])).unwrap();
        let shown = config
            .server
            .trusted_proxies
            .iter()
            .map(ToString::to_string);
        assert_eq!(
            shown.collect::<Vec<_>>(),
            ["10.0.0.0/8", "::1/128", "192.0.2.1/32"]
        );
        let error = read(json!(["proxy.example"])).unwrap_err().to_string();
        assert!(error.contains("must be addresses or networks"), "{error}");
    }
}
