//! Guardrails: what an account lets into its chats and out of them.

use openclaw_core::{Error, Result};
use serde::{Deserialize, Serialize};
use std::collections::HashSet;

/// The most guardrails of an account, and of the configuration.
pub const MAX_GUARDRAILS: usize = 20;

/// The most patterns of a guardrail, and the longest of them in bytes.
const MAX_PATTERNS: usize = 50;
const MAX_PATTERN: usize = 500;

/// The longest name, in characters.
const MAX_NAME: usize = 64;

/// A rule: it has `patterns` or `pii` or both, or `max_input_characters` alone.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Guardrail {
    /// What errors call it: 1 to 64 characters, each name once.
    pub name: String,
    /// Where it looks; default `both`.
    #[serde(default)]
    pub on: Side,
    /// What becomes of a request or an answer in which it finds something.
    pub action: Action,
    /// Regular expressions, at most 50 of at most 500 bytes. They are those of the Rust crate `regex`:
    /// no look-around, no back references, time linear in the text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub patterns: Vec<String>,
    /// Kinds of personal data and secrets.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pii: Vec<Pii>,
    /// The most characters that all texts of a request may have together; its action is `block`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_input_characters: Option<u64>,
}

/// Where a guardrail looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(rename = "GuardrailSide")
)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// At requests.
    Input,
    /// At answers.
    Output,
    /// At both.
    #[default]
    Both,
}

/// What a guardrail does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(rename = "GuardrailAction")
)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// 400 `content_filtered`, which names the guardrail.
    Block,
    /// What is found becomes `[redacted]`, or `[redacted email]` and the like.
    Redact,
}

/// A kind of personal data, or of secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(rename = "GuardrailPii")
)]
#[serde(rename_all = "lowercase")]
pub enum Pii {
    /// E-mail addresses.
    Email,
    /// Telephone numbers with a country code, and North American ones.
    Phone,
    /// Numbers of payment cards: 13 to 19 digits whose check digit is right (Luhn).
    Card,
    /// International bank account numbers (ISO 13616), of which length and check digits are right.
    Iban,
    /// API keys of well-known vendors, JSON Web Tokens, private keys.
    Secret,
}

impl Side {
    /// Whether requests are looked at.
    pub const fn has_input(self) -> bool {
        matches!(self, Self::Input | Self::Both)
    }

    /// Whether answers are looked at.
    pub const fn has_output(self) -> bool {
        matches!(self, Self::Output | Self::Both)
    }
}

/// Checks a list of guardrails, but for what only the compiler of patterns knows. The error names the
/// field by its path, from `at` on.
pub fn validate(at: &str, guardrails: &[Guardrail]) -> Result<()> {
    if guardrails.len() > MAX_GUARDRAILS {
        let issue = format!("must have at most {MAX_GUARDRAILS} guardrails");
        return Err(Error::invalid(at, issue));
    }
    let mut names = HashSet::new();
    for (index, guardrail) in guardrails.iter().enumerate() {
        let at = format!("{at}[{index}]");
        guardrail.validate(&at)?;
        if !names.insert(&guardrail.name) {
            let issue = "is the name of another guardrail";
            return Err(Error::invalid(format!("{at}.name"), issue));
        }
    }
    Ok(())
}

impl Guardrail {
    fn validate(&self, at: &str) -> Result<()> {
        let wrong =
            |field: &str, issue: String| Err(Error::invalid(format!("{at}.{field}"), issue));
        if self.name.trim().is_empty() || self.name.chars().count() > MAX_NAME {
            return wrong("name", format!("must have 1 to {MAX_NAME} characters"));
        }
        if self.patterns.len() > MAX_PATTERNS {
            return wrong(
                "patterns",
                format!("must have at most {MAX_PATTERNS} patterns"),
            );
        }
        for (index, pattern) in self.patterns.iter().enumerate() {
            if pattern.is_empty() || pattern.len() > MAX_PATTERN {
                let field = format!("patterns[{index}]");
                return wrong(&field, format!("must have 1 to {MAX_PATTERN} bytes"));
            }
        }
        let kinds: HashSet<_> = self.pii.iter().collect();
        if kinds.len() < self.pii.len() {
            return wrong("pii", "must name each kind once".into());
        }
        let searches = !self.patterns.is_empty() || !self.pii.is_empty();
        match self.max_input_characters {
            None if !searches => wrong(
                "patterns",
                "is required, or pii, or max_input_characters".into(),
            ),
            None => Ok(()),
            Some(_) if searches => wrong(
                "max_input_characters",
                "must stand in a guardrail of its own".into(),
            ),
            Some(0) => wrong("max_input_characters", "must be at least 1".into()),
            Some(_) if self.action != Action::Block => {
                wrong("action", "must be block with max_input_characters".into())
            }
            Some(_) if !self.on.has_input() => {
                wrong("on", "must be input with max_input_characters".into())
            }
            Some(_) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use openclaw_core::Details;
    use serde_json::{Value, json};

    fn blamed(guardrails: Value) -> Option<String> {
        let guardrails: Vec<Guardrail> = serde_json::from_value(guardrails).unwrap();
        match validate("guardrails", &guardrails).err()?.details {
            Some(Details::Field { field, .. }) => Some(field),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        let fine = json!([
            {"name": "a", "action": "redact", "pii": ["email", "card"], "patterns": ["x+"]},
            {"name": "b", "on": "output", "action": "block", "patterns": ["(?i)acme"]},
            {"name": "c", "action": "block", "max_input_characters": 100},
        ]);
        assert_eq!(blamed(fine), None);
        for (more, field) in [
            (json!({"name": " "}), "name"),
            (json!({"name": "x".repeat(65)}), "name"),
            (json!({}), "patterns"),
            (json!({"patterns": vec!["x"; 51]}), "patterns"),
            (json!({"patterns": ["x", ""]}), "patterns[1]"),
            (json!({"patterns": ["x".repeat(501)]}), "patterns[0]"),
            (json!({"pii": ["email", "email"]}), "pii"),
            (json!({"max_input_characters": 0}), "max_input_characters"),
            (
                json!({"max_input_characters": 1, "pii": ["card"]}),
                "max_input_characters",
            ),
            (
                json!({"max_input_characters": 1, "action": "redact"}),
                "action",
            ),
            (json!({"max_input_characters": 1, "on": "output"}), "on"),
        ] {
            let mut guardrail = json!({"name": "a", "action": "block"});
            let fields = more.as_object().unwrap().clone();
            guardrail.as_object_mut().unwrap().extend(fields);
            assert_eq!(
                blamed(json!([guardrail])),
                Some(format!("guardrails[0].{field}"))
            );
        }
        let same = json!({"name": "a", "action": "block", "pii": ["card"]});
        assert_eq!(
            blamed(json!([same, same])).as_deref(),
            Some("guardrails[1].name")
        );
        assert_eq!(
            blamed(Value::Array(vec![same; 21])).as_deref(),
            Some("guardrails")
        );
    }
}
