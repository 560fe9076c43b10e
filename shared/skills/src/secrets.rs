//! A skill's secrets while it is executed.

use base64::{Engine, prelude::BASE64_STANDARD};
use openclaw_core::{Error, Secret};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value};
use std::{collections::BTreeMap, fmt};

/// What stands in place of a secret.
const REDACTED: &str = "[secret]";

/// Bytes below which a secret is not looked for: it would be found in everything.
const MIN_REDACTED: usize = 4;

/// Secrets by name.
#[derive(Clone, Default)]
pub struct SecretSet(BTreeMap<String, Secret>);

impl fmt::Debug for SecretSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl FromIterator<(String, Secret)> for SecretSet {
    fn from_iter<T: IntoIterator<Item = (String, Secret)>>(pairs: T) -> Self {
        Self(pairs.into_iter().collect())
    }
}

impl SecretSet {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// As templates see them.
    pub fn to_json(&self) -> Value {
        let pairs = self.0.iter();
        let pairs = pairs.map(|(name, secret)| (name.clone(), Value::from(secret.reveal())));
        Value::Object(Map::from_iter(pairs))
    }

    /// `text` without any of them, in whichever of the forms that requests give them: as they are,
    /// percent-encoded, escaped in JSON, in base64.
    pub fn redact(&self, text: &str) -> String {
        let mut redacted = text.to_owned();
        for form in self.forms() {
            if redacted.contains(&form) {
                redacted = redacted.replace(&form, REDACTED);
            }
        }
        redacted
    }

    /// The same of every text in a value.
    pub fn redact_value(&self, value: Value) -> Value {
        if self.0.is_empty() {
            return value;
        }
        match value {
            Value::String(text) => Value::String(self.redact(&text)),
            Value::Array(items) => {
                let items = items.into_iter().map(|item| self.redact_value(item));
                Value::Array(items.collect())
            }
            Value::Object(fields) => {
                let fields = fields.into_iter();
                let fields =
                    fields.map(|(name, field)| (self.redact(&name), self.redact_value(field)));
                Value::Object(fields.collect())
            }
            other => other,
        }
    }

    /// The same of an error, its cause included.
    pub fn redact_error(&self, mut error: Error) -> Error {
        if self.0.is_empty() {
            return error;
        }
        error.message = self.redact(&error.message).into();
        error.cause = error.cause.map(|cause| self.redact(&cause));
        error
    }

    /// All forms, the longest first: one may be a part of another.
    fn forms(&self) -> Vec<String> {
        let long = |secret: &&Secret| secret.reveal().len() >= MIN_REDACTED;
        let mut forms = Vec::new();
        for secret in self.0.values().filter(long) {
            let text = secret.reveal();
            forms.push(text.to_owned());
            forms.push(utf8_percent_encode(text, NON_ALPHANUMERIC).to_string());
            forms.push(form_urlencoded::byte_serialize(text.as_bytes()).collect());
            let json = Value::from(text).to_string();
            forms.push(json.trim_matches('"').to_owned());
            forms.push(BASE64_STANDARD.encode(text));
        }
        forms.sort_by_key(|form| std::cmp::Reverse(form.len()));
        forms.dedup();
        forms
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use openclaw_core::Code;
    use serde_json::json;

    fn secrets() -> SecretSet {
        let pairs = [("TOKEN", "s3cr+t/\"x\""), ("SHORT", "ab")];
        let pairs = pairs.map(|(name, text)| (name.to_owned(), Secret::new(text)));
        pairs.into_iter().collect()
    }

    #[test]
    fn no_form_of_a_secret_is_left() {
        let secrets = secrets();
        for text in [
            "token s3cr+t/\"x\" is wrong",
            "https://x/?t=s3cr%2Bt%2F%22x%22&a",
            "{\"token\":\"s3cr+t/\\\"x\\\"\"}",
            "Basic czNjcit0LyJ4Ig== ab",
        ] {
            let redacted = secrets.redact(text);
            assert!(
                redacted.contains(REDACTED) && !redacted.contains("3cr"),
                "{redacted}"
            );
            assert!(!redacted.contains("czNjcit0"), "{redacted}");
        }
        assert_eq!(
            secrets.redact("about"),
            "about",
            "too short to be looked for"
        );
    }

    #[test]
    fn values_and_errors_are_redacted_whole() {
        let secrets = secrets();
        let value = json!({"a": ["s3cr+t/\"x\""], "s3cr+t/\"x\"": 1});
        let redacted = secrets.redact_value(value);
        assert_eq!(redacted, json!({"a": [REDACTED], REDACTED: 1}));
        let error = Error::new(Code::SkillFailed, "s3cr+t/\"x\"").with_cause("s3cr+t/\"x\"");
        let error = secrets.redact_error(error);
        assert_eq!(
            (&*error.message, error.cause.as_deref()),
            (REDACTED, Some(REDACTED))
        );
    }

    #[test]
    fn debug_shows_names_only() {
        assert_eq!(format!("{:?}", secrets()), r#"{"SHORT", "TOKEN"}"#);
    }
}
