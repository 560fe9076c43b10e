//! Vendors beyond the catalog: where they are, and what their models can do and cost.
//!
//! `vendors.json` has their rows as the configuration would. `vendor-models.tsv` has a line a model, sorted by
//! its first column: `vendor/model`, a name for people, tokens of prompt and completion together, tokens of a
//! completion, capabilities, prices. A process reads the rows once, and a line when its model is asked for: 3,800
//! models cost a start nothing. `cargo xtask catalog` makes both files anew.

use openclaw_schema::config::{self, ConfigError};
use std::ops::Range;

const ROWS: &str = include_str!("../vendors.json");
const MODELS: &str = include_str!("../vendor-models.tsv");

/// The vendors' rows. A `base_url` may have `${VARIABLE}` in it.
pub(crate) fn rows() -> Result<Vec<config::Provider>, ConfigError> {
    serde_json::from_str(ROWS).map_err(|error| ConfigError {
        path: "vendors.json".into(),
        issue: error.to_string(),
    })
}

/// The same as documents.
pub(crate) fn documents() -> Vec<serde_json::Value> {
    serde_json::from_str(ROWS).unwrap_or_default()
}

/// `base_url` with the variables it names in place; `None` where one is not set.
pub(crate) fn address(base_url: &str, variable: &dyn Fn(&str) -> Option<String>) -> Option<String> {
    let Some((before, rest)) = base_url.split_once("${") else {
        return Some(base_url.into());
    };
    let (name, after) = rest.split_once('}')?;
    let value = variable(name)?;
    let value = value.trim().trim_end_matches('/');
    (!value.is_empty()).then_some(())?;
    Some(format!("{before}{value}{}", address(after, variable)?))
}

/// The variables that a `base_url` names.
pub(crate) fn address_variables(base_url: &str) -> impl Iterator<Item = &str> {
    let after = base_url.split("${").skip(1);
    after.filter_map(|rest| rest.split_once('}').map(|(name, _)| name))
}

/// The names of a vendor's models with its own before them, in order.
pub(crate) fn names(vendor: &str) -> impl Iterator<Item = &'static str> {
    let of_vendor = format!("{vendor}/");
    lines_from(&of_vendor)
        .map(name_of)
        .take_while(move |name| name.starts_with(&of_vendor))
}

/// What is known of `vendor/model`, as a configuration would say it.
pub(crate) fn model(name: &str) -> Option<config::Model> {
    let line = lines_from(name)
        .next()
        .filter(|line| name_of(line) == name)?;
    let (vendor, model) = name.split_once('/')?;
    let mut columns = line.split('\t').skip(1);
    let mut next = || columns.next();
    Some(config::Model {
        id: name.into(),
        name: next().filter(|name| !name.is_empty()).map(str::to_owned),
        context_length: next()?.parse().ok()?,
        max_output_tokens: Some(next()?.parse().ok()?),
        capabilities: next()?.split(' ').map(str::to_owned).collect(),
        pricing: serde_json::from_str(next()?).ok()?,
        targets: vec![config::Target {
            provider: vendor.into(),
            model: model.into(),
            weight: 1,
        }],
        strategy: config::Strategy::default(),
        continues: false,
        fallbacks: Vec::new(),
        defaults: Default::default(),
    })
}

fn name_of(line: &str) -> &str {
    line.split('\t').next().unwrap_or_default()
}

/// The lines from the first whose name is not before `name`.
fn lines_from(name: &str) -> std::str::Lines<'static> {
    let mut range = 0..MODELS.len();
    while !range.is_empty() {
        let line = line_at(range.start.midpoint(range.end));
        match name_of(&MODELS[line.clone()]) < name {
            true => range.start = line.end,
            false => range.end = line.start,
        }
    }
    MODELS[range.start..].lines()
}

/// The line, with its end, that has the byte at `at`.
fn line_at(at: usize) -> Range<usize> {
    let bytes = MODELS.as_bytes();
    let start = memchr::memrchr(b'\n', &bytes[..at]).map_or(0, |end| end + 1);
    let end = memchr::memchr(b'\n', &bytes[at..]).map_or(bytes.len(), |end| at + end + 1);
    start..end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_found_by_its_name_and_reads_as_a_model() {
        let names: Vec<_> = MODELS.lines().map(name_of).collect();
        assert!(names.len() > 3000 && names.is_sorted(), "{}", names.len());
        for name in &names {
            let model = model(name).unwrap_or_else(|| panic!("{name}"));
            assert_eq!(model.id, *name);
            assert!(model.context_length > 0, "{name}");
        }
        for absent in ["", "a", "groq/", "groq/nothing", "zzz/zzz", "ä"] {
            assert!(model(absent).is_none(), "{absent}");
        }
    }

    #[test]
    fn a_vendors_models_are_all_of_its_lines() {
        let vendors = rows().unwrap();
        let of_vendors = vendors
            .iter()
            .map(|row| names(&row.id).count())
            .sum::<usize>();
        let of_the_catalog = [
            "openai",
            "anthropic",
            "gemini",
            "mistral",
            "groq",
            "deepseek",
        ]
        .into_iter()
        .chain(["openrouter", "together", "xai"]);
        let of_the_catalog: usize = of_the_catalog.map(|vendor| names(vendor).count()).sum();
        assert_eq!(of_vendors + of_the_catalog, MODELS.lines().count());
        assert!(names("groq").all(|name| name.starts_with("groq/")));
        assert_eq!(names("nobody").count(), 0);
    }

    #[test]
    fn an_address_needs_all_of_its_variables() {
        let variable = |name: &str| (name == "HOST").then(|| " example.com/ ".to_owned());
        let found = |text| address(text, &variable);
        assert_eq!(found("https://a/v1").as_deref(), Some("https://a/v1"));
        assert_eq!(
            found("https://${HOST}/x/${HOST}").as_deref(),
            Some("https://example.com/x/example.com")
        );
        assert_eq!(found("https://${HOST}/${OTHER}"), None);
    }
}
