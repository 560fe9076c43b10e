//! Chat requests: OpenAI's `POST /chat/completions`
//! (<https://platform.openai.com/docs/api-reference/chat/create>), borrowed from the body.
//!
//! What the gateway needs is parsed and checked; every other field stays the bytes that came
//! ([`ChatRequest::fields`]) and is handed on, known or not: vendors have their own, and OpenAI
//! adds to its.

mod answer;
mod message;
mod priced;

pub use answer::{Answer, Call, Choice, Said};
pub use message::{
    Content, File, Function, FunctionCall, ImageUrl, InputAudio, Message, Part, Text, Tool,
    ToolCall,
};

use crate::{
    from_object::FromObject,
    json::{parse, parse_text},
};
use message::validate_messages;
use openclaw_core::{Error, Result};
use serde::{
    Deserialize, Deserializer,
    de::{Error as _, MapAccess, Visitor},
};
use serde_json::value::RawValue;
use std::{borrow::Cow, fmt, ops::RangeInclusive};

/// Fields that are the gateway's own: no provider is sent them.
const OURS: &[&str] = &["skills"];

/// The most objects within `messages`: a message is one, and each part and tool call that is not a
/// text alone is one or two more.
const MAX_OBJECTS: usize = 20_000;

/// The most top-level fields of a request.
const MAX_FIELDS: usize = 128;

const ROLES: &[&str] = &[
    "system",
    "developer",
    "user",
    "assistant",
    "tool",
    "function",
];

/// A chat request that has been checked.
#[derive(Debug)]
pub struct ChatRequest<'a> {
    /// The model's id in our catalog.
    pub model: Cow<'a, str>,
    /// At least one.
    pub messages: Vec<Message<'a>>,
    /// Whether the answer shall stream.
    pub stream: bool,
    /// `stream_options.include_usage`.
    pub include_usage: bool,
    /// `max_completion_tokens`, or the older `max_tokens`.
    pub max_tokens: Option<u64>,
    /// How many choices; default 1.
    pub n: u64,
    fields: Vec<Field<'a>>,
}

/// A top-level field: its name and the bytes that came.
type Field<'a> = (Cow<'a, str>, &'a RawValue);

/// Top-level fields in the order they came; `null` counts as absent, as OpenAI has it.
struct Fields<'a>(Vec<Field<'a>>);

impl<'de> Deserialize<'de> for Fields<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct All;
        impl<'de> Visitor<'de> for All {
            type Value = Fields<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut fields: Vec<Field<'de>> = Vec::with_capacity(8);
                while let Some(Text(key)) = map.next_key()? {
                    let value: &RawValue = map.next_value()?;
                    if fields.iter().any(|(name, _)| *name == key) {
                        return Err(A::Error::custom(format!("duplicate field `{key}`")));
                    }
                    if fields.len() == MAX_FIELDS {
                        let most = format!("must have at most {MAX_FIELDS} fields");
                        return Err(A::Error::custom(most));
                    }
                    if value.get() != "null" {
                        fields.push((key, value));
                    }
                }
                Ok(Fields(fields))
            }
        }
        deserializer.deserialize_map(All)
    }
}

impl<'a> ChatRequest<'a> {
    /// Parses and checks a body; what depends on the model is checked by
    /// [`Self::validate_for`].
    pub fn parse(body: &'a [u8]) -> Result<Self> {
        let Fields(fields) = parse(parse_text(body)?, "")?;
        let fields = Raw(fields);
        let model = fields
            .get::<Text<'a>>("model")?
            .ok_or_else(|| required("model"))?
            .0;
        ensure_few_objects(fields.raw("messages").unwrap_or_default())?;
        let messages = fields
            .get::<Vec<FromObject<Message<'a>>>>("messages")?
            .ok_or_else(|| required("messages"))?;
        let messages = FromObject::all(messages);
        if model.is_empty() {
            return Err(Error::invalid("model", "must not be empty"));
        }
        validate_messages(&messages)?;
        fields.check_number("temperature", 0..=2)?;
        fields.check_number("top_p", 0..=1)?;
        fields.check_number("presence_penalty", -2..=2)?;
        fields.check_number("frequency_penalty", -2..=2)?;
        fields.check_number("top_logprobs", 0..=20)?;
        for name in ["tools", "functions", "modalities"] {
            fields.check_shape(name, '[', "must be an array")?;
        }
        for name in [
            "response_format",
            "logit_bias",
            "metadata",
            "audio",
            "prediction",
        ] {
            fields.check_shape(name, '{', "must be an object")?;
        }
        fields.get::<bool>("logprobs")?;
        let max_tokens = fields.max_tokens()?;
        Ok(Self {
            stream: fields.get("stream")?.unwrap_or(false),
            include_usage: fields
                .get::<StreamOptions>("stream_options")?
                .is_some_and(|options| options.include_usage),
            max_tokens,
            n: fields.whole("n", 1..=128)?.unwrap_or(1),
            model,
            messages,
            fields: fields.0,
        })
    }

    /// Checks what the model bounds: how many tokens it can write.
    pub fn validate_for(&self, max_output_tokens: u64) -> Result<()> {
        if self
            .max_tokens
            .is_none_or(|tokens| tokens <= max_output_tokens)
        {
            return Ok(());
        }
        let name = if self.raw("max_completion_tokens").is_some() {
            "max_completion_tokens"
        } else {
            "max_tokens"
        };
        Err(Error::invalid(
            name,
            format!("must be at most {max_output_tokens} for this model"),
        ))
    }

    /// The fields that are handed on, as the bytes that came.
    pub fn fields(&self) -> impl Iterator<Item = (&str, &'a RawValue)> {
        let fields = self.fields.iter().map(|(name, value)| (&**name, *value));
        fields.filter(|(name, _)| !OURS.contains(name))
    }

    /// A field, as the bytes that came.
    pub fn raw(&self, name: &str) -> Option<&'a RawValue> {
        let mut fields = self.fields.iter();
        let (_, value) = fields.find(|(known, _)| known == name)?;
        Some(*value)
    }

    /// A field, parsed; the error names it.
    pub fn field<T: Deserialize<'a>>(&self, name: &str) -> Result<Option<T>> {
        self.raw(name)
            .map(|value| parse(value.get(), name))
            .transpose()
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct StreamOptions {
    include_usage: bool,
}

struct Raw<'a>(Vec<Field<'a>>);

impl<'a> Raw<'a> {
    fn raw(&self, name: &str) -> Option<&'a str> {
        self.0
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.get())
    }

    fn get<T: Deserialize<'a>>(&self, name: &str) -> Result<Option<T>> {
        self.raw(name).map(|text| parse(text, name)).transpose()
    }

    /// Whole bounds: code that writes fractions would be in every Worker for this one message.
    fn check_number(&self, name: &str, range: RangeInclusive<i8>) -> Result<()> {
        let (least, most) = range.into_inner();
        let bounds = f64::from(least)..=f64::from(most);
        match self.get::<f64>(name) {
            Ok(number) if number.is_none_or(|number| bounds.contains(&number)) => Ok(()),
            Ok(_) => Err(Error::invalid(
                name,
                format!("must be from {least} to {most}"),
            )),
            Err(_) => Err(Error::invalid(name, "must be a number")),
        }
    }

    fn whole(&self, name: &str, range: RangeInclusive<u64>) -> Result<Option<u64>> {
        let bad = || {
            let issue = match *range.end() {
                u64::MAX => format!("must be a whole number of at least {}", range.start()),
                most => format!("must be a whole number from {} to {most}", range.start()),
            };
            Error::invalid(name, issue)
        };
        match self.get::<u64>(name) {
            Ok(number) if number.is_none_or(|number| range.contains(&number)) => Ok(number),
            _ => Err(bad()),
        }
    }

    /// `max_completion_tokens` or the older `max_tokens`; both only with the same value, because a
    /// provider may go by either.
    fn max_tokens(&self) -> Result<Option<u64>> {
        let new = self.whole("max_completion_tokens", 1..=u64::MAX)?;
        let old = self.whole("max_tokens", 1..=u64::MAX)?;
        match (new, old) {
            (Some(new), Some(old)) if new != old => {
                let issue = "must not differ from max_completion_tokens";
                Err(Error::invalid("max_tokens", issue))
            }
            _ => Ok(new.or(old)),
        }
    }

    fn check_shape(&self, name: &str, start: char, issue: &str) -> Result<()> {
        match self.raw(name) {
            Some(text) if !text.starts_with(start) => Err(Error::invalid(name, issue)),
            _ => Ok(()),
        }
    }
}

/// Refuses `messages` that would take much more memory than their text, before they take it.
fn ensure_few_objects(messages: &str) -> Result<()> {
    let (mut objects, mut in_string, mut escaped) = (0, false, false);
    for byte in messages.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = in_string,
            b'"' => in_string = !in_string,
            b'{' if !in_string => objects += 1,
            _ => {}
        }
    }
    if objects > MAX_OBJECTS {
        let issue = format!("must hold at most {MAX_OBJECTS} messages, parts and tool calls");
        return Err(Error::invalid("messages", issue));
    }
    Ok(())
}

fn required(field: &str) -> Error {
    Error::invalid(field, "is required")
}

#[cfg(test)]
mod tests {
    use super::*;
    use openclaw_core::Details;

    fn fault(body: &str) -> (String, String) {
        match ChatRequest::parse(body.as_bytes()).unwrap_err().details {
            Some(Details::Field { field, issue }) => (field, issue),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn every_mistake_names_its_field() {
        let with = |extra: &str| {
            format!(r#"{{"model":"m","messages":[{{"role":"user","content":"x"}}],{extra}}}"#)
        };
        let cases = [
            (r#"{"messages":[]}"#.into(), "model", "is required"),
            (r#"{"model":"m"}"#.into(), "messages", "is required"),
            (
                r#"{"model":"m","messages":"x"}"#.into(),
                "messages",
                "must be an array",
            ),
            (
                r#"{"model":"m","messages":[]}"#.into(),
                "messages",
                "must not be empty",
            ),
            (
                r#"{"model":"m","messages":[["user","x"]]}"#.into(),
                "messages[0]",
                "must be an object",
            ),
            (
                r#"{"model":"m","messages":[{"role":"user"}]}"#.into(),
                "messages[0].content",
                "is required",
            ),
            (
                r#"{"model":"m","messages":[{"content":"x"}]}"#.into(),
                "messages[0].role",
                "is required",
            ),
            (
                r#"{"model":"m","messages":[{"role":"tool","content":"x"}]}"#.into(),
                "messages[0].tool_call_id",
                "is required",
            ),
            (
                r#"{"model":7,"messages":[]}"#.into(),
                "model",
                "must be a string",
            ),
            (
                with(r#""temperature":2.1"#),
                "temperature",
                "must be from 0 to 2",
            ),
            (
                with(r#""temperature":"hot""#),
                "temperature",
                "must be a number",
            ),
            (
                with(r#""max_tokens":0"#),
                "max_tokens",
                "must be a whole number of at least 1",
            ),
            (
                with(r#""max_tokens":1.5"#),
                "max_tokens",
                "must be a whole number of at least 1",
            ),
            (
                with(r#""n":0"#),
                "n",
                "must be a whole number from 1 to 128",
            ),
            (with(r#""stream":"yes""#), "stream", "must be a boolean"),
            (with(r#""tools":{}"#), "tools", "must be an array"),
        ];
        for (body, field, issue) in cases {
            assert_eq!(fault(&body), (field.into(), issue.into()), "{body}");
        }
        let (field, issue) = fault(r#"{"model":"m","messages":[{"role":"robot","content":"x"}]}"#);
        assert_eq!(field, "messages[0].role");
        assert!(issue.contains("assistant"), "{issue}");
    }

    #[test]
    fn fields_stay_the_bytes_that_came_known_or_not() {
        let body = br#"{"model":"m","seed": 1e3 ,"top_k":{"a":[ ]},"messages":[{"role":"user","content":"x"}],"user":null,"skills":["x"],"\u00e9":1}"#;
        let request = ChatRequest::parse(body).unwrap();
        let fields: Vec<_> = request
            .fields()
            .map(|(name, value)| (name, value.get()))
            .collect();
        assert_eq!(
            fields.iter().map(|(name, _)| *name).collect::<Vec<_>>(),
            ["model", "seed", "top_k", "messages", "\u{e9}"]
        );
        assert_eq!(fields[1], ("seed", "1e3"));
        assert_eq!(fields[2], ("top_k", r#"{"a":[ ]}"#));
        assert!(request.raw("skills").is_some());
    }

    #[test]
    fn the_number_of_fields_is_bounded() {
        let body = |fields: usize| {
            let more = (2..fields).map(|at| format!(r#","f{at}":1"#));
            let more: String = more.collect();
            format!(r#"{{"model":"m","messages":[{{"role":"user","content":"x"}}]{more}}}"#)
        };
        assert!(ChatRequest::parse(body(MAX_FIELDS).as_bytes()).is_ok());
        let (field, issue) = fault(&body(MAX_FIELDS + 1));
        assert_eq!(field, "body");
        assert_eq!(issue, "must have at most 128 fields");
    }

    #[test]
    fn the_number_of_messages_and_parts_is_bounded() {
        let messages = |count| {
            let messages = vec![r#"{"role":"user","content":"{{\"{"}"#; count].join(",");
            format!(r#"{{"model":"m","messages":[{messages}]}}"#)
        };
        assert!(ChatRequest::parse(messages(MAX_OBJECTS).as_bytes()).is_ok());
        let parts = vec![r#"{"type":"text","text":"x"}"#; MAX_OBJECTS].join(",");
        let parts =
            format!(r#"{{"model":"m","messages":[{{"role":"user","content":[{parts}]}}]}}"#);
        for body in [messages(MAX_OBJECTS + 1), parts] {
            let (field, issue) = fault(&body);
            assert_eq!(field, "messages");
            assert_eq!(
                issue,
                "must hold at most 20000 messages, parts and tool calls"
            );
        }
    }

    #[test]
    fn both_bounds_of_the_answer_must_be_the_same() {
        let body = |fields: &str| {
            format!(r#"{{"model":"m","messages":[{{"role":"user","content":"x"}}],{fields}}}"#)
        };
        let (field, issue) = fault(&body(r#""max_completion_tokens":1,"max_tokens":100000"#));
        assert_eq!(field, "max_tokens");
        assert_eq!(issue, "must not differ from max_completion_tokens");
        let same = body(r#""max_completion_tokens":5,"max_tokens":5"#);
        let request = ChatRequest::parse(same.as_bytes()).unwrap();
        assert_eq!(request.max_tokens, Some(5));
    }

    #[test]
    fn an_image_is_a_url_or_an_object_with_one() {
        for image in [
            r#""https://x.test/a.png""#,
            r#"{"url":"https://x.test/a.png","detail":"low"}"#,
        ] {
            let body = format!(
                r#"{{"model":"m","messages":[{{"role":"user","content":[{{"type":"image_url","image_url":{image}}}]}}]}}"#
            );
            let request = ChatRequest::parse(body.as_bytes()).unwrap();
            let Some(Content::Parts(parts)) = &request.messages[0].content else {
                panic!("{body}");
            };
            let image = parts[0].image_url.as_ref().unwrap();
            assert_eq!(image.url, "https://x.test/a.png");
        }
        let (field, issue) = fault(
            r#"{"model":"m","messages":[{"role":"user","content":[{"type":"image_url","image_url":7}]}]}"#,
        );
        assert_eq!(field, "messages[0].content[0].image_url");
        assert_eq!(issue, "must be a URL or an object with one");
    }

    #[test]
    fn plain_text_is_borrowed() {
        let body = br#"{"model":"m","messages":[{"role":"user","content":"hello"},{"role":"user","content":[{"type":"text","text":"a\"b"}]}]}"#;
        let request = ChatRequest::parse(body).unwrap();
        assert!(matches!(
            &request.messages[0].content,
            Some(Content::Text(Cow::Borrowed("hello")))
        ));
        let texts: Vec<_> = request.messages[1]
            .content
            .iter()
            .flat_map(Content::texts)
            .collect();
        assert_eq!(texts, ["a\"b"]);
    }

    #[test]
    fn a_field_given_twice_is_refused() {
        assert_eq!(
            fault(r#"{"model":"m","model":"n","messages":[]}"#).0,
            "body"
        );
    }

    #[test]
    fn the_models_bound_is_named_after_the_field_that_broke_it() {
        let body = br#"{"model":"m","max_completion_tokens":11,"messages":[{"role":"user","content":"x"}]}"#;
        let request = ChatRequest::parse(body).unwrap();
        assert!(request.validate_for(11).is_ok());
        assert!(
            request
                .validate_for(10)
                .unwrap_err()
                .message
                .contains("max_completion_tokens")
        );
    }
}
