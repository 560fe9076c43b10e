//! The request out: what Claude would get, in Converse's words.

use crate::{anthropic, dialect::Input};
use bytes::Bytes;
use openclaw_core::{Error, Result};
use serde_json::{Map, Value, json};

/// Claude's own fields, which Converse passes on.
const OF_CLAUDE: &[&str] = &["thinking", "top_k", "output_config"];

pub(super) fn encode(input: &Input<'_>) -> Result<Bytes> {
    let encoded = anthropic::encode_request(input)?;
    // The comma stands where a brace was.
    let encoded = [b"{", encoded.get(1..).unwrap_or(b"}")].concat();
    let mut asked: Map<String, Value> =
        serde_json::from_slice(&encoded).map_err(Error::internal)?;
    let mut body = Map::new();
    let mut take = |name: &str| asked.remove(name);
    if let Some(Value::Array(turns)) = take("messages") {
        let turns = turns.into_iter().enumerate();
        let turns = turns.map(|(at, turn)| {
            let blocks = blocks(&turn["content"], &format!("messages[{at}].content"))?;
            Ok(json!({"role": turn["role"], "content": blocks}))
        });
        let turns = turns.collect::<Result<Vec<_>>>()?;
        body.insert("messages".into(), turns.into());
    }
    if let Some(system) = take("system") {
        body.insert("system".into(), blocks(&system, "system")?.into());
    }
    let mut inference = Map::new();
    for (theirs, ours) in [
        ("max_tokens", "maxTokens"),
        ("temperature", "temperature"),
        ("top_p", "topP"),
        ("stop_sequences", "stopSequences"),
    ] {
        inference.extend(take(theirs).map(|value| (ours.to_owned(), value)));
    }
    body.insert("inferenceConfig".into(), inference.into());
    let choice = take("tool_choice").unwrap_or_default();
    if let Some(Value::Array(tools)) = take("tools")
        && let Some(config) = tool_config(tools, &choice, &body)
    {
        body.insert("toolConfig".into(), config);
    }
    if input.model.name.contains("claude") {
        let own = OF_CLAUDE.iter();
        let own = own.filter_map(|name| Some(((*name).to_owned(), take(name)?)));
        let own: Map<_, _> = own.collect();
        if !own.is_empty() {
            body.insert("additionalModelRequestFields".into(), own.into());
        }
    }
    let mut body = serde_json::to_vec(&body).map_err(Error::internal)?;
    // Where other dialects have the model's name.
    if let Some(brace) = body.first_mut() {
        *brace = b',';
    }
    Ok(body.into())
}

/// Converse has no word for "call none": the tools are left out then, unless the conversation has calls,
/// which it takes only beside definitions.
fn tool_config(tools: Vec<Value>, choice: &Value, body: &Map<String, Value>) -> Option<Value> {
    let has_calls = || {
        let turns = body["messages"].as_array().into_iter().flatten();
        let mut blocks = turns.flat_map(|turn| turn["content"].as_array().into_iter().flatten());
        blocks.any(|block| block.get("toolUse").is_some())
    };
    if choice["type"] == "none" && !has_calls() {
        return None;
    }
    let mut specs = vec![];
    for tool in tools {
        let mut spec = json!({"name": tool["name"], "inputSchema": {"json": tool["input_schema"]}});
        if let Some(text) = tool["description"].as_str().filter(|text| !text.is_empty()) {
            spec["description"] = text.into();
        }
        specs.push(json!({"toolSpec": spec}));
        specs.extend(cache_point(&tool));
    }
    let mut config = json!({"tools": specs});
    match choice["type"].as_str() {
        Some("any") => config["toolChoice"] = json!({"any": {}}),
        Some("tool") => config["toolChoice"] = json!({"tool": {"name": choice["name"]}}),
        Some("auto") => config["toolChoice"] = json!({"auto": {}}),
        _ => {}
    }
    Some(config)
}

/// Blocks, or a text.
fn blocks(content: &Value, path: &str) -> Result<Vec<Value>> {
    if let Some(text) = content.as_str() {
        return Ok(vec![json!({"text": text})]);
    }
    let mut blocks = vec![];
    for (at, block) in content.as_array().into_iter().flatten().enumerate() {
        blocks.push(self::block(block, &format!("{path}[{at}]"))?);
        blocks.extend(cache_point(block));
    }
    Ok(blocks)
}

fn cache_point(marked: &Value) -> Option<Value> {
    let mark = marked.get("cache_control")?;
    let mut point = json!({"type": "default"});
    if let Some(ttl) = mark.get("ttl") {
        point["ttl"] = ttl.clone();
    }
    Some(json!({"cachePoint": point}))
}

fn block(block: &Value, path: &str) -> Result<Value> {
    let source = &block["source"];
    let unsupported = || Error::invalid(path, "is not supported by this model");
    Ok(match block["type"].as_str().unwrap_or_default() {
        "text" => json!({"text": block["text"]}),
        "image" => match source["media_type"]
            .as_str()
            .and_then(|kind| kind.split_once('/'))
        {
            Some((_, format)) => {
                json!({"image": {"format": format, "source": {"bytes": source["data"]}}})
            }
            None => {
                return Err(Error::invalid(
                    path,
                    "must be base64 in a data: URL for this model",
                ));
            }
        },
        "document" => document(block, path)?,
        "tool_use" => json!({"toolUse": {
            "toolUseId": block["id"], "name": block["name"], "input": block["input"],
        }}),
        "tool_result" => {
            let content = blocks(block.get("content").unwrap_or(&Value::Null), path)?;
            json!({"toolResult": {"toolUseId": block["tool_use_id"], "content": content}})
        }
        "thinking" => json!({"reasoningContent": {"reasoningText": {
            "text": block["thinking"], "signature": block["signature"],
        }}}),
        "redacted_thinking" => json!({"reasoningContent": {"redactedContent": block["data"]}}),
        _ => return Err(unsupported()),
    })
}

/// Its name may have letters, digits, spaces, hyphens and brackets only.
fn document(block: &Value, path: &str) -> Result<Value> {
    let source = &block["source"];
    let title = block["title"].as_str().unwrap_or("document");
    let taken = |letter: char| letter.is_ascii_alphanumeric() || " -()[]".contains(letter);
    let name = title
        .chars()
        .map(|letter| if taken(letter) { letter } else { '-' });
    let name: String = name.take(200).collect();
    let (format, source) = match source["type"].as_str().unwrap_or_default() {
        "base64" => ("pdf", json!({"bytes": source["data"]})),
        "text" => ("txt", json!({"text": source["data"]})),
        _ => {
            return Err(Error::invalid(
                path,
                "must be base64 in a data: URL for this model",
            ));
        }
    };
    Ok(json!({"document": {"format": format, "name": name, "source": source}}))
}
