//! Messages: a system text, and turns of `user` and `assistant` made of blocks.

use openclaw_core::{Error, Result, json::read_text};
use openclaw_schema::chat::{Content, Message, Part, ToolCall};
use serde::Serialize;
use serde_json::value::RawValue;

/// What one side says, up to the other side's turn.
#[derive(Debug, Serialize)]
pub(super) struct Turn<'a> {
    role: &'static str,
    content: Vec<Block<'a>>,
}

/// A part of a turn.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Block<'a> {
    Text {
        text: &'a str,
    },
    Image {
        source: Source<'a>,
    },
    ToolUse {
        id: &'a str,
        name: &'a str,
        input: &'a RawValue,
    },
    ToolResult {
        tool_use_id: &'a str,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        content: Vec<Block<'a>>,
    },
}

#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Source<'a> {
    Base64 { media_type: &'a str, data: &'a str },
    Url { url: &'a str },
}

/// The system text and the turns.
pub(super) fn convert<'a>(messages: &'a [Message<'a>]) -> Result<(String, Vec<Turn<'a>>)> {
    let (mut system, mut turns) = (String::new(), Vec::<Turn<'a>>::new());
    for (at, message) in messages.iter().enumerate() {
        let path = format!("messages[{at}]");
        let (role, blocks) = match &*message.role {
            "system" | "developer" => {
                add_system(&mut system, message);
                continue;
            }
            "user" => ("user", content(message, &path)?),
            "assistant" => ("assistant", assistant(message, &path)?),
            "tool" => ("user", vec![tool_result(message, &path)?]),
            _ => return Err(unsupported(format!("{path}.role"))),
        };
        match turns.last_mut() {
            Some(turn) if turn.role == role => turn.content.extend(blocks),
            _ if blocks.is_empty() => {}
            _ => turns.push(Turn {
                role,
                content: blocks,
            }),
        }
    }
    if turns.is_empty() {
        let issue = "must hold more than system messages and empty ones for this model";
        return Err(Error::invalid("messages", issue));
    }
    Ok((system, turns))
}

fn unsupported(path: String) -> Error {
    Error::invalid(path, "is not supported by this model")
}

fn add_system(system: &mut String, message: &Message<'_>) {
    for text in message.content.iter().flat_map(Content::texts) {
        if !system.is_empty() && !text.is_empty() {
            system.push_str("\n\n");
        }
        system.push_str(text);
    }
}

/// An empty text is left out: Anthropic refuses it.
fn text(text: &str) -> Option<Block<'_>> {
    (!text.is_empty()).then_some(Block::Text { text })
}

fn content<'a>(message: &'a Message<'a>, path: &str) -> Result<Vec<Block<'a>>> {
    match &message.content {
        None => Ok(vec![]),
        Some(Content::Text(said)) => Ok(text(said).into_iter().collect()),
        Some(Content::Parts(parts)) => {
            let parts = parts.iter().enumerate();
            parts
                .filter_map(|(at, part)| {
                    block(part, || format!("{path}.content[{at}]")).transpose()
                })
                .collect()
        }
    }
}

fn block<'a>(part: &'a Part<'a>, path: impl Fn() -> String) -> Result<Option<Block<'a>>> {
    let required = |field| Error::invalid(format!("{}.{field}", path()), "is required");
    match &*part.kind {
        "text" => {
            let said = part.text.as_ref().ok_or_else(|| required("text"))?;
            Ok(text(&said.0))
        }
        "image_url" => {
            let image = part.image_url.as_ref();
            let image = image.ok_or_else(|| required("image_url"))?;
            let source = source(&image.url).ok_or_else(|| {
                let path = format!("{}.image_url.url", path());
                Error::invalid(
                    path,
                    "must be an http or https URL or base64 in a data: URL",
                )
            })?;
            Ok(Some(Block::Image { source }))
        }
        // An assistant's own: it says nothing that its next turn needs.
        "refusal" => Ok(None),
        _ => Err(unsupported(format!("{}.type", path()))),
    }
}

/// `data:image/png;base64,…`, or an address that Anthropic fetches.
fn source(url: &str) -> Option<Source<'_>> {
    if url.starts_with("https://") || url.starts_with("http://") {
        return Some(Source::Url { url });
    }
    let (kind, data) = url.strip_prefix("data:")?.split_once(',')?;
    let media_type = kind.strip_suffix(";base64")?;
    let media_type = media_type.split(';').next().unwrap_or_default();
    Some(Source::Base64 { media_type, data })
}

fn assistant<'a>(message: &'a Message<'a>, path: &str) -> Result<Vec<Block<'a>>> {
    for (field, given) in [
        ("function_call", message.function_call),
        ("audio", message.audio),
    ] {
        if given.is_some() {
            return Err(unsupported(format!("{path}.{field}")));
        }
    }
    let mut blocks = content(message, path)?;
    let refusal = message.refusal.as_ref();
    blocks.extend(refusal.and_then(|refusal| text(&refusal.0)));
    let calls = message.tool_calls.iter().flatten().enumerate();
    for (at, call) in calls {
        blocks.push(tool_use(call, || format!("{path}.tool_calls[{at}]"))?);
    }
    Ok(blocks)
}

fn tool_use<'a>(call: &'a ToolCall<'a>, path: impl Fn() -> String) -> Result<Block<'a>> {
    let function = call.function.as_ref();
    let function = function.ok_or_else(|| unsupported(format!("{}.type", path())))?;
    let arguments = match function.arguments.trim() {
        "" => "{}",
        arguments => arguments,
    };
    let input: Option<&RawValue> = read_text(arguments).ok();
    let input = input.filter(|_| arguments.starts_with('{'));
    Ok(Block::ToolUse {
        id: &call.id,
        name: &function.name,
        input: input.ok_or_else(|| {
            let path = format!("{}.function.arguments", path());
            Error::invalid(path, "must be a JSON object")
        })?,
    })
}

fn tool_result<'a>(message: &'a Message<'a>, path: &str) -> Result<Block<'a>> {
    let id = message.tool_call_id.as_ref().map(|id| &*id.0);
    Ok(Block::ToolResult {
        tool_use_id: id.unwrap_or_default(),
        content: content(message, path)?,
    })
}
