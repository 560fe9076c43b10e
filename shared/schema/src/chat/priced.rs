//! Request fields that change the price beyond the tokens.

use super::{ChatRequest, Content, Text};
use crate::pricing::{Pricing, SERVICE_TIER};
use openclaw_core::{Error, Result};
use serde::Deserialize;

/// Fields that change the price, and their values that do not.
const PRICED: &[(&str, &[&str])] = &[
    // OpenAI's and Groq's processing tiers; Anthropic's.
    (
        "service_tier",
        &[
            r#""auto""#,
            r#""default""#,
            r#""standard""#,
            r#""standard_only""#,
        ],
    ),
    ("speed", &[r#""standard""#]),
    ("inference_geo", &[r#""global""#]),
    ("store", &["false"]),
    // Searches: OpenAI's, xAI's, OpenRouter's, Alibaba's, Perplexity's.
    ("web_search_options", &[]),
    ("search_parameters", &[]),
    ("plugins", &["[]"]),
    ("enable_search", &["false"]),
    // OpenRouter's list of other models, which have other prices.
    ("models", &["[]"]),
];

/// Kinds of tools that the caller runs; all others the vendor runs and bills.
const UNPRICED_TOOLS: &[&str] = &["function", "custom"];

const AUDIO: &str = "audio";

#[derive(Deserialize)]
struct Kind<'a> {
    #[serde(borrow, rename = "type")]
    kind: Text<'a>,
}

impl ChatRequest<'_> {
    /// The fields, kinds of tools and modalities of the answer that cost something beside the
    /// tokens, as [`Pricing::extras`] names them.
    pub fn priced_fields(&self) -> Vec<String> {
        self.priced().map(|(_, name)| name).collect()
    }

    /// Refuses what changes the price where there is no price for it: it would be spent beyond
    /// any budget. A model without prices is free, whatever is asked of it.
    pub fn ensure_priced(&self, pricing: &Pricing) -> Result<()> {
        if pricing.is_free() {
            return Ok(());
        }
        let unpriced = self.priced().find(|(_, name)| !pricing.prices(name));
        let unpriced = unpriced
            .map(|(field, _)| field)
            .or_else(|| self.unpriced_audio(pricing));
        match unpriced {
            Some(field) => {
                let issue = "changes the price, and this model has no price for it";
                Err(Error::invalid(field, issue))
            }
            None => Ok(()),
        }
    }

    /// What costs something beside the tokens: the field it is in, and its name.
    fn priced(&self) -> impl Iterator<Item = (&'static str, String)> {
        let fields = PRICED.iter().filter(|(name, free)| {
            let value = self.raw(name);
            value.is_some_and(|value| !free.contains(&value.get()))
        });
        let fields = fields.map(|(name, _)| (*name, self.priced_name(name)));
        let tools = self.list::<Kind<'_>>("tools").into_iter();
        let tools = tools.map(|tool| ("tools", tool.kind.0.into_owned()));
        let tools = tools.filter(|(_, kind)| !UNPRICED_TOOLS.contains(&kind.as_str()));
        let modalities = self.list::<Text<'_>>("modalities").into_iter();
        let modalities = modalities.map(|kind| ("modalities", kind.0.into_owned()));
        let modalities = modalities.filter(|(_, kind)| kind != "text" && kind != AUDIO);
        fields.chain(tools).chain(modalities)
    }

    /// A service tier is priced by its name.
    fn priced_name(&self, field: &str) -> String {
        let tier = (field == SERVICE_TIER).then(|| self.field::<Text<'_>>(field));
        match tier {
            Some(Ok(Some(tier))) => format!("{SERVICE_TIER}:{}", tier.0),
            _ => field.to_owned(),
        }
    }

    /// The field that brings audio into the prompt or the answer, where that has no price.
    fn unpriced_audio(&self, pricing: &Pricing) -> Option<&'static str> {
        if pricing.audio_completion.is_none() {
            if self.raw("audio").is_some() {
                return Some("audio");
            }
            let modalities = self.list::<Text<'_>>("modalities");
            if modalities.iter().any(|kind| *kind == AUDIO) {
                return Some("modalities");
            }
        }
        (pricing.audio_prompt.is_none() && self.has_audio()).then_some("messages")
    }

    fn has_audio(&self) -> bool {
        self.messages.iter().any(|message| {
            let parts = match &message.content {
                Some(Content::Parts(parts)) => parts.as_slice(),
                _ => &[],
            };
            message.audio.is_some() || parts.iter().any(|part| part.kind == "input_audio")
        })
    }

    /// The elements of a field; one that is not an array of them is the provider's to refuse.
    fn list<'a, T: Deserialize<'a>>(&'a self, name: &str) -> Vec<T> {
        let json = self.raw(name).map(|value| value.get());
        json.and_then(|json| serde_json::from_str(json).ok())
            .unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use openclaw_core::Details;
    use serde_json::{Value, json};

    fn refused(fields: &Value, pricing: &Value) -> Option<String> {
        let mut body = json!({"model": "m", "messages": [{"role": "user", "content": "x"}]});
        for (name, value) in fields.as_object().unwrap() {
            body[name] = value.clone();
        }
        let body = body.to_string();
        let request = ChatRequest::parse(body.as_bytes()).unwrap();
        let pricing = serde_json::from_value(pricing.clone()).unwrap();
        match request.ensure_priced(&pricing).err()?.details {
            Some(Details::Field { field, .. }) => Some(field),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_changes_the_price_needs_one() {
        let parts = |part: Value| json!([{"role": "user", "content": [part]}]);
        let audio =
            json!({"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}});
        let cases = [
            (
                json!({"service_tier": "priority"}),
                "service_tier",
                "service_tier",
            ),
            (
                json!({"service_tier": "flex"}),
                "service_tier",
                "service_tier",
            ),
            (json!({"store": true}), "store", "store"),
            (
                json!({"web_search_options": {}}),
                "web_search_options",
                "web_search_options",
            ),
            (
                json!({"search_parameters": {"mode": "on"}}),
                "search_parameters",
                "search_parameters",
            ),
            (json!({"models": ["dearer"]}), "models", "models"),
            (
                json!({"tools": [{"type": "function"}, {"type": "web_search"}]}),
                "tools",
                "web_search",
            ),
            (
                json!({"modalities": ["text", "image"]}),
                "modalities",
                "image",
            ),
        ];
        let tiers = json!({"prompt": 1, "service_tiers": {"flex": {"prompt": 0.5}}});
        assert_eq!(refused(&json!({"service_tier": "flex"}), &tiers), None);
        let dearer = refused(&json!({"service_tier": "priority"}), &tiers);
        assert_eq!(dearer.as_deref(), Some("service_tier"));
        for (fields, field, extra) in &cases {
            let priced = json!({"prompt": 1, "extras": {*extra: 0.25}});
            assert_eq!(
                refused(fields, &json!({"prompt": 1})).as_deref(),
                Some(*field),
                "{fields}"
            );
            assert_eq!(refused(fields, &priced), None, "{fields}");
            assert_eq!(refused(fields, &json!({})), None, "a free model: {fields}");
        }
        let cases = [
            (
                json!({"audio": {"voice": "alloy", "format": "wav"}}),
                "audio",
                "audio_completion",
            ),
            (
                json!({"modalities": ["text", "audio"]}),
                "modalities",
                "audio_completion",
            ),
            (
                json!({"messages": parts(audio)}),
                "messages",
                "audio_prompt",
            ),
        ];
        for (fields, field, price) in &cases {
            let priced = json!({"prompt": 1, *price: 2});
            assert_eq!(
                refused(fields, &json!({"prompt": 1})).as_deref(),
                Some(*field),
                "{fields}"
            );
            assert_eq!(refused(fields, &priced), None, "{fields}");
        }
    }

    #[test]
    fn what_leaves_the_price_as_it_is_needs_none() {
        for fields in [
            json!({"service_tier": "auto"}),
            json!({"service_tier": "default"}),
            json!({"store": false}),
            json!({"modalities": ["text"]}),
            json!({"tools": [{"type": "function"}, {"type": "custom"}]}),
            json!({"top_k": 4, "provider": {"order": ["x"]}}),
        ] {
            assert_eq!(refused(&fields, &json!({"prompt": 1})), None, "{fields}");
        }
    }
}
