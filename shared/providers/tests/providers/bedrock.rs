//! What a fixture does not show: where Bedrock is asked, and as whom.

use crate::{
    fakes::Answer,
    world::{HELLO, KEY, World, one_target},
};
use serde_json::json;

const ANSWER: &str =
    r#"{"output":{"message":{"content":[{"text":"ok"}]}},"stopReason":"end_turn"}"#;

#[test]
fn the_model_stands_in_the_path() {
    let mut config = one_target("bedrock", json!({"attempts": 1}));
    config["models"][0]["targets"][0]["model"] = "arn:aws:bedrock:x/../y".into();
    let world = World::new(config, vec![Answer::json(200, ANSWER)]);
    world.complete(HELLO).unwrap();
    let request = world.last_request();
    let expected = "https://a.test/v1/model/arn%3Aaws%3Abedrock%3Ax%2F..%2Fy/converse";
    assert_eq!(request.uri().to_string(), expected);
    assert_eq!(request.headers()["authorization"], format!("Bearer {KEY}"));
    world.then(Answer::json(200, ANSWER));
    world.stream(HELLO).unwrap();
    assert!(
        world
            .last_request()
            .uri()
            .path()
            .ends_with("/converse-stream")
    );
}

#[test]
fn a_picture_that_bedrock_would_have_to_fetch_is_refused() {
    let image = json!({"type": "image_url", "image_url": {"url": "https://x.test/a.png"}});
    let asked = json!({"model": "m", "messages": [{"role": "user", "content": [image]}]});
    let world = World::new(one_target("bedrock", json!({})), vec![]);
    match world.plan(&asked.to_string(), false).unwrap_err().details {
        Some(openclaw_core::Details::Field { field, .. }) => {
            assert_eq!(field, "messages[0].content[0]");
        }
        other => panic!("{other:?}"),
    }
}
