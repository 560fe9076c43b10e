//! Messages of a chat, their contents, and tools.

use super::ROLES;
use crate::from_object::FromObject;
use openclaw_core::{Error, Result};
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
#[derive(Debug, Default, Deserialize)]
pub struct Message<'a> {
    /// One of `system`, `developer`, `user`, `assistant`, `tool`, `function`.
    #[serde(borrow)]
    pub role: Cow<'a, str>,
    /// Text, or parts.
    #[serde(borrow)]
    pub content: Option<Content<'a>>,
    /// The calls an assistant's message makes.
    #[serde(borrow)]
    pub tool_calls: Option<Vec<ToolCall<'a>>>,
    /// The call a tool's message answers.
    #[serde(borrow)]
    pub tool_call_id: Option<Text<'a>>,
    /// An assistant's refusal.
    #[serde(borrow)]
    pub refusal: Option<Text<'a>>,
    /// The older form of a tool call.
    #[serde(borrow)]
    pub function_call: Option<&'a RawValue>,
    /// An assistant's earlier audio.
    #[serde(borrow)]
    pub audio: Option<&'a RawValue>,
    /// An assistant's reasoning, as DeepSeek, vLLM and others name it.
    #[serde(borrow)]
    pub reasoning_content: Option<Text<'a>>,
    /// An assistant's reasoning with its signatures, as Anthropic's blocks.
    #[serde(borrow)]
    pub thinking_blocks: Option<&'a RawValue>,
    /// Anthropic's mark of what is to be cached, where `content` is a string.
    #[serde(borrow)]
    pub cache_control: Option<&'a RawValue>,
    /// A vendor's own beside it: Google's signature of what an assistant thought.
    #[serde(borrow)]
    pub extra_content: Option<&'a RawValue>,
}

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
                let parts: Vec<FromObject<Part<'de>>> =
                    Vec::deserialize(SeqAccessDeserializer::new(parts))?;
                Ok(Content::Parts(FromObject::all(parts)))
            }
        }
        deserializer.deserialize_any(TextOrParts)
    }
}

/// One part of a message's content.
#[derive(Debug, Default, Deserialize)]
pub struct Part<'a> {
    /// `text`, `image_url`, `input_audio`, `file`, `refusal`.
    #[serde(borrow, rename = "type")]
    pub kind: Cow<'a, str>,
    /// Of a `text` part.
    #[serde(borrow)]
    pub text: Option<Text<'a>>,
    /// Of an `image_url` part.
    #[serde(borrow)]
    pub image_url: Option<ImageUrl<'a>>,
    /// Of an `input_audio` part.
    #[serde(borrow)]
    pub input_audio: Option<InputAudio<'a>>,
    /// Of a `file` part.
    #[serde(borrow)]
    pub file: Option<File<'a>>,
    /// Anthropic's mark of what is to be cached.
    #[serde(borrow)]
    pub cache_control: Option<&'a RawValue>,
}

/// An image by address or as a `data:` URL.
#[derive(Debug, Default)]
pub struct ImageUrl<'a> {
    /// The URL.
    pub url: Cow<'a, str>,
}

/// OpenAI's `{"url": …}`, or the URL itself, as Mistral documents it.
impl<'de: 'a, 'a> Deserialize<'de> for ImageUrl<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct WithUrl<'a> {
            #[serde(borrow)]
            url: Cow<'a, str>,
        }

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
#[derive(Debug, Default, Deserialize)]
pub struct InputAudio<'a> {
    /// Base64.
    #[serde(borrow)]
    pub data: Option<Text<'a>>,
    /// Such as `wav`.
    #[serde(borrow)]
    pub format: Option<Text<'a>>,
}

/// A file that is part of a message.
#[derive(Debug, Default, Deserialize)]
pub struct File<'a> {
    /// Such as `a.pdf`.
    #[serde(borrow)]
    pub filename: Option<Text<'a>>,
    /// A `data:` URL.
    #[serde(borrow)]
    pub file_data: Option<Text<'a>>,
    /// The id of a file that the provider has.
    #[serde(borrow)]
    pub file_id: Option<Text<'a>>,
}

/// A call an assistant made earlier.
#[derive(Debug, Default, Deserialize)]
pub struct ToolCall<'a> {
    /// The id the tool's answer names.
    #[serde(borrow)]
    pub id: Cow<'a, str>,
    /// What was called; absent for kinds other than functions.
    #[serde(borrow)]
    pub function: Option<FunctionCall<'a>>,
    /// A vendor's own beside it: Google's signature of what led to the call.
    #[serde(borrow)]
    pub extra_content: Option<&'a RawValue>,
}

/// A function and its arguments.
#[derive(Debug, Default, Deserialize)]
pub struct FunctionCall<'a> {
    /// Its name.
    #[serde(borrow)]
    pub name: Cow<'a, str>,
    /// Its arguments: JSON, as a string.
    #[serde(borrow)]
    pub arguments: Cow<'a, str>,
}

/// A tool the model may call (`tools[]`), as [`ChatRequest::field`] parses it.
#[derive(Debug, Default, Deserialize)]
pub struct Tool<'a> {
    /// `function`.
    #[serde(borrow, rename = "type")]
    pub kind: Cow<'a, str>,
    /// What it is.
    #[serde(borrow)]
    pub function: Option<Function<'a>>,
    /// Anthropic's mark of what is to be cached.
    #[serde(borrow)]
    pub cache_control: Option<&'a RawValue>,
}

/// A function the model may call.
#[derive(Debug, Default, Deserialize)]
pub struct Function<'a> {
    /// Its name.
    #[serde(borrow)]
    pub name: Cow<'a, str>,
    /// What it does.
    #[serde(borrow)]
    pub description: Option<Text<'a>>,
    /// Its parameters: a JSON Schema.
    #[serde(borrow)]
    pub parameters: Option<&'a RawValue>,
    /// Anthropic's cache breakpoint, where clients put it within the function.
    #[serde(borrow)]
    pub cache_control: Option<&'a RawValue>,
}

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
