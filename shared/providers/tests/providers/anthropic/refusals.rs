//! Requests that cannot be asked, and fields that say nothing to Claude.

use super::{MIDDLE, fields, function, refused};
use serde_json::{Value, json};

#[test]
fn what_cannot_be_asked_is_named() {
    let message = |message: Value| json!({"messages": [{"role": "user", "content": "x"}, message]});
    let part = |part: Value| message(json!({"role": "user", "content": [part]}));
    let image = |url: &str| json!({"type": "image_url", "image_url": {"url": url}});
    let tools = json!([function("f")]);
    let cases = [
        (json!({"n": 2}), "n"),
        (
            json!({"response_format": {"type": "grammar"}}),
            "response_format.type",
        ),
        (
            json!({"response_format": {"type": "json_schema"}}),
            "response_format.json_schema",
        ),
        (
            json!({"response_format": {"type": "json_schema", "json_schema": {"schema": []}}}),
            "response_format.json_schema.schema",
        ),
        (json!({"functions": [{"name": "f"}]}), "functions"),
        (json!({"audio": {"voice": "v"}}), "audio"),
        (json!({"modalities": ["text", "audio"]}), "modalities"),
        (json!({"reasoning_effort": "much"}), "reasoning_effort"),
        (json!({"tools": [{"type": "custom"}]}), "tools[0].type"),
        (
            json!({"tools": [{"type": "function", "function": {"name": "f", "parameters": []}}]}),
            "tools[0].function.parameters",
        ),
        (
            json!({"tools": tools, "tool_choice": "some"}),
            "tool_choice",
        ),
        (
            json!({"tools": tools, "tool_choice": {"type": "function"}}),
            "tool_choice.function",
        ),
        (
            json!({"tools": tools, "tool_choice": {"type": "allowed_tools", "allowed_tools":
                {"mode": "auto", "tools": []}}}),
            "tool_choice.allowed_tools.tools",
        ),
        (
            json!({"messages": [{"role": "user", "content": " "}]}),
            "messages",
        ),
        (json!({"stop": 7}), "stop"),
        (
            message(json!({"role": "function", "content": "x"})),
            "messages[1].role",
        ),
        (
            message(json!({"role": "assistant", "function_call": {}})),
            "messages[1].function_call",
        ),
        (
            message(json!({"role": "assistant", "audio": {}})),
            "messages[1].audio",
        ),
        (
            part(json!({"type": "input_audio"})),
            "messages[1].content[0].type",
        ),
        (part(json!({"type": "text"})), "messages[1].content[0].text"),
        (
            part(json!({"type": "image_url"})),
            "messages[1].content[0].image_url",
        ),
        (
            part(image("ftp://x")),
            "messages[1].content[0].image_url.url",
        ),
        (
            part(image("data:image/svg+xml;base64,PHN2Zz4=")),
            "messages[1].content[0].image_url.url",
        ),
        (
            part(json!({"type": "file", "file": {"file_id": "f"}})),
            "messages[1].content[0].file.file_data",
        ),
        (
            part(
                json!({"type": "file", "file": {"file_data": "data:application/zip;base64,UEsDBA=="}}),
            ),
            "messages[1].content[0].file.file_data",
        ),
        (
            message(json!({"role": "system", "content": [image("https://a.test/")]})),
            "messages[1].content",
        ),
        (
            message(json!({"role": "assistant", "content": "x", "thinking_blocks": 1})),
            "messages[1].thinking_blocks",
        ),
    ];
    for (fields, expected) in cases {
        assert_eq!(refused(MIDDLE, fields.clone()), expected, "{fields}");
    }
}

#[test]
fn what_claude_does_not_know_is_left_out() {
    let given = json!({"seed": 1, "logprobs": true, "top_logprobs": 2, "logit_bias": {}, "store": true,
        "frequency_penalty": 1, "response_format": {"type": "text"}, "modalities": ["text"],
        "tool_choice": "auto", "parallel_tool_calls": false});
    assert_eq!(fields(MIDDLE, given), json!({}));
}
