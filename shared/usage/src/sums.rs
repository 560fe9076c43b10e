//! Sums over the requests of an hour: one item for each key, endpoint, provider and model, and one for
//! each `user` and `metadata` that requests had.

use crate::{
    Retention, Status, UsageRow,
    counts::{CODE, DURATION, FIRST_TOKEN, TAG, USER},
    latency::Latency,
    rollups::{LATE, stale},
};
use openclaw_core::{
    ledger::{Counters, Delta, Step},
    time::{self, DAY},
};
use sha2::{Digest, Sha256};
use std::{borrow::Cow, collections::BTreeMap};

/// The prefix of sums: `sum/<hour>/<key>/<endpoint>/<provider>/<model>`.
pub(crate) const SUMS: &str = "sum/";

/// The prefix of sums by label: `label/<hour>/<hash of user and metadata>`. They are kept as long as
/// requests: what callers put there may be another for each.
pub(crate) const LABELS: &str = "label/";

/// The prefix of the sums that were written before they told endpoint and provider:
/// `hour/<hour>/<key>/<model>`.
pub(crate) const OLD_SUMS: &str = "hour/";

const SLASH: &str = "%2F";

/// The steps that add `row` to its sums; instead of `booked`, where they have it already.
pub(crate) fn steps(
    row: &UsageRow,
    booked: Option<&UsageRow>,
    kept: Retention,
) -> impl Iterator<Item = Step> {
    let mut items = BTreeMap::new();
    collect(row, 1, &mut items);
    if let Some(booked) = booked {
        collect(booked, -1, &mut items);
    }
    let started = row.started;
    let is_late = row.duration_ms > LATE.unsigned_abs() * 1000;
    let marks = is_late.then(|| stale(started, label_hash(row).is_some(), kept));
    let added = items.into_iter().filter_map(move |(key, counters)| {
        let deltas = counters.into_iter().filter(|(_, by)| *by != 0);
        let deltas = Vec::from_iter(deltas.map(|(field, by)| Delta::new(field, by)));
        let days = match key.starts_with(LABELS) {
            true => kept.request_days,
            false => kept.sum_days,
        };
        // A day longer than the last of its requests is kept.
        let expires = Some(time::shift(started, (days + 1) * DAY));
        (!deltas.is_empty()).then_some(Step::Add {
            key,
            deltas,
            expires,
        })
    });
    added.chain(marks.into_iter().flatten())
}

fn collect(row: &UsageRow, sign: i64, items: &mut BTreeMap<String, Counters>) {
    let hour = time::hour(row.started);
    // A provider's id in the configuration may have a slash.
    let provider = row.provider.as_deref().unwrap_or_default();
    let provider = provider.replace('/', SLASH);
    let endpoint = row.endpoint.as_str();
    let key = format!(
        "{SUMS}{hour}/{}/{endpoint}/{provider}/{}",
        row.key, row.model
    );
    add(row, sign, items.entry(key).or_default());
    if let Some(hash) = label_hash(row) {
        let label = items.entry(format!("{LABELS}{hour}/{hash}")).or_default();
        add(row, sign, label);
        let user = row.user.iter().map(|user| format!("{USER}{user}"));
        let tags = row.metadata.iter();
        let tags = tags.map(|(name, value)| format!("{TAG}{name}:{value}"));
        for field in user.chain(tags) {
            *label.entry(field).or_default() += sign;
        }
    }
}

fn label_hash(row: &UsageRow) -> Option<String> {
    if row.user.is_none() && row.metadata.is_empty() {
        return None;
    }
    let label = serde_json::to_vec(&(&row.user, &row.metadata)).ok()?;
    let hash = Sha256::digest(label);
    Some(
        hash.iter()
            .take(10)
            .map(|byte| format!("{byte:02x}"))
            .collect(),
    )
}

fn add(row: &UsageRow, sign: i64, counters: &mut Counters) {
    let mut add = |field: &str, by: u64| {
        if by > 0 {
            let by = i64::try_from(by).unwrap_or(i64::MAX);
            *counters.entry(field.to_owned()).or_default() += sign * by;
        }
    };
    let usage = &row.usage;
    let told = Option::unwrap_or_default;
    add("requests", 1);
    add("prompt_tokens", usage.prompt());
    add("completion_tokens", usage.completion());
    add("cost", u64::try_from(row.cost).unwrap_or_default());
    add("errors", (row.status == Status::Failed).into());
    add("interrupted", (row.status == Status::Interrupted).into());
    add("estimated", row.estimated.into());
    add("cached_tokens", told(usage.cached_tokens));
    add("cache_write_tokens", told(usage.cache_write_tokens));
    add("cache_write_1h_tokens", told(usage.cache_write_1h_tokens));
    add("audio_prompt_tokens", told(usage.audio_prompt_tokens));
    add("image_tokens", told(usage.image_tokens));
    add("reasoning_tokens", told(usage.reasoning_tokens));
    add(
        "audio_completion_tokens",
        told(usage.audio_completion_tokens),
    );
    add("streams", row.stream.into());
    add("cache_hits", row.cache.into());
    add("fallbacks", row.is_fallback().into());
    add("retries", row.retries() as u64);
    if let Some(code) = &row.code {
        add(&format!("{CODE}{code}"), 1);
    }
    add(
        &format!("{DURATION}{}", Latency::bucket(row.duration_ms)),
        1,
    );
    if let Some(ms) = row.first_token_ms {
        add(&format!("{FIRST_TOKEN}{}", Latency::bucket(ms)), 1);
    }
}

/// Whose sums an item holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Series<'a> {
    pub(crate) key: &'a str,
    pub(crate) endpoint: &'a str,
    pub(crate) provider: Cow<'a, str>,
    pub(crate) model: &'a str,
}

impl<'a> Series<'a> {
    /// By what follows the hour in the key of an item of [`SUMS`]; a model's id may have slashes.
    pub(crate) fn read(name: &'a str) -> Option<Self> {
        let mut parts = name.splitn(4, '/');
        Some(Self {
            key: parts.next()?,
            endpoint: parts.next()?,
            provider: match parts.next()? {
                plain if !plain.contains(SLASH) => plain.into(),
                quoted => quoted.replace(SLASH, "/").into(),
            },
            model: parts.next()?,
        })
    }
}

/// The hour of an item and what follows it, as items of `prefix` have it today.
pub(crate) fn hour_and_name<'a>(prefix: &str, key: &'a str) -> Option<(&'a str, Cow<'a, str>)> {
    let (hour, name) = key.strip_prefix(prefix)?.split_once('/')?;
    if prefix != OLD_SUMS {
        return Some((hour, name.into()));
    }
    let (key, model) = name.split_once('/')?;
    let endpoint = if model.is_empty() { "skills" } else { "chat" };
    Some((hour, format!("{key}/{endpoint}//{model}").into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_says_whose_sums_it_holds() {
        let item = "sum/2026-02-28T12/key_1/chat/a%2Fb/vendor/m/x";
        let (hour, name) = hour_and_name(SUMS, item).unwrap();
        assert_eq!(hour, "2026-02-28T12");
        let series = Series::read(&name).unwrap();
        assert_eq!((&*series.provider, series.model), ("a/b", "vendor/m/x"));
        let (_, old) = hour_and_name(OLD_SUMS, "hour/2026-02-28T12/key_1/vendor/m").unwrap();
        let old = Series::read(&old).unwrap();
        assert_eq!(
            (old.key, old.endpoint, &*old.provider, old.model),
            ("key_1", "chat", "", "vendor/m")
        );
        let (_, skill) = hour_and_name(OLD_SUMS, "hour/2026-02-28T12/key_1/").unwrap();
        assert_eq!(Series::read(&skill).unwrap().endpoint, "skills");
        assert_eq!(hour_and_name(SUMS, "sum/2026-02-28T12"), None);
        assert_eq!(Series::read("key_1"), None);
    }
}
