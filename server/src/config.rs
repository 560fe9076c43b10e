//! The configuration file: read, checked, and where it is wrong named by file, line and key.

use anyhow::{Context, Result, anyhow};
use clap::Args;
use openclaw_core::Details;
use openclaw_guardrails::check;
use openclaw_providers::Providers;
use openclaw_schema::config::Config;
use serde_json::Value;
use std::{
    fs,
    io::ErrorKind,
    ops::Range,
    path::{Path, PathBuf},
};
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

const DEFAULT: &str = "openclaw.toml";

/// Where configuration and data are.
#[derive(Args, Clone, Debug)]
pub(crate) struct ConfigArgs {
    /// The configuration file [default: openclaw.toml, where there is one]
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// The data folder, instead of the configured one
    #[arg(long, value_name = "FOLDER")]
    pub(crate) data: Option<PathBuf>,
}

/// The configuration that `arguments` name; the defaults where there is no file and none was named.
pub(crate) fn load(arguments: &ConfigArgs) -> Result<Config> {
    Ok(load_document(arguments)?.0)
}

/// The same, with the document as it is in the file.
pub(crate) fn load_document(arguments: &ConfigArgs) -> Result<(Config, Value)> {
    let file = arguments.config.as_deref().unwrap_or(Path::new(DEFAULT));
    let text = match fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound && arguments.config.is_none() => {
            String::new()
        }
        Err(error) => return Err(error).with_context(|| format!("cannot read {}", file.display())),
    };
    let mut config = parse(&text).map_err(|wrong| anyhow!("{}:{wrong}", file.display()))?;
    if let Some(data) = &arguments.data {
        config.server.data_dir.clone_from(data);
    }
    Ok((config, toml::from_str(&text)?))
}

/// The document, or `line: key: reason`.
fn parse(text: &str) -> Result<Config, String> {
    let line = |span: Option<Range<usize>>| {
        let start = span.map_or(0, |span| span.start).min(text.len());
        text[..start].matches('\n').count() + 1
    };
    let document = toml::Deserializer::parse(text)
        .map_err(|error| format!("{}: {}", line(error.span()), error.message()))?;
    let config: Config = serde_path_to_error::deserialize(document).map_err(|error| {
        let (path, inner) = (error.path(), error.inner());
        format!("{}: {path}: {}", line(inner.span()), inner.message())
    })?;
    // Credentials do not matter here: what they open is decided when the server starts.
    Providers::new(&config, |_| None)
        .map_err(|error| format!("{}: {error}", line(span_of(text, &error.path))))?;
    check("guardrails", &config.guardrails).map_err(|error| {
        let path = match &error.details {
            Some(Details::Field { field, .. }) => field,
            _ => "guardrails",
        };
        format!("{}: {}", line(span_of(text, path)), error.message)
    })?;
    Ok(config)
}

/// Where the value at a path such as `models[0].targets[1].provider` stands; where it is
/// missing, what should hold it.
fn span_of(text: &str, path: &str) -> Option<Range<usize>> {
    let table = DeTable::parse(text).ok()?;
    let steps = path
        .split(['.', '['])
        .map(|step| step.trim_end_matches(']'));
    let (mut span, mut value) = (table.span(), DeValue::Table(table.into_inner()));
    for step in steps {
        let Some(next) = child(value, step) else {
            break;
        };
        span = next.span();
        value = next.into_inner();
    }
    Some(span)
}

fn child<'a>(value: DeValue<'a>, step: &str) -> Option<Spanned<DeValue<'a>>> {
    match value {
        DeValue::Table(mut table) => table.remove(step),
        DeValue::Array(items) => items.into_iter().nth(step.parse().ok()?),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn what_is_wrong_is_named_by_line_and_key() {
        let cases = [
            ("[limits]\nfree = \"many\"\n", "2: limits.free: "),
            ("[limits]\n\nfre = 1\n", "3: limits.fre: unknown field"),
            ("[limits\n", "1: "),
            ("\n[limits]\npro = 0\n", "3: limits.pro: must be at least 1"),
            (
                "[[models]]\nid = \"a\"\ncontext_length = 1\ntargets = [\n  { provider = \"x\", model = \"m\" },\n]\n",
                "5: models[0].targets[0].provider: is not",
            ),
        ];
        for (text, expected) in cases {
            let wrong = parse(text).unwrap_err();
            assert!(wrong.starts_with(expected), "{wrong:?} for {text:?}");
        }
    }

    #[test]
    fn nothing_is_enough() {
        assert_eq!(parse("").unwrap().server.port, 3000);
    }

    #[test]
    fn defaults_of_fields_are_kept_as_json() {
        let text = "[[models]]\nid = \"a\"\ncontext_length = 1\ntargets = []\n\
            defaults = { stop = [\"x\"], temperature = 0.5, logit_bias = { 1 = -2 } }\n";
        let config: super::Config = toml::from_str(text).unwrap();
        let defaults = &config.models[0].defaults;
        assert_eq!(defaults.get("stop"), Some(r#"["x"]"#));
        assert_eq!(defaults.get("temperature"), Some("0.5"));
        assert_eq!(defaults.get("logit_bias"), Some(r#"{"1":-2}"#));
    }
}
