//! Rows of the configuration: providers and models, one by one.

use crate::settings::Settings;
use openclaw_core::{Code, Error, Result};
use openclaw_providers::built_in_rows;
use openclaw_web::Parsed;
use serde::Serialize;
use serde_json::{Map, Value};

/// A row as callers send it.
pub(crate) type Row = Map<String, Value>;

/// A list of the configuration.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rows {
    Providers,
    Models,
}

/// Where a row comes from.
#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(rename = "ConfigurationSource")
)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Source {
    /// It was made or changed at run time.
    Runtime,
    /// From the file.
    File,
    /// From the catalog that ships.
    BuiltIn,
}

/// A row, and where it comes from.
#[derive(Serialize)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(rename = "ConfigurationRow")
)]
pub(crate) struct RowView {
    /// Its name.
    id: String,
    /// `provider` or `model.config`.
    object: &'static str,
    /// Where it comes from.
    source: Source,
    /// Whether its key was given at run time; of providers only.
    #[serde(skip_serializing_if = "Option::is_none")]
    has_sealed_key: Option<bool>,
    /// Its other fields, as in the configuration.
    #[serde(flatten)]
    row: Row,
}

impl Rows {
    pub(crate) const fn list(self) -> &'static str {
        match self {
            Self::Providers => "providers",
            Self::Models => "models",
        }
    }

    const fn noun(self) -> &'static str {
        match self {
            Self::Providers => "provider",
            Self::Models => "model",
        }
    }

    fn view(self, parsed: &Parsed, source: Source, row: &Value) -> RowView {
        let mut row = row.as_object().cloned().unwrap_or_default();
        let id = row
            .remove("id")
            .and_then(|id| id.as_str().map(str::to_owned));
        let id = id.unwrap_or_default();
        let (object, has_sealed_key) = match self {
            Self::Providers => {
                let has = parsed.overlay.credentials.contains_key(&id);
                ("provider", Some(has))
            }
            Self::Models => ("model.config", None),
        };
        RowView {
            id,
            object,
            source,
            has_sealed_key,
            row,
        }
    }

    /// All rows: those of run time, the file's, then the built-in ones; each id once.
    pub(crate) fn all(self, parsed: &Parsed) -> Vec<RowView> {
        let file = parsed.base[self.list()].as_array();
        let built_in = built_in_rows(self.list());
        let runtime = parsed.overlay.rows(self.list()).iter();
        let rows = runtime.map(|row| (Source::Runtime, row));
        let rows = rows.chain(file.into_iter().flatten().map(|row| (Source::File, row)));
        let rows = rows.chain(built_in.iter().map(|row| (Source::BuiltIn, row)));
        let mut all: Vec<RowView> = vec![];
        for (source, row) in rows {
            if !all.iter().any(|other| row["id"] == other.id) {
                all.push(self.view(parsed, source, row));
            }
        }
        all
    }

    /// One of them; 404.
    pub(crate) fn one(self, parsed: &Parsed, id: &str) -> Result<RowView> {
        let (source, row) = self.find(parsed, id)?;
        Ok(self.view(parsed, source, &row))
    }

    fn find(self, parsed: &Parsed, id: &str) -> Result<(Source, Value)> {
        if let Some(row) = parsed.overlay.row(self.list(), id) {
            return Ok((Source::Runtime, row.clone()));
        }
        let file = parsed.base[self.list()].as_array();
        let of_file = file.into_iter().flatten().find(|row| row["id"] == id);
        if let Some(row) = of_file {
            return Ok((Source::File, row.clone()));
        }
        let mut built_in = built_in_rows(self.list()).into_iter();
        let row = built_in.find(|row| row["id"] == id);
        let row = row.ok_or_else(|| Error::not_found(format_args!("{} '{id}'", self.noun())))?;
        Ok((Source::BuiltIn, row))
    }

    /// Adds a row; 400, 409 where there is one of its id.
    pub(crate) async fn create(self, settings: Settings<'_>, row: Row) -> Result<RowView> {
        let id = match row.get("id").and_then(Value::as_str) {
            Some(id) if !id.is_empty() => id.to_owned(),
            _ => return Err(Error::invalid("id", "must be a text")),
        };
        let changed = settings.change(|parsed| {
            if self.find(parsed, &id).is_ok() {
                let message = format!("There is a {} '{id}' already: change it", self.noun());
                return Err(Error::new(Code::Conflict, message));
            }
            let row = Value::Object(row.clone());
            parsed.overlay.set_row(self.list(), row);
            Ok(())
        });
        let (parsed, ()) = changed.await.map_err(|error| self.named(error))?;
        self.one(&parsed, &id)
    }

    /// Changes a row: fields that are absent stay, `null` removes. One of the file or of the catalog becomes
    /// one of run time. 400, 404.
    pub(crate) async fn update(
        self,
        settings: Settings<'_>,
        id: &str,
        change: Row,
    ) -> Result<RowView> {
        if change.get("id").is_some_and(|own| own != id) {
            return Err(Error::invalid("id", "cannot be changed"));
        }
        let changed = settings.change(|parsed| {
            let (_, mut row) = self.find(parsed, id)?;
            for (name, value) in &change {
                // What takes a key away must be seen by what seals it.
                match value {
                    Value::Null if name != "api_key" => {
                        row.as_object_mut().and_then(|row| row.remove(name));
                    }
                    value => row[name] = value.clone(),
                }
            }
            parsed.overlay.set_row(self.list(), row);
            Ok(())
        });
        let (parsed, ()) = changed.await.map_err(|error| self.named(error))?;
        self.one(&parsed, id)
    }

    /// Removes a row of run time: what the file or the catalog has of its id counts again. 404, 409 for one
    /// that is theirs.
    pub(crate) async fn delete(self, settings: Settings<'_>, id: &str) -> Result<()> {
        let changed = settings.change(|parsed| {
            if parsed.overlay.remove_row(self.list(), id) {
                return Ok(());
            }
            self.find(parsed, id)?;
            let message = "It is not of run time: the file or the catalog has it";
            Err(Error::new(Code::Conflict, message))
        });
        changed.await.map(drop)
    }

    /// The error as it is told of one row: the field of `config.providers[0].base_url` is `base_url`.
    fn named(self, mut error: Error) -> Error {
        let Some(openclaw_core::Details::Field { field, issue }) = &error.details else {
            return error;
        };
        let start = format!("config.{}[", self.list());
        let own = field
            .strip_prefix(&start)
            .and_then(|rest| rest.split_once("]."));
        if let Some((_, own)) = own {
            error = Error::invalid(own.to_owned(), issue.clone());
        }
        error
    }
}
