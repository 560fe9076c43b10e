//! Bodies of any kind are a request or an error that names a field.

use openclaw_core::{Code, Details};
use openclaw_schema::chat::ChatRequest;
use openclaw_testkit::hostile;
use proptest::prelude::*;

fn bodies() -> Vec<Vec<u8>> {
    let bodies = [
        r#"{"model":"m","messages":[{"role":"user","content":"hi"}]}"#,
        r#"{"model":"m","stream":true,"stream_options":{"include_usage":true},"temperature":0.5,"max_tokens":9,"stop":["a","b"],"n":1,"messages":[{"role":"system","content":"x"},{"role":"user","content":[{"type":"text","text":"look"},{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}}]}]}"#,
        r#"{"model":"m","tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object"}}}],"tool_choice":"auto","response_format":{"type":"json_object"},"messages":[{"role":"user","content":"f"},{"role":"assistant","content":null,"tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"c","content":"1"}]}"#,
    ];
    bodies.map(|body| body.as_bytes().to_vec()).into()
}

proptest! {
    #[test]
    fn hostile_bodies_are_requests_or_errors(body in hostile(bodies())) {
        match ChatRequest::parse(&body) {
            Ok(request) => prop_assert!(!request.messages.is_empty()),
            Err(error) => {
                prop_assert_eq!(error.code, Code::InvalidRequest);
                let names_a_field = matches!(&error.details, Some(Details::Field { field, .. }) if !field.is_empty());
                prop_assert!(names_a_field, "{:?}", error);
            }
        }
    }
}
