//! Requests to providers where no fixture shows them: refused fields, defaults, addresses of media.

use crate::{
    fakes::Answer,
    world::{WHOLE, World, one_target},
};
use openclaw_core::Details;
use serde_json::{Value, json};

fn request(fields: Value) -> String {
    let mut request = json!({"model": "m", "messages": [{"role": "user", "content": "hi"}]});
    let fields = fields.as_object().unwrap().clone();
    request.as_object_mut().unwrap().extend(fields);
    request.to_string()
}

/// The body sent for these fields, without model and messages.
fn sent(config: &Value, fields: Value) -> Value {
    let world = World::new(config.clone(), vec![Answer::json(200, WHOLE)]);
    let stream = fields["stream"] == true;
    let body = request(fields);
    // What is answered does not matter here.
    if stream {
        drop(world.stream(&body));
    } else {
        drop(world.complete(&body));
    }
    let mut sent: Value = serde_json::from_slice(world.last_request().body()).unwrap();
    let fields = sent.as_object_mut().unwrap();
    assert_eq!(fields.remove("model"), Some(json!("upstream-m")));
    assert!(fields.remove("messages").is_some());
    sent
}

fn openai(omit: Value, defaults: Value) -> Value {
    let mut config = one_target("openai", json!({"attempts": 1}));
    config["providers"][0]["omit"] = omit;
    config["models"][0]["defaults"] = defaults;
    config
}

#[test]
fn refused_fields_are_left_out_and_the_bound_takes_its_other_name() {
    let new = |most: u64| json!({"max_completion_tokens": most});
    let old = |most: u64| json!({"max_tokens": most});
    let both = json!({"max_tokens": 7, "max_completion_tokens": 7});
    let cases = [
        (json!(["max_tokens"]), old(7), new(7)),
        (json!(["max_tokens"]), new(7), new(7)),
        (json!(["max_tokens"]), old(700), new(100)),
        (json!(["max_tokens"]), both.clone(), new(7)),
        (json!(["max_completion_tokens"]), new(7), old(7)),
        (json!(["max_completion_tokens"]), both.clone(), old(7)),
        (json!([]), both, new(7)),
        (
            json!(["seed"]),
            json!({"seed": 1, "top_p": 0.5}),
            json!({"top_p": 0.5}),
        ),
        (
            json!(["stream_options"]),
            json!({"stream": true}),
            json!({"stream": true}),
        ),
    ];
    for (omit, fields, expected) in cases {
        let config = openai(omit.clone(), json!({}));
        assert_eq!(sent(&config, fields.clone()), expected, "{omit} {fields}");
    }
}

#[test]
fn defaults_fill_what_the_caller_left_out() {
    let defaults = json!({"stop": ["\n"], "max_tokens": 50, "top_k": 3});
    let config = openai(json!([]), defaults.clone());
    assert_eq!(sent(&config, json!({})), defaults);
    let given = json!({"stop": "x", "max_completion_tokens": 9});
    let expected = json!({"stop": "x", "max_completion_tokens": 9, "top_k": 3});
    assert_eq!(sent(&config, given), expected);

    let mut config = config;
    config["providers"][0]["dialect"] = json!("anthropic");
    config["models"][0]["defaults"]["stop"] = json!(["END"]);
    let expected = json!({"stop_sequences": ["END"], "max_tokens": 50, "top_k": 3});
    assert_eq!(sent(&config, json!({})), expected);
    let expected = json!({"stop_sequences": ["x"], "max_tokens": 9, "top_k": 3});
    assert_eq!(
        sent(&config, json!({"stop": "x", "max_completion_tokens": 9})),
        expected
    );
}

#[test]
fn headers_name_the_dialect_and_the_request() {
    for (dialect, path, version) in [
        ("openai", "/v1/chat/completions", None),
        ("anthropic", "/v1/messages", Some("2023-06-01")),
    ] {
        let config = one_target(dialect, json!({"attempts": 1}));
        let world = World::new(config, vec![Answer::json(500, "")]);
        drop(world.complete(&request(json!({}))));
        let sent = world.last_request();
        let header = |name| {
            sent.headers()
                .get(name)
                .map(|value| value.to_str().unwrap())
        };
        assert_eq!((sent.method().as_str(), sent.uri().path()), ("POST", path));
        assert_eq!(header("content-type"), Some("application/json"));
        assert_eq!(header("x-request-id"), Some("req_1"));
        assert_eq!(header("anthropic-version"), version);
    }
}

/// A request with one message of one part.
fn with_part(part: &Value) -> String {
    request(json!({"messages": [{"role": "user", "content": [part]}]}))
}

fn field_at_fault(body: &str, config: Value) -> Option<String> {
    match World::new(config, vec![]).plan(body, false).err()?.details {
        Some(Details::Field { field, .. }) => Some(field),
        other => panic!("{other:?}"),
    }
}

#[test]
fn media_by_address_must_be_public_whatever_the_dialect() {
    let image = |url: &str| json!({"type": "image_url", "image_url": {"url": url}});
    let private = [
        "http://example.com/a.png",
        "https://127.1/a.png",
        "https://[::ffff:169.254.169.254]/",
        "https://localhost/a.png",
        "https://metadata.google.internal/",
        "file:///etc/passwd",
        "//example.com/a.png",
    ];
    for dialect in ["openai", "anthropic"] {
        for url in private {
            let config = one_target(dialect, json!({}));
            let field = field_at_fault(&with_part(&image(url)), config);
            assert_eq!(
                field.as_deref(),
                Some("messages[0].content[0].image_url.url"),
                "{url}"
            );
        }
        for url in ["https://example.com/a.png", "data:image/png;base64,AAAA"] {
            let config = one_target(dialect, json!({}));
            assert_eq!(
                field_at_fault(&with_part(&image(url)), config),
                None,
                "{url}"
            );
        }
    }
}

#[test]
fn vendors_own_media_are_looked_at_too() {
    for part in [
        json!({"type": "video_url", "video_url": {"url": "http://10.0.0.1/v.mp4"}}),
        json!({"type": "video_url", "video_url": "https://10.0.0.1/v.mp4"}),
    ] {
        let config = one_target("openai", json!({}));
        let field = field_at_fault(&with_part(&part), config);
        assert_eq!(field.as_deref(), Some("messages[0].content[0].video_url"));
    }
    let public = json!({"type": "video_url", "video_url": {"url": "https://example.com/v.mp4"}});
    assert_eq!(
        field_at_fault(&with_part(&public), one_target("openai", json!({}))),
        None
    );
}

#[test]
fn a_row_may_allow_media_from_anywhere() {
    let mut config = one_target("openai", json!({}));
    config["providers"][0]["allow_private_urls"] = json!(true);
    let part = json!({"type": "image_url", "image_url": {"url": "http://127.0.0.1/a.png"}});
    assert_eq!(field_at_fault(&with_part(&part), config), None);
}

#[test]
fn developer_becomes_system_where_the_row_does_not_know_it() {
    let messages = json!([
        {"role": "developer", "content": "Be brief.", "name": "x"},
        {"role": "user", "content": "developer"},
    ]);
    for (knows, role) in [(true, "developer"), (false, "system")] {
        let mut config = one_target("openai", json!({"attempts": 1}));
        config["providers"][0]["developer_role"] = json!(knows);
        let world = World::new(config, vec![Answer::json(200, WHOLE)]);
        world
            .complete(&request(json!({"messages": messages})))
            .unwrap();
        let sent: Value = serde_json::from_slice(world.last_request().body()).unwrap();
        let mut expected = messages.clone();
        expected[0]["role"] = json!(role);
        assert_eq!(sent["messages"], expected);
    }
}
