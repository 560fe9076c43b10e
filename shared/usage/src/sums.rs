//! Sums over the requests of an hour: one item for each key, endpoint, provider and model, and one for
//! each `user` and `metadata` that requests had.

use crate::{
    Retention, Status, UsageRow,
    days::{DAYS, LATE},
    latency::Latency,
};
use openclaw_core::{
    Money,
    ledger::{Counters, Delta, Step, When},
    time::{self, DAY},
};
use openclaw_schema::usage::{Detail, Latencies, TokenClasses};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// The prefix of sums: `sum/<hour>/<key>/<endpoint>/<provider>/<model>`.
pub(crate) const SUMS: &str = "sum/";

/// The prefix of sums by label: `label/<hour>/<hash of user and metadata>`. They are kept as long as
/// requests: what callers put there may be another for each.
pub(crate) const LABELS: &str = "label/";

/// The prefix of the sums that were written before they told endpoint and provider:
/// `hour/<hour>/<key>/<model>`.
pub(crate) const OLD_SUMS: &str = "hour/";

// Counters of an item beside the plain ones: errors by code, buckets of both latencies, and what a label's
// item is about.
const CODE: &str = "e/";
const DURATION: &str = "d/";
const FIRST_TOKEN: &str = "t/";
const USER: &str = "u/";
const TAG: &str = "m/";

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
    // What a report has made of that day is no longer true.
    let is_late = row.duration_ms > LATE.unsigned_abs() * 1000;
    let forget = is_late.then(|| Step::Delete {
        key: format!("{DAYS}{}", time::day(started)),
        when: When::Always,
    });
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
    added.chain(forget)
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
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
pub(crate) struct Series {
    pub(crate) key: String,
    pub(crate) endpoint: String,
    pub(crate) provider: String,
    pub(crate) model: String,
}

impl Series {
    /// The hour and the series of an item of [`SUMS`] or [`OLD_SUMS`]; a model's id may have slashes.
    pub(crate) fn of_item(item: &str) -> Option<(&str, Self)> {
        if let Some(rest) = item.strip_prefix(SUMS) {
            let mut parts = rest.splitn(5, '/');
            let hour = parts.next()?;
            let mut next = || parts.next().map(str::to_owned);
            let series = Self {
                key: next()?,
                endpoint: next()?,
                provider: next()?.replace(SLASH, "/"),
                model: next()?,
            };
            return Some((hour, series));
        }
        let mut parts = item.strip_prefix(OLD_SUMS)?.splitn(3, '/');
        let (hour, key, model) = (parts.next()?, parts.next()?, parts.next()?);
        let endpoint = if model.is_empty() { "skills" } else { "chat" };
        let series = Self {
            key: key.into(),
            endpoint: endpoint.into(),
            provider: String::new(),
            model: model.into(),
        };
        Some((hour, series))
    }
}

/// Sums over requests.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sums {
    pub(crate) requests: u64,
    pub(crate) cost: Money,
    prompt_tokens: u64,
    completion_tokens: u64,
    errors: u64,
    interrupted: u64,
    estimated: u64,
    streams: u64,
    cache_hits: u64,
    fallbacks: u64,
    retries: u64,
    tokens: TokenClasses,
    codes: BTreeMap<String, u64>,
    duration: Latency,
    first_token: Latency,
    /// Of a label's item: its user and tags.
    pub(crate) user: Option<String>,
    pub(crate) tags: Vec<String>,
}

impl Sums {
    pub(crate) fn read(counters: &Counters) -> Self {
        let mut sums = Self::default();
        for (field, count) in counters {
            sums.read_field(field, u64::try_from(*count).unwrap_or_default());
        }
        sums
    }

    fn read_field(&mut self, field: &str, count: u64) {
        let plain = match field {
            "requests" => &mut self.requests,
            "prompt_tokens" => &mut self.prompt_tokens,
            "completion_tokens" => &mut self.completion_tokens,
            "errors" => &mut self.errors,
            "interrupted" => &mut self.interrupted,
            "estimated" => &mut self.estimated,
            "cached_tokens" => &mut self.tokens.cached,
            "cache_write_tokens" => &mut self.tokens.cache_write,
            "cache_write_1h_tokens" => &mut self.tokens.cache_write_1h,
            "audio_prompt_tokens" => &mut self.tokens.audio_prompt,
            "image_tokens" => &mut self.tokens.image,
            "reasoning_tokens" => &mut self.tokens.reasoning,
            "audio_completion_tokens" => &mut self.tokens.audio_completion,
            "streams" => &mut self.streams,
            "cache_hits" => &mut self.cache_hits,
            "fallbacks" => &mut self.fallbacks,
            "retries" => &mut self.retries,
            "cost" => {
                self.cost = Money::from_nanos(i64::try_from(count).unwrap_or(i64::MAX));
                return;
            }
            other => return self.read_named(other, count),
        };
        *plain = count;
    }

    fn read_named(&mut self, field: &str, count: u64) {
        // An amendment leaves counters at 0.
        let Some((prefix, name)) = field.split_at_checked(2).filter(|_| count > 0) else {
            return;
        };
        match prefix {
            CODE => *self.codes.entry(name.to_owned()).or_default() += count,
            DURATION => self.duration.add(name.parse().unwrap_or_default(), count),
            FIRST_TOKEN => self
                .first_token
                .add(name.parse().unwrap_or_default(), count),
            USER => self.user = Some(name.to_owned()),
            TAG => self.tags.push(name.to_owned()),
            _ => {}
        }
    }

    pub(crate) const fn tokens(&self) -> u64 {
        self.prompt_tokens + self.completion_tokens
    }

    pub(crate) const fn errors(&self) -> u64 {
        self.errors
    }

    /// Without the totals that a report names otherwise in its head and in its groups.
    pub(crate) fn detail(&self) -> Detail {
        let latencies = Latencies {
            duration_ms: self.duration.percentiles(),
            first_token_ms: self.first_token.percentiles(),
        };
        Detail {
            prompt_tokens: self.prompt_tokens,
            completion_tokens: self.completion_tokens,
            errors: self.errors,
            interrupted: self.interrupted,
            estimated_requests: self.estimated,
            token_classes: self.tokens,
            streamed: self.streams,
            cached: self.cache_hits,
            fallbacks: self.fallbacks,
            retries: self.retries,
            latency: latencies.duration_ms.is_some().then_some(latencies),
            errors_by_code: self.codes.clone(),
        }
    }
}

impl std::ops::AddAssign<&Self> for Sums {
    fn add_assign(&mut self, other: &Self) {
        self.requests += other.requests;
        self.cost += other.cost;
        self.prompt_tokens += other.prompt_tokens;
        self.completion_tokens += other.completion_tokens;
        self.errors += other.errors;
        self.interrupted += other.interrupted;
        self.estimated += other.estimated;
        self.streams += other.streams;
        self.cache_hits += other.cache_hits;
        self.fallbacks += other.fallbacks;
        self.retries += other.retries;
        self.tokens += other.tokens;
        for (code, count) in &other.codes {
            *self.codes.entry(code.clone()).or_default() += count;
        }
        self.duration += &other.duration;
        self.first_token += &other.first_token;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_says_whose_sums_it_holds() {
        let (hour, series) = Series::of_item("sum/2026-02-28T12/key_1/chat//vendor/m/x").unwrap();
        assert_eq!(hour, "2026-02-28T12");
        assert_eq!((&*series.provider, &*series.model), ("", "vendor/m/x"));
        let (_, old) = Series::of_item("hour/2026-02-28T12/key_1/vendor/m").unwrap();
        assert_eq!(
            (&*old.key, &*old.endpoint, &*old.model),
            ("key_1", "chat", "vendor/m")
        );
        assert_eq!(
            Series::of_item("hour/2026-02-28T12/key_1/")
                .unwrap()
                .1
                .endpoint,
            "skills"
        );
        assert_eq!(Series::of_item("sum/2026-02-28T12/key_1"), None);
    }
}
