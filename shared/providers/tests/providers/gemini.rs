//! What a fixture does not show: where Gemini is asked, and as whom.

use crate::{
    fakes::Answer,
    world::{HELLO, KEY, World, one_target},
};
use serde_json::json;

const ANSWER: &str =
    r#"{"candidates":[{"content":{"parts":[{"text":"ok"}]},"finishReason":"STOP"}]}"#;

#[test]
fn the_model_stands_in_the_path_and_can_be_nothing_else() {
    for (model, path) in [
        ("gemini-2.5-flash", "gemini-2.5-flash"),
        ("../secret?x=#", "..%2Fsecret%3Fx%3D%23"),
    ] {
        let mut config = one_target("gemini", json!({"attempts": 1}));
        config["models"][0]["targets"][0]["model"] = model.into();
        let world = World::new(config, vec![Answer::json(200, ANSWER)]);
        world.complete(HELLO).unwrap();
        let request = world.last_request();
        let expected = format!("https://a.test/v1/models/{path}:generateContent");
        assert_eq!(request.uri().to_string(), expected);
        assert_eq!(request.headers()["x-goog-api-key"], KEY);
        let body: serde_json::Value = serde_json::from_slice(request.body()).unwrap();
        assert_eq!(body.get("model"), None);
    }
    let world = World::new(one_target("gemini", json!({"attempts": 1})), vec![]);
    world.then(Answer::json(200, ANSWER));
    world
        .stream(&HELLO.replacen('{', r#"{"stream":true,"#, 1))
        .unwrap();
    let expected = "https://a.test/v1/models/upstream-m:streamGenerateContent?alt=sse";
    assert_eq!(world.last_request().uri().to_string(), expected);
}

#[test]
fn what_gemini_cannot_be_asked_is_named() {
    let hello = json!([{"role": "user", "content": "hi"}]);
    for (field, body) in [
        ("audio", json!({"audio": {"voice": "x"}})),
        ("modalities", json!({"modalities": ["audio"]})),
        ("tools[0].type", json!({"tools": [{"type": "web_search"}]})),
        ("reasoning_effort", json!({"reasoning_effort": "much"})),
        (
            "response_format.type",
            json!({"response_format": {"type": "grammar"}}),
        ),
        (
            "messages[0].content[0].image_url.url",
            json!({"messages": [{"role": "user", "content": [
                {"type": "image_url", "image_url": {"url": "https://x.test/a.png"}}]}]}),
        ),
    ] {
        let mut asked = json!({"model": "m", "messages": hello});
        let fields = body.as_object().unwrap().clone();
        asked.as_object_mut().unwrap().extend(fields);
        let world = World::new(one_target("gemini", json!({})), vec![]);
        match world.plan(&asked.to_string(), false).unwrap_err().details {
            Some(openclaw_core::Details::Field { field: named, .. }) => assert_eq!(named, field),
            other => panic!("{field}: {other:?}"),
        }
    }
}
