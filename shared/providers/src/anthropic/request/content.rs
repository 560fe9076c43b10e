//! Blocks: what the turns and the system prompt are made of.

use super::{
    calls::Arguments,
    media::{self, Source},
};
use openclaw_core::{Error, Result};
use openclaw_schema::chat::{Content, File, Message, Part};
use serde::Serialize;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// A block and its cache breakpoint.
#[derive(Debug, Serialize)]
pub(super) struct Cached<'a> {
    #[serde(flatten)]
    pub(super) block: Block<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) cache_control: Option<&'a RawValue>,
}

/// A part of a turn.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Block<'a> {
    Text {
        text: &'a str,
    },
    Image {
        source: Source<'a>,
    },
    Document {
        source: Source<'a>,
        #[serde(skip_serializing_if = "Option::is_none")]
        title: Option<&'a str>,
    },
    ToolUse {
        id: Cow<'a, str>,
        name: &'a str,
        input: Arguments<'a>,
    },
    ToolResult {
        tool_use_id: Cow<'a, str>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        content: Vec<Cached<'a>>,
    },
    Thinking {
        thinking: Cow<'a, str>,
        signature: Cow<'a, str>,
    },
    RedactedThinking {
        data: Cow<'a, str>,
    },
}

impl<'a> From<Block<'a>> for Cached<'a> {
    fn from(block: Block<'a>) -> Self {
        Self {
            block,
            cache_control: None,
        }
    }
}

impl Block<'_> {
    pub(super) fn is_thinking(&self) -> bool {
        matches!(self, Self::Thinking { .. } | Self::RedactedThinking { .. })
    }
}

pub(super) fn unsupported(path: String) -> Error {
    Error::invalid(path, "is not supported by this model")
}

/// A text block. Anthropic refuses empty texts and those of white space only: they are left out.
pub(super) fn text(text: &str) -> Option<Block<'_>> {
    (!text.trim().is_empty()).then_some(Block::Text { text })
}

/// The blocks of a message's content.
pub(super) fn content<'a>(message: &'a Message<'a>, path: &str) -> Result<Vec<Cached<'a>>> {
    let mut blocks = Vec::new();
    match &message.content {
        None => {}
        Some(Content::Text(said)) => blocks.extend(text(said).map(Cached::from)),
        Some(Content::Parts(parts)) => {
            for (at, part) in parts.iter().enumerate() {
                let block = part_block(part, || format!("{path}.content[{at}]"))?;
                blocks.extend(block.map(|block| Cached {
                    block,
                    cache_control: part.cache_control,
                }));
            }
        }
    }
    set_breakpoint(&mut blocks, message.cache_control);
    Ok(blocks)
}

/// Puts a message's own cache breakpoint on its last block, which may not be a thought.
pub(super) fn set_breakpoint<'a>(blocks: &mut [Cached<'a>], cache_control: Option<&'a RawValue>) {
    let last = blocks
        .iter_mut()
        .rfind(|cached| !cached.block.is_thinking());
    if let Some(last) = last {
        last.cache_control = last.cache_control.or(cache_control);
    }
}

fn part_block<'a>(part: &'a Part<'a>, path: impl Fn() -> String) -> Result<Option<Block<'a>>> {
    let required = |field| Error::invalid(format!("{}.{field}", path()), "is required");
    match &*part.kind {
        "text" => {
            let said = part.text.as_ref().ok_or_else(|| required("text"))?;
            Ok(text(&said.0))
        }
        "image_url" => {
            let image = part.image_url.as_ref();
            let image = image.ok_or_else(|| required("image_url"))?;
            let block = media::image(&image.url);
            let at = |issue| Error::invalid(format!("{}.image_url.url", path()), issue);
            block.map(Some).map_err(at)
        }
        "file" => {
            let file = part.file.as_ref().ok_or_else(|| required("file"))?;
            file_block(file, path).map(Some)
        }
        // An assistant's own: they say nothing that its next turn needs, or what another vendor's
        // model thought, which Anthropic takes only with a signature of its own.
        "refusal" | "thinking" | "redacted_thinking" | "reasoning" => Ok(None),
        _ => Err(unsupported(format!("{}.type", path()))),
    }
}

fn file_block<'a>(file: &'a File<'a>, path: impl Fn() -> String) -> Result<Block<'a>> {
    let at = |issue: &str| Error::invalid(format!("{}.file.file_data", path()), issue);
    let data = file.file_data.as_ref();
    let data = data.ok_or_else(|| at("is required by this model"))?;
    let title = file.filename.as_ref().map(|name| &*name.0);
    media::file(&data.0, title).map_err(at)
}
