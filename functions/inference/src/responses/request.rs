//! A request, as the chat that it means.

use super::{input::Messages, store::Stored};
use bytes::Bytes;
use http::HeaderMap;
use openclaw_core::{Error, Result, json::Object};
use openclaw_providers::{CallerFormat, Verbatim};
use openclaw_schema::parse;
use serde_json::{Map, Value, json};

/// Fields that mean the same in a chat.
const SAME: &[&str] = &[
    "model",
    "temperature",
    "top_p",
    "top_logprobs",
    "parallel_tool_calls",
    "metadata",
    "user",
    "safety_identifier",
    "prompt_cache_key",
    "prompt_cache_retention",
    "service_tier",
];

/// Fields of a request that a response shows as they came.
const SHOWN: &[&str] = &[
    "instructions",
    "max_output_tokens",
    "metadata",
    "parallel_tool_calls",
    "reasoning",
    "temperature",
    "text",
    "tool_choice",
    "tools",
    "top_p",
    "truncation",
    "user",
    "safety_identifier",
    "prompt_cache_key",
    "service_tier",
];

/// A request that was converted.
pub(super) struct Converted {
    /// OpenAI's body of the chat.
    pub(super) chat: Bytes,
    pub(super) stream: bool,
    /// Whether it is made as a job, and asked for later.
    pub(super) background: bool,
    /// Whether the response shall be kept.
    pub(super) store: bool,
    /// The request for those who take it as it came.
    pub(super) verbatim: Verbatim,
    /// What the response repeats of the request.
    pub(super) shown: Map<String, Value>,
    /// The conversation up to and with this request's input.
    pub(super) items: Vec<Value>,
    /// How many of these were there before.
    pub(super) before: usize,
}

/// The id of the response that a request goes on from.
pub(super) fn previous(fields: &Object) -> Result<Option<String>> {
    match fields
        .get("previous_response_id")
        .filter(|json| *json != "null")
    {
        Some(json) => parse(json, "previous_response_id"),
        None => Ok(None),
    }
}

impl Converted {
    /// Converts a request that goes on from `previous`; an error names the field.
    pub(super) fn new(mut fields: Object, previous: Option<Stored>) -> Result<Self> {
        let asked = fields.remove("input");
        let asked: Value = parse(asked.as_deref().unwrap_or("null"), "input")?;
        let mut items = previous.map(|stored| stored.items).unwrap_or_default();
        let before = items.len();
        items.extend(input(&asked)?);
        Self::of(fields, items, before)
    }

    /// Converts a request without its `input`, which ends `items` after the first `before` of them.
    pub(super) fn of(mut fields: Object, items: Vec<Value>, before: usize) -> Result<Self> {
        let value = |name: &str| -> Result<Value> {
            let json = fields.get(name).unwrap_or("null");
            parse(json, name)
        };
        let flag = |name: &str, default: bool| -> Result<bool> {
            Ok(parse::<Option<bool>>(fields.get(name).unwrap_or("null"), name)?.unwrap_or(default))
        };
        for name in ["conversation", "prompt"] {
            if !value(name)?.is_null() {
                return Err(Error::invalid(
                    name,
                    "is not supported: send the items in input",
                ));
            }
        }
        let (stream, store) = (flag("stream", false)?, flag("store", true)?);
        let background = flag("background", false)?;
        if background && !store {
            let issue = "must not be false in the background: the response is asked for later";
            return Err(Error::invalid("store", issue));
        }
        let mut messages = Messages::default();
        if let Value::String(text) = value("instructions")? {
            messages
                .all
                .push(json!({"role": "system", "content": text}));
        }
        for (at, item) in items.iter().enumerate() {
            let path = match at.checked_sub(before) {
                Some(at) => format!("input[{at}]"),
                None => "previous_response_id".into(),
            };
            messages.push(item, &path)?;
        }
        if messages.all.is_empty() {
            return Err(Error::invalid("input", "must not be empty"));
        }
        let mut chat = Map::new();
        for name in SAME {
            let given = value(name)?;
            if !given.is_null() {
                chat.insert((*name).into(), given);
            }
        }
        let mut set = |name: &str, value: Value| {
            if !value.is_null() {
                chat.insert(name.into(), value);
            }
        };
        set("max_completion_tokens", value("max_output_tokens")?);
        set("reasoning_effort", value("reasoning")?["effort"].take());
        let mut text = value("text")?;
        set("verbosity", text["verbosity"].take());
        set("response_format", response_format(text["format"].take()));
        let (tools, server_tool) = tools(value("tools")?)?;
        set("tools", tools);
        set("tool_choice", tool_choice(value("tool_choice")?));
        if stream {
            set("stream", true.into());
        }
        let Messages {
            all, unconvertible, ..
        } = messages;
        set("messages", all.into());
        let mut shown = Map::new();
        for name in SHOWN {
            shown.insert((*name).into(), value(name)?);
        }
        shown.insert(
            "previous_response_id".into(),
            value("previous_response_id")?,
        );
        as_it_goes(&mut fields, &items)?;
        let mut rest = fields.to_string();
        rest.replace_range(..1, ",");
        Ok(Self {
            chat: serde_json::to_vec(&chat).map_err(Error::internal)?.into(),
            stream,
            background,
            store,
            verbatim: Verbatim {
                format: CallerFormat::Responses,
                fields: rest.into(),
                headers: HeaderMap::new(),
                unconvertible: unconvertible.or(server_tool),
            },
            shown,
            items,
            before,
        })
    }
}

/// The request for a provider's own endpoint: the conversation whole, and nothing kept there, where
/// all of our accounts are one.
fn as_it_goes(fields: &mut Object, items: &[Value]) -> Result<()> {
    fields.remove("model");
    fields.remove("previous_response_id");
    fields.remove("background");
    fields.set("store", "false");
    fields.set(
        "input",
        serde_json::to_string(items).map_err(Error::internal)?,
    );
    let include = fields.get("include").unwrap_or("null");
    let include: Option<Vec<String>> = parse(include, "include")?;
    let mut include = include.unwrap_or_default();
    let sealed = "reasoning.encrypted_content";
    if !include.iter().any(|name| name == sealed) {
        include.push(sealed.into());
    }
    let include = serde_json::to_string(&include).map_err(Error::internal)?;
    fields.set("include", include);
    Ok(())
}

/// A text is a user's message.
fn input(input: &Value) -> Result<Vec<Value>> {
    match input {
        Value::String(text) => {
            let content = json!([{"type": "input_text", "text": text}]);
            Ok(vec![
                json!({"type": "message", "role": "user", "content": content}),
            ])
        }
        Value::Array(items) => Ok(items.clone()),
        Value::Null => Err(Error::invalid("input", "is required")),
        _ => Err(Error::invalid(
            "input",
            "must be a string or an array of items",
        )),
    }
}

fn response_format(format: Value) -> Value {
    match format["type"].as_str() {
        Some("json_schema") => {
            let mut schema = format;
            if let Value::Object(fields) = &mut schema {
                fields.remove("type");
            }
            json!({"type": "json_schema", "json_schema": schema})
        }
        Some("json_object") => json!({"type": "json_object"}),
        _ => Value::Null,
    }
}

/// A field that other formats have no word for, and what is wrong with it.
type Unconvertible = Option<(String, String)>;

/// The chat's tools, and the first that only OpenAI's own responses have.
fn tools(tools: Value) -> Result<(Value, Unconvertible)> {
    let Value::Array(tools) = tools else {
        return match tools {
            Value::Null => Ok((Value::Null, None)),
            _ => Err(Error::invalid("tools", "must be an array")),
        };
    };
    let mut server_tool = None;
    let mut converted = vec![];
    for (at, mut tool) in tools.into_iter().enumerate() {
        let kind = tool["type"].as_str().unwrap_or_default().to_owned();
        if kind == "function" {
            if let Value::Object(fields) = &mut tool {
                fields.remove("type");
            }
            converted.push(json!({"type": "function", "function": tool}));
        } else {
            let issue = format!("'{kind}' is not supported by this model");
            server_tool.get_or_insert((format!("tools[{at}].type"), issue));
            // Its kind tells what it costs.
            converted.push(json!({"type": kind}));
        }
    }
    let is_empty = converted.is_empty();
    Ok((
        if is_empty {
            Value::Null
        } else {
            converted.into()
        },
        server_tool,
    ))
}

fn tool_choice(choice: Value) -> Value {
    match choice["type"].as_str() {
        Some("function") => {
            json!({"type": "function", "function": {"name": choice["name"]}})
        }
        Some(_) => Value::Null,
        None => choice,
    }
}
