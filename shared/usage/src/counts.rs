//! Counters of sums: what each counts, and what many of them come to.

use crate::latency::Latency;
use openclaw_core::Money;
use openclaw_schema::usage::{Detail, Latencies, TokenClasses};
use std::collections::BTreeMap;

// How counters begin that are named after something: errors by code, buckets of both latencies, and
// whom a label's item is about.
pub(crate) const CODE: &str = "e/";
pub(crate) const DURATION: &str = "d/";
pub(crate) const FIRST_TOKEN: &str = "t/";
pub(crate) const USER: &str = "u/";
pub(crate) const TAG: &str = "m/";

/// Counters that each item may have once, by their names.
const PLAIN: [(&str, Plain); Plain::COUNT] = [
    ("requests", Plain::Requests),
    ("prompt_tokens", Plain::Prompt),
    ("completion_tokens", Plain::Completion),
    ("cost", Plain::Cost),
    ("errors", Plain::Errors),
    ("interrupted", Plain::Interrupted),
    ("estimated", Plain::Estimated),
    ("cached_tokens", Plain::Cached),
    ("cache_write_tokens", Plain::CacheWrite),
    ("cache_write_1h_tokens", Plain::CacheWrite1h),
    ("audio_prompt_tokens", Plain::AudioPrompt),
    ("image_tokens", Plain::Image),
    ("reasoning_tokens", Plain::Reasoning),
    ("audio_completion_tokens", Plain::AudioCompletion),
    ("streams", Plain::Streams),
    ("cache_hits", Plain::CacheHits),
    ("fallbacks", Plain::Fallbacks),
    ("retries", Plain::Retries),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Plain {
    Requests,
    Prompt,
    Completion,
    /// Nano-dollars.
    Cost,
    Errors,
    Interrupted,
    Estimated,
    Cached,
    CacheWrite,
    CacheWrite1h,
    AudioPrompt,
    Image,
    Reasoning,
    AudioCompletion,
    Streams,
    CacheHits,
    Fallbacks,
    Retries,
}

impl Plain {
    const COUNT: usize = Self::Retries as usize + 1;
}

/// What a counter counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Field {
    Plain(Plain),
    /// Errors with this code.
    Code(String),
    /// Requests of this bucket of durations.
    Duration(u64),
    /// Requests of this bucket of times to the first token.
    FirstToken(u64),
    /// Requests of this user.
    User(String),
    /// Requests with this `name:value`.
    Tag(String),
    /// What a newer version counts.
    Unknown,
}

impl Field {
    /// By a counter's name.
    pub(crate) fn named(name: &str) -> Self {
        if let Some((_, plain)) = PLAIN.iter().find(|(known, _)| *known == name) {
            return Self::Plain(*plain);
        }
        let Some((prefix, rest)) = name.split_at_checked(2) else {
            return Self::Unknown;
        };
        match prefix {
            CODE => Self::Code(rest.to_owned()),
            DURATION => Self::Duration(rest.parse().unwrap_or_default()),
            FIRST_TOKEN => Self::FirstToken(rest.parse().unwrap_or_default()),
            USER => Self::User(rest.to_owned()),
            TAG => Self::Tag(rest.to_owned()),
            _ => Self::Unknown,
        }
    }
}

/// One item's counters that are not 0: an amendment leaves some at 0.
pub(crate) type Counted<'a> = [(&'a Field, u64)];

/// How often `plain` was counted.
pub(crate) fn count(counted: &Counted<'_>, plain: Plain) -> u64 {
    let mut found = counted.iter();
    let found = found.find(|(field, _)| **field == Field::Plain(plain));
    found.map_or(0, |(_, count)| *count)
}

/// What many items come to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sums {
    plain: [u64; Plain::COUNT],
    codes: BTreeMap<String, u64>,
    duration: Latency,
    first_token: Latency,
}

impl Sums {
    /// Adds an item.
    pub(crate) fn add(&mut self, counted: &Counted<'_>) {
        for (field, count) in counted {
            match field {
                Field::Plain(plain) => self.plain[*plain as usize] += count,
                Field::Duration(ms) => self.duration.add(*ms, *count),
                Field::FirstToken(ms) => self.first_token.add(*ms, *count),
                Field::Code(code) => match self.codes.get_mut(code) {
                    Some(sum) => *sum += count,
                    None => drop(self.codes.insert(code.clone(), *count)),
                },
                Field::User(_) | Field::Tag(_) | Field::Unknown => {}
            }
        }
    }

    pub(crate) const fn count(&self, plain: Plain) -> u64 {
        self.plain[plain as usize]
    }

    pub(crate) const fn tokens(&self) -> u64 {
        self.count(Plain::Prompt) + self.count(Plain::Completion)
    }

    pub(crate) fn cost(&self) -> Money {
        money(self.count(Plain::Cost))
    }

    /// Without the totals that a report names otherwise in its head and in its groups.
    pub(crate) fn detail(&self) -> Detail {
        let latencies = Latencies {
            duration_ms: self.duration.percentiles(),
            first_token_ms: self.first_token.percentiles(),
        };
        let token_classes = TokenClasses {
            cached: self.count(Plain::Cached),
            cache_write: self.count(Plain::CacheWrite),
            cache_write_1h: self.count(Plain::CacheWrite1h),
            audio_prompt: self.count(Plain::AudioPrompt),
            image: self.count(Plain::Image),
            reasoning: self.count(Plain::Reasoning),
            audio_completion: self.count(Plain::AudioCompletion),
        };
        Detail {
            prompt_tokens: self.count(Plain::Prompt),
            completion_tokens: self.count(Plain::Completion),
            errors: self.count(Plain::Errors),
            interrupted: self.count(Plain::Interrupted),
            estimated_requests: self.count(Plain::Estimated),
            token_classes,
            streamed: self.count(Plain::Streams),
            cached: self.count(Plain::CacheHits),
            fallbacks: self.count(Plain::Fallbacks),
            retries: self.count(Plain::Retries),
            latency: latencies.duration_ms.is_some().then_some(latencies),
            errors_by_code: self.codes.clone(),
        }
    }
}

/// The part of the sums that a slice of a day or an interval shows.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Brief {
    pub(crate) requests: u64,
    pub(crate) tokens: u64,
    nanos: u64,
    pub(crate) errors: u64,
}

impl Brief {
    /// Of one item.
    pub(crate) fn of(counted: &Counted<'_>) -> Self {
        Self {
            requests: count(counted, Plain::Requests),
            tokens: count(counted, Plain::Prompt) + count(counted, Plain::Completion),
            nanos: count(counted, Plain::Cost),
            errors: count(counted, Plain::Errors),
        }
    }

    pub(crate) fn cost(self) -> Money {
        money(self.nanos)
    }
}

impl std::ops::AddAssign for Brief {
    fn add_assign(&mut self, other: Self) {
        self.requests += other.requests;
        self.tokens += other.tokens;
        self.nanos += other.nanos;
        self.errors += other.errors;
    }
}

fn money(nanos: u64) -> Money {
    Money::from_nanos(i64::try_from(nanos).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counters_name_says_what_it_counts() {
        for (name, plain) in PLAIN {
            assert_eq!(PLAIN[plain as usize].0, name);
            assert_eq!(Field::named(name), Field::Plain(plain));
        }
        assert_eq!(Field::named("d/96"), Field::Duration(96));
        assert_eq!(Field::named("t/8"), Field::FirstToken(8));
        assert_eq!(Field::named("m/a:b/c"), Field::Tag("a:b/c".into()));
        assert_eq!(Field::named("u/ann"), Field::User("ann".into()));
        assert_eq!(Field::named("e/x"), Field::Code("x".into()));
        for newer in ["é", "x/y", "tomorrows"] {
            assert_eq!(Field::named(newer), Field::Unknown);
        }
    }
}
