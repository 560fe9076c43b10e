//! What a chat is made of: messages, their contents, and tools.

use super::ROLES;
use openclaw_core::{Error, Result, record};
use serde::{
    Deserialize, Deserializer,
    de::{
        MapAccess, SeqAccess, Visitor,
        value::{MapAccessDeserializer, SeqAccessDeserializer},
    },
};
use serde_json::value::RawValue;
use std::{borrow::Cow, fmt};

/// A string that borrows from the body where it has no escapes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Text<'a>(#[serde(borrow)] pub Cow<'a, str>);

impl PartialEq<&str> for Text<'_> {
    fn eq(&self, other: &&str) -> bool {
        self.0 == *other
    }
}

/// One message.
#[derive(Debug, Default)]
pub struct Message<'a> {
    /// One of `system`, `developer`, `user`, `assistant`, `tool`, `function`.
    pub role: Cow<'a, str>,
    /// Text, or parts.
    pub content: Option<Content<'a>>,
    /// The calls an assistant's message makes.
    pub tool_calls: Option<Vec<ToolCall<'a>>>,
    /// The call a tool's message answers.
    pub tool_call_id: Option<Text<'a>>,
    /// An assistant's refusal.
    pub refusal: Option<Text<'a>>,
    /// The older form of a tool call.
    pub function_call: Option<&'a RawValue>,
    /// An assistant's earlier audio.
    pub audio: Option<&'a RawValue>,
    /// An assistant's reasoning, as DeepSeek, vLLM and others name it.
    pub reasoning_content: Option<Text<'a>>,
    /// An assistant's reasoning with its signatures, as Anthropic's blocks.
    pub thinking_blocks: Option<&'a RawValue>,
    /// Anthropic's mark of what is to be cached, where `content` is a string.
    pub cache_control: Option<&'a RawValue>,
}

record!(Message<'a> {
    role as Text: required,
    content,
    tool_calls,
    tool_call_id,
    refusal,
    function_call,
    audio,
    reasoning_content,
    thinking_blocks,
    cache_control,
    ..
});

/// What a message says.
#[derive(Debug)]
pub enum Content<'a> {
    /// Plain text.
    Text(Cow<'a, str>),
    /// Text, images and more.
    Parts(Vec<Part<'a>>),
}

impl<'a> Content<'a> {
    /// Its texts in order.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        let (text, parts) = match self {
            Self::Text(text) => (Some(&**text), None),
            Self::Parts(parts) => (None, Some(parts)),
        };
        let of_parts = parts
            .into_iter()
            .flatten()
            .filter_map(|part| part.text.as_ref());
        text.into_iter().chain(of_parts.map(|text| &*text.0))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Content<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextOrParts;
        impl<'de> Visitor<'de> for TextOrParts {
            type Value = Content<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string or an array of content parts")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Content::Text(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Content::Text(Cow::Owned(text.into())))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, parts: A) -> Result<Self::Value, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(parts)).map(Content::Parts)
            }
        }
        deserializer.deserialize_any(TextOrParts)
    }
}

/// One part of a message's content.
#[derive(Debug, Default)]
pub struct Part<'a> {
    /// `text`, `image_url`, `input_audio`, `file`, `refusal`.
    pub kind: Cow<'a, str>,
    /// Of a `text` part.
    pub text: Option<Text<'a>>,
    /// Of an `image_url` part.
    pub image_url: Option<ImageUrl<'a>>,
    /// Of an `input_audio` part.
    pub input_audio: Option<InputAudio<'a>>,
    /// Of a `file` part.
    pub file: Option<File<'a>>,
    /// Anthropic's mark of what is to be cached.
    pub cache_control: Option<&'a RawValue>,
}

record!(Part<'a> {
    kind = "type" as Text: required,
    text,
    image_url,
    input_audio,
    file,
    cache_control,
    ..
});

/// An image by address or as a `data:` URL.
#[derive(Debug, Default)]
pub struct ImageUrl<'a> {
    /// The URL.
    pub url: Cow<'a, str>,
}

/// OpenAI's `{"url": …}`, or the URL itself, as Mistral documents it.
impl<'de: 'a, 'a> Deserialize<'de> for ImageUrl<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Default)]
        struct WithUrl<'a> {
            url: Cow<'a, str>,
        }
        record!(WithUrl<'a> { url as Text: required, .. });

        struct UrlOrObject;
        impl<'de> Visitor<'de> for UrlOrObject {
            type Value = ImageUrl<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a URL or an object with one")
            }

            fn visit_borrowed_str<E>(self, url: &'de str) -> Result<Self::Value, E> {
                Ok(ImageUrl { url: url.into() })
            }

            fn visit_str<E>(self, url: &str) -> Result<Self::Value, E> {
                Ok(ImageUrl {
                    url: url.to_owned().into(),
                })
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                let object = WithUrl::deserialize(MapAccessDeserializer::new(map))?;
                Ok(ImageUrl { url: object.url })
            }
        }
        deserializer.deserialize_any(UrlOrObject)
    }
}

/// Audio that is part of a message.
#[derive(Debug, Default)]
pub struct InputAudio<'a> {
    /// Base64.
    pub data: Option<Text<'a>>,
    /// Such as `wav`.
    pub format: Option<Text<'a>>,
}

record!(InputAudio<'a> {
    data,
    format,
    ..
});

/// A file that is part of a message.
#[derive(Debug, Default)]
pub struct File<'a> {
    /// Such as `a.pdf`.
    pub filename: Option<Text<'a>>,
    /// A `data:` URL.
    pub file_data: Option<Text<'a>>,
    /// The id of a file that the provider has.
    pub file_id: Option<Text<'a>>,
}

record!(File<'a> {
    filename,
    file_data,
    file_id,
    ..
});

/// A call an assistant made earlier.
#[derive(Debug, Default)]
pub struct ToolCall<'a> {
    /// The id the tool's answer names.
    pub id: Cow<'a, str>,
    /// What was called; absent for kinds other than functions.
    pub function: Option<FunctionCall<'a>>,
}

record!(ToolCall<'a> {
    id as Text: required,
    function,
    ..
});

/// A function and its arguments.
#[derive(Debug, Default)]
pub struct FunctionCall<'a> {
    /// Its name.
    pub name: Cow<'a, str>,
    /// Its arguments: JSON, as a string.
    pub arguments: Cow<'a, str>,
}

record!(FunctionCall<'a> {
    name as Text: required,
    arguments as Text: required,
    ..
});

/// A tool the model may call (`tools[]`), as [`ChatRequest::field`] parses it.
#[derive(Debug, Default)]
pub struct Tool<'a> {
    /// `function`.
    pub kind: Cow<'a, str>,
    /// What it is.
    pub function: Option<Function<'a>>,
    /// Anthropic's mark of what is to be cached.
    pub cache_control: Option<&'a RawValue>,
}

record!(Tool<'a> {
    kind = "type" as Text: required,
    function,
    cache_control,
    ..
});

/// A function the model may call.
#[derive(Debug, Default)]
pub struct Function<'a> {
    /// Its name.
    pub name: Cow<'a, str>,
    /// What it does.
    pub description: Option<Text<'a>>,
    /// Its parameters: a JSON Schema.
    pub parameters: Option<&'a RawValue>,
    /// Anthropic's cache breakpoint, where clients put it within the function.
    pub cache_control: Option<&'a RawValue>,
}

record!(Function<'a> {
    name as Text: required,
    description,
    parameters,
    cache_control,
    ..
});

pub(super) fn validate_messages(messages: &[Message<'_>]) -> Result<()> {
    if messages.is_empty() {
        return Err(Error::invalid("messages", "must not be empty"));
    }
    messages.iter().enumerate().try_for_each(|(at, message)| {
        validate_message(message)
            .map_err(|(field, issue)| Error::invalid(format!("messages[{at}].{field}"), issue))
    })
}

fn validate_message(message: &Message<'_>) -> Result<(), (&'static str, String)> {
    let role = &*message.role;
    if !ROLES.contains(&role) {
        return Err(("role", format!("must be one of {}", ROLES.join(", "))));
    }
    let says_otherwise = role == "assistant"
        && (message.tool_calls.is_some()
            || message.function_call.is_some()
            || message.refusal.is_some()
            || message.audio.is_some());
    match &message.content {
        None if !says_otherwise => return Err(("content", "is required".into())),
        Some(Content::Parts(parts)) if parts.is_empty() => {
            return Err(("content", "must not be empty".into()));
        }
        _ => {}
    }
    if role == "tool" && message.tool_call_id.is_none() {
        return Err(("tool_call_id", "is required".into()));
    }
    Ok(())
}
