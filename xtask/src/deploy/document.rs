//! The gateway's configuration on its way into KV: checked by the gateway's own command, stored as
//! JSON so that no Worker carries a TOML parser.

use crate::{cargo, process};
use anyhow::{Context, Result};
use serde_json::{Value, json};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// The key in KV that the Workers read it from.
pub(crate) const KEY: &str = "config";

/// The document in a file of the caller's.
pub(crate) struct Document {
    file: PathBuf,
    json: Value,
}

impl Document {
    /// Reads it; the error names the file.
    pub(crate) fn read(file: &Path) -> Result<Self> {
        let named = || file.display().to_string();
        let text = fs::read_to_string(file).with_context(named)?;
        let table: toml::Table = text.parse().with_context(named)?;
        Ok(Self {
            file: file.to_owned(),
            json: serde_json::to_value(table)?,
        })
    }

    /// An error with file, line, key and reason where the gateway would not take it.
    pub(crate) fn check(&self) -> Result<()> {
        let binary = cargo::server()?;
        let mut check = Command::new(binary);
        check.args(["config", "check", "--config"]).arg(&self.file);
        process::capture(&mut check).map(drop)
    }

    /// What becomes of it in `place`, for people.
    pub(crate) fn plan(document: Option<&Self>, place: &str) -> String {
        match document {
            Some(document) => format!("configuration: {} → {place}", document.file.display()),
            None => "configuration: as it is (no --config)".into(),
        }
    }

    /// As it goes into KV.
    pub(crate) fn json(&self) -> String {
        self.json.to_string()
    }

    /// The variables that hold its providers' keys.
    pub(crate) fn key_variables(&self) -> Vec<String> {
        key_variables(&self.json)
    }
}

/// The variables that hold the keys of the catalog's providers.
pub(crate) fn catalog_variables() -> Result<Vec<String>> {
    Ok(key_variables(&rows("catalog.json")?))
}

/// The variables of the other vendors that are known: their keys, and what their addresses are made of.
pub(crate) fn vendor_variables() -> Result<Vec<String>> {
    let vendors = rows("vendors.json")?;
    let mut names = key_variables(&json!({"providers": vendors}));
    let addresses = vendors.as_array().into_iter().flatten();
    let addresses = addresses.filter_map(|vendor| vendor["base_url"].as_str());
    let in_addresses = addresses.flat_map(|address| address.split("${").skip(1));
    let in_addresses = in_addresses.filter_map(|rest| rest.split_once('}'));
    names.extend(in_addresses.map(|(name, _)| name.to_owned()));
    Ok(names)
}

fn rows(file: &str) -> Result<Value> {
    let file = cargo::root().join("shared/providers").join(file);
    Ok(serde_json::from_str(&fs::read_to_string(file)?)?)
}

fn key_variables(document: &Value) -> Vec<String> {
    let providers = document["providers"].as_array().into_iter().flatten();
    let names = providers.filter_map(|provider| provider["api_key_env"].as_str());
    names.map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_the_one_that_the_workers_read() {
        assert_eq!(KEY, openclaw_web::CONFIG);
    }

    #[test]
    fn toml_becomes_json_and_names_its_key_variables() {
        let table: toml::Table =
            "[limits]\nfree = 7\n[[providers]]\nid = \"x\"\napi_key_env = \"X_KEY\""
                .parse()
                .unwrap();
        let document = Document {
            file: "x.toml".into(),
            json: serde_json::to_value(table).unwrap(),
        };
        assert_eq!(document.key_variables(), ["X_KEY"]);
        let json = r#"{"limits":{"free":7},"providers":[{"api_key_env":"X_KEY","id":"x"}]}"#;
        assert_eq!(document.json(), json);
        assert!(
            catalog_variables()
                .unwrap()
                .contains(&"OPENAI_API_KEY".into())
        );
        let vendors = vendor_variables().unwrap();
        for name in ["CEREBRAS_API_KEY", "DATABRICKS_TOKEN", "DATABRICKS_HOST"] {
            assert!(vendors.contains(&name.into()), "{name}: {vendors:?}");
        }
    }
}
