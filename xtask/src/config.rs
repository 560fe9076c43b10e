//! The configuration that `up` starts the gateway with: the caller's file, with a provider `local`
//! that is the small model or whatever `--upstream` names.

use crate::http;
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::{
    fs,
    path::{Path, PathBuf},
};
use toml::{Table, toml};

/// The provider that belongs to `up`.
const LOCAL: &str = "local";
/// Assumed of models whose server does not say: enough to refuse nothing that it would take.
const CONTEXT_LENGTH: u64 = 131_072;
/// Holds the key for `--upstream` where that needs one.
pub(crate) const UPSTREAM_KEY: &str = "OPENCLAW_UPSTREAM_KEY";

/// A configuration document.
#[derive(Default)]
pub(crate) struct Config(Table);

/// A server that speaks OpenAI's dialect.
pub(crate) struct Upstream {
    /// Such as `http://127.0.0.1:8081/v1`.
    pub(crate) base_url: String,
    /// `[[models]]` that it serves.
    pub(crate) models: Vec<Table>,
    /// The variable with its key.
    pub(crate) key_variable: Option<&'static str>,
}

impl Config {
    /// The document in `file`; without one, an empty document.
    pub(crate) fn read(file: Option<&Path>) -> Result<Self> {
        let Some(file) = file else {
            return Ok(Self::default());
        };
        let text =
            fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
        let table = text
            .parse()
            .with_context(|| format!("{} is not TOML", file.display()))?;
        Ok(Self(table))
    }

    /// `server.port`.
    pub(crate) fn port(&self) -> Option<u16> {
        let port = self.server("port")?.as_integer()?;
        u16::try_from(port).ok()
    }

    /// `server.data_dir`.
    pub(crate) fn data_folder(&self) -> Option<PathBuf> {
        self.server("data_dir")?.as_str().map(PathBuf::from)
    }

    fn server(&self, key: &str) -> Option<&toml::Value> {
        self.0.get("server")?.get(key)
    }

    /// Whether the document needs the provider `local`: all do but those whose models all go
    /// elsewhere.
    pub(crate) fn wants_local(&self) -> bool {
        let models = self.models();
        models.is_empty() || self.has_local()
    }

    /// Whether the document itself has a model at the provider `local`.
    pub(crate) fn has_local(&self) -> bool {
        self.models().into_iter().any(targets_local)
    }

    /// The first model's id: a good one to try.
    pub(crate) fn example(&self) -> Option<String> {
        let models = self.models();
        let first = models.iter().find(|model| targets_local(model));
        let id = first.or(models.first())?.get("id")?;
        id.as_str().map(str::to_owned)
    }

    fn models(&self) -> Vec<&toml::Value> {
        let models = self.0.get("models").and_then(|models| models.as_array());
        models.into_iter().flatten().collect()
    }

    /// Makes `upstream` the provider `local`, in place of any of that name, and adds its models
    /// where the document has none of their ids.
    pub(crate) fn add(&mut self, upstream: Upstream) -> Result<()> {
        let mut provider = Table::new();
        provider.insert("id".into(), LOCAL.into());
        provider.insert("dialect".into(), "openai".into());
        provider.insert("base_url".into(), upstream.base_url.into());
        if let Some(variable) = upstream.key_variable {
            provider.insert("api_key_env".into(), variable.into());
        }
        let providers = array(&mut self.0, "providers")?;
        providers.retain(|provider| id(provider) != Some(LOCAL));
        providers.push(provider.into());
        let models = array(&mut self.0, "models")?;
        for model in upstream.models {
            let model = model.into();
            if !models.iter().any(|known| id(known) == id(&model)) {
                models.push(model);
            }
        }
        Ok(())
    }

    /// As TOML.
    pub(crate) fn text(&self) -> String {
        self.0.to_string()
    }
}

/// The small model, served at `url`.
pub(crate) fn small_model(url: &str) -> Upstream {
    let model = toml! {
        id = "gemma-3-270m"
        name = "Gemma 3 270M"
        context_length = 32768
        capabilities = ["chat"]
        targets = [{ provider = "local", model = "gemma-3-270m" }]
    };
    Upstream {
        base_url: format!("{url}/v1"),
        models: vec![model],
        key_variable: None,
    }
}

/// The server at `url` (with or without its `/v1`) and the models that it lists.
pub(crate) fn upstream(url: &str) -> Result<Upstream> {
    let key = std::env::var(UPSTREAM_KEY).ok();
    let mut failures = Vec::new();
    for base_url in base_urls(url) {
        let models = http::get(&format!("{base_url}/models"), key.as_deref())
            .and_then(|answer| listed(&answer));
        match models {
            Ok(models) => return Ok(to(base_url, models)),
            Err(error) => failures.push(format!("  {error:#}")),
        }
    }
    bail!(
        "{url} lists no models; name one in --config FILE with a target at provider `{LOCAL}`\n{}",
        failures.join("\n")
    )
}

/// The server at `url`, not asked for its models: the configuration has some for it.
pub(crate) fn unasked(url: &str) -> Upstream {
    to(base_urls(url).swap_remove(0), vec![])
}

fn to(base_url: String, models: Vec<Table>) -> Upstream {
    Upstream {
        base_url,
        models,
        key_variable: std::env::var_os(UPSTREAM_KEY).map(|_| UPSTREAM_KEY),
    }
}

/// What a URL may mean, the likelier first: an address wants `/v1`, a path is there for a reason.
fn base_urls(url: &str) -> Vec<String> {
    let url = url.trim_end_matches('/');
    let address = url.split_once("://").map_or(url, |(_, address)| address);
    let versioned = format!("{url}/v1");
    match (url.ends_with("/v1"), address.contains('/')) {
        (true, _) => vec![url.into()],
        (false, true) => vec![url.into(), versioned],
        (false, false) => vec![versioned, url.into()],
    }
}

fn listed(answer: &str) -> Result<Vec<Table>> {
    let answer: Value = serde_json::from_str(answer)?;
    let models = answer["data"].as_array().context("it has no `data`")?;
    let tables = models.iter().filter_map(|model| {
        let id = model["id"].as_str()?;
        let said = [
            &model["context_length"],
            &model["max_model_len"],
            &model["meta"]["n_ctx"],
        ];
        let context = said.iter().find_map(|length| length.as_u64());
        Some(table(id, context.unwrap_or(CONTEXT_LENGTH)))
    });
    let tables = Vec::from_iter(tables);
    if tables.is_empty() {
        bail!("the list is empty");
    }
    Ok(tables)
}

fn table(id: &str, context_length: u64) -> Table {
    let mut target = Table::new();
    target.insert("provider".into(), LOCAL.into());
    target.insert("model".into(), id.into());
    let mut model = Table::new();
    model.insert("id".into(), id.into());
    let length = i64::try_from(context_length).unwrap_or(i64::MAX);
    model.insert("context_length".into(), length.into());
    model.insert("targets".into(), vec![target].into());
    model
}

fn array<'t>(table: &'t mut Table, key: &str) -> Result<&'t mut Vec<toml::Value>> {
    let entry = table
        .entry(key)
        .or_insert_with(|| toml::Value::Array(vec![]));
    entry
        .as_array_mut()
        .with_context(|| format!("{key}: must be an array of tables"))
}

fn id(table: &toml::Value) -> Option<&str> {
    table.get("id")?.as_str()
}

fn targets_local(model: &toml::Value) -> bool {
    let targets = model.get("targets").and_then(|targets| targets.as_array());
    let provider = |target: &toml::Value| Some(target.get("provider")?.as_str()? == LOCAL);
    targets
        .into_iter()
        .flatten()
        .any(|target| provider(target) == Some(true))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(text: &str) -> Config {
        Config(text.parse().unwrap())
    }

    #[test]
    fn the_small_model_joins_what_the_file_says() {
        let mut config = config("[server]\nport = 4000\ndata_dir = \"d\"\n[limits]\nfree = 5\n");
        assert!(config.wants_local());
        assert_eq!(
            (config.port(), config.data_folder()),
            (Some(4000), Some("d".into()))
        );
        config.add(small_model("http://127.0.0.1:1")).unwrap();
        let whole: Table = config.text().parse().unwrap();
        assert_eq!(whole["limits"]["free"].as_integer(), Some(5));
        assert_eq!(
            whole["providers"][0]["base_url"].as_str(),
            Some("http://127.0.0.1:1/v1")
        );
        assert_eq!(
            whole["models"][0]["targets"][0]["provider"].as_str(),
            Some("local")
        );
        assert_eq!(config.example().as_deref(), Some("gemma-3-270m"));
    }

    #[test]
    fn local_is_ups_own_and_a_models_row_the_files() {
        let mut config = config(
            "[[providers]]\nid = \"local\"\nbase_url = \"http://x\"\n\
             [[models]]\nid = \"gemma-3-270m\"\ncontext_length = 9\n\
             targets = [{ provider = \"local\", model = \"m\" }]\n",
        );
        assert!(config.wants_local());
        config.add(small_model("http://127.0.0.1:1")).unwrap();
        let whole: Table = config.text().parse().unwrap();
        assert_eq!(whole["providers"].as_array().map(Vec::len), Some(1));
        assert_eq!(
            whole["providers"][0]["base_url"].as_str(),
            Some("http://127.0.0.1:1/v1")
        );
        assert_eq!(whole["models"].as_array().map(Vec::len), Some(1));
        assert_eq!(whole["models"][0]["context_length"].as_integer(), Some(9));
    }

    #[test]
    fn models_that_all_go_elsewhere_need_no_local() {
        let config = config(
            "[[models]]\nid = \"a\"\ntargets = [{ provider = \"openai\", model = \"m\" }]\n",
        );
        assert!(!config.wants_local());
        assert_eq!(config.example().as_deref(), Some("a"));
    }

    #[test]
    fn listed_models_keep_their_context_length() {
        let models =
            listed(r#"{"data": [{"id": "a", "meta": {"n_ctx": 7}}, {"id": "b"}]}"#).unwrap();
        assert_eq!(models[0]["context_length"].as_integer(), Some(7));
        assert_eq!(models[1]["context_length"].as_integer(), Some(131_072));
        assert!(listed(r#"{"data": []}"#).is_err());
    }
}
