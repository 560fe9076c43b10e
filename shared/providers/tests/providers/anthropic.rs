//! What Anthropic is sent: requests as clients really send them, for models of every family.

use crate::{
    fakes::Answer,
    world::{World, one_target},
};
use openclaw_core::Details;
use serde_json::{Map, Value, json};

/// A model that takes both sampling parameters and does not think, one of the middle, and one
/// that thinks adaptively.
const OLD: &str = "claude-3-5-haiku-20241022";
const MIDDLE: &str = "claude-sonnet-4-5-20250929";
const NEW: &str = "claude-opus-4-7";

fn world(model: &str) -> World {
    let mut config = one_target("anthropic", json!({"attempts": 1}));
    config["models"][0]["max_output_tokens"] = json!(10_000);
    config["models"][0]["context_length"] = json!(100_000);
    config["models"][0]["targets"][0]["model"] = json!(model);
    World::new(config, vec![Answer::json(500, "{}")])
}

fn request(fields: Value) -> String {
    let mut request = json!({"model": "m", "messages": [{"role": "user", "content": "hi"}]});
    let fields = fields.as_object().unwrap().clone();
    request.as_object_mut().unwrap().extend(fields);
    request.to_string()
}

/// The body sent for these fields; how it is answered does not matter here.
fn sent(model: &str, fields: Value) -> Value {
    let world = world(model);
    drop(world.complete(&request(fields)));
    serde_json::from_slice(world.last_request().body()).unwrap()
}

/// Of the body, the fields that the caller's fields became.
fn fields(model: &str, fields: Value) -> Value {
    let body = sent(model, fields);
    let usual = ["model", "messages", "max_tokens"];
    let fields = body.as_object().unwrap().clone().into_iter();
    let fields: Map<_, _> = fields
        .filter(|(name, _)| !usual.contains(&name.as_str()))
        .collect();
    fields.into()
}

/// The system prompt and the messages sent for these.
fn conversation(messages: Value) -> (Value, Value) {
    let body = sent(MIDDLE, json!({"messages": messages}));
    (body["system"].clone(), body["messages"].clone())
}

/// The field at fault.
fn refused(model: &str, fields: Value) -> String {
    let error = world(model).plan(&request(fields), false).unwrap_err();
    match error.details {
        Some(Details::Field { field, .. }) => field,
        other => panic!("{other:?}"),
    }
}

fn text(text: &str) -> Value {
    json!([{"type": "text", "text": text}])
}

fn function(name: &str) -> Value {
    json!({"type": "function", "function": {"name": name, "parameters": {"type": "object"}}})
}

/// An assistant's call and its answer.
fn called(id: &str, arguments: &str) -> [Value; 2] {
    let function = json!({"name": "f", "arguments": arguments});
    [
        json!({"role": "assistant", "tool_calls": [{"id": id, "type": "function", "function": function}]}),
        json!({"role": "tool", "tool_call_id": id, "content": "ok"}),
    ]
}

#[test]
fn ids_of_other_vendors_are_mapped_alike_on_both_sides() {
    let [first, answer] = called("functions.f:0", "{}");
    let [second, other] = called("functions.f_0", "{}");
    let user = json!({"role": "user", "content": "x"});
    let (_, turns) = conversation(json!([user, first, answer, second, other]));
    let call = |turn: usize| turns[turn]["content"][0]["id"].as_str().unwrap().to_owned();
    let answered = |turn: usize| {
        turns[turn]["content"][0]["tool_use_id"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    assert_eq!((call(1), call(3)), (answered(2), answered(4)));
    assert_ne!(call(1), call(3));
    assert!(call(1).starts_with("functions_f_0_"), "{}", call(1));
    let is_taken = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
    assert!(call(1).bytes().all(is_taken) && call(1).len() <= 64);
}

#[test]
fn arguments_that_are_no_object_do_not_end_a_conversation() {
    for (arguments, expected) in [
        (r#"{"a":"#, json!({"arguments": r#"{"a":"#})),
        ("[1]", json!({"arguments": "[1]"})),
        ("", json!({})),
        (r#" {"a":1} "#, json!({"a": 1})),
    ] {
        let [call, answer] = called("call_1", arguments);
        let user = json!({"role": "user", "content": "x"});
        let (_, turns) = conversation(json!([user, call, answer]));
        assert_eq!(turns[1]["content"][0]["input"], expected, "{arguments}");
    }
}

#[test]
fn parameters_are_an_objects_schema() {
    let empty = json!({"type": "object", "properties": {}});
    let some = json!({"a": {"type": "string"}});
    for (parameters, expected) in [
        (json!({}), empty.clone()),
        (json!(null), empty),
        (
            json!({"properties": some}),
            json!({"type": "object", "properties": some}),
        ),
        (
            json!({"type": "object", "x": 1}),
            json!({"type": "object", "x": 1}),
        ),
    ] {
        let tool = json!({"type": "function", "function": {"name": "f", "parameters": parameters}});
        let tools = &fields(MIDDLE, json!({"tools": [tool]}))["tools"];
        assert_eq!(tools[0]["input_schema"], expected, "{parameters}");
    }
}

#[test]
fn each_family_gets_the_sampling_parameters_it_takes() {
    let both = json!({"temperature": 0.7, "top_p": 0.9});
    assert_eq!(fields(OLD, both.clone()), both);
    assert_eq!(fields(MIDDLE, both.clone()), json!({"temperature": 0.7}));
    assert_eq!(fields(NEW, both), json!({}));
    // A temperature of 1 says nothing, and there is none above it.
    let top_p = json!({"temperature": 1.5, "top_p": 0.9});
    assert_eq!(fields(MIDDLE, top_p), json!({"top_p": 0.9}));
    assert_eq!(
        fields(MIDDLE, json!({"temperature": 1.5})),
        json!({"temperature": 1.0})
    );
}

#[test]
fn stop_sequences_of_white_space_are_left_out() {
    assert_eq!(fields(MIDDLE, json!({"stop": ["\n", "\n\n"]})), json!({}));
    let expected = json!({"stop_sequences": ["a\n"]});
    assert_eq!(fields(MIDDLE, json!({"stop": ["\n", "a\n"]})), expected);
    assert_eq!(fields(MIDDLE, json!({"stop": "a\n"})), expected);
}

#[test]
fn texts_of_white_space_are_left_out() {
    let (_, turns) = conversation(json!([
        {"role": "user", "content": " "},
        {"role": "assistant", "content": "\n"},
        {"role": "user", "content": [{"type": "text", "text": "\t"}, {"type": "text", "text": "x"}]},
    ]));
    assert_eq!(turns, json!([{"role": "user", "content": text("x")}]));
}

#[test]
fn an_answer_that_is_continued_does_not_end_in_white_space() {
    let (_, turns) = conversation(json!([
        {"role": "user", "content": "x "},
        {"role": "assistant", "content": "The answer is \n"},
    ]));
    assert_eq!(turns[0]["content"], text("x "));
    assert_eq!(turns[1]["content"], text("The answer is"));
}

#[test]
fn pictures_and_documents_are_what_their_bytes_are() {
    let base64 = |media_type: &str, data: &str| json!({"type": "base64", "media_type": media_type, "data": data});
    let (jpeg, png) = ("/9j/4AAQSkZJRgABAQ==", "iVBORw0KGgo=");
    let (gif, webp) = ("R0lGODlhAQABAAAAACw=", "UklGRiIAAABXRUJQVlA4IBY=");
    let pdf = "JVBERi0xLjQK";
    let image = |url: String| json!({"type": "image_url", "image_url": {"url": url}});
    let file = |data: String| json!({"type": "file", "file": {"filename": "a", "file_data": data}});
    let cases = [
        (
            image(format!("data:image/jpg;base64,{jpeg}")),
            "image",
            base64("image/jpeg", jpeg),
        ),
        (
            image(format!("data:image/jpg;base64,{png}")),
            "image",
            base64("image/png", png),
        ),
        (
            image(format!("DATA:image/PNG;BASE64,{gif}")),
            "image",
            base64("image/gif", gif),
        ),
        (
            image(format!("data:application/octet-stream;base64,{webp}")),
            "image",
            base64("image/webp", webp),
        ),
        // Too short to tell: the label is believed.
        (
            image("data:image/jpg;base64,AAAA".into()),
            "image",
            base64("image/jpeg", "AAAA"),
        ),
        (
            image(format!("data:application/pdf;base64,{pdf}")),
            "document",
            base64("application/pdf", pdf),
        ),
        (
            file(format!("data:application/pdf;base64,{pdf}")),
            "document",
            base64("application/pdf", pdf),
        ),
        (file(pdf.into()), "document", base64("application/pdf", pdf)),
        (
            file(format!("data:image/jpg;base64,{jpeg}")),
            "image",
            base64("image/jpeg", jpeg),
        ),
        (
            file("data:text/markdown;base64,IyBIaQ".into()),
            "document",
            json!({"type": "text", "media_type": "text/plain", "data": "# Hi"}),
        ),
        (
            file("https://a.test/b.pdf".into()),
            "document",
            json!({"type": "url", "url": "https://a.test/b.pdf"}),
        ),
        (
            image("https://a.test/b.png".into()),
            "image",
            json!({"type": "url", "url": "https://a.test/b.png"}),
        ),
    ];
    for (part, kind, source) in cases {
        let (_, turns) = conversation(json!([{"role": "user", "content": [part]}]));
        let block = &turns[0]["content"][0];
        assert_eq!(
            (&block["type"], &block["source"]),
            (&json!(kind), &source),
            "{part}"
        );
        if kind == "document" && part["type"] == "file" {
            assert_eq!(block["title"], "a");
        }
    }
}

#[test]
fn personal_identifiers_are_hashed() {
    let user = |user: &str| fields(MIDDLE, json!({"user": user}))["metadata"]["user_id"].clone();
    for given in [
        "jane.doe@example.com",
        "+49 (170) 123-4567",
        &"x".repeat(300),
    ] {
        let hashed = user(given);
        let hashed = hashed.as_str().unwrap();
        assert!(
            hashed.starts_with("user_") && hashed.len() == 69,
            "{given}: {hashed}"
        );
        assert_eq!(user(given), hashed, "the same user");
    }
    assert_ne!(user("a@example.com"), user("b@example.com"));
    assert_eq!(user("user-1"), "user-1");
    let other = json!({"safety_identifier": "abc"});
    assert_eq!(
        fields(MIDDLE, other),
        json!({"metadata": {"user_id": "abc"}})
    );
}

#[test]
fn a_system_prompt_alone_is_asked_as_the_user() {
    let (system, turns) = conversation(json!([{"role": "system", "content": "Say hi"}]));
    assert_eq!(system, json!(null));
    assert_eq!(turns, json!([{"role": "user", "content": text("Say hi")}]));
}

#[test]
fn a_conversation_begins_with_the_user() {
    let (_, turns) = conversation(json!([
        {"role": "assistant", "content": "Hello, how can I help?"}, {"role": "user", "content": "x"},
    ]));
    let roles: Vec<_> = (0..3)
        .map(|at| turns[at]["role"].as_str().unwrap())
        .collect();
    assert_eq!(roles, ["user", "assistant", "user"]);
    assert_eq!(turns[1]["content"], text("Hello, how can I help?"));
}

#[test]
fn results_come_first_in_their_turn() {
    let [call, answer] = called("call_1", "{}");
    let user = |content: &str| json!({"role": "user", "content": content});
    let (_, turns) = conversation(json!([user("x"), call, user("wait"), answer]));
    assert_eq!(turns[2]["content"][0]["tool_use_id"], "call_1");
    assert_eq!(turns[2]["content"][1]["text"], "wait");
}

#[test]
fn cache_breakpoints_are_passed_on() {
    let breakpoint = json!({"type": "ephemeral", "ttl": "1h"});
    let cached = |said: &str| json!({"type": "text", "text": said, "cache_control": breakpoint});
    let mut tool = function("f");
    tool["cache_control"] = breakpoint.clone();
    let mut within = function("g");
    within["function"]["cache_control"] = breakpoint.clone();
    let body = sent(
        MIDDLE,
        json!({"tools": [tool, within, function("h")], "messages": [
            {"role": "system", "content": "plain"},
            {"role": "system", "content": [cached("long")]},
            {"role": "user", "content": "u", "cache_control": breakpoint},
            {"role": "assistant", "content": [cached("a")]},
            {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "https://a.test/"},
                "cache_control": breakpoint}]},
        ]}),
    );
    assert_eq!(
        body["system"],
        json!([{"type": "text", "text": "plain"}, cached("long")])
    );
    assert_eq!(body["messages"][0]["content"], json!([cached("u")]));
    assert_eq!(body["messages"][1]["content"], json!([cached("a")]));
    assert_eq!(
        body["messages"][2]["content"][0]["cache_control"],
        breakpoint
    );
    let of_tools: Vec<_> = (0..3)
        .map(|at| body["tools"][at]["cache_control"].clone())
        .collect();
    assert_eq!(of_tools, [breakpoint.clone(), breakpoint, json!(null)]);
    // Without one the prompt stays a text.
    let (system, _) = conversation(
        json!([{"role": "system", "content": [{"type": "text", "text": "a"}]},
        {"role": "developer", "content": "b"}, {"role": "user", "content": "x"}]),
    );
    assert_eq!(system, "a\n\nb");
}

#[test]
fn the_choice_of_tools_is_translated() {
    let choice = |fields: Value| {
        let mut fields = fields;
        fields["tools"] = json!([function("f"), function("g")]);
        let body = self::fields(MIDDLE, fields);
        let names = body["tools"].as_array().unwrap().iter();
        let names: Vec<_> = names
            .map(|tool| tool["name"].as_str().unwrap().to_owned())
            .collect();
        (names.join(","), body["tool_choice"].clone())
    };
    let allowed = |mode: &str| {
        json!({"tool_choice": {"type": "allowed_tools", "allowed_tools":
        {"mode": mode, "tools": [{"type": "function", "function": {"name": "g"}}]}}})
    };
    let all = |choice: Value| ("f,g".to_owned(), choice);
    let one = |choice: Value| ("g".to_owned(), choice);
    let function = json!({"type": "function", "function": {"name": "f"}});
    for (fields, expected) in [
        (json!({}), all(json!(null))),
        (json!({"tool_choice": "auto"}), all(json!(null))),
        (json!({"tool_choice": "none"}), all(json!({"type": "none"}))),
        (
            json!({"tool_choice": "required"}),
            all(json!({"type": "any"})),
        ),
        (
            json!({"tool_choice": function}),
            all(json!({"type": "tool", "name": "f"})),
        ),
        (
            json!({"parallel_tool_calls": false}),
            all(json!({"type": "auto", "disable_parallel_tool_use": true})),
        ),
        (allowed("auto"), one(json!(null))),
        (allowed("required"), one(json!({"type": "any"}))),
    ] {
        assert_eq!(choice(fields.clone()), expected, "{fields}");
    }
}

/// Anthropic takes calls in the history only beside definitions of tools.
#[test]
fn tools_that_only_the_history_calls_are_defined_and_not_called() {
    let [call, answer] = called("call_1", "{}");
    let messages = json!([{"role": "user", "content": "x"}, call, answer]);
    let body = fields(MIDDLE, json!({"messages": messages}));
    assert_eq!(body["tools"][0]["name"], "f");
    assert_eq!(body["tool_choice"], json!({"type": "none"}));
}

fn json_schema() -> Value {
    let schema = json!({"type": "object", "properties": {"a": {"type": "integer", "minimum": 1}}});
    json!({"type": "json_schema", "json_schema": {"name": "x", "schema": schema}})
}

#[test]
fn an_answers_form_is_its_models_own_or_a_tools_input() {
    let schema = json!({"type": "object", "additionalProperties": false,
        "properties": {"a": {"type": "integer", "description": "{minimum: 1}"}}});
    let native = json!({"output_config": {"format": {"type": "json_schema", "schema": schema}}});
    for model in [MIDDLE, NEW] {
        assert_eq!(
            fields(model, json!({"response_format": json_schema()})),
            native
        );
    }
    let forced = fields(OLD, json!({"response_format": json_schema()}));
    let [tool] = &forced["tools"].as_array().unwrap()[..] else {
        panic!("{forced}");
    };
    assert_eq!(tool["input_schema"], json_schema()["json_schema"]["schema"]);
    let name = tool["name"].clone();
    let only = json!({"type": "tool", "name": name, "disable_parallel_tool_use": true});
    assert_eq!(forced["tool_choice"], only);

    // Beside tools one of all must be called, unless the caller demands one of its own.
    let with = |choice: &str| {
        let body = json!({"response_format": json_schema(), "tools": [function("f")], "tool_choice": choice});
        let body = fields(OLD, body);
        (
            body["tools"].as_array().unwrap().len(),
            body["tool_choice"].clone(),
        )
    };
    assert_eq!(with("auto"), (2, json!({"type": "any"})));
    assert_eq!(with("none"), (2, only));
    assert_eq!(with("required"), (1, json!({"type": "any"})));

    let object = json!({"response_format": {"type": "json_object"}});
    assert_eq!(
        fields(MIDDLE, object.clone())["tool_choice"]["type"],
        "tool"
    );
    let told = fields(NEW, object);
    assert!(
        told["system"].as_str().unwrap().contains("JSON object"),
        "{told}"
    );
    assert_eq!(
        fields(OLD, json!({"response_format": {"type": "text"}})),
        json!({})
    );
}

#[test]
fn thinking_is_asked_for_as_each_family_knows_it() {
    let budget = |budget: u64| json!({"thinking": {"type": "enabled", "budget_tokens": budget}});
    let adaptive = |effort: &str| {
        json!({"thinking": {"type": "adaptive", "display": "summarized"},
        "output_config": {"effort": effort}})
    };
    let freely = json!({"thinking": {"type": "adaptive", "display": "summarized"}});
    let effort = |effort: &str| json!({"reasoning_effort": effort});
    let off = json!({"thinking": {"type": "disabled"}});
    let cases = [
        (OLD, effort("high"), json!({})),
        (OLD, budget(2000), json!({})),
        (MIDDLE, effort("none"), json!({})),
        (MIDDLE, effort("minimal"), budget(1024)),
        (MIDDLE, effort("medium"), budget(5000)),
        (MIDDLE, budget(2000), budget(2000)),
        (MIDDLE, budget(20_000), budget(9999)),
        (
            MIDDLE,
            json!({"thinking": {"type": "adaptive"}}),
            budget(8000),
        ),
        (MIDDLE, off.clone(), json!({})),
        ("claude-sonnet-4-6", effort("xhigh"), adaptive("high")),
        ("claude-sonnet-4-6", budget(2000), budget(2000)),
        (NEW, effort("xhigh"), adaptive("xhigh")),
        (NEW, effort("minimal"), adaptive("low")),
        (NEW, effort("none"), json!({})),
        (NEW, budget(2000), freely.clone()),
        (
            NEW,
            json!({"thinking": {"type": "adaptive"}, "reasoning_effort": "low"}),
            adaptive("low"),
        ),
        ("claude-sonnet-5", effort("none"), off.clone()),
        (
            "claude-sonnet-5-5",
            off.clone(),
            json!({"thinking": {"type": "between_tools"}}),
        ),
        (
            "claude-opus-5-5",
            off,
            json!({"output_config": {"effort": "low"}}),
        ),
        (
            "claude-opus-5-5",
            json!({"thinking": {"type": "enabled"}}),
            freely,
        ),
    ];
    for (model, given, expected) in cases {
        assert_eq!(fields(model, given.clone()), expected, "{model} {given}");
    }
}

#[test]
fn thinking_gives_way_to_what_excludes_it() {
    let thinks = |fields: Value| {
        let mut fields = fields;
        fields["reasoning_effort"] = json!("high");
        let body = self::fields(MIDDLE, fields);
        body.get("thinking").is_some()
    };
    let tools = json!([function("f")]);
    let user = json!({"role": "user", "content": "x"});
    let [call, answer] = called("call_1", "{}");
    let mut thought = call.clone();
    thought["thinking_blocks"] = json!([{"type": "thinking", "thinking": "hm", "signature": "s"}]);
    assert!(thinks(json!({})));
    assert!(thinks(json!({"tools": tools})));
    assert!(thinks(json!({"messages": [user, thought, answer]})));
    assert!(!thinks(json!({"max_tokens": 1024})), "no room");
    assert!(!thinks(json!({"tools": tools, "tool_choice": "required"})));
    assert!(
        !thinks(json!({"messages": [user, call, answer]})),
        "the thoughts are missing"
    );
    assert!(!thinks(
        json!({"messages": [user, {"role": "assistant", "content": "The"}]})
    ));
    // The other way round it excludes sampling parameters.
    let body = fields(
        MIDDLE,
        json!({"temperature": 0.5, "reasoning_effort": "low"}),
    );
    assert_eq!(body.get("temperature"), None);
}

#[test]
fn only_signed_thoughts_are_put_back() {
    let (_, turns) = conversation(json!([
        {"role": "user", "content": "x"},
        {"role": "assistant", "content": "yes", "reasoning_content": "hm", "thinking_blocks": [
            {"type": "thinking", "thinking": "hm"},
            {"type": "thinking", "thinking": "hm", "signature": "s", "index": 1},
            {"type": "redacted_thinking", "data": "d"},
        ]},
        {"role": "user", "content": "y"},
        {"role": "assistant", "content": [{"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]},
            {"type": "text", "text": "of another vendor"}]},
        {"role": "user", "content": "z"},
    ]));
    assert_eq!(
        turns[1]["content"],
        json!([
            {"type": "thinking", "thinking": "hm", "signature": "s"},
            {"type": "redacted_thinking", "data": "d"},
            {"type": "text", "text": "yes"},
        ])
    );
    assert_eq!(turns[3]["content"], text("of another vendor"));
}

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
