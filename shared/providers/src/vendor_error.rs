//! The error object of a provider, in any of the shapes that are in use.

use openclaw_core::json::{Compact, Object};

/// The provider's own words about a failure. They may hold secrets: scrub them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct VendorError {
    /// The HTTP status that the error itself names, from 400 to 599: as a number in `code` or
    /// `status`, or by its `type`.
    pub(crate) status: Option<u16>,
    /// A message, never HTML.
    pub(crate) message: Option<String>,
    /// A stable word such as `context_length_exceeded`.
    pub(crate) code: Option<String>,
    /// The field at fault.
    pub(crate) param: Option<String>,
}

/// The HTTP status of each documented `type` and `code` of OpenAI and Anthropic.
const STATUSES: &[(&str, u16)] = &[
    ("invalid_request_error", 400),
    ("context_length_exceeded", 400),
    ("content_filter", 400),
    ("authentication_error", 401),
    ("invalid_api_key", 401),
    ("billing_error", 402),
    ("permission_error", 403),
    ("not_found_error", 404),
    ("model_not_found", 404),
    ("request_too_large", 413),
    ("rate_limit_error", 429),
    ("rate_limit_exceeded", 429),
    ("insufficient_quota", 429),
    ("server_error", 500),
    ("api_error", 500),
    ("timeout_error", 504),
    ("overloaded_error", 529),
];

/// How vendors say that a prompt is longer than the model's context.
const CONTEXT_LENGTH: &[&str] = &[
    "context length",
    "context window",
    "context size",
    "prompt is too long",
    "input is too long",
    "maximum number of tokens",
    "reduce the length of the messages",
];

/// Codes of vendors' content filters.
const CONTENT_FILTER: &[&str] = &[
    "content_filter",
    "content_policy_violation",
    "ResponsibleAIPolicyViolation",
];

/// Codes of an account that has used up what it paid for: waiting does not help.
const QUOTA: &[&str] = &["insufficient_quota", "billing_hard_limit_reached"];

impl VendorError {
    /// The error in `json`: OpenAI's and Anthropic's `error.message`, Gemini's the same within an
    /// array, Ollama's `error`, Mistral's `message`, FastAPI's `detail`, the first of Cloudflare's `errors`.
    pub(crate) fn read(json: &[u8]) -> Self {
        let Ok(Compact(body)) = serde_json::from_slice(json) else {
            return Self::default();
        };
        let first = serde_json::from_str::<Vec<Compact>>(&body).unwrap_or_default();
        let body = first.into_iter().next().unwrap_or(Compact(body)).0;
        let fields = Object::of(&body).unwrap_or_default();
        let several = fields.get("errors");
        let several = several.and_then(|json| serde_json::from_str::<Vec<Compact>>(json).ok());
        let several = several.and_then(|errors| errors.into_iter().next());
        let several = several.map(|Compact(error)| error);
        let error = fields.get("error").or(several.as_deref());
        let error = error.unwrap_or(&body);
        let within = Object::of(error).unwrap_or_default();
        let inner = within.get("innererror").and_then(Object::of);
        let words = [within.get("message"), fields.get("detail"), Some(error)];
        let words = words.into_iter().flatten().find_map(message);
        let codes = [
            within.get("code").and_then(word),
            inner
                .as_ref()
                .and_then(|inner| inner.get("code"))
                .and_then(word),
            within.get("type").and_then(word),
            within.get("status").and_then(word),
        ];
        let status = codes.iter().flatten().find_map(|code| status(code));
        let code = codes.into_iter().flatten().find(|code| !is_number(code));
        Self {
            status,
            message: words,
            code,
            param: within.get("param").and_then(word),
        }
    }

    /// Whether the prompt is longer than the model's context.
    pub(crate) fn is_context_length(&self) -> bool {
        let message = self.message.as_deref().unwrap_or_default();
        let message = message.to_ascii_lowercase();
        self.has_code(&["context_length_exceeded", "exceed_context_size_error"])
            || CONTEXT_LENGTH.iter().any(|words| message.contains(words))
    }

    /// Whether a filter refused the content.
    pub(crate) fn is_content_filter(&self) -> bool {
        self.has_code(CONTENT_FILTER)
    }

    /// Whether the account at the provider has nothing left to spend.
    pub(crate) fn is_out_of_quota(&self) -> bool {
        self.has_code(QUOTA)
    }

    fn has_code(&self, codes: &[&str]) -> bool {
        self.code
            .as_deref()
            .is_some_and(|code| codes.contains(&code))
    }
}

/// A string that is not HTML, or what validation libraries put in its place: a list of mistakes.
fn message(json: &str) -> Option<String> {
    let words: String = match json.starts_with('[') {
        true => json.into(),
        false => serde_json::from_str(json).ok()?,
    };
    let lower = words.to_ascii_lowercase();
    let is_html = ["<html", "<!doctype", "<body", "<head"]
        .iter()
        .any(|tag| lower.contains(tag));
    (!is_html && !words.trim().is_empty()).then_some(words)
}

/// A string or a number that stands for a word.
fn word(json: &str) -> Option<String> {
    let word: Option<String> = serde_json::from_str(json).ok();
    let word = word.or_else(|| is_number(json).then(|| json.into()))?;
    (!word.is_empty()).then_some(word)
}

fn is_number(text: &str) -> bool {
    text.parse::<f64>().is_ok()
}

fn status(code: &str) -> Option<u16> {
    match code.parse() {
        Ok(status) => Some(status).filter(|status| (400..600).contains(status)),
        Err(_) => STATUSES
            .iter()
            .find(|(known, _)| *known == code)
            .map(|(_, status)| *status),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_found_where_vendors_put_them() {
        let cases = [
            (r#"{"error":{"message":"bad","code":"x"}}"#, Some("bad")),
            (
                r#"{"type":"error","error":{"type":"api_error","message":"bad"}}"#,
                Some("bad"),
            ),
            (r#"[{"error":{"code":400,"message":"bad"}}]"#, Some("bad")),
            (r#"{"error":"bad"}"#, Some("bad")),
            (r#"{"object":"error","message":"bad"}"#, Some("bad")),
            (r#"{"detail":[{"msg":"bad"}]}"#, Some(r#"[{"msg":"bad"}]"#)),
            (r#"{"error":{"message":"<!DOCTYPE html><p>x</p>"}}"#, None),
            (r#"{"error":{"message":" "}}"#, None),
            ("<html>", None),
            ("", None),
        ];
        for (body, message) in cases {
            let error = VendorError::read(body.as_bytes());
            assert_eq!(error.message.as_deref(), message, "{body}");
        }
    }

    #[test]
    fn an_error_names_its_own_status_by_number_or_by_type() {
        let cases = [
            (r#"{"error":{"code":429}}"#, Some(429)),
            (r#"{"error":{"code":"400"}}"#, Some(400)),
            (
                r#"{"error":{"code":null,"type":"overloaded_error"}}"#,
                Some(529),
            ),
            (r#"{"error":{"code":"context_length_exceeded"}}"#, Some(400)),
            (
                r#"{"error":{"code":"odd","type":"invalid_request_error"}}"#,
                Some(400),
            ),
            (r#"{"error":{"code":7}}"#, None),
            (r#"{"error":{"code":200}}"#, None),
            (r#"{"error":"x"}"#, None),
        ];
        for (body, status) in cases {
            assert_eq!(VendorError::read(body.as_bytes()).status, status, "{body}");
        }
    }

    #[test]
    fn code_and_param_are_words_and_a_number_is_no_code() {
        let code = |body: &str| VendorError::read(body.as_bytes()).code;
        assert_eq!(
            code(r#"{"error":{"code":"a","type":"b"}}"#).as_deref(),
            Some("a")
        );
        assert_eq!(
            code(r#"{"error":{"code":400,"type":"b"}}"#).as_deref(),
            Some("b")
        );
        assert_eq!(code(r#"{"error":{"code":400,"type":null}}"#), None);
        let azure = r#"{"error":{"code":"","innererror":{"code":"ResponsibleAIPolicyViolation"}}}"#;
        assert!(VendorError::read(azure.as_bytes()).is_content_filter());
        let error = VendorError::read(br#"{"error":{"param":"prompt"}}"#);
        assert_eq!(error.param.as_deref(), Some("prompt"));
    }

    #[test]
    fn a_prompt_that_is_too_long_is_known_by_code_or_words() {
        for (body, is) in [
            (r#"{"error":{"code":"context_length_exceeded"}}"#, true),
            (
                r#"{"error":{"message":"prompt is too long: 9 tokens > 8 maximum"}}"#,
                true,
            ),
            (
                r#"{"error":{"message":"This model's maximum context length is 8192 tokens"}}"#,
                true,
            ),
            (r#"{"error":{"type":"exceed_context_size_error"}}"#, true),
            (r#"{"error":{"message":"temperature is too long"}}"#, false),
        ] {
            assert_eq!(
                VendorError::read(body.as_bytes()).is_context_length(),
                is,
                "{body}"
            );
        }
    }
}
