//! What a request says that it is about: it goes into the request log, and usage is grouped by it.

use openclaw_core::{Error, Result};
use openclaw_schema::chat::ChatRequest;
use openclaw_usage::Labels;
use serde_json::Value;
use std::collections::BTreeMap;

/// Characters of `user` that are kept.
const MAX_USER: usize = 256;

/// Strings in `metadata`, and the characters of a name and of a value: OpenAI's limits.
const MAX_ENTRIES: usize = 16;
const MAX_NAME: usize = 64;
const MAX_VALUE: usize = 512;

/// The request's `user` and `metadata`. What of these is no string is the provider's; 400 where there are
/// too many strings, or too long ones.
pub(crate) fn labels(request: &ChatRequest<'_>) -> Result<Labels> {
    let user = request
        .raw("user")
        .and_then(|json| match serde_json::from_str(json.get()) {
            Ok(Value::String(user)) if !user.is_empty() => {
                Some(user.chars().take(MAX_USER).collect())
            }
            _ => None,
        });
    let mut metadata = BTreeMap::new();
    if let Some(json) = request.raw("metadata")
        && let Ok(fields) = serde_json::from_str::<BTreeMap<String, Value>>(json.get())
    {
        for (name, value) in fields {
            if let Value::String(value) = value {
                ensure_short(&name, &value)?;
                metadata.insert(name, value);
            }
        }
    }
    if metadata.len() > MAX_ENTRIES {
        let issue = format!("must have at most {MAX_ENTRIES} strings");
        return Err(Error::invalid("metadata", issue));
    }
    Ok(Labels { user, metadata })
}

fn ensure_short(name: &str, value: &str) -> Result<()> {
    let is_within = |text: &str, most| text.chars().take(most + 1).count() <= most;
    if is_within(name, MAX_NAME) && is_within(value, MAX_VALUE) {
        return Ok(());
    }
    let issue = format!(
        "must have names of at most {MAX_NAME} characters and values of at most {MAX_VALUE}"
    );
    Err(Error::invalid("metadata", issue))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn of(fields: Value) -> Result<Labels> {
        let mut body = json!({"model": "m", "messages": [{"role": "user", "content": "x"}]});
        for (name, value) in fields.as_object().unwrap() {
            body[name] = value.clone();
        }
        let body = body.to_string();
        labels(&ChatRequest::parse(body.as_bytes()).unwrap())
    }

    #[test]
    fn strings_are_kept_and_everything_else_is_the_providers() {
        let kept = of(json!({"user": "u-1", "metadata": {"team": "red", "n": 1, "tags": ["a"]}}));
        let kept = kept.unwrap();
        assert_eq!(kept.user.as_deref(), Some("u-1"));
        assert_eq!(
            Vec::from_iter(&kept.metadata),
            [(&"team".into(), &"red".into())]
        );
        for nothing in [
            json!({}),
            json!({"user": "", "metadata": {}}),
            json!({"user": 7, "metadata": {"n": 1}}),
        ] {
            assert_eq!(of(nothing).unwrap(), Labels::default());
        }
        let long = of(json!({"user": "é".repeat(300)})).unwrap();
        assert_eq!(long.user.unwrap().chars().count(), MAX_USER);
    }

    #[test]
    fn metadata_is_bounded() {
        let many = |count: usize| {
            let fields = (0..count).map(|at| (at.to_string(), json!("é".repeat(MAX_VALUE))));
            json!({"metadata": fields.collect::<serde_json::Map<_, _>>()})
        };
        assert_eq!(of(many(16)).unwrap().metadata.len(), 16);
        for bad in [
            many(17),
            json!({"metadata": {"n".repeat(65): "x"}}),
            json!({"metadata": {"n": "x".repeat(513)}}),
        ] {
            assert!(of(bad).is_err());
        }
    }
}
