//! What the operator changes at run time: sections of the configuration that stand over those of the file.

use super::{Config, ConfigError};
use openclaw_core::{Error, Result, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// How a provider's row names a key that is sealed in the overlay: no variable is called that.
const SEALED: &str = "sealed:";

/// The sections that are lists of rows with an `id`.
const LISTS: [&str; 2] = ["providers", "models"];

/// The document of one version.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
pub struct Overlay {
    /// Rises with each change; 0 where there was none.
    pub version: u64,
    /// When it was made.
    pub updated_at: Timestamp,
    /// Sections of the configuration. A row of `providers` or `models` replaces that of the same id, fields
    /// of other sections replace those of the file.
    pub config: Map<String, Value>,
    /// Providers' keys by the provider's id, each sealed.
    #[serde(default)]
    pub credentials: BTreeMap<String, String>,
}

impl Overlay {
    /// That nothing is in it that only the start reads; 400.
    pub fn validate(&self) -> Result<()> {
        match self.config.contains_key("server") {
            true => Err(Error::invalid(
                "config.server",
                "is read from the file only",
            )),
            false => Ok(()),
        }
    }

    /// The whole configuration: this over `base`.
    #[must_use]
    pub fn over(&self, base: &Value) -> Value {
        let mut whole = base.as_object().cloned().unwrap_or_default();
        for (section, own) in &self.config {
            let below = whole.entry(section.as_str()).or_insert(Value::Null);
            match LISTS.contains(&section.as_str()) {
                true => lay_rows(below, own),
                false => lay(below, own),
            }
        }
        let rows = whole.get_mut("providers").and_then(Value::as_array_mut);
        for row in rows.into_iter().flatten() {
            let sealed = row["id"]
                .as_str()
                .filter(|id| self.credentials.contains_key(*id));
            if let Some(id) = sealed {
                row["api_key_env"] = format!("{SEALED}{id}").into();
            }
        }
        Value::Object(whole)
    }

    /// The rows of a list, such as `providers`.
    pub fn rows(&self, list: &str) -> &[Value] {
        let rows = self.config.get(list).and_then(Value::as_array);
        rows.map_or(&[], Vec::as_slice)
    }

    /// One of them.
    pub fn row(&self, list: &str, id: &str) -> Option<&Value> {
        self.rows(list).iter().find(|row| row["id"] == id)
    }

    /// Puts a row in place of that of the same id, or after the others.
    pub fn set_row(&mut self, list: &str, row: Value) {
        let own = Value::Array(vec![row]);
        let rows = self.config.entry(list).or_insert(Value::Null);
        lay_rows(rows, &own);
    }

    /// Removes a row, and the key of a provider; whether it was there.
    pub fn remove_row(&mut self, list: &str, id: &str) -> bool {
        let rows = self.config.get_mut(list).and_then(Value::as_array_mut);
        let Some(rows) = rows else { return false };
        let before = rows.len();
        rows.retain(|row| row["id"] != id);
        let removed = rows.len() < before;
        if list == "providers" && removed {
            self.credentials.remove(id);
        }
        removed
    }

    /// Where in the overlay a fault of the whole configuration is: its rows have other places there.
    #[must_use]
    pub fn place(&self, whole: &Value, path: &str) -> String {
        let translate = || {
            let (list, rest) = path.split_once('[')?;
            let (at, rest) = rest.split_once(']')?;
            let id = whole[list][at.parse::<usize>().ok()?]["id"].as_str()?;
            let own = self.rows(list).iter().position(|row| row["id"] == id)?;
            Some(format!("config.{list}[{own}]{rest}"))
        };
        translate().unwrap_or_else(|| format!("config.{path}"))
    }
}

/// The id of the provider whose sealed key a row means by the name of its variable.
pub fn sealed_key(variable: &str) -> Option<&str> {
    variable.strip_prefix(SEALED)
}

/// Reads a whole configuration; the error names the path.
pub fn read(whole: &Value) -> std::result::Result<Config, ConfigError> {
    serde_path_to_error::deserialize(whole).map_err(|error| {
        let path = error.path().to_string();
        let issue = error.into_inner().to_string();
        // What is missing has no path of its own.
        let missing = issue.strip_prefix("missing field `");
        match missing.and_then(|rest| rest.split_once('`')) {
            Some((field, _)) => ConfigError {
                path: format!("{path}.{field}"),
                issue: "is required".into(),
            },
            None => ConfigError { path, issue },
        }
    })
}

fn lay_rows(below: &mut Value, own: &Value) {
    let mut rows = below.as_array().cloned().unwrap_or_default();
    for row in own.as_array().into_iter().flatten() {
        match rows
            .iter_mut()
            .find(|other| !row["id"].is_null() && other["id"] == row["id"])
        {
            Some(other) => *other = row.clone(),
            None => rows.push(row.clone()),
        }
    }
    // What is no list is a fault that the reader names.
    *below = match own {
        Value::Array(_) => Value::Array(rows),
        other => other.clone(),
    };
}

fn lay(below: &mut Value, own: &Value) {
    match (below, own) {
        (Value::Object(below), Value::Object(own)) => {
            for (name, value) in own {
                lay(below.entry(name.as_str()).or_insert(Value::Null), value);
            }
        }
        (below, own) => *below = own.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn overlay(config: Value) -> Overlay {
        Overlay {
            config: config.as_object().cloned().unwrap_or_default(),
            ..Overlay::default()
        }
    }

    #[test]
    fn rows_replace_by_id_and_fields_by_name() {
        let base = json!({
            "limits": {"free": 1, "pro": 2},
            "providers": [{"id": "a", "base_url": "https://a"}, {"id": "b", "base_url": "https://b"}],
        });
        let mut over = overlay(json!({
            "limits": {"pro": 3}, "cors": {"origins": []},
            "providers": [{"id": "b", "base_url": "https://c"}, {"id": "d", "base_url": "https://d"}],
        }));
        over.credentials.insert("d".into(), "v1.x".into());
        let expected = json!({
            "limits": {"free": 1, "pro": 3}, "cors": {"origins": []},
            "providers": [
                {"id": "a", "base_url": "https://a"}, {"id": "b", "base_url": "https://c"},
                {"id": "d", "base_url": "https://d", "api_key_env": "sealed:d"},
            ],
        });
        let whole = over.over(&base);
        assert_eq!(whole, expected);
        assert_eq!(
            over.place(&whole, "providers[2].base_url"),
            "config.providers[1].base_url"
        );
        assert_eq!(over.place(&whole, "limits.free"), "config.limits.free");
        assert!(over.remove_row("providers", "d") && over.credentials.is_empty());
        assert!(!over.remove_row("providers", "a"));
    }

    #[test]
    fn what_is_no_section_is_named() {
        let wrong = |config| read(&overlay(config).over(&json!({}))).unwrap_err().path;
        assert_eq!(wrong(json!({"providers": 7})), "providers");
        assert_eq!(wrong(json!({"limits": {"free": "many"}})), "limits.free");
        assert_eq!(wrong(json!({"limit": {}})), "limit");
        let server = overlay(json!({"server": {"port": 1}}));
        assert!(server.validate().is_err());
    }
}
