//! The request out.

use super::{
    messages::{self, Turn},
    tools::{self, Choice, Tool},
};
use crate::dialect::Input;
use bytes::Bytes;
use openclaw_core::{Error, Result, record};
use openclaw_schema::chat::Text;
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{SeqAccess, Visitor, value::SeqAccessDeserializer},
};
use serde_json::value::RawValue;
use std::{borrow::Cow, fmt};

#[derive(Serialize)]
struct Request<'a> {
    max_tokens: u64,
    #[serde(skip_serializing_if = "String::is_empty")]
    system: String,
    messages: Vec<Turn<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_p: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    stop_sequences: Vec<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tools: Vec<Tool<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_choice: Option<Choice<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata: Option<Metadata<'a>>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    stream: bool,
}

#[derive(Serialize)]
struct Metadata<'a> {
    user_id: Cow<'a, str>,
}

/// See the table in [`super`].
pub(super) fn encode_request(input: &Input<'_>) -> Result<Bytes> {
    refuse_unsupported(input)?;
    let (system, messages) = messages::convert(&input.request.messages)?;
    let tools = tools::convert(input)?;
    let request = Request {
        max_tokens: max_tokens(input)?,
        system,
        messages,
        temperature: input.field::<f64>("temperature")?.map(|heat| heat.min(1.0)),
        top_p: input.field("top_p")?,
        stop_sequences: input
            .field::<Stop<'_>>("stop")?
            .map_or_else(Vec::new, |stop| stop.0),
        tool_choice: tools::choice(input, !tools.is_empty())?,
        tools,
        metadata: input
            .field::<Text<'_>>("user")?
            .map(|user| Metadata { user_id: user.0 }),
        stream: input.stream,
    };
    let mut body = serde_json::to_vec(&request).map_err(Error::internal)?;
    // The model's name is put in front.
    if let Some(brace) = body.first_mut() {
        *brace = b',';
    }
    Ok(body.into())
}

fn max_tokens(input: &Input<'_>) -> Result<u64> {
    if let Some(asked) = input.max_tokens() {
        return Ok(asked);
    }
    let most = input.model.max_output_tokens;
    for name in crate::dialect::MAX_TOKENS {
        if let Some(default) = input.field::<u64>(name)? {
            return Ok(default.min(most));
        }
    }
    Ok(most)
}

fn refuse_unsupported(input: &Input<'_>) -> Result<()> {
    let unsupported = |field: &str| Err(Error::invalid(field, "is not supported by this model"));
    if input.field::<u64>("n")?.is_some_and(|n| n > 1) {
        return Err(Error::invalid("n", "must be 1 for this model"));
    }
    for name in ["functions", "function_call", "audio"] {
        if input.field::<&RawValue>(name)?.is_some() {
            return unsupported(name);
        }
    }
    let format = input.field::<Format<'_>>("response_format")?;
    if format.is_some_and(|format| format.kind != "text") {
        return unsupported("response_format");
    }
    let modalities = input.field::<Vec<Text<'_>>>("modalities")?;
    if modalities.iter().flatten().any(|kind| *kind != "text") {
        return unsupported("modalities");
    }
    Ok(())
}

#[derive(Default)]
struct Format<'a> {
    kind: Text<'a>,
}

record!(Format<'a> {
    kind = "type": required,
    ..
});

/// One string or several.
struct Stop<'a>(Vec<Cow<'a, str>>);

impl<'de> Deserialize<'de> for Stop<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OneOrMore;
        impl<'de> Visitor<'de> for OneOrMore {
            type Value = Stop<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string or an array of strings")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Stop(vec![text.into()]))
            }

            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Stop(vec![text.to_owned().into()]))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, texts: A) -> Result<Self::Value, A::Error> {
                let texts: Vec<Text<'de>> = Vec::deserialize(SeqAccessDeserializer::new(texts))?;
                Ok(Stop(texts.into_iter().map(|text| text.0).collect()))
            }
        }
        deserializer.deserialize_any(OneOrMore)
    }
}
