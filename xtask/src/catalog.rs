//! `cargo xtask catalog FILE`: what `shared/providers` knows of vendors, from a file of facts as
//! [models.dev](https://models.dev) publishes them: `{"providers": {ID: {env, client, api, models: {ID: {…}}}}}`.
//!
//! Left out are vendors without an address or with a transport of their own, and models that give no text or
//! whose price is not known.

use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

const FOLDER: &str = "shared/providers";

/// Vendors that our catalog names otherwise.
const RENAMED: [(&str, &str); 2] = [("google", "gemini"), ("togetherai", "together")];

/// Needs more than a key.
const LEFT_OUT: [&str; 2] = ["github-copilot", "perplexity-agent"];

#[derive(clap::Args)]
pub(crate) struct Options {
    /// The file of facts.
    file: PathBuf,
}

#[derive(Deserialize)]
struct Facts {
    providers: BTreeMap<String, Vendor>,
}

#[derive(Deserialize)]
struct Vendor {
    env: Vec<String>,
    client: String,
    api: Option<String>,
    models: BTreeMap<String, Model>,
}

#[derive(Deserialize)]
struct Model {
    name: String,
    context: u64,
    output: u64,
    cost: Option<Cost>,
    #[serde(rename = "in")]
    takes: Vec<String>,
    #[serde(rename = "out")]
    gives: Vec<String>,
    tools: bool,
    reasoning: bool,
}

/// Dollars per million tokens.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Cost {
    input: f64,
    output: f64,
    #[serde(alias = "cache_input", alias = "cached_input")]
    cache_read: Option<f64>,
    #[serde(alias = "cached_write")]
    cache_write: Option<f64>,
    reasoning: Option<f64>,
    input_audio: Option<f64>,
    output_audio: Option<f64>,
    tiers: Vec<Tier>,
}

#[derive(Deserialize)]
struct Tier {
    tier: Above,
    #[serde(flatten)]
    cost: Cost,
}

#[derive(Deserialize)]
struct Above {
    size: u64,
}

/// Writes both files.
pub(crate) fn run(options: &Options) -> Result<()> {
    let text = fs::read_to_string(&options.file)
        .with_context(|| format!("cannot read {}", options.file.display()))?;
    let facts: Facts = serde_json::from_str(&text).context("not a file of facts")?;
    let folder = Path::new(FOLDER);
    let ours = fs::read_to_string(folder.join("catalog.json"))?;
    let ours: Value = serde_json::from_str(&ours).context("catalog.json")?;
    let ours = ours["providers"].as_array().context("catalog.json")?;
    let ours = ours.iter().filter_map(|row| row["id"].as_str()).collect();
    let (rows, models) = tables(&facts, &ours)?;
    fs::write(folder.join("vendors.json"), &rows)?;
    fs::write(folder.join("vendor-models.tsv"), &models)?;
    println!(
        "{} vendors, {} models",
        rows.lines().count() - 2,
        models.lines().count()
    );
    Ok(())
}

/// The rows of vendors that are not `ours`, and the lines of models.
fn tables(facts: &Facts, ours: &BTreeSet<&str>) -> Result<(String, String)> {
    let mut rows = Vec::new();
    let mut lines = BTreeMap::new();
    for (id, vendor) in &facts.providers {
        let renamed = RENAMED.iter().find(|(theirs, _)| theirs == id);
        let id = renamed.map_or(id.as_str(), |(_, ours)| ours);
        let Some(row) = row(id, vendor) else { continue };
        if !ours.contains(id) {
            rows.push(row.to_string());
        }
        for (model, known) in &vendor.models {
            if let Some(line) = line(known) {
                let name = format!("{id}/{model}");
                ensure!(
                    !line.contains('\n') && line.matches('\t').count() == 4,
                    "{name}"
                );
                lines.insert(name, line);
            }
        }
    }
    let lines = lines.iter().map(|(name, line)| format!("{name}\t{line}\n"));
    Ok((format!("[\n{}\n]\n", rows.join(",\n")), lines.collect()))
}

/// As the configuration would have it; `None` where it cannot be called with a key alone.
fn row(id: &str, vendor: &Vendor) -> Option<Value> {
    let base_url = vendor.api.as_deref()?.trim_end_matches('/');
    let of_key = |name: &&String| !base_url.contains(&format!("${{{name}}}"));
    let mut names: Vec<_> = vendor.env.iter().filter(of_key).collect();
    names.sort_by_key(|name| !name.ends_with("KEY"));
    let key = names.first()?;
    if LEFT_OUT.contains(&id) || !base_url.starts_with("http") {
        return None;
    }
    let mut row = json!({"id": id, "base_url": base_url, "api_key_env": key});
    if vendor.client == "@ai-sdk/anthropic" {
        row["dialect"] = json!("anthropic");
    }
    Some(row)
}

/// All columns after the name.
fn line(model: &Model) -> Option<String> {
    let cost = model.cost.as_ref()?;
    let is_text = |kinds: &[String]| kinds.iter().any(|kind| kind == "text");
    if !is_text(&model.gives) || !is_text(&model.takes) || model.context == 0 {
        return None;
    }
    let output = match model.output {
        0 => model.context,
        output => output.min(model.context),
    };
    let name = model.name.replace(['\t', '\n'], " ");
    let can = capabilities(model).join(" ");
    let prices = prices(cost);
    Some(format!(
        "{name}\t{}\t{output}\t{can}\t{prices}",
        model.context
    ))
}

fn capabilities(model: &Model) -> Vec<&'static str> {
    if model.name.to_lowercase().contains("embed") {
        return vec!["embedding"];
    }
    let takes = |kind: &str| model.takes.iter().any(|taken| taken == kind);
    let all = [
        (true, "chat"),
        (model.tools, "function_calling"),
        (takes("image"), "vision"),
        (takes("audio"), "audio"),
        (model.reasoning, "reasoning"),
    ];
    all.into_iter()
        .filter(|(can, _)| *can)
        .map(|(_, name)| name)
        .collect()
}

/// `schema::pricing::Pricing` as JSON: dollars per 1,000 tokens.
fn prices(cost: &Cost) -> String {
    let mut fields = vec![
        format!("\"prompt\":{}", per_thousand(cost.input)),
        format!("\"completion\":{}", per_thousand(cost.output)),
    ];
    let classes = [
        ("cached_prompt", cost.cache_read),
        ("cache_write", cost.cache_write),
        ("reasoning", cost.reasoning),
        ("audio_prompt", cost.input_audio),
        ("audio_completion", cost.output_audio),
    ];
    // 0 says that the class has no price of its own, not that it is free.
    let priced = classes
        .iter()
        .filter_map(|(class, price)| Some((class, (*price)?)));
    let priced = priced.filter(|(_, price)| *price > 0.0);
    fields.extend(priced.map(|(class, price)| format!("\"{class}\":{}", per_thousand(price))));
    let tiers: Vec<_> = cost.tiers.iter().map(tier).collect();
    if !tiers.is_empty() {
        fields.push(format!("\"tiers\":[{}]", tiers.join(",")));
    }
    format!("{{{}}}", fields.join(","))
}

/// A tier has no price of its own for audio.
fn tier(tier: &Tier) -> String {
    let cost = Cost {
        input: tier.cost.input,
        output: tier.cost.output,
        cache_read: tier.cost.cache_read,
        cache_write: tier.cost.cache_write,
        ..Cost::default()
    };
    prices(&cost).replacen('{', &format!("{{\"above\":{},", tier.tier.size), 1)
}

fn per_thousand(per_million: f64) -> String {
    let text = format!("{:.9}", per_million / 1000.0);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts() -> Facts {
        let chat = json!({"name": "Chat", "context": 1000, "output": 2000, "in": ["text", "image"], "out": ["text"],
            "tools": true, "reasoning": false, "cost": {"input": 0.132, "output": 1.254, "cache_read": 0,
            "cache_write": 3.75, "tiers": [{"tier": {"size": 500}, "input": 6, "output": 22.5}]}});
        let mut free = chat.clone();
        free["cost"] = Value::Null;
        let mut picture = chat.clone();
        picture["out"] = json!(["image"]);
        let vendor = |client: &str, api: &str| {
            json!({"env": ["V_HOST", "V_TOKEN", "V_KEY"], "client": client, "api": api,
                "models": {"a:b": chat, "free": free, "picture": picture}})
        };
        let none = json!({"env": ["X"], "client": "x", "models": {"a": chat}});
        serde_json::from_value(json!({"providers": {
            "google": vendor("@ai-sdk/google", "https://g/v1/"),
            "v": vendor("@ai-sdk/anthropic", "https://${V_HOST}/v1"),
            "none": none,
        }}))
        .unwrap()
    }

    #[test]
    fn vendors_become_rows_and_models_lines() {
        let (rows, models) = tables(&facts(), &BTreeSet::from(["gemini"])).unwrap();
        let rows: Value = serde_json::from_str(&rows).unwrap();
        let row = json!({"id": "v", "base_url": "https://${V_HOST}/v1", "api_key_env": "V_KEY", "dialect": "anthropic"});
        assert_eq!(rows, json!([row]));
        let line = "Chat\t1000\t1000\tchat function_calling vision\t{\"prompt\":0.000132,\"completion\":0.001254,\
            \"cache_write\":0.00375,\"tiers\":[{\"above\":500,\"prompt\":0.006,\"completion\":0.0225}]}\n";
        assert_eq!(models, format!("gemini/a:b\t{line}v/a:b\t{line}"));
    }
}
