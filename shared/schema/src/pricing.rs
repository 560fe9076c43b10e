//! Prices of a model, and what an answer costs at them.

use crate::usage::TokenUsage;
use openclaw_core::{Money, Price};
use serde::{Deserialize, Serialize};
use std::{borrow::Cow, collections::BTreeMap};

/// `pricing = { prompt = 0.03, completion = 0.06, cached_prompt = 0.003 }`: dollars per 1,000
/// tokens, but for `request` and `extras`. Each token is priced once, in its own class; a class
/// without a price costs what `prompt` or `completion` costs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Pricing {
    /// Tokens in.
    pub prompt: Price,
    /// Tokens out.
    pub completion: Price,
    /// Tokens in that were read from a cache.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cached_prompt: Option<Price>,
    /// Tokens in that were written to a cache for minutes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_write: Option<Price>,
    /// Tokens in that were written to a cache for an hour.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_write_1h: Option<Price>,
    /// Tokens of images in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<Price>,
    /// Tokens of audio in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audio_prompt: Option<Price>,
    /// Tokens of audio out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audio_completion: Option<Price>,
    /// Reasoning tokens out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reasoning: Option<Price>,
    /// Dollars of each answer, whatever its tokens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<Money>,
    /// Request fields that change the price, such as `web_search_options`, and the dollars that an
    /// answer costs more with each. A field of that kind that is not here is refused.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub extras: BTreeMap<String, Money>,
    /// Other prices for long prompts; the tier with the largest `above` that the prompt exceeds
    /// counts, for all tokens of the request.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tiers: Vec<PriceTier>,
    /// Other prices where a request asks for this `service_tier`, such as `flex` or `priority`. A tier
    /// that is not here is refused.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub service_tiers: BTreeMap<String, ServiceTier>,
}

/// Prices of a service tier. What is absent is as in the [`Pricing`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct ServiceTier {
    /// See [`Pricing::prompt`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prompt: Option<Price>,
    /// See [`Pricing::completion`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub completion: Option<Price>,
    /// See [`Pricing::cached_prompt`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cached_prompt: Option<Price>,
    /// See [`Pricing::cache_write`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_write: Option<Price>,
    /// See [`Pricing::cache_write_1h`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_write_1h: Option<Price>,
    /// See [`Pricing::reasoning`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reasoning: Option<Price>,
    /// See [`Pricing::tiers`]; none where these are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tiers: Vec<PriceTier>,
}

/// The field of a request that chooses a service tier; a [priced field](Pricing::with_extras) is this with
/// the tier's name after a colon.
pub(crate) const SERVICE_TIER: &str = "service_tier";

/// Prices of requests with more than `above` tokens in. What is absent is as in the [`Pricing`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PriceTier {
    /// Tokens in.
    pub above: u64,
    /// See [`Pricing::prompt`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prompt: Option<Price>,
    /// See [`Pricing::completion`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub completion: Option<Price>,
    /// See [`Pricing::cached_prompt`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cached_prompt: Option<Price>,
    /// See [`Pricing::cache_write`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_write: Option<Price>,
    /// See [`Pricing::cache_write_1h`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_write_1h: Option<Price>,
    /// See [`Pricing::reasoning`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reasoning: Option<Price>,
}

/// What an answer costs in each class of its tokens, in nano-dollars; classes that cost nothing are
/// left out. A class without a price of its own is part of `prompt` or `completion`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(transparent)]
pub struct ClassCosts(BTreeMap<Cow<'static, str>, i64>);

impl ClassCosts {
    fn add(&mut self, class: &'static str, cost: Money) {
        if cost > Money::ZERO {
            let sum = self.0.entry(Cow::Borrowed(class)).or_default();
            *sum = sum.saturating_add(cost.nanos());
        }
    }

    /// All classes together.
    pub fn total(&self) -> Money {
        self.0.values().copied().map(Money::from_nanos).sum()
    }

    /// Whether nothing costs anything.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Both together.
    #[must_use]
    pub fn plus(mut self, other: Self) -> Self {
        for (class, cost) in other.0 {
            let sum = self.0.entry(class).or_default();
            *sum = sum.saturating_add(cost);
        }
        self
    }

    /// The dollars of each class, by its name in [`Pricing`].
    pub fn dollars(&self) -> BTreeMap<String, Money> {
        let each = self.0.iter();
        each.map(|(class, cost)| (class.to_string(), Money::from_nanos(*cost)))
            .collect()
    }
}

impl Pricing {
    /// Dollars of an answer with these counts; what was not told counts as 0.
    pub fn cost(&self, usage: &TokenUsage) -> Money {
        let mut cost = Money::ZERO;
        self.each_class(usage, |_, of_class| cost += of_class);
        cost
    }

    /// The same by class: its total is [`Self::cost`].
    pub fn class_costs(&self, usage: &TokenUsage) -> ClassCosts {
        let mut costs = ClassCosts::default();
        self.each_class(usage, |class, cost| costs.add(class, cost));
        costs
    }

    fn each_class(&self, usage: &TokenUsage, mut add: impl FnMut(&'static str, Money)) {
        let prompt = usage.prompt();
        let tier = self.tier(prompt);
        let of_tier = |price: fn(&PriceTier) -> Option<Price>| tier.and_then(price);
        let prompt_price = of_tier(|tier| tier.prompt).unwrap_or(self.prompt);
        let completion_price = of_tier(|tier| tier.completion).unwrap_or(self.completion);
        add("request", self.request.unwrap_or(Money::ZERO));
        priced(
            ("prompt", prompt, prompt_price),
            [
                (
                    "cached_prompt",
                    usage.cached_tokens,
                    of_tier(|tier| tier.cached_prompt).or(self.cached_prompt),
                ),
                (
                    "cache_write_1h",
                    usage.cache_write_1h_tokens,
                    of_tier(|tier| tier.cache_write_1h).or(self.cache_write_1h),
                ),
                (
                    "cache_write",
                    usage.cache_write_tokens,
                    of_tier(|tier| tier.cache_write).or(self.cache_write),
                ),
                ("audio_prompt", usage.audio_prompt_tokens, self.audio_prompt),
                ("image", usage.image_tokens, self.image),
            ],
            &mut add,
        );
        priced(
            ("completion", usage.completion(), completion_price),
            [
                (
                    "audio_completion",
                    usage.audio_completion_tokens,
                    self.audio_completion,
                ),
                (
                    "reasoning",
                    usage.reasoning_tokens,
                    of_tier(|tier| tier.reasoning).or(self.reasoning),
                ),
            ],
            &mut add,
        );
    }

    /// The most that a request within `bound` can cost: for what is held back before the call.
    pub fn max_cost(&self, bound: &UsageBound) -> Money {
        let media = [self.audio_prompt, self.image];
        let prompt = bound.text_prompt.saturating_add(bound.media_prompt);
        let of_tiers = self.tiers.iter().filter(|tier| prompt > tier.above);
        let (mut text, mut out) = (self.prompt, self.completion.max_with(&[self.reasoning]));
        text = text.max_with(&[self.cached_prompt, self.cache_write, self.cache_write_1h]);
        for tier in of_tiers {
            text = text.max_with(&[
                tier.prompt,
                tier.cached_prompt,
                tier.cache_write,
                tier.cache_write_1h,
            ]);
            out = out.max_with(&[tier.completion, tier.reasoning]);
        }
        if bound.audio {
            out = out.max_with(&[self.audio_completion]);
        }
        let mut cost = self.request.unwrap_or(Money::ZERO);
        cost += text.of(bound.text_prompt);
        cost += text.max_with(&media).of(bound.media_prompt);
        cost += out.of(bound.completion);
        cost
    }

    /// Whether a request may have this priced field: one of [`Self::extras`], or a service tier.
    pub(crate) fn prices(&self, field: &str) -> bool {
        let tier = service_tier(field);
        self.extra(field).is_some()
            || tier.is_some_and(|tier| self.service_tiers.contains_key(tier))
    }

    fn extra(&self, field: &str) -> Option<Money> {
        let name = service_tier(field).map_or(field, |_| SERVICE_TIER);
        self.extras.get(name).copied()
    }

    /// These prices for a request that has `fields` of [`Self::extras`] and [`Self::service_tiers`].
    #[must_use]
    pub fn with_extras(&self, fields: &[String]) -> Self {
        let extra: Money = fields.iter().filter_map(|field| self.extra(field)).sum();
        let tier = fields.iter().find_map(|field| service_tier(field));
        let tier = tier.and_then(|tier| self.service_tiers.get(tier));
        let mut pricing = Self {
            extras: BTreeMap::new(),
            service_tiers: BTreeMap::new(),
            ..self.clone()
        };
        if let Some(tier) = tier {
            pricing.prompt = tier.prompt.unwrap_or(self.prompt);
            pricing.completion = tier.completion.unwrap_or(self.completion);
            pricing.cached_prompt = tier.cached_prompt.or(self.cached_prompt);
            pricing.cache_write = tier.cache_write.or(self.cache_write);
            pricing.cache_write_1h = tier.cache_write_1h.or(self.cache_write_1h);
            pricing.reasoning = tier.reasoning.or(self.reasoning);
            pricing.tiers.clone_from(&tier.tiers);
        }
        if extra > Money::ZERO {
            let request = pricing.request.get_or_insert(Money::ZERO);
            *request += extra;
        }
        pricing
    }

    /// Whether nothing costs anything.
    pub fn is_free(&self) -> bool {
        *self == Self::default()
    }

    fn tier(&self, prompt: u64) -> Option<&PriceTier> {
        let exceeded = self.tiers.iter().filter(|tier| prompt > tier.above);
        exceeded.max_by_key(|tier| tier.above)
    }
}

/// The most tokens that a request can take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UsageBound {
    /// Tokens in that are text.
    pub text_prompt: u64,
    /// Tokens in of images, audio and files.
    pub media_prompt: u64,
    /// Tokens out.
    pub completion: u64,
    /// Whether the answer may have audio.
    pub audio: bool,
}

/// Adds the cost of `all` tokens of a kind: those of each class at its own price, the rest at `price`.
/// Classes are held within what the ones before them left, so that no token is priced twice.
fn priced<const N: usize>(
    (kind, all, price): (&'static str, u64, Price),
    classes: [(&'static str, Option<u64>, Option<Price>); N],
    add: &mut impl FnMut(&'static str, Money),
) {
    let mut rest = all;
    for (class, count, own) in classes {
        let Some(own) = own else { continue };
        let count = count.unwrap_or_default().min(rest);
        add(class, own.of(count));
        rest -= count;
    }
    add(kind, price.of(rest));
}

/// The tier that a priced field names.
fn service_tier(field: &str) -> Option<&str> {
    field.strip_prefix(SERVICE_TIER)?.strip_prefix(':')
}

trait MaxWith {
    fn max_with(self, others: &[Option<Price>]) -> Self;
}

impl MaxWith for Price {
    fn max_with(self, others: &[Option<Price>]) -> Self {
        others.iter().flatten().copied().fold(self, Self::max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn pricing(document: Value) -> Pricing {
        serde_json::from_value(document).unwrap()
    }

    fn usage(document: Value) -> TokenUsage {
        serde_json::from_value(document).unwrap()
    }

    /// Anthropic's ratios at $1 and $10 per 1,000 tokens.
    fn classes() -> Value {
        json!({"prompt": 1, "completion": 10, "cached_prompt": 0.1, "cache_write": 1.25, "cache_write_1h": 2})
    }

    #[test]
    fn each_token_is_priced_once_in_its_class() {
        // 3 + 1.25 x 12,304 + 0.1 x 1,000 = 15,483 prompt units = $15.483; 550 x $0.01 = $5.50.
        let counts = usage(json!({
            "prompt_tokens": 13307, "cached_tokens": 1000, "cache_write_tokens": 12304,
            "completion_tokens": 550,
        }));
        assert_eq!(pricing(classes()).cost(&counts).to_string(), "20.983");
        // Without prices of their own the classes cost what the rest costs: 13.307 + 5.5.
        let flat = pricing(json!({"prompt": 1, "completion": 10}));
        assert_eq!(flat.cost(&counts).to_string(), "18.807");
        // 2 x 500 + 0.1 x 100 + 400 = 1,410 prompt units.
        let hour = usage(json!({
            "prompt_tokens": 1000, "cached_tokens": 100, "cache_write_1h_tokens": 500,
        }));
        assert_eq!(pricing(classes()).cost(&hour).to_string(), "1.41");
    }

    #[test]
    fn the_classes_of_a_cost_are_told_and_add_up() {
        let counts = usage(json!({
            "prompt_tokens": 13307, "cached_tokens": 1000, "cache_write_tokens": 12304,
            "completion_tokens": 550,
        }));
        let prices = pricing(classes());
        let costs = prices.class_costs(&counts);
        assert_eq!(costs.total(), prices.cost(&counts));
        assert_eq!(
            json!(costs.dollars()),
            json!({"prompt": 0.003, "cached_prompt": 0.1, "cache_write": 15.38, "completion": 5.5})
        );
        let twice = costs.clone().plus(costs.clone());
        assert_eq!(twice.total().nanos(), 2 * costs.total().nanos());
        let stored = serde_json::to_string(&twice).unwrap();
        assert_eq!(serde_json::from_str::<ClassCosts>(&stored).unwrap(), twice);
    }

    #[test]
    fn reasoning_and_other_modalities_have_their_own_prices() {
        let prices = pricing(json!({
            "prompt": 1, "completion": 10, "reasoning": 20, "audio_prompt": 3, "image": 2,
            "audio_completion": 40, "request": 0.5,
        }));
        // 0.5 + 70 x 0.001 + 20 x 0.003 + 10 x 0.002 + 60 x 0.01 + 30 x 0.02 + 10 x 0.04
        // = 0.5 + 0.07 + 0.06 + 0.02 + 0.6 + 0.6 + 0.4
        let counts = usage(json!({
            "prompt_tokens": 100, "audio_prompt_tokens": 20, "image_tokens": 10,
            "completion_tokens": 100, "reasoning_tokens": 30, "audio_completion_tokens": 10,
        }));
        assert_eq!(prices.cost(&counts).to_string(), "2.25");
    }

    #[test]
    fn classes_that_overlap_or_exceed_the_whole_are_not_priced_twice() {
        let counts = usage(json!({
            "prompt_tokens": 100, "cached_tokens": 80, "cache_write_tokens": 90,
        }));
        // 80 x 0.0001 + 20 x 0.00125
        assert_eq!(pricing(classes()).cost(&counts).to_string(), "0.033");
    }

    #[test]
    fn a_long_prompt_has_the_prices_of_its_tier() {
        let prices = pricing(json!({
            "prompt": 1, "completion": 10, "cached_prompt": 0.1,
            "tiers": [{"above": 400, "prompt": 3}, {"above": 200, "prompt": 2, "completion": 15, "cached_prompt": 0.2}],
        }));
        let cost = |prompt: u64| {
            let counts =
                json!({"prompt_tokens": prompt, "cached_tokens": 100, "completion_tokens": 10});
            prices.cost(&usage(counts)).to_string()
        };
        // 100 x 0.001 + 100 x 0.0001 + 10 x 0.01
        assert_eq!(cost(200), "0.21");
        // 101 x 0.002 + 100 x 0.0002 + 10 x 0.015
        assert_eq!(cost(201), "0.372");
        // 301 x 0.003 + 100 x 0.0001 + 10 x 0.01: what a tier leaves out is as without tiers.
        assert_eq!(cost(401), "1.013");
    }

    #[test]
    fn no_usage_within_a_bound_costs_more_than_its_maximum() {
        let mut prices = classes();
        prices["tiers"] = json!([{"above": 10, "prompt": 2, "cache_write_1h": 4}]);
        let prices = pricing(prices);
        let bound = UsageBound {
            text_prompt: 100,
            completion: 10,
            ..UsageBound::default()
        };
        // 100 x 0.004 + 10 x 0.01
        assert_eq!(prices.max_cost(&bound).to_string(), "0.5");
        let worst =
            json!({"prompt_tokens": 100, "cache_write_1h_tokens": 100, "completion_tokens": 10});
        assert_eq!(prices.cost(&usage(worst)).to_string(), "0.5");
    }

    #[test]
    fn an_extra_costs_its_price_with_each_answer() {
        let prices = pricing(
            json!({"prompt": 1, "request": 0.5, "extras": {"store": 0, "web_search_options": 0.25}}),
        );
        let cost = |fields: &[&str]| {
            let fields: Vec<_> = fields.iter().map(|field| (*field).to_owned()).collect();
            let prices = prices.with_extras(&fields);
            assert!(prices.extras.is_empty(), "a reservation needs no list");
            prices
                .cost(&usage(json!({"prompt_tokens": 1000})))
                .to_string()
        };
        assert_eq!(cost(&[]), "1.5");
        assert_eq!(cost(&["store"]), "1.5");
        assert_eq!(cost(&["store", "web_search_options"]), "1.75");
    }

    #[test]
    fn a_service_tier_has_its_own_prices_and_leaves_the_rest() {
        let prices = pricing(json!({
            "prompt": 1, "completion": 10, "cached_prompt": 0.5, "extras": {"store": 2},
            "tiers": [{"above": 10, "prompt": 5}],
            "service_tiers": {"flex": {"prompt": 0.5, "completion": 5}},
        }));
        let counts = usage(json!({
            "prompt_tokens": 1000, "cached_tokens": 500, "completion_tokens": 100,
        }));
        let flex = prices.with_extras(&["service_tier:flex".into(), "store".into()]);
        // 0.25 + 0.25 + 0.5 + 2, without the tier of the usual prices.
        assert_eq!(flex.cost(&counts).to_string(), "3.0");
        assert!(flex.service_tiers.is_empty(), "a reservation needs no list");
        // 2.5 + 0.25 + 1.
        assert_eq!(prices.with_extras(&[]).cost(&counts).to_string(), "3.75");
        assert!(prices.prices("service_tier:flex") && !prices.prices("service_tier:priority"));
    }

    #[test]
    fn audio_is_held_at_its_price_only_where_it_may_come() {
        let prices = pricing(
            json!({"prompt": 1, "completion": 10, "audio_completion": 40, "audio_prompt": 5}),
        );
        let most = |media_prompt, audio| {
            let bound = UsageBound {
                text_prompt: 10,
                media_prompt,
                completion: 10,
                audio,
            };
            prices.max_cost(&bound).to_string()
        };
        assert_eq!(most(0, false), "0.11");
        assert_eq!(most(0, true), "0.41");
        assert_eq!(most(10, false), "0.16");
    }
}
