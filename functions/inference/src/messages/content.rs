//! Turns and their blocks, as the chat's messages.

use super::blocks::{Block, Content, Media};
use openclaw_core::{Error, Result};
use openclaw_schema::{chat::Text, parse};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// A message of Anthropic's.
#[derive(Deserialize)]
pub(super) struct Turn<'a> {
    #[serde(borrow)]
    role: Text<'a>,
    #[serde(borrow)]
    content: Content<'a>,
}

/// A message of the chat.
#[derive(Serialize)]
pub(super) struct Message<'a> {
    role: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<Said<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning_content: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tool_calls: Vec<Call<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_call_id: Option<Cow<'a, str>>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Said<'a> {
    Text(Cow<'a, str>),
    Parts(Vec<Part<'a>>),
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Part<'a> {
    Text { text: Cow<'a, str> },
    ImageUrl { image_url: ImageUrl },
    File { file: File<'a> },
}

#[derive(Serialize)]
struct ImageUrl {
    url: String,
}

#[derive(Serialize)]
struct File<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    filename: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    file_data: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    file_id: Option<&'static str>,
}

#[derive(Serialize)]
struct Call<'a> {
    id: Cow<'a, str>,
    #[serde(rename = "type")]
    kind: &'static str,
    function: Function<'a>,
}

#[derive(Serialize)]
struct Function<'a> {
    name: Cow<'a, str>,
    /// JSON, as a text.
    arguments: &'a str,
}

/// A field that other formats have no word for, and why.
pub(super) type Unconvertible = (String, String);

/// The chat's messages so far.
#[derive(Default)]
pub(super) struct Conversation<'a> {
    pub(super) messages: Vec<Message<'a>>,
    /// The first block that has no place in a chat.
    pub(super) unconvertible: Option<Unconvertible>,
}

impl<'a> Message<'a> {
    fn new(role: &'static str, content: Option<Said<'a>>) -> Self {
        Self {
            role,
            content,
            reasoning_content: None,
            tool_calls: vec![],
            tool_call_id: None,
        }
    }
}

fn text_of<'a>(text: Option<&'a Text<'_>>) -> &'a str {
    text.map_or("", |text| &text.0)
}

impl<'a> Conversation<'a> {
    pub(super) fn system(&mut self, system: &'a Content<'a>) -> Result<()> {
        let said = match system {
            Content::Text(text) => Said::Text(Cow::Borrowed(text)),
            Content::Blocks(blocks) => {
                let mut parts = vec![];
                for (at, block) in blocks.iter().enumerate() {
                    parts.extend(self.part(block, || format!("system[{at}]"))?);
                }
                if parts.is_empty() {
                    return Ok(());
                }
                Said::Parts(parts)
            }
        };
        self.messages.push(Message::new("system", Some(said)));
        Ok(())
    }

    pub(super) fn turn(&mut self, at: usize, turn: &'a Turn<'a>) -> Result<()> {
        let role = match &*turn.role.0 {
            "user" => "user",
            "assistant" => "assistant",
            // Newer models take instructions between turns.
            "system" => "system",
            _ => {
                let field = format!("messages[{at}].role");
                return Err(Error::invalid(field, "must be user or assistant"));
            }
        };
        match &turn.content {
            Content::Text(text) => {
                let said = Said::Text(Cow::Borrowed(text));
                self.messages.push(Message::new(role, Some(said)));
                Ok(())
            }
            Content::Blocks(blocks) if role == "assistant" => self.assistant(at, blocks),
            Content::Blocks(blocks) => self.user(at, role, blocks),
        }
    }

    /// Tool results are messages of their own, before the rest of the turn.
    fn user(&mut self, at: usize, role: &'static str, blocks: &'a [Block<'a>]) -> Result<()> {
        let mut parts = vec![];
        for (place, block) in blocks.iter().enumerate() {
            let path = || format!("messages[{at}].content[{place}]");
            if block.kind == "tool_result" {
                let id = block.tool_use_id.as_ref().ok_or_else(|| {
                    Error::invalid(format!("{}.tool_use_id", path()), "is required")
                })?;
                let (text, media) = self.result(block, path)?;
                parts.extend(media);
                self.messages.push(Message {
                    tool_call_id: Some(Cow::Borrowed(&id.0)),
                    ..Message::new("tool", Some(Said::Text(text.into())))
                });
            } else {
                parts.extend(self.part(block, path)?);
            }
        }
        if !parts.is_empty() {
            let said = Said::Parts(parts);
            self.messages.push(Message::new(role, Some(said)));
        }
        Ok(())
    }

    /// What a tool gave: its text, and media, for which a chat has no place there.
    fn result(
        &mut self,
        block: &'a Block<'a>,
        path: impl Fn() -> String,
    ) -> Result<(String, Vec<Part<'static>>)> {
        let mut text = String::new();
        if block.is_error == Some(true) {
            text.push_str("Error: ");
        }
        let mut media = vec![];
        let Some(content) = block.content else {
            return Ok((text, media));
        };
        match parse::<Content<'_>>(content.get(), &format!("{}.content", path()))? {
            Content::Text(said) => text.push_str(&said),
            Content::Blocks(blocks) => {
                for (place, block) in blocks.iter().enumerate() {
                    let path = || format!("{}.content[{place}]", path());
                    match self.part(block, path)? {
                        Some(Part::Text { text: more }) => text.push_str(&more),
                        Some(Part::ImageUrl { image_url }) => {
                            media.push(Part::ImageUrl { image_url });
                        }
                        Some(Part::File { file }) => media.push(Part::File {
                            file: File {
                                filename: file.filename.map(|name| name.into_owned().into()),
                                file_data: file.file_data,
                                file_id: file.file_id,
                            },
                        }),
                        None => {}
                    }
                }
            }
        }
        Ok((text, media))
    }

    fn assistant(&mut self, at: usize, blocks: &'a [Block<'a>]) -> Result<()> {
        let mut text = String::new();
        let mut message = Message::new("assistant", None);
        let mut thoughts = String::new();
        for (place, block) in blocks.iter().enumerate() {
            let path = |field: &str| format!("messages[{at}].content[{place}].{field}");
            match &*block.kind.0 {
                "text" => text.push_str(text_of(block.text.as_ref())),
                // Thoughts that another vendor's model signed are nothing to this one.
                "thinking" if text_of(block.signature.as_ref()).is_empty() => {
                    thoughts.push_str(text_of(block.thinking.as_ref()));
                }
                "thinking" | "redacted_thinking" => {}
                "tool_use" => {
                    let required = |field| Error::invalid(path(field), "is required");
                    let id = block.id.as_ref().ok_or_else(|| required("id"))?;
                    let name = block.name.as_ref().ok_or_else(|| required("name"))?;
                    message.tool_calls.push(Call {
                        id: Cow::Borrowed(&id.0),
                        kind: "function",
                        function: Function {
                            name: Cow::Borrowed(&name.0),
                            arguments: block.input.map_or("{}", |input| input.get()),
                        },
                    });
                }
                // What the vendor's own tools did.
                _ => self.lacks(path("type")),
            }
        }
        message.reasoning_content = Some(thoughts).filter(|thoughts| !thoughts.is_empty());
        if !text.is_empty() || message.tool_calls.is_empty() {
            message.content = Some(Said::Text(text.into()));
        }
        self.messages.push(message);
        Ok(())
    }

    /// A block as a part of a message; `None` where it says nothing.
    fn part<'b>(
        &mut self,
        block: &'b Block<'_>,
        path: impl Fn() -> String,
    ) -> Result<Option<Part<'b>>> {
        let required = |field: &str| Error::invalid(format!("{}.{field}", path()), "is required");
        match &*block.kind.0 {
            "text" => {
                let text = block.text.as_ref().ok_or_else(|| required("text"))?;
                Ok(text_part(Cow::Borrowed(&text.0)))
            }
            "image" | "document" => {
                let source = block.source.ok_or_else(|| required("source"))?;
                let media = parse(source.get(), &format!("{}.source", path()))?;
                Ok(self.media(block, &media, path))
            }
            "search_result" => {
                let content = block.content.ok_or_else(|| required("content"))?;
                let blocks = parse::<Content<'_>>(content.get(), &format!("{}.content", path()))?;
                let title = text_of(block.title.as_ref());
                Ok(text_part(Cow::Owned(format!(
                    "{title}\n{}",
                    all_text(&blocks)
                ))))
            }
            _ => {
                self.lacks(format!("{}.type", path()));
                Ok(None)
            }
        }
    }

    fn media<'b>(
        &mut self,
        block: &'b Block<'_>,
        media: &Media<'_>,
        path: impl Fn() -> String,
    ) -> Option<Part<'b>> {
        let is_image = block.kind == "image";
        let data = text_of(media.data.as_ref());
        let filename = block.title.as_ref().map(|title| Cow::Borrowed(&*title.0));
        match &*media.kind.0 {
            "base64" => {
                let kind = text_of(media.media_type.as_ref());
                let url = format!("data:{kind};base64,{data}");
                Some(match is_image {
                    true => Part::ImageUrl {
                        image_url: ImageUrl { url },
                    },
                    false => Part::File {
                        file: File {
                            filename: filename.or(Some("document.pdf".into())),
                            file_data: Some(url),
                            file_id: None,
                        },
                    },
                })
            }
            "url" if is_image => Some(Part::ImageUrl {
                image_url: ImageUrl {
                    url: text_of(media.url.as_ref()).into(),
                },
            }),
            "text" => text_part(Cow::Owned(data.to_owned())),
            "content" => {
                let content = media.content.map(|content| content.get());
                let content = content.and_then(|json| serde_json::from_str(json).ok());
                text_part(Cow::Owned(
                    content.as_ref().map(all_text).unwrap_or_default(),
                ))
            }
            _ => {
                self.lacks(format!("{}.source.type", path()));
                // It counts for what it may be.
                Some(Part::File {
                    file: File {
                        filename: None,
                        file_data: None,
                        file_id: Some(""),
                    },
                })
            }
        }
    }

    fn lacks(&mut self, field: String) {
        self.unconvertible
            .get_or_insert_with(|| (field, "is not supported by this model".into()));
    }
}

fn text_part(text: Cow<'_, str>) -> Option<Part<'_>> {
    (!text.is_empty()).then_some(Part::Text { text })
}

/// The texts of a content, joined.
fn all_text(content: &Content<'_>) -> String {
    match content {
        Content::Text(text) => text.to_string(),
        Content::Blocks(blocks) => {
            let texts = blocks.iter().map(|block| text_of(block.text.as_ref()));
            texts.collect()
        }
    }
}
