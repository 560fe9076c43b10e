//! Fields beside the messages.

use super::{MIDDLE, NEW, OLD, called, fields, function};
use openclaw_providers::Providers;
use openclaw_schema::config::Config;
use serde_json::{Value, json};

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
    let all = json!({"temperature": 0.7, "top_k": 5});
    assert_eq!(fields(MIDDLE, all.clone()), all);
    assert_eq!(fields(NEW, all), json!({}));
    assert_eq!(fields(MIDDLE, json!({"top_k": -1})), json!({}));
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
fn the_choice_of_tools_is_translated() {
    let choice = |fields: Value| {
        let mut fields = fields;
        fields["tools"] = json!([function("f"), function("g")]);
        let body = super::fields(MIDDLE, fields);
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
        (json!({"tool_choice": "auto"}), all(json!({"type": "auto"}))),
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
        (allowed("auto"), one(json!({"type": "auto"}))),
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
        let body = super::fields(MIDDLE, fields);
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

/// Anthropic's price list: a tenth for what is read from the cache, a quarter more for what is
/// written to it for minutes, twice as much for an hour.
#[test]
fn the_built_in_prices_know_the_cache() {
    let providers = Providers::new(&Config::default(), |name| {
        (name == "ANTHROPIC_API_KEY").then(|| "key".into())
    });
    let providers = providers.unwrap();
    let models = providers.models();
    let models: Vec<_> = models
        .filter(|model| model.provider == "anthropic")
        .collect();
    assert!(models.len() >= 6);
    for model in models {
        let prices = serde_json::to_value(&model.pricing).unwrap();
        let price = |class: &str| prices[class].as_f64().unwrap();
        for (class, times) in [
            ("cached_prompt", 0.1),
            ("cache_write", 1.25),
            ("cache_write_1h", 2.0),
        ] {
            // The smallest model's are rounded to whole cents a million tokens.
            let exact = price("prompt") * times;
            assert!(
                (price(class) - exact).abs() < 1.5e-5,
                "{} {class}",
                model.id
            );
        }
    }
}
